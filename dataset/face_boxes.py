"""Records + detector -> the table of boxes: where the face is in every picture of a set.

A room of its own because every crop, for training and for figures, comes from the detector that serves, and
finding 60,000 faces takes minutes: a table belongs to one detector and goes on where it stopped. It knows the
network by its SHA-256 but not the code around it: after a change to `faces/detection.py`, delete the cache's
`boxes` folder.
"""

from __future__ import annotations

import math
import multiprocessing
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import pandas as pd
from tqdm import tqdm

from dataset.tables.columns import (
    BOXES,
    FACE_FOUND,
    NO_FACE,
    UNREADABLE,
    Provenance,
    read_table,
    write_table,
)
from faces.detection import DEFAULT_DETECTOR, Detector, Face
from faces.errors import DataMissing, PictureError
from faces.files import sha256_of
from faces.pictures import Picture, decode

PICTURES_A_CHECKPOINT = 1000


def boxes_path(set_name: str, cache_dir: Path, detector_sha256: str) -> Path:
    """Where the boxes of a set lie that this detector found."""
    return Path(cache_dir) / "boxes" / detector_sha256[:12] / f"{set_name}.parquet"


def read_boxes(set_name: str, cache_dir: Path, detector_path: Path = DEFAULT_DETECTOR) -> pd.DataFrame:
    """The boxes table of a set, as `write_boxes` left it. Raises DataMissing when it was never written."""
    detector_sha256 = sha256_of(detector_path)
    path = boxes_path(set_name, cache_dir, detector_sha256)
    if not path.is_file():
        raise DataMissing(f"No boxes at {path}; `python -m dataset prepare` finds them.")
    return read_table(path, BOXES, Provenance(detector_sha256=detector_sha256))


def write_boxes(
    records: pd.DataFrame,
    set_name: str,
    cache_dir: Path,
    detector_path: Path = DEFAULT_DETECTOR,
    *,
    processes: int = 2,
) -> pd.DataFrame:
    """Finds the faces of every record (path, file) that the set's table lacks, and returns all of theirs.

    The table is written whole after every PICTURES_A_CHECKPOINT pictures; started again, it goes on.
    """
    detector_sha256 = sha256_of(detector_path)
    provenance = Provenance(detector_sha256=detector_sha256)
    path = boxes_path(set_name, cache_dir, detector_sha256)
    found = (
        read_table(path, BOXES, provenance) if path.is_file() else pd.DataFrame(columns=BOXES.column_names)
    )
    todo = records[~records.file.isin(found.file)]
    if len(todo):
        rows: list[dict[Any, Any]] = found.to_dict("records")
        # Spawned, not forked: ONNX Runtime's threads do not survive a fork.
        pool = multiprocessing.get_context("spawn").Pool(processes, _load_detector, (Path(detector_path),))
        done = len(records) - len(todo)
        with pool, tqdm(total=len(records), initial=done, desc=f"boxes {set_name}", unit="picture") as bar:
            for row in pool.imap(_found_in_file, zip(todo.path, todo.file, strict=True), chunksize=16):
                rows.append(row)
                bar.update()
                if len(rows) % PICTURES_A_CHECKPOINT == 0:
                    write_table(_sorted(rows), BOXES, path, provenance)
        found = _sorted(rows)
        write_table(found, BOXES, path, provenance)
    return found[found.file.isin(records.file)].reset_index(drop=True)


def widest(faces: Sequence[Face]) -> Face | None:
    """The face that is scored where a labelled picture shows several; None where there is none."""
    return max(faces, key=lambda face: face.width, default=None)


def box_columns(picture: Picture, faces: Sequence[Face]) -> dict[str, Any]:
    """Status, faces found, widest box, width and height of one picture, as tables.py names them."""
    face = widest(faces)
    row: dict[str, Any] = {
        "status": NO_FACE if face is None else FACE_FOUND,
        "faces_found": len(faces),
        "width": picture.width,
        "height": picture.height,
    }
    if face is None:
        return row | dict.fromkeys(_BOX_NUMBERS, math.nan)
    x0, y0, x1, y1 = face.box_xyxy
    fraction = max(x1 - x0, y1 - y0) / min(picture.width, picture.height)
    return row | dict(zip(_BOX_NUMBERS, (x0, y0, x1, y1, face.confidence, fraction), strict=True))


def unreadable_columns() -> dict[str, Any]:
    """The same columns for a file that does not decode."""
    row: dict[str, Any] = {"status": UNREADABLE, "faces_found": 0, "width": 0, "height": 0}
    return row | dict.fromkeys(_BOX_NUMBERS, math.nan)


_BOX_NUMBERS = ("box_x0", "box_y0", "box_x1", "box_y1", "confidence", "face_fraction")
_detector: Detector | None = None  # one a worker process


def _load_detector(detector_path: Path) -> None:
    global _detector
    cv2.setNumThreads(1)
    _detector = Detector(detector_path, threads=1)


def _found_in_file(path_and_file: tuple[str, str]) -> dict[str, Any]:
    path, file = path_and_file
    assert _detector is not None
    try:
        picture = decode(Path(path).read_bytes(), file)
    except PictureError:
        return {"file": file, **unreadable_columns()}
    return {"file": file, **box_columns(picture, _detector.faces_in(picture))}


def _sorted(rows: list[dict[Any, Any]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=BOXES.column_names).sort_values("file", ignore_index=True)

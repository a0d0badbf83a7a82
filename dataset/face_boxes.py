"""Records + detector -> the table of boxes: the face in every picture of a set.

Every crop, for training and for figures, comes from the detector that serves. Finding 60,000 faces takes
minutes: a table belongs to one detector and is continued where it stopped. It depends on the network by its
SHA-256, but not on the code around it: after a change to `faces/detection.py`, delete `face_boxes` in the
cache.
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

from dataset.tables.columns import BOXES, FACE_FOUND, NO_FACE, UNREADABLE
from dataset.tables.schema import Provenance, read_table, write_table
from faces.detection import DEFAULT_DETECTOR, Detector, Face
from faces.errors import PictureError
from faces.files import sha256_of
from faces.pictures import Picture, decode

PICTURES_A_CHECKPOINT = 1000


def boxes_path(set_name: str, cache_dir: Path, detector_sha256: str) -> Path:
    """Path of the boxes of a set that this detector found."""
    # Not `boxes`: there lie the tables of earlier releases, with other columns.
    return Path(cache_dir) / "face_boxes" / detector_sha256[:12] / f"{set_name}.parquet"


def write_boxes(
    records: pd.DataFrame,
    set_name: str,
    cache_dir: Path,
    detector_path: Path = DEFAULT_DETECTOR,
    *,
    processes: int = 2,
) -> pd.DataFrame:
    """Find the faces of every record (path, file) that the set's table lacks; return the rows of all records.

    The table is written whole after every PICTURES_A_CHECKPOINT pictures, and continued by the next call.
    """
    detector_sha256 = sha256_of(detector_path)
    provenance = Provenance(detector_sha256=detector_sha256)
    path = boxes_path(set_name, cache_dir, detector_sha256)
    boxes = (
        read_table(path, BOXES, provenance) if path.is_file() else pd.DataFrame(columns=BOXES.column_names)
    )
    todo = records[~records.file.isin(boxes.file)]
    if len(todo):
        rows: list[dict[Any, Any]] = boxes.to_dict("records")
        # Spawned, not forked: ONNX Runtime's threads do not survive a fork.
        pool = multiprocessing.get_context("spawn").Pool(processes, _load_detector, (Path(detector_path),))
        done = len(records) - len(todo)
        with pool, tqdm(total=len(records), initial=done, desc=f"boxes {set_name}", unit="picture") as bar:
            for row in pool.imap(_boxes_in_file, zip(todo.path, todo.file, strict=True), chunksize=16):
                rows.append(row)
                bar.update()
                if len(rows) % PICTURES_A_CHECKPOINT == 0:
                    write_table(_sorted(rows), BOXES, path, provenance)
        boxes = _sorted(rows)
        write_table(boxes, BOXES, path, provenance)
    return boxes[boxes.file.isin(records.file)].reset_index(drop=True)


def widest(faces: Sequence[Face]) -> Face | None:
    """The face that is scored where a labelled picture shows several; None where there is none."""
    return max(faces, key=lambda face: face.width, default=None)


def faces_in_rows(boxes: pd.DataFrame) -> list[Face | None]:
    """The widest face of each row of BOXES; None where none was found."""
    numbers = boxes[["box_x0", "box_y0", "box_x1", "box_y1", "confidence"]].to_numpy(float)
    return [
        None if math.isnan(x0) else Face((x0, y0, x1, y1), confidence)
        for x0, y0, x1, y1, confidence in numbers.tolist()
    ]


def box_columns(picture: Picture, faces: Sequence[Face]) -> dict[str, Any]:
    """Status, faces found, widest box, width and height of one picture, by the columns of BOXES."""
    face = widest(faces)
    row: dict[str, Any] = {
        "status": NO_FACE if face is None else FACE_FOUND,
        "faces_found": len(faces),
        "width": picture.width,
        "height": picture.height,
    }
    if face is None:
        return row | dict.fromkeys(_BOX_COLUMNS, math.nan)
    x0, y0, x1, y1 = face.box_xyxy
    fraction = max(x1 - x0, y1 - y0) / min(picture.width, picture.height)
    return row | dict(zip(_BOX_COLUMNS, (x0, y0, x1, y1, face.confidence, fraction), strict=True))


def unreadable_columns() -> dict[str, Any]:
    """The same columns for a file that does not decode."""
    row: dict[str, Any] = {"status": UNREADABLE, "faces_found": 0, "width": 0, "height": 0}
    return row | dict.fromkeys(_BOX_COLUMNS, math.nan)


_BOX_COLUMNS = ("box_x0", "box_y0", "box_x1", "box_y1", "confidence", "face_fraction")
_detector: Detector | None = None  # one a worker process


def _load_detector(detector_path: Path) -> None:
    global _detector
    cv2.setNumThreads(1)
    _detector = Detector(detector_path, threads=1)


def _boxes_in_file(path_and_file: tuple[str, str]) -> dict[str, Any]:
    path, file = path_and_file
    assert _detector is not None
    try:
        picture = decode(Path(path).read_bytes(), file)
    except PictureError:
        return {"file": file, **unreadable_columns()}
    return {"file": file, **box_columns(picture, _detector.faces_in(picture))}


def _sorted(rows: list[dict[Any, Any]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=BOXES.column_names).sort_values("file", ignore_index=True)

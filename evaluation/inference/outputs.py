"""Pictures + networks -> raw outputs: the widest face of each picture and what every network says about it.

A room of its own because this is the only slow step of an evaluation. Each picture is decoded and searched
once for all variants. What the networks say is kept before calibration, in shards under the cache folder,
named after detector and network: a stopped run goes on where it was, and a new calibration costs nothing.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from dataset.face_boxes import box_columns, unreadable_columns, widest
from dataset.tables.columns import BOXES
from faces.detection import Detector
from faces.errors import PictureError
from faces.files import whole_file
from faces.input_crops import crop_for
from faces.networks import AGES, Network
from faces.pictures import decode

SHARD = 250  # pictures in one unit of resumable work


@dataclass(frozen=True)
class RawOutputs:
    """What one network says about n pictures before calibration; row i of each belongs to picture i."""

    boxes: pd.DataFrame  # the columns of dataset.tables.columns.BOXES
    age_probabilities: np.ndarray  # (n, 101) float32; NaN where unreadable or not told
    female_probability: np.ndarray  # (n,) float32; NaN where unreadable or not told

    def rows(self, chosen: np.ndarray) -> "RawOutputs":
        """The rows that (n,) bool `chosen` marks."""
        boxes = self.boxes[chosen].reset_index(drop=True)
        return RawOutputs(boxes, self.age_probabilities[chosen], self.female_probability[chosen])


def raw_outputs(
    pictures: pd.DataFrame,
    networks: Sequence[Network],
    detector: Detector,
    cache_dir: Path,
    *,
    title: str,
    threads: int | None = None,
) -> dict[str, RawOutputs]:
    """Outputs by variant name for `pictures` (path, file), taken from the cache where they are there already.

    `title` names the progress bar and the cached shards. Pictures run side by side on `threads`, as many as
    there are cores: load the networks and the detector with one thread each.
    """
    found: dict[str, list[RawOutputs]] = {network.variant.name: [] for network in networks}
    bar = tqdm(total=len(pictures), desc=title, unit=" pictures", smoothing=0.05)
    with bar, ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
        for number, start in enumerate(range(0, len(pictures), SHARD)):
            shard = pictures.iloc[start : start + SHARD]
            paths = [
                _shard_path(cache_dir, detector, network, f"{title.replace(' ', '-')}-{number:04d}")
                for network in networks
            ]
            done = [_kept(path, list(shard.file)) for path in paths]
            lacking = [place for place, kept in enumerate(done) if kept is None]
            if lacking:
                computed = _computed(
                    shard, [networks[place] for place in lacking], detector, pool, bar.update
                )
                for place, outputs in zip(lacking, computed, strict=True):
                    _keep(paths[place], outputs)
                    done[place] = outputs
            else:
                bar.update(len(shard))
            for network, shard_outputs in zip(networks, done, strict=True):
                assert shard_outputs is not None
                found[network.variant.name].append(shard_outputs)
    return {name: _joined(parts) for name, parts in found.items()}


def _computed(
    shard: pd.DataFrame,
    networks: Sequence[Network],
    detector: Detector,
    pool: ThreadPoolExecutor,
    tick: Callable[[], Any],
) -> list[RawOutputs]:
    """The outputs of each network for one shard."""

    def read(path: str, file: str) -> tuple[dict, list[tuple[np.ndarray, float]]]:
        said = _read_picture(Path(path), file, networks, detector)
        tick()
        return said

    rows = list(pool.map(read, shard.path, shard.file))
    boxes = pd.DataFrame([row for row, _ in rows], columns=BOXES.column_names)
    return [
        RawOutputs(
            boxes,
            np.stack([said[place][0] for _, said in rows]),
            np.array([said[place][1] for _, said in rows], np.float32),
        )
        for place in range(len(networks))
    ]


def _read_picture(
    path: Path, file: str, networks: Sequence[Network], detector: Detector
) -> tuple[dict, list[tuple[np.ndarray, float]]]:
    """The picture's row of BOXES, and (101,) age and one female probability by each network."""
    try:
        picture = decode(path.read_bytes(), file)
    except PictureError:
        nothing = (np.full(AGES, np.nan, np.float32), np.nan)
        return {"file": file, **unreadable_columns()}, [nothing] * len(networks)
    faces = detector.faces_in(picture)
    said = []
    for network in networks:
        ages, female = network.outputs(crop_for(network.variant, picture, widest(faces))[None])
        said.append((ages[0], float(female[0])))
    return {"file": file, **box_columns(picture, faces)}, said


def _shard_path(cache_dir: Path, detector: Detector, network: Network, name: str) -> Path:
    folder = f"{detector.sha256[:12]}-{network.variant.network_sha256[:12]}"
    return Path(cache_dir) / "outputs" / folder / f"{name}.npz"


def _keep(path: Path, outputs: RawOutputs) -> None:
    arrays: dict[str, Any] = {
        f"boxes/{name}": outputs.boxes[name].to_numpy(str if name in ("file", "status") else None)
        for name in BOXES.column_names
    }
    arrays |= {"ages": outputs.age_probabilities, "female": outputs.female_probability}
    with whole_file(path) as unfinished:
        np.savez(unfinished, **arrays)


def _kept(path: Path, files: list[str]) -> RawOutputs | None:
    """The shard that `_keep` wrote, or None where there is none for these pictures."""
    if not path.is_file():
        return None
    with np.load(path) as arrays:
        if list(arrays["boxes/file"]) != files:
            return None
        boxes = pd.DataFrame({name: arrays[f"boxes/{name}"] for name in BOXES.column_names})
        return RawOutputs(boxes, arrays["ages"], arrays["female"])


def _joined(parts: Sequence[RawOutputs]) -> RawOutputs:
    return RawOutputs(
        pd.concat([part.boxes for part in parts], ignore_index=True),
        np.concatenate([part.age_probabilities for part in parts]),
        np.concatenate([part.female_probability for part in parts]),
    )

"""Pictures + networks -> raw outputs: the widest face of each picture, and what every network outputs for it.

The only slow step of an evaluation. Each picture is decoded and searched once for all variants. Outputs are
cached before calibration, in shards under the cache folder: a stopped run goes on where it was, and a new
calibration costs nothing.
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
from dataset.stable_hash import stable_hash
from dataset.tables.columns import BOXES
from faces.detection import Detector
from faces.errors import PictureError
from faces.files import whole_file
from faces.input_crops import crop_for
from faces.networks import Network
from faces.orientation import OrientedDetector, read_thresholds
from faces.pictures import decode
from faces.predictions import AGES
from faces.variants import Variant

SHARD = 250  # pictures in one unit of resumable work
# Stands in the names of cached files: raise it when a change of code changes a crop or an output.
VERSION = 2

# Of one picture, (101,) age probabilities and the female probability; NaN where unreadable or no head.
Output = tuple[np.ndarray, float]


@dataclass(frozen=True)
class RawOutputs:
    """Outputs of one network for n pictures before calibration; row i of each belongs to picture i."""

    boxes: pd.DataFrame  # the columns of dataset.tables.columns.BOXES
    age_probabilities: np.ndarray  # (n, 101) float32; NaN where unreadable or without the head
    female_probability: np.ndarray  # (n,) float32; NaN where unreadable or without the head

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
    """Outputs by variant name for `pictures` (path, file), from the cache where they are there already.

    `title` names the progress bar and the cached shards. Pictures run in parallel on `threads`, by default
    one per core: load the networks and the detector with one thread each.
    """
    oriented = OrientedDetector(detector)
    by_name: dict[str, list[RawOutputs]] = {network.variant.name: [] for network in networks}
    bar = tqdm(total=len(pictures), desc=title, unit=" pictures", smoothing=0.05)
    with bar, ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
        for number, start in enumerate(range(0, len(pictures), SHARD)):
            shard = pictures.iloc[start : start + SHARD]
            file = f"{title.replace(' ', '-')}-{number:04d}.npz"
            paths = {
                network.variant.name: cache_folder(cache_dir, "outputs", detector, network.variant) / file
                for network in networks
            }
            outputs = {name: _cached(path, list(shard.file)) for name, path in paths.items()}
            missing = [network for network in networks if outputs[network.variant.name] is None]
            if missing:
                for name, computed in _computed(shard, missing, oriented, pool, bar.update).items():
                    _save(paths[name], computed)
                    outputs[name] = computed
            else:
                bar.update(len(shard))
            for name, of_shard in outputs.items():
                assert of_shard is not None
                by_name[name].append(of_shard)
    return {name: _concatenated(shards) for name, shards in by_name.items()}


def cache_folder(cache_dir: Path, kind: str, detector: Detector, variant: Variant) -> Path:
    """The folder of cached outputs of a network, named after all that makes them.

    Besides detector and network those are the fields of variant.toml that make the input crop, which stand
    in neither, and the thresholds of turned faces: an edited `crop_scale` has another folder.
    """
    crop = (variant.input_mode, variant.crop_scale, variant.input_px, *variant.pad_rgb)
    crop_hash = stable_hash(f"outputs {VERSION} {crop} {read_thresholds(detector)}", 48)
    return Path(cache_dir) / kind / f"{detector.sha256[:12]}-{variant.network_sha256[:12]}-{crop_hash:012x}"


def _computed(
    shard: pd.DataFrame,
    networks: Sequence[Network],
    detector: OrientedDetector,
    pool: ThreadPoolExecutor,
    tick: Callable[[], Any],
) -> dict[str, RawOutputs]:
    """The outputs of each network for one shard, by variant name."""

    def computed(path: str, file: str) -> tuple[dict, list[Output]]:
        row_and_outputs = _computed_picture(Path(path), file, networks, detector)
        tick()
        return row_and_outputs

    rows, by_picture = zip(*pool.map(computed, shard.path, shard.file), strict=True)
    boxes = pd.DataFrame(list(rows), columns=BOXES.column_names)
    return {
        network.variant.name: RawOutputs(
            boxes,
            np.stack([ages for ages, _ in outputs]),
            np.array([female for _, female in outputs], np.float32),
        )
        for network, outputs in zip(networks, zip(*by_picture, strict=True), strict=True)
    }


def _computed_picture(
    path: Path, file: str, networks: Sequence[Network], detector: OrientedDetector
) -> tuple[dict, list[Output]]:
    """The picture's row of BOXES, and the output of each network."""
    try:
        picture = decode(path.read_bytes(), file)
    except PictureError:
        nothing = (np.full(AGES, np.nan, np.float32), np.nan)
        return {"file": file, **unreadable_columns()}, [nothing] * len(networks)
    upright = detector.faces_in(picture)
    face = widest(upright.faces)
    outputs = []
    for network in networks:
        crop = crop_for(network.variant, picture, face, upright.turned_degrees)
        ages, female = network.outputs(crop[None])
        outputs.append((ages[0], float(female[0])))
    return {"file": file, **box_columns(picture, upright.faces)}, outputs


def _save(path: Path, outputs: RawOutputs) -> None:
    arrays: dict[str, Any] = {
        f"boxes/{name}": outputs.boxes[name].to_numpy(str if name in ("file", "status") else None)
        for name in BOXES.column_names
    }
    arrays |= {"ages": outputs.age_probabilities, "female": outputs.female_probability}
    with whole_file(path) as unfinished:
        np.savez(unfinished, **arrays)


def _cached(path: Path, files: list[str]) -> RawOutputs | None:
    """The shard that `_save` wrote, or None where there is none for these pictures."""
    if not path.is_file():
        return None
    with np.load(path) as arrays:
        if list(arrays["boxes/file"]) != files:
            return None
        boxes = pd.DataFrame({name: arrays[f"boxes/{name}"] for name in BOXES.column_names})
        return RawOutputs(boxes, arrays["ages"], arrays["female"])


def _concatenated(parts: Sequence[RawOutputs]) -> RawOutputs:
    return RawOutputs(
        pd.concat([part.boxes for part in parts], ignore_index=True),
        np.concatenate([part.age_probabilities for part in parts]),
        np.concatenate([part.female_probability for part in parts]),
    )

"""Pictures + networks -> predictions for every picture, unchanged and under every condition.

A condition is one kind of corruption at one severity. The face box stays that of the unchanged picture, so
that a difference is the network's; whether the detector would still find the face is measured apart, on the
first pictures. In a turned picture the face is detected anew, and read upright, as it is served.

Results are cached, a file per network and condition: a stopped run goes on where it was. The names hold all
that makes them: network, input crop, detector, level, and the VERSION of the corruptions' code.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from dataset.face_boxes import faces_in_rows, widest
from dataset.tables.columns import FACE_FOUND, UNREADABLE
from evaluation.inference.corruptions import CORRUPTIONS, VERSION, Corruption, corrupted
from evaluation.inference.outputs import cache_folder, raw_outputs
from faces.boxes import turned_back
from faces.detection import Detector, Face
from faces.files import whole_file
from faces.input_crops import crop_for
from faces.networks import Network, age_expectations
from faces.orientation import OrientedDetector, UprightFaces
from faces.pictures import Picture, decode

SEARCHED = 100  # of the pictures, the first so many go through the detector again
DETECTOR = ""  # the key of the detector's results, beside variant names as keys of the networks'

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Condition:
    """One kind of corruption at one severity, 1 to 5."""

    corruption: Corruption
    severity: int

    @property
    def name(self) -> str:
        return f"{self.corruption.key}-{self.corruption.level(self.severity):g}"


CONDITIONS = tuple(
    Condition(corruption, severity) for corruption in CORRUPTIONS for severity in corruption.severities
)


@dataclass(frozen=True)
class ConditionPredictions:
    """Predictions of one network for n pictures, each unchanged (column 0) and under every condition.

    Neither depends on the calibration, which moves intervals and probabilities alone. NaN where unreadable.
    """

    age_years: np.ndarray  # (n, 1 + conditions)
    female_probability: np.ndarray  # (n, 1 + conditions), before calibration


def predictions_under(
    conditions: Sequence[Condition],
    pictures: pd.DataFrame,
    networks: Sequence[Network],
    detector: Detector,
    cache_dir: Path,
    *,
    title: str,
    threads: int | None = None,
) -> tuple[dict[str, ConditionPredictions], np.ndarray]:
    """Predictions by variant name for `pictures` (path, file), and whether the detector finds the face again.

    The second is bool (at most SEARCHED, 1 + conditions). `title` names the progress bars and cached files.
    """
    unchanged = raw_outputs(
        pictures, networks, detector, cache_dir, title=f"{title} robustness", threads=threads
    )
    boxes = unchanged[networks[0].variant.name].boxes
    originals = [
        None if status == UNREADABLE else _Original(path, file, face)
        for path, file, status, face in zip(
            pictures.path, pictures.file, boxes.status, faces_in_rows(boxes), strict=True
        )
    ]
    columns = [
        {
            name: {
                "age_years": age_expectations(outputs.age_probabilities),
                "female_probability": outputs.female_probability,
            }
            for name, outputs in unchanged.items()
        }
    ]
    columns[0][DETECTOR] = {"found": (boxes.status == FACE_FOUND).to_numpy()[:SEARCHED]}
    columns += _results(conditions, originals, networks, detector, cache_dir, title, threads)

    def stacked(name: str, array: str) -> np.ndarray:
        return np.stack([by_name[name][array] for by_name in columns], axis=1)

    predictions = {
        name: ConditionPredictions(stacked(name, "age_years"), stacked(name, "female_probability"))
        for name in unchanged
    }
    return predictions, stacked(DETECTOR, "found")


class _Original:
    """An unchanged picture, decoded at its first use, and its face."""

    def __init__(self, path: str, file: str, face: Face | None) -> None:
        self.path, self.file, self.face = path, file, face
        self._picture: Picture | None = None

    @property
    def picture(self) -> Picture:
        if self._picture is None:
            self._picture = decode(Path(self.path).read_bytes(), self.file)
        return self._picture

    def under(self, condition: Condition) -> Picture:
        """The corrupted picture."""
        rgb = corrupted(self.picture.rgb, self.box, condition.corruption, condition.severity, self.file)
        return Picture(self.file, rgb)

    @property
    def faces(self) -> list[Face]:
        """The face alone, or nothing."""
        return [] if self.face is None else [self.face]

    def box_under(self, condition: Condition) -> tuple[float, float, float, float]:
        """The box in the pixels of the corrupted picture."""
        if not condition.corruption.by_quarters:
            return self.box
        degrees = round(condition.corruption.level(condition.severity))
        return turned_back(self.box, self.picture.width, self.picture.height, 360 - degrees)

    @property
    def box(self) -> tuple[float, float, float, float]:
        """The box of the face; without one the whole picture, which is then every network's input."""
        if self.face is None:
            return (0.0, 0.0, float(self.picture.width), float(self.picture.height))
        return self.face.box_xyxy


def _results(
    conditions: Sequence[Condition],
    originals: Sequence[_Original | None],
    networks: Sequence[Network],
    detector: Detector,
    cache_dir: Path,
    title: str,
    threads: int | None,
) -> Iterator[dict[str, Arrays]]:
    """For each condition the arrays of every variant by name, and those of DETECTOR."""
    files = [original.file if original else "" for original in originals]
    oriented = OrientedDetector(detector)
    total = len(conditions) * len(originals)
    bar = tqdm(total=total, desc=f"{title} corrupted", unit=" pictures", smoothing=0.05)
    with bar, ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
        for condition in conditions:
            paths = _cache_paths(cache_dir, detector, networks, f"{title}-{condition.name}-v{VERSION}.npz")
            results = {name: _cached(path, files) for name, path in paths.items()}
            missing = [network for network in networks if results[network.variant.name] is None]
            searching = results[DETECTOR] is None
            if missing or searching:
                computed = _computed(condition, originals, missing, oriented, searching, pool, bar.update)
                for name, arrays in computed.items():
                    with whole_file(paths[name]) as unfinished:
                        np.savez(unfinished, **(arrays | {"files": np.array(files)}))  # type: ignore[arg-type]
                results |= computed
            else:
                bar.update(len(originals))
            yield {name: arrays for name, arrays in results.items() if arrays is not None}


def _computed(
    condition: Condition,
    originals: Sequence[_Original | None],
    networks: Sequence[Network],
    oriented: OrientedDetector,
    searching: bool,
    pool: ThreadPoolExecutor,
    tick: Callable[[], object],
) -> dict[str, Arrays]:
    """The results of the networks, and when `searching` those of the detector, under one condition."""

    def computed(index: int, original: _Original | None) -> tuple[list[tuple[float, float]], bool]:
        predictions = [(np.nan, np.nan)] * len(networks)
        is_found = False
        if original is not None:
            picture = original.under(condition)
            by_quarters = condition.corruption.by_quarters
            read = oriented.faces_in(picture) if by_quarters else UprightFaces(original.faces)
            predictions = [_prediction(network, picture, read) for network in networks]
            if searching and index < SEARCHED:
                box = original.box_under(condition)
                is_found = _lies_in(box, read.faces if by_quarters else oriented.detector.faces_in(picture))
        tick()
        return predictions, is_found

    rows = list(pool.map(computed, range(len(originals)), originals))
    numbers = np.array([predictions for predictions, _ in rows]).reshape(len(rows), len(networks), 2)
    results = {
        network.variant.name: {"age_years": numbers[:, index, 0], "female_probability": numbers[:, index, 1]}
        for index, network in enumerate(networks)
    }
    if searching:
        results[DETECTOR] = {"found": np.array([found for _, found in rows[:SEARCHED]], bool)}
    return results


def _prediction(network: Network, picture: Picture, read: UprightFaces) -> tuple[float, float]:
    """Age in years and female probability of the widest face, before calibration."""
    crop = crop_for(network.variant, picture, widest(read.faces), read.turned_degrees)
    ages, female = network.outputs(crop[None])
    return float(age_expectations(ages)[0]), float(female[0])


def _lies_in(box_xyxy: Sequence[float], faces: Sequence[Face]) -> bool:
    """Whether the centre of a detected face lies in the box of the unchanged picture."""
    x0, y0, x1, y1 = box_xyxy
    centres = [
        ((face.box_xyxy[0] + face.box_xyxy[2]) / 2, (face.box_xyxy[1] + face.box_xyxy[3]) / 2)
        for face in faces
    ]
    return any(x0 <= x <= x1 and y0 <= y <= y1 for x, y in centres)


def _cache_paths(
    cache_dir: Path, detector: Detector, networks: Sequence[Network], file: str
) -> dict[str, Path]:
    """Where the results of every variant, and of DETECTOR, are cached."""
    paths = {
        network.variant.name: cache_folder(cache_dir, "robustness", detector, network.variant) / file
        for network in networks
    }
    return paths | {DETECTOR: Path(cache_dir) / "robustness" / detector.sha256[:12] / file}


def _cached(path: Path, files: list[str]) -> Arrays | None:
    """The arrays that were cached for these pictures, or None."""
    if not path.is_file():
        return None
    with np.load(path) as arrays:
        if list(arrays["files"]) != files:
            return None
        return {name: arrays[name] for name in arrays.files if name != "files"}

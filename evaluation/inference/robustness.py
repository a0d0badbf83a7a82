"""Test pictures made worse + networks -> `robustness.csv` in each variant's folder.

A room of its own because here alone a picture is changed between its decoding and its framing. The face box
stays the one that was found on the unchanged picture, so that a difference is the network's; whether the
detector would still find the face is counted apart, on the first pictures of the sample.

What networks and detector say is kept under the cache folder, a file a kind of change and strength: a
stopped run goes on where it was. The names know network, detector and amount, but not the code of a change:
after an edit of `corruptions.py`, delete the cache's `robustness` folder.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from dataset.records import CHIPS, PORTRAITS, load_records
from dataset.splits import split_sha256
from dataset.tables.columns import FACE_FOUND, ROBUSTNESS, UNREADABLE
from evaluation.inference.corruptions import CORRUPTIONS, SEVERITIES, Corruption, corrupted
from evaluation.inference.outputs import raw_outputs
from evaluation.inference.subsets import first_by_hash
from evaluation.metrics.robustness import robustness_rows
from evaluation.predictions import ROBUSTNESS_FILE
from faces.detection import Detector, Face
from faces.errors import VariantError
from faces.files import whole_file
from faces.input_crops import crop_for
from faces.networks import Network, age_expectations
from faces.pictures import Picture, decode
from faces.predictions import OUTPUTS

SAMPLE = {CHIPS: 500, PORTRAITS: 240}  # how many test pictures of each set are read
SEARCHED = 100  # of these, the first so many go through the detector again
SAMPLE_SEED = "robustness sample 1"


@dataclass(frozen=True)
class Answers:
    """What one network says about n pictures, each unchanged (column 0) and in every cell.

    Neither number depends on the calibration, which moves intervals and how sure a gender is.
    """

    age_years: np.ndarray  # (n, 1 + cells)
    female_probability: np.ndarray  # (n, 1 + cells)


@dataclass(frozen=True)
class Condition:
    """One kind of change at one strength."""

    corruption: Corruption
    severity: int

    @property
    def name(self) -> str:
        return f"{self.corruption.key}-{self.corruption.level(self.severity):g}"


CONDITIONS = tuple(Condition(corruption, severity) for corruption in CORRUPTIONS for severity in SEVERITIES)


def write_robustness(
    networks: Sequence[Network], detector: Detector, data_dir: Path, cache_dir: Path
) -> list[Path]:
    """Read the changed pictures with every network, write a table for each, return their paths.

    Raises DataMissing, and VariantError for a network that does not tell both age and gender. Load the
    networks and the detector with one thread each.
    """
    for network in networks:
        if network.heads != OUTPUTS:
            raise VariantError(
                f"Robustness is measured of networks that tell {' and '.join(OUTPUTS)}. "
                f"Received: {network.variant.name}, which tells {' and '.join(network.heads)}."
            )
    tables: dict[str, list[pd.DataFrame]] = {network.variant.name: [] for network in networks}
    for set_name in SAMPLE:
        pictures = sampled_pictures(set_name, data_dir, cache_dir)
        answers, found = changed_answers(
            pictures, networks, detector, cache_dir, title=set_name, cells=CONDITIONS
        )
        for name, said in answers.items():
            rows = robustness_rows(pictures, said.age_years, said.female_probability)
            rows = rows.assign(variant=name, set=set_name, **_condition_columns())
            tables[name].append(
                rows.assign(face_found_fraction=found.mean(axis=0), face_found_count=len(found))
            )
    paths = []
    for network in networks:
        variant = network.variant
        table = pd.concat(tables[variant.name]).assign(
            split_sha256=split_sha256(),
            network_sha256=variant.network_sha256,
            detector_sha256=detector.sha256,
        )
        path = variant.folder / ROBUSTNESS_FILE
        with whole_file(path) as unfinished:
            table[ROBUSTNESS.column_names].round(6).to_csv(unfinished, index=False)
        paths.append(path)
    return paths


def sampled_pictures(set_name: str, data_dir: Path, cache_dir: Path) -> pd.DataFrame:
    """Records (dataset.records.RECORD_COLUMNS) of the set's sample, in its order. Raises DataMissing."""
    records = load_records(set_name, data_dir, cache_dir)
    test = records[records.split == "test"].set_index("file", drop=False)
    files = first_by_hash(test.file, SAMPLE[set_name], SAMPLE_SEED)
    return test.loc[files].reset_index(drop=True)


def changed_answers(
    pictures: pd.DataFrame,
    networks: Sequence[Network],
    detector: Detector,
    cache_dir: Path,
    *,
    title: str,
    cells: Sequence[Condition],
    threads: int | None = None,
) -> tuple[dict[str, Answers], np.ndarray]:
    """Answers by variant name for `pictures` (path, file), and where the detector finds the face again.

    The second is bool (at most SEARCHED, 1 + cells). A picture that cannot be decoded has NaN answers.
    `title` names the progress bars and the cached files.
    """
    unchanged = raw_outputs(
        pictures, networks, detector, cache_dir, title=f"{title} robustness", threads=threads
    )
    boxes = unchanged[networks[0].variant.name].boxes
    originals = [
        None if status == UNREADABLE else _Original(path, file, face)
        for path, file, status, face in zip(
            pictures.path, pictures.file, boxes.status, _faces(boxes), strict=True
        )
    ]
    ages = {name: [age_expectations(said.age_probabilities)] for name, said in unchanged.items()}
    female = {name: [said.female_probability] for name, said in unchanged.items()}
    found = [(boxes.status == FACE_FOUND).to_numpy()[:SEARCHED]]
    for read in _measured_conditions(originals, cells, networks, detector, cache_dir, title, threads):
        found.append(read[detector.sha256]["found"])
        for network in networks:
            said = read[network.variant.network_sha256]
            ages[network.variant.name].append(said["age_years"])
            female[network.variant.name].append(said["female_probability"])
    answers = {name: Answers(np.stack(ages[name], axis=1), np.stack(female[name], axis=1)) for name in ages}
    return answers, np.stack(found, axis=1)


class _Original:
    """A picture as it was found, decoded when it is first asked for, and its face."""

    def __init__(self, path: str, file: str, face: Face | None) -> None:
        self.path, self.file, self.face = path, file, face
        self._picture: Picture | None = None

    @property
    def picture(self) -> Picture:
        if self._picture is None:
            self._picture = decode(Path(self.path).read_bytes(), self.file)
        return self._picture

    def changed(self, cell: Condition) -> Picture:
        """The picture as it is in `cell`."""
        rgb = corrupted(self.picture.rgb, self.box, cell.corruption, cell.severity, self.file)
        return Picture(self.file, rgb)

    @property
    def box(self) -> tuple[float, float, float, float]:
        """The box of the face; the whole picture where none was found, which is then what networks read."""
        if self.face is None:
            return (0.0, 0.0, float(self.picture.width), float(self.picture.height))
        return self.face.box_xyxy


Arrays = dict[str, np.ndarray]


def _measured_conditions(
    originals: Sequence[_Original | None],
    cells: Sequence[Condition],
    networks: Sequence[Network],
    detector: Detector,
    cache_dir: Path,
    title: str,
    threads: int | None,
) -> Iterator[Mapping[str, Arrays]]:
    """What is known of each cell, by the SHA-256 of the network or detector that says so."""
    files = [original.file if original else "" for original in originals]
    bar = tqdm(total=len(cells) * len(originals), desc=f"{title} changed", unit=" pictures", smoothing=0.05)
    with bar, ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
        for cell in cells:
            paths = {
                network.variant.network_sha256: _kept_at(cache_dir, detector, network, title, cell)
                for network in networks
            }
            paths[detector.sha256] = _kept_at(cache_dir, detector, None, title, cell)
            read = {sha256: _kept(path, files) for sha256, path in paths.items()}
            lacking = [network for network in networks if read[network.variant.network_sha256] is None]
            look = read[detector.sha256] is None
            if lacking or look:
                computed = _computed(originals, cell, lacking, detector if look else None, pool, bar.update)
                for sha256, arrays in computed.items():
                    with whole_file(paths[sha256]) as unfinished:
                        np.savez(unfinished, **(arrays | {"files": np.array(files)}))  # type: ignore[arg-type]
                    read[sha256] = arrays
            else:
                bar.update(len(originals))
            yield {sha256: arrays for sha256, arrays in read.items() if arrays is not None}


def _computed(
    originals: Sequence[_Original | None],
    cell: Condition,
    networks: Sequence[Network],
    detector: Detector | None,
    pool: ThreadPoolExecutor,
    tick: Callable[[], object],
) -> dict[str, Arrays]:
    """What the networks, and the detector where there is one, say about one cell."""

    def read(place: int, original: _Original | None) -> tuple[list[tuple[float, float]], bool]:
        said = [(np.nan, np.nan)] * len(networks)
        found = False
        if original is not None:
            changed = original.changed(cell)
            said = [_answer(network, changed, original.face) for network in networks]
            if detector is not None and place < SEARCHED:
                found = _finds_again(detector, changed, original.box)
        tick()
        return said, found

    rows = list(pool.map(read, range(len(originals)), originals))
    computed: dict[str, Arrays] = {}
    for place, network in enumerate(networks):
        numbers = np.array([said[place] for said, _ in rows])
        computed[network.variant.network_sha256] = {
            "age_years": numbers[:, 0],
            "female_probability": numbers[:, 1],
        }
    if detector is not None:
        computed[detector.sha256] = {"found": np.array([found for _, found in rows[:SEARCHED]], bool)}
    return computed


def _answer(network: Network, picture: Picture, face: Face | None) -> tuple[float, float]:
    """Age in years and female probability."""
    ages, female = network.outputs(crop_for(network.variant, picture, face)[None])
    return float(age_expectations(ages)[0]), float(female[0])


def _finds_again(detector: Detector, picture: Picture, box_xyxy: Sequence[float]) -> bool:
    """Whether the middle of a found face lies in the box of the unchanged picture."""
    x0, y0, x1, y1 = box_xyxy
    middles = [
        ((face.box_xyxy[0] + face.box_xyxy[2]) / 2, (face.box_xyxy[1] + face.box_xyxy[3]) / 2)
        for face in detector.faces_in(picture)
    ]
    return any(x0 <= x <= x1 and y0 <= y <= y1 for x, y in middles)


def _faces(boxes: pd.DataFrame) -> list[Face | None]:
    """The face in each row of dataset.tables.columns.BOXES; None where none was found."""
    numbers = boxes[["box_x0", "box_y0", "box_x1", "box_y1", "confidence"]].to_numpy(float)
    return [
        None if np.isnan(x0) else Face((x0, y0, x1, y1), confidence)
        for x0, y0, x1, y1, confidence in numbers.tolist()
    ]


def _kept_at(
    cache_dir: Path, detector: Detector, network: Network | None, title: str, cell: Condition
) -> Path:
    folder = detector.sha256[:12] + (f"-{network.variant.network_sha256[:12]}" if network else "")
    return Path(cache_dir) / "robustness" / folder / f"{title}-{cell.name}.npz"


def _kept(path: Path, files: list[str]) -> Arrays | None:
    """The arrays that were kept for these pictures, or None."""
    if not path.is_file():
        return None
    with np.load(path) as arrays:
        if list(arrays["files"]) != files:
            return None
        return {name: arrays[name] for name in arrays.files if name != "files"}


def _condition_columns() -> dict[str, list]:
    """The columns corruption, strength, amount and unit: the unchanged pictures, then every cell."""
    return {
        "corruption": ["unchanged", *(cell.corruption.key for cell in CONDITIONS)],
        "severity": [0, *(cell.severity for cell in CONDITIONS)],
        "level": [np.nan, *(cell.corruption.level(cell.severity) for cell in CONDITIONS)],
        "unit": ["none", *(cell.corruption.unit for cell in CONDITIONS)],
    }

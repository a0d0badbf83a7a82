"""Turned pictures: thresholds fitted on validation; right turns, answers and time on other pictures.

`python -m benchmarks orientation --data-dir DIR` prints the table of docs/orientation.md; `--write` fits the
thresholds anew first, for another detector, and writes `orientation.toml` beside it and the page. Fitted on
chips and composites of validation, measured on others of them and on portraits.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from dataset.backgrounds import backgrounds_of, pixels_of
from dataset.labels import VALIDATION
from dataset.paths import add_path_options, data_dir_of
from dataset.records import CHIPS, COMPOSITES, PORTRAITS, load_records
from evaluation.inference.robustness import sampled_pictures
from evaluation.inference.subsets import first_by_hash
from faces.answer import Predictor
from faces.command import add_detector_option
from faces.detection import Detector, Face
from faces.files import whole_file
from faces.orientation import (
    ORIENTATION_TOML,
    TURNS,
    OrientedDetector,
    Thresholds,
    UprightFaces,
)
from faces.pictures import Picture, decode
from faces.predictions import GENDERS, UNCERTAIN
from faces.templates import render
from faces.toml import write_toml
from faces.variants import DEFAULT_VARIANTS

SAMPLE_SEED = "orientation sample 1"  # enters a hash: never renamed
FITTED, MEASURED = 300, 300  # pictures of each validation set
MISSED = 0.01  # of the turned faces may pass a threshold of upright ones in their square
MISSED_AT_ONCE = 0.03  # and in the picture, where no further pass is spent on them
LEAST_MARGIN = 0.01
LEAST_FOUND_CONFIDENCE = 0.5
PAGE = Path(__file__).parent.parent / "docs" / "orientation.md"
PAGE_TEMPLATE = Path(__file__).with_name("orientation.md.j2")
HEAD = "Written by `python -m benchmarks orientation --write`; not to be edited."


@dataclass(frozen=True)
class Scores:
    """What becomes of the pictures of one set; all but `right` of the pictures as they came, upright."""

    name: str
    count: int
    turned: int  # pictures that were turned, wrongly
    lying: int  # pictures in which a face was read as lying, wrongly
    unclear: int
    with_face: int
    right: dict[int, int]  # turn -> pictures of that turn whose widest face is found and read so
    time_ratio: float  # of detection with turning to detection alone


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `python -m benchmarks orientation`."""
    add_path_options(parser)
    add_detector_option(parser)
    parser.add_argument(
        "--write", action="store_true", help="fit the thresholds anew, write them and docs/orientation.md"
    )


def run(args: argparse.Namespace) -> int:
    """Fit if it is wanted, measure and print; 0 when done. Raises DataMissing."""
    data_dir, cache_dir = data_dir_of(args), args.cache_dir
    detector = Detector(args.detector, threads=1)
    samples = {name: validation_pictures(name, data_dir, cache_dir) for name in (CHIPS, COMPOSITES)}
    if args.write:
        fitted_paths = [path for paths in samples.values() for path in paths[:FITTED]]
        thresholds = fitted(detector, fitted_paths, empty_pictures(data_dir)[::2])
        write_toml(args.detector.parent / ORIENTATION_TOML, thresholds, head=HEAD)
    predictor = Predictor(DEFAULT_VARIANTS, args.detector, threads=1)
    scores = [
        of_detection(name, predictor.detector, paths[FITTED : FITTED + MEASURED])
        for name, paths in samples.items()
    ]
    scores.append(of_detection("no person", predictor.detector, empty_pictures(data_dir)[1::2], turns=()))
    portraits = sampled_pictures(PORTRAITS, data_dir, cache_dir)
    scores.append(of_detection(PORTRAITS, predictor.detector, list(map(Path, portraits.path))))
    text = render(
        PAGE_TEMPLATE,
        thresholds=predictor.detector.thresholds,
        scores=scores,
        answers=of_answers(predictor, portraits).to_dict("records"),
        turns=TURNS[1:],
    )
    print(text, end="")
    if args.write:
        with whole_file(PAGE) as unfinished:
            unfinished.write_text(text, encoding="utf-8")
    return 0


def validation_pictures(set_name: str, data_dir: Path, cache_dir: Path) -> list[Path]:
    """The pictures of a set's validation split, in the order of their hashes. Raises DataMissing."""
    records = load_records(set_name, data_dir, cache_dir)
    by_file = records[records.split == VALIDATION].set_index("file").path
    return [Path(by_file[file]) for file in first_by_hash(by_file.index, FITTED + MEASURED, SAMPLE_SEED)]


def empty_pictures(data_dir: Path) -> list[Picture]:
    """The face-free parts of photographs behind the composites of validation."""
    return [
        Picture(background.file, pixels_of(background, data_dir)) for background in backgrounds_of(VALIDATION)
    ]


def fitted(detector: Detector, paths: Sequence[Path], without_face: Sequence[Picture]) -> Thresholds:
    """Thresholds that all but MISSED of the turned faces respect, and so many of the empty pictures."""
    everything = Thresholds(detector.sha256, 1.0, 0.0, 1.0, 0.0, 0.0)
    oriented = OrientedDetector(detector, everything)
    confidences: dict[int, list[float]] = {turn: [] for turn in TURNS[1:]}
    as_they_come: dict[int, list[float]] = {turn: [] for turn in TURNS[1:]}
    margins: list[float] = []
    upright: list[float] = []
    for picture, turn in turned_pictures(paths, TURNS, "fit"):
        faces = detector.faces_in(picture)
        if not turn:
            upright.append(faces[0].confidence if faces else 0.0)
            continue
        confidences[turn].append(faces[0].confidence if faces else 0.0)
        if faces:
            by_turn = oriented.confidence_by_turn(picture, faces[0])
            as_they_come[turn].append(by_turn[0])
            margins.append(by_turn[turn] - by_turn[0])
    found = [
        max((face.confidence for face in detector.faces_in(picture)), default=0.0)
        for picture, _ in turned_pictures(without_face, TURNS[1:], "empty pictures")
    ]
    return Thresholds(
        detector.sha256,
        round(max(float(np.quantile(values, 1 - MISSED_AT_ONCE)) for values in confidences.values()), 4),
        round(float(np.quantile(upright, MISSED)), 4),
        round(max(float(np.quantile(values, 1 - MISSED)) for values in as_they_come.values()), 4),
        round(max(float(np.quantile(margins, MISSED)), LEAST_MARGIN), 4),
        round(max(float(np.quantile(found, 1 - MISSED)), LEAST_FOUND_CONFIDENCE), 4),
    )


def turned_pictures(
    pictures: Sequence[Path | Picture], turns: Sequence[int], title: str
) -> Iterator[tuple[Picture, int]]:
    """Every picture turned clockwise by each of `turns` degrees."""
    for one in tqdm(pictures, desc=title, unit=" pictures"):
        picture = one if isinstance(one, Picture) else decode(one.read_bytes(), one.name)
        for turn in turns:
            yield turned(picture, turn), turn


def turned(picture: Picture, degrees: int) -> Picture:
    """The picture turned clockwise."""
    return Picture(picture.name, np.ascontiguousarray(np.rot90(picture.rgb, -degrees // 90)))


def of_detection(
    name: str,
    oriented: OrientedDetector,
    pictures: Sequence[Path | Picture],
    turns: Sequence[int] = TURNS[1:],
) -> Scores:
    """Right turns of upright and turned pictures, and the time of upright ones beside plain detection."""
    plain_s = oriented_s = 0.0
    upright: list[UprightFaces] = []
    for picture, _ in turned_pictures(pictures, (0,), name):
        started = time.process_time()
        oriented.detector.faces_in(picture)
        between = time.process_time()
        upright.append(oriented.faces_in(picture))
        plain_s, oriented_s = plain_s + between - started, oriented_s + time.process_time() - between
    unclear = sum(face is not None and face.turned_degrees is None for face in map(_widest, upright))
    right = dict.fromkeys(turns, 0)
    for picture, turn in turned_pictures(pictures, turns, f"{name} turned"):
        face = _widest(oriented.faces_in(picture))
        right[turn] += face is not None and face.turned_degrees == turn
    scores = Scores(
        name,
        len(pictures),
        sum(bool(read.turned_degrees) for read in upright),
        sum(any(face.turned_degrees for face in read.faces) for read in upright if not read.turned_degrees),
        unclear,
        sum(bool(read.faces) for read in upright),
        right,
        oriented_s / plain_s,
    )
    tqdm.write(str(scores), file=sys.stderr)  # standard output is the page alone
    return scores


def _widest(read: UprightFaces) -> Face | None:
    return max(read.faces, key=lambda face: face.width, default=None)


def of_answers(predictor: Predictor, pictures: pd.DataFrame) -> pd.DataFrame:
    """Rows variant, turn, mae, wrong, uncertain: the served answers for pictures of one person, turned."""
    rows = []
    for record in tqdm(pictures.itertuples(), total=len(pictures), desc="answers", unit=" pictures"):
        path = Path(str(record.path))
        picture = decode(path.read_bytes(), path.name)
        for turn in TURNS:
            answer = predictor.answer(turned(picture, turn))
            face = max(answer.faces, key=lambda answered: answered.face.width, default=None)
            predictions = answer.whole_picture | (face.answers if face else {})
            for variant, prediction in predictions.items():
                gender = prediction.gender or UNCERTAIN
                wrong = gender not in (UNCERTAIN, GENDERS[int(record.gender)])
                error = abs(float(prediction.age_years or 0) - float(record.age_years))
                rows.append((variant, turn, error, wrong, gender == UNCERTAIN))
    table = pd.DataFrame(rows, columns=["variant", "turn", "mae", "wrong", "uncertain"])
    return table.groupby(["variant", "turn"], as_index=False).mean()

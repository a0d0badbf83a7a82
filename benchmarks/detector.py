"""Accuracy and time of the face detector, as served, by input size: start and shipped weights.

`python -m benchmarks detector --data-dir DIR` prints the table of the detector's card; `--card` also writes
`model_detector/figures.json` and the card made from it. The size is chosen on `face_detection` val and
UTKFace validation; `fgnet`, `portraits` and what `training/detector/checks.py` counts are measured for the
shipped size alone, there beside the detector of the release before.
"""

import argparse
import json
import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from dataset.face_detection import LabelledPicture, labelled_pictures
from dataset.paths import add_path_options, data_dir_of
from dataset.records import CHIPS, FGNET, PORTRAITS, load_records
from evaluation.reports.scores import compact_json
from faces.command import add_detector_option
from faces.detection import Detector
from faces.files import whole_file
from faces.pictures import Picture, decode
from training.detector.card import card, figures_table
from training.detector.checks import checks_of, package_folder
from training.detector.quality import average_precision_50, face_counts, faces_in_file, matched, picture_at
from training.detector.train import START_WEIGHTS, exported

SIZES_PX = (320, 384, 480, 640)
SOURCES = ("fddb_", "mask_")
FEWER_CHIPS = 400  # for the sizes that are not shipped
SAMPLES = Path(__file__).parent.parent / "dashboard" / "samples"
SAME_FACE_IOU = 0.4  # Solvay's faces are 45 px: at 0.5 half a pixel would decide
RUNS = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `python -m benchmarks detector`."""
    add_path_options(parser)
    add_detector_option(parser)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--before", type=Path, help="the detector before (.onnx), measured beside this one")
    parser.add_argument(
        "--card", action="store_true", help="write figures.json and the card beside the detector"
    )


def run(args: argparse.Namespace) -> int:
    """Measure and print; 0 when done. Raises DataMissing."""
    data_dir, threads = data_dir_of(args), args.threads
    shipped = Detector(args.detector, threads=threads)
    sets = single_person_pictures(data_dir, args.cache_dir)
    rows = []
    start_path = exported(data_dir / START_WEIGHTS, Path(args.cache_dir) / "start_detector", shipped.size_px)
    for name, path in (("start", start_path), ("shipped", args.detector)):
        for size_px in SIZES_PX:
            rows.append({"detector": name, **row_of(path, size_px, data_dir, sets[CHIPS], threads)})
            tqdm.write(json.dumps(rows[-1]))
    figures: dict[str, Any] = {
        "detector_sha256": shipped.sha256,
        "served_px": shipped.size_px,
        "confidence": shipped.confidence,
        "labelled": {
            source: {"pictures": len(pictures), "faces": sum(len(picture.boxes_xyxy) for picture in pictures)}
            for source, pictures in val_by_source(data_dir).items()
        },
        "rows": rows,
        "sets": {name: vars(face_counts(shipped, map(picture_at, paths))) for name, paths in sets.items()},
        "checks": {},
    }
    for name, path in {"before": args.before, "shipped": args.detector}.items():
        if path:
            detector = Detector(path, threads=threads)
            figures["checks"][name] = checks_of(detector, data_dir, args.cache_dir)
    print(figures_table(figures), end="")
    if args.card:
        folder = args.detector.parent
        with whole_file(folder / "figures.json") as part:
            part.write_text(compact_json(figures), encoding="utf-8")
        with whole_file(folder / "README.md") as part:
            part.write_text(card(folder), encoding="utf-8")
    return 0


def row_of(path: Path, size_px: int, data_dir: Path, chips: list[Path], threads: int) -> dict[str, Any]:
    """One row of the table: a detector at one size."""
    sensitive = Detector(path, threads=threads, size_px=size_px, confidence=0.001)
    detector = Detector(path, threads=threads, size_px=size_px)
    row: dict[str, Any] = {"size_px": size_px}
    row["ap50"] = {
        source: round(average_precision_50(sensitive, pictures), 4)
        for source, pictures in val_by_source(data_dir).items()
    }
    row["chips"] = vars(face_counts(detector, map(picture_at, chips[:: max(len(chips) // FEWER_CHIPS, 1)])))
    row["samples"] = sample_counts(detector)
    row["chip_ms"] = median_ms(detector, chips[0])
    row["large_ms"] = median_ms(detector, SAMPLES / "solvay_1927.jpg")
    return row


def val_by_source(data_dir: Path) -> dict[str, list[LabelledPicture]]:
    """The val part of face_detection, by the source that a name begins with."""
    pictures = labelled_pictures(data_dir, "val")
    return {
        source: [picture for picture in pictures if picture.path.name.startswith(source)]
        for source in SOURCES
    }


def single_person_pictures(data_dir: Path, cache_dir: Path) -> dict[str, list[Path]]:
    """Pictures of one person each: UTKFace validation, fgnet, portraits."""
    chips = load_records(CHIPS, data_dir, cache_dir)
    sets = {CHIPS: chips[chips["split"] == "validation"]}
    sets |= {name: load_records(name, data_dir, cache_dir) for name in (FGNET, PORTRAITS)}
    return {name: [Path(path) for path in records["path"]] for name, records in sets.items()}


def sample_counts(detector: Detector) -> dict[str, int]:
    """Number of faces detected in known pictures; of Solvay, the correct ones and all boxes."""
    counts = {}
    for name in ("zidane.jpg", "bus.jpg"):
        counts[name] = len(faces_in_file(detector, package_folder("ultralytics") / "assets" / name))
    counts["astronaut.jpg"] = len(faces_in_file(detector, SAMPLES / "astronaut.jpg"))
    coffee = package_folder("skimage") / "data" / "coffee.png"
    counts["coffee.png"] = len(faces_in_file(detector, coffee))
    faces = faces_in_file(detector, SAMPLES / "solvay_1927.jpg")
    counts["solvay_1927.jpg"] = sum(matched(faces, solvay_boxes(), SAME_FACE_IOU))
    counts["solvay_1927.jpg, all boxes"] = len(faces)
    return counts


def solvay_boxes() -> np.ndarray:
    """Labelled boxes of the sample, (29, 4) in pixels."""
    return pd.read_csv(SAMPLES / "solvay_1927.csv")[["x0", "y0", "x1", "y1"]].to_numpy(float)


def median_ms(detector: Detector, path: Path) -> float:
    """Median detection time of one decoded picture, in milliseconds."""
    picture: Picture = decode(path.read_bytes(), path.name)
    times = []
    for _ in range(RUNS):
        started = time.perf_counter()
        detector.faces_in(picture)
        times.append(1000 * (time.perf_counter() - started))
    return round(statistics.median(times), 1)

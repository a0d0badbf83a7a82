"""Detector + pictures of no person, close faces, degraded ones, all races -> counts, as JSON takes them."""

from collections.abc import Iterator
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd
from tqdm import tqdm

from dataset.composites import chip_at
from dataset.records import FAIRFACE, PORTRAITS, load_records
from faces.detection import Detector
from faces.errors import DetectorError
from faces.pictures import Picture
from training.detector.pictures import (
    CLOSE_CROP_SCALES,
    DEGRADATIONS,
    PERSONLESS,
    close_crop,
    synthetic_picture,
)
from training.detector.quality import empty_counts, face_counts, picture_at

SYNTHETIC_PICTURES = 2000
FAIRFACE_STEP = 2  # every second of the 10,000: enough for half a point of a race


def checks_of(detector: Detector, data_dir: Path, cache_dir: Path) -> dict[str, Any]:
    """Counts of `quality` by check and group; `portraits` and FairFace are never trained on.

    Raises DataMissing, and DetectorError where a package is not installed.
    """
    portraits = portraits_with_boxes(data_dir, cache_dir)
    fairface = load_records(FAIRFACE, data_dir, cache_dir).iloc[::FAIRFACE_STEP]
    return {
        "sha256": detector.sha256,
        "empty": {
            "skimage and sklearn": asdict(empty_counts(detector, map(picture_at, personless_files()))),
            "synthetic": asdict(empty_counts(detector, synthetic_pictures(SYNTHETIC_PICTURES))),
        },
        "close": {
            str(scale): asdict(
                face_counts(detector, (close_crop(picture, box, scale) for picture, box in portraits))
            )
            for scale in CLOSE_CROP_SCALES
        },
        "degraded": {
            name: asdict(
                face_counts(
                    detector, (Picture(picture.name, change(picture.rgb, box)) for picture, box in portraits)
                )
            )
            for name, change in DEGRADATIONS.items()
        },
        "fairface": {
            str(race): asdict(face_counts(detector, pictures_of(part, f"FairFace {race}")))
            for race, part in fairface.groupby("race")
        },
    }


def personless_files() -> list[Path]:
    """The pictures without a person that scikit-image and scikit-learn install. Raises DetectorError."""
    return [
        package_folder(Path(folder).parts[0]).parent / folder / name
        for folder, names in PERSONLESS.items()
        for name in names
    ]


def package_folder(package: str) -> Path:
    """Folder of an installed package, without importing it. Raises DetectorError where there is none."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise DetectorError(f"The benchmark reads pictures of the package {package}: install it.")
    return Path(next(iter(spec.submodule_search_locations)))


def synthetic_pictures(count: int) -> Iterator[Picture]:
    """The first `count` synthetic pictures."""
    return (synthetic_picture(number) for number in tqdm(range(count), desc="synthetic", unit="picture"))


def portraits_with_boxes(data_dir: Path, cache_dir: Path) -> list[tuple[Picture, list[float]]]:
    """Every portrait and the box of its face, by YuNet: the same for each detector that is measured."""
    paths = map(Path, load_records(PORTRAITS, data_dir, cache_dir)["path"])
    return [(picture_at(path), chip_at(path, data_dir)[0].box_xyxy.tolist()) for path in paths]


def pictures_of(records: pd.DataFrame, label: str) -> Iterator[Picture]:
    """The pictures of a table of records, one after another."""
    return map(picture_at, tqdm([Path(path) for path in records["path"]], desc=label, unit="picture"))

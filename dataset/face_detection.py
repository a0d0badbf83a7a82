"""The folder `face_detection` (YOLO layout) -> labelled pictures with boxes in pixels."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from faces.errors import DataMissing


@dataclass(frozen=True, eq=False)
class LabelledPicture:
    """A picture and the hand-drawn boxes of its faces, (n, 4) x0, y0, x1, y1 in pixels."""

    path: Path
    boxes_xyxy: np.ndarray


def rgb_of(path: Path) -> np.ndarray:
    """A picture of the data set as (height, width, 3) uint8 RGB."""
    return cv2.cvtColor(cv2.imread(str(path), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def labelled_pictures(data_dir: Path, part: str) -> list[LabelledPicture]:
    """The pictures of `part` (train or val), by name; one without a label file shows no face.

    Raises DataMissing.
    """
    folder = Path(data_dir) / "face_detection"
    paths = sorted((folder / "images" / part).glob("*"))
    if not paths:
        raise DataMissing(f"{folder / 'images' / part} holds no pictures: face_detection is in YOLO layout.")
    return [LabelledPicture(path, _boxes_of(path, folder / "labels" / part)) for path in paths]


def _boxes_of(path: Path, labels_folder: Path) -> np.ndarray:
    labels_path = labels_folder / f"{path.stem}.txt"
    if not labels_path.is_file() or not labels_path.stat().st_size:
        return np.zeros((0, 4))
    # Rows: class, x centre, y centre, width, height as fractions of the picture.
    fractions = np.loadtxt(labels_path, ndmin=2)[:, 1:]
    height, width = rgb_of(path).shape[:2]
    centres, sizes = fractions[:, :2] * [width, height], fractions[:, 2:] * [width, height]
    return np.hstack([centres - sizes / 2, centres + sizes / 2])

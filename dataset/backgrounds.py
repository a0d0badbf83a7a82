"""`backgrounds.csv` + pictures of `face_detection` -> face-free backgrounds, disjoint between the splits.

The table is committed, so that composites do not change with the detector. It lists the pictures without a
face, and of the others the largest band (at least 90 px) beside their labelled faces, in which neither YuNet
nor a YOLO detector (from a confidence of 0.08) found a face. A picture gives backgrounds to one split only.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from dataset.face_detection import rgb_of
from faces.errors import DataMissing

BACKGROUNDS_CSV = Path(__file__).parent / "backgrounds.csv"


@dataclass(frozen=True)
class Background:
    """A face-free rectangle (x0, y0, x1, y1), in pixels of the picture `file` of `face_detection`."""

    file: str
    split: str
    box_xyxy: tuple[int, int, int, int]

    @property
    def area_px(self) -> int:
        x0, y0, x1, y1 = self.box_xyxy
        return (x1 - x0) * (y1 - y0)


def backgrounds_of(split: str) -> list[Background]:
    """The committed backgrounds of train, validation or test."""
    table = pd.read_csv(BACKGROUNDS_CSV)
    rows = table.loc[table["split"] == split, ["file", "x0", "y0", "x1", "y1"]].to_numpy()
    return [Background(file, split, (x0, y0, x1, y1)) for file, x0, y0, x1, y1 in rows]


@lru_cache(maxsize=400)
def pixels_of(background: Background, data_dir: Path) -> np.ndarray:
    """The background as (height, width, 3) uint8 RGB. Raises DataMissing."""
    path = Path(data_dir) / "face_detection" / "images" / background.file
    if not path.is_file():
        raise DataMissing(f"Composites need {path}: --data-dir is the folder of face_detection.")
    x0, y0, x1, y1 = background.box_xyxy
    return rgb_of(path)[y0:y1, x0:x1]

"""Records + variant + boxes -> inputs with labels, one a picture, for the training pipeline.

An input for training is made by `faces.input_crops` from the box of the detector that serves, as an input for
serving is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from dataset.face_boxes import faces_in_rows
from faces.boxes import Square, square_around
from faces.detection import Face
from faces.input_crops import Extent, pixels_in, square_for
from faces.pictures import decode
from faces.variants import Variant


@dataclass(frozen=True)
class FaceLabels:
    """Labels of a face. With only an age bin, age_years is NaN and the bin is age_low to age_high."""

    age_years: float
    age_low: float
    age_high: float
    gender: int  # 0 male, 1 female


class FaceDataset:
    """Pictures scaled to a variant's input, with their labels.

    `records` are those of `dataset.records`; `boxes` is the table of `dataset.face_boxes` for the same set,
    without which no face is known. `canvas_scale` 1.2 shows 1.2 times as much around each input's centre,
    with as many pixels a face: room for `dataset.augmentation`.
    """

    def __init__(
        self,
        records: pd.DataFrame,
        variant: Variant,
        boxes: pd.DataFrame | None = None,
        *,
        canvas_scale: float = 1.0,
    ) -> None:
        self.records = records.reset_index(drop=True)
        self.variant = variant
        # An even margin, so that the input sits in the middle of its canvas to the pixel.
        self.canvas_px = variant.input_px + 2 * round(variant.input_px * (canvas_scale - 1) / 2)
        self._paths = list(self.records.path)
        self._faces = _faces_by_file(boxes) if boxes is not None else {}
        self._sizes = _sizes_by_file(boxes) if boxes is not None else {}
        self._labels = _labels_in(self.records)

    def __len__(self) -> int:
        return len(self.records)

    def __getitem__(self, index: int) -> tuple[np.ndarray, FaceLabels]:
        """Canvas (canvas_px, canvas_px, 3) uint8 RGB, and labels. Raises PictureError."""
        file = self.records.file[index]
        picture = decode(Path(self._paths[index]).read_bytes(), file)
        square = self._canvas_square(picture, self._faces.get(file))
        return pixels_in(picture.rgb, square, self.canvas_px, self.variant.pad_rgb), self._labels[index]

    def face_cxcys_of(self, index: int) -> tuple[float, float, float]:
        """cxcys of the face's square in its canvas, without decoding the picture; NaN where none is known."""
        file = self.records.file[index]
        face = self._faces.get(file)
        if face is None:
            return (math.nan, math.nan, math.nan)
        return square_around(face.box_xyxy, 1.0).within(self._canvas_square(self._sizes[file], face))

    def labels_of(self, index: int) -> FaceLabels:
        """The labels alone, without decoding the picture."""
        return self._labels[index]

    def _canvas_square(self, extent: Extent, face: Face | None) -> Square:
        return square_for(self.variant, extent, face).scaled(self.canvas_px / self.variant.input_px)


class _Size(NamedTuple):
    width: int
    height: int


def _sizes_by_file(boxes: pd.DataFrame) -> dict[str, _Size]:
    sizes = zip(boxes.width.tolist(), boxes.height.tolist(), strict=True)
    return {file: _Size(*size) for file, size in zip(boxes.file, sizes, strict=True)}


def _labels_in(records: pd.DataFrame) -> list[FaceLabels]:
    low = records.age_low if "age_low" in records else records.age_years
    high = records.age_high if "age_high" in records else records.age_years
    columns = zip(records.age_years, low, high, records.gender, strict=True)
    return [FaceLabels(float(age), float(least), float(most), int(sex)) for age, least, most, sex in columns]


def _faces_by_file(boxes: pd.DataFrame) -> dict[str, Face]:
    faces = zip(boxes.file, faces_in_rows(boxes), strict=True)
    return {file: face for file, face in faces if face is not None}

"""Chips + backgrounds + generator -> a composition that nobody has seen, each time one is asked for.

A room of its own because the compositions of `context` are files, one a chip, for every network and figure to
share, and these are never written: a training that shows a face a dozen times shows it in a dozen places.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from dataset.backgrounds import backgrounds_of
from dataset.compositions import USUAL_BOX, Chip, compose_context
from dataset.face_detection import rgb_of
from faces.framing import pixels_in, square_around
from faces.variants import Variant


class FreshCompositions:
    """Of n chips as many whole pictures as one likes, on canvases (canvas_px, canvas_px, 3) uint8 RGB.

    `records` (path) are the chips, `boxes` the table of `dataset.boxes` in their order. A canvas shows as
    much around the picture as one of `FaceDataset` with the same `variant` and `canvas_px`.
    """

    def __init__(
        self,
        records: pd.DataFrame,
        boxes: pd.DataFrame,
        data_dir: Path,
        variant: Variant,
        *,
        canvas_px: int,
    ) -> None:
        self._paths = list(records.path)
        self._boxes = boxes[["box_x0", "box_y0", "box_x1", "box_y1"]].to_numpy(float)
        self._backgrounds = backgrounds_of("train")
        self._data_dir, self._variant, self._canvas_px = data_dir, variant, canvas_px

    def canvas(self, index: int, rng: np.random.Generator) -> np.ndarray:
        """A composition with the face of one chip; the same generator state gives the same one."""
        rgb = rgb_of(Path(self._paths[index]))
        height, width = rgb.shape[:2]
        box = self._boxes[index]
        if np.isnan(box[0]):
            box = np.array(USUAL_BOX) * [width, height, width, height]
        picture, _, _ = compose_context(Chip(rgb, box), self._backgrounds, self._data_dir, rng)
        scale = self._canvas_px / self._variant.input_px
        whole = square_around((0, 0, picture.shape[1], picture.shape[0]), scale)
        return pixels_in(picture, whole, self._canvas_px, self._variant.pad_rgb)

"""Raw values of a method -> SaliencyMap: as large as the input, 0 to 1, with its square in the picture.

The maps of two variants can only be compared in the picture's coordinates.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from faces.boxes import Square

EMPTY_BELOW = 1e-9  # a map whose values differ by less shows nothing


@dataclass(frozen=True)
class SaliencyMap:
    """A map of one input: `values` (px, px) float32 from 0 to 1, and the input's square in the picture."""

    values: np.ndarray
    square: Square

    @property
    def is_empty(self) -> bool:
        """Whether all values are equal."""
        return float(np.ptp(self.values)) < EMPTY_BELOW

    def fraction_inside(self, box_xyxy: Sequence[float]) -> float:
        """Fraction of the map's sum inside a box of the picture, 0 to 1; 0 for an empty map."""
        inside = float(self.values[self._inside(box_xyxy)].sum())
        return inside / max(float(self.values.sum()), EMPTY_BELOW)

    def area_inside(self, box_xyxy: Sequence[float], attended_xyxy: Sequence[float] | None = None) -> float:
        """Fraction of the attended area inside a box: `fraction_inside` of a map without any focus there.

        Attended is the part of the input in `attended_xyxy`, the attention crop of a network that has one;
        else all of the input. 0 where nothing of it lies in the input.
        """
        attended = np.ones(self.values.shape, bool) if attended_xyxy is None else self._inside(attended_xyxy)
        return float((self._inside(box_xyxy) & attended).sum() / max(attended.sum(), 1))

    def _inside(self, box_xyxy: Sequence[float]) -> np.ndarray:
        """(px, px) bool: the pixels whose centres lie inside a box of the picture."""
        steps = (np.arange(len(self.values)) + 0.5) * self.square.side / len(self.values)
        xs, ys = self.square.x0 + steps, self.square.y0 + steps
        x0, y0, x1, y1 = box_xyxy
        return np.outer((ys >= y0) & (ys < y1), (xs >= x0) & (xs < x1))


def scaled_to_one(values: np.ndarray) -> np.ndarray:
    """The same map from 0 to 1, float32; all zeros where its values are equal."""
    low, high = float(values.min()), float(values.max())
    if not np.isfinite(high - low) or high - low <= 0:
        return np.zeros(values.shape, np.float32)
    return ((values - low) / (high - low)).astype(np.float32)


def expanded(values: np.ndarray, size_px: int, attention_cxcys: np.ndarray | None = None) -> np.ndarray:
    """(rows, columns) -> (size_px, size_px): linear between values, corner on corner as in tf-keras-vis.

    Values of an attention crop are laid over its square in the input, with zeros outside.
    """
    centre_x, centre_y, side = (0.5, 0.5, None) if attention_cxcys is None else attention_cxcys
    down = _interpolation(values.shape[0], size_px, centre_y, side)
    across = _interpolation(values.shape[1], size_px, centre_x, side)
    return down @ values @ across.T


def _interpolation(size_in: int, size_out: int, centre: float, side: float | None) -> np.ndarray:
    """(size_out, size_in): the weight of each value at each position between the first and the last."""
    along = np.linspace(0, 1, size_out)
    if side is not None:
        along = ((np.arange(size_out) + 0.5) / size_out - centre) / side + 0.5
    positions = along * (size_in - 1)
    inside = (along >= 0) & (along <= 1)
    weights = np.maximum(1 - np.abs(positions[:, None] - np.arange(size_in)[None]), 0)
    return weights * inside[:, None]

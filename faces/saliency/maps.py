"""Raw values of a method -> SaliencyMap: as large as the frame, 0 to 1, and placed in the picture.

A room of its own because the maps of two variants can only be compared in the picture's coordinates.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from faces.framing import Square

EMPTY_BELOW = 1e-9  # a map whose values differ by less shows nothing


@dataclass(frozen=True)
class SaliencyMap:
    """What mattered in one frame. `values` (px, px) float32 from 0 to 1; `square` is where the frame lies."""

    values: np.ndarray
    square: Square

    @property
    def is_empty(self) -> bool:
        """Whether the method found nothing: all values are equal."""
        return float(np.ptp(self.values)) < EMPTY_BELOW

    def share_inside(self, box_xyxy: Sequence[float]) -> float:
        """The share of the map's sum that lies inside a box of the picture, 0 to 1; 0 for an empty map."""
        xs, ys = self._centres()
        x0, y0, x1, y1 = box_xyxy
        inside = self.values[np.ix_((ys >= y0) & (ys < y1), (xs >= x0) & (xs < x1))]
        return float(inside.sum() / max(float(self.values.sum()), EMPTY_BELOW))

    def at(self, xs: np.ndarray, ys: np.ndarray) -> np.ndarray:
        """(len(ys), len(xs)) values at picture coordinates; 0 outside of the frame."""
        px = len(self.values)
        columns = np.floor((np.asarray(xs) - self.square.x0) / self.square.side * px).astype(int)
        rows = np.floor((np.asarray(ys) - self.square.y0) / self.square.side * px).astype(int)
        found = self.values[np.ix_(rows.clip(0, px - 1), columns.clip(0, px - 1))]
        known = np.outer((rows >= 0) & (rows < px), (columns >= 0) & (columns < px))
        return np.where(known, found, 0)

    def _centres(self) -> tuple[np.ndarray, np.ndarray]:
        """Picture coordinates of the centres of the columns and rows."""
        steps = (np.arange(len(self.values)) + 0.5) * self.square.side / len(self.values)
        return self.square.x0 + steps, self.square.y0 + steps


def scaled_to_one(values: np.ndarray) -> np.ndarray:
    """The same map from 0 to 1, float32; all zeros where its values are equal."""
    low, high = float(values.min()), float(values.max())
    if not np.isfinite(high - low) or high - low <= 0:
        return np.zeros(values.shape, np.float32)
    return ((values - low) / (high - low)).astype(np.float32)


def expanded(values: np.ndarray, size_px: int) -> np.ndarray:
    """(rows, columns) -> (size_px, size_px): linear between values, corner on corner as in tf-keras-vis."""
    if values.shape == (size_px, size_px):
        return values
    down, across = (_interpolation(size, size_px) for size in values.shape)
    return down @ values @ across.T


def _interpolation(size_in: int, size_out: int) -> np.ndarray:
    """(size_out, size_in): the weight of each value in each place between the first and the last."""
    places = np.linspace(0, size_in - 1, size_out)
    return np.maximum(1 - np.abs(places[:, None] - np.arange(size_in)[None]), 0)

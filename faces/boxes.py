"""Geometry of boxes and squares: overlaps, non-maximum suppression, squares around boxes.

A box is (x0, y0, x1, y1), in picture pixels unless said otherwise. A square inside another one is written as
(centre x, centre y, side) in fractions of the other's side: `cxcys`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

_SMALLEST_AREA = 1e-9  # keeps a ratio of two empty boxes finite


@dataclass(frozen=True)
class Square:
    """A square over a picture, in its pixels; x0, y0 is the upper left corner. May reach outside."""

    x0: float
    y0: float
    side: float

    @property
    def xyxy(self) -> tuple[float, float, float, float]:
        """Its edges: left, top, right, bottom."""
        return self.x0, self.y0, self.x0 + self.side, self.y0 + self.side

    def scaled(self, scale: float) -> "Square":
        """The square with the same centre and `scale` times the side."""
        shift = self.side * (scale - 1) / 2
        return Square(self.x0 - shift, self.y0 - shift, self.side * scale)

    def within(self, outer: "Square") -> tuple[float, float, float]:
        """Its cxcys in `outer`."""
        half = self.side / 2
        centre_x, centre_y = self.x0 + half - outer.x0, self.y0 + half - outer.y0
        return centre_x / outer.side, centre_y / outer.side, self.side / outer.side

    def part(self, cxcys: Sequence[float]) -> "Square":
        """The square inside this one at `cxcys`: the inverse of `within`."""
        centre_x, centre_y, fraction = cxcys
        side = fraction * self.side
        return Square(
            self.x0 + centre_x * self.side - side / 2, self.y0 + centre_y * self.side - side / 2, side
        )


def square_around(box_xyxy: Sequence[float], scale: float) -> Square:
    """The square around the centre of a box, `scale` times its longer side."""
    x0, y0, x1, y1 = box_xyxy
    side = max(x1 - x0, y1 - y0, 1.0) * scale
    return Square((x0 + x1 - side) / 2, (y0 + y1 - side) / 2, side)


def turned_back(
    box_xyxy: Sequence[float], width: float, height: float, turned_degrees: int
) -> tuple[float, float, float, float]:
    """A box of a picture of `width` x `height`, in the pixels of that picture turned back until upright.

    `turned_degrees` (0, 90, 180 or 270) is by how much, clockwise, the picture lies turned.
    """
    x0, y0, x1, y1 = box_xyxy
    match turned_degrees % 360:
        case 90:
            return y0, width - x1, y1, width - x0
        case 180:
            return width - x1, height - y1, width - x0, height - y0
        case 270:
            return height - y1, x0, height - y0, x1
        case _:
            return x0, y0, x1, y1


def turned_again(
    box_xyxy: Sequence[float], width: float, height: float, turned_degrees: int
) -> tuple[float, float, float, float]:
    """The inverse of `turned_back`: a box of the upright picture, in the picture of `width` x `height`."""
    upright = (width, height) if turned_degrees % 180 == 0 else (height, width)
    return turned_back(box_xyxy, *upright, 360 - turned_degrees)


def longer_sides(boxes_xyxy: np.ndarray) -> np.ndarray:
    """(..., 4) boxes -> (...) lengths of their longer sides."""
    return (boxes_xyxy[..., 2:] - boxes_xyxy[..., :2]).max(axis=-1)


def iou(box_xyxy: ArrayLike, others_xyxy: ArrayLike) -> Any:
    """Intersection over union, 0 to 1, of one box with another, (4,), or with each of n, (n, 4): as (n,)."""
    shared, area, areas = _areas(box_xyxy, others_xyxy)
    return shared / np.maximum(areas + area - shared, _SMALLEST_AREA)


def intersection_over_smaller(box_xyxy: ArrayLike, other_xyxy: ArrayLike) -> Any:
    """Intersection over the smaller of two areas, 0 to 1; an area below 1 counts as 1."""
    shared, area, areas = _areas(box_xyxy, other_xyxy)
    return shared / np.maximum(np.minimum(area, areas), 1.0)


def iou_of_squares(first_cxcys: np.ndarray, second_cxcys: np.ndarray) -> np.ndarray:
    """(n, 3) squares twice, by cxcys in a common square -> (n,) intersections over unions, row by row."""
    highest = np.minimum(
        first_cxcys[:, :2] + first_cxcys[:, 2:] / 2, second_cxcys[:, :2] + second_cxcys[:, 2:] / 2
    )
    lowest = np.maximum(
        first_cxcys[:, :2] - first_cxcys[:, 2:] / 2, second_cxcys[:, :2] - second_cxcys[:, 2:] / 2
    )
    shared = np.maximum(highest - lowest, 0).prod(axis=1)
    return shared / (first_cxcys[:, 2] ** 2 + second_cxcys[:, 2] ** 2 - shared)


def intersect(first_xyxy: Sequence[float], second_xyxy: Sequence[float]) -> bool:
    """Whether two boxes have an inner point in common."""
    return (
        first_xyxy[0] < second_xyxy[2]
        and second_xyxy[0] < first_xyxy[2]
        and first_xyxy[1] < second_xyxy[3]
        and second_xyxy[1] < first_xyxy[3]
    )


def nms(boxes_xyxy: np.ndarray, scores: np.ndarray, max_iou: float, max_inside: float = 1.0) -> list[int]:
    """Greedy non-maximum suppression: indices of the (n, 4) boxes that stay, the highest score first.

    A box goes when its intersection over union with one of a higher score exceeds `max_iou`, when more than
    `max_inside` of its area lies in one of a higher score, or when it has no area.
    """
    order = np.argsort(-scores, kind="stable")
    chosen: list[int] = []
    while order.size:
        best, rest = order[0], order[1:]
        if (boxes_xyxy[best, 2:] > boxes_xyxy[best, :2]).all():
            chosen.append(int(best))
        shared, area, areas = _areas(boxes_xyxy[best], boxes_xyxy[rest])
        union = np.maximum(areas + area - shared, _SMALLEST_AREA)
        order = rest[(shared <= max_iou * union) & (shared <= max_inside * areas)]
    return chosen


def _areas(box_xyxy: ArrayLike, others_xyxy: ArrayLike) -> tuple[Any, Any, Any]:
    """Shared area with each other box, area of the box, areas of the others."""
    box, others = np.asarray(box_xyxy, float), np.asarray(others_xyxy, float)
    edges = np.minimum(box[2:], others[..., 2:]) - np.maximum(box[:2], others[..., :2])
    return (
        edges.clip(0).prod(axis=-1),
        (box[2:] - box[:2]).prod(),
        (others[..., 2:] - others[..., :2]).prod(axis=-1),
    )

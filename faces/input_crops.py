"""Picture + face + variant -> frame, the square array that a network receives.

Both framings are one thing: a square laid over the picture, which may reach outside of it, scaled to the
network's input. `full` takes the smallest square around the whole picture (a letterbox), `cropped` the
squared face box times `crop_scale`. Training and serving call this module: both see equal pixels.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import ArrayLike

from faces.detection import Face
from faces.pictures import Picture
from faces.variants import FACE, Variant


@dataclass(frozen=True)
class Square:
    """A square over a picture, in its pixels; x0, y0 is the upper left corner. May reach outside."""

    x0: float
    y0: float
    side: float

    def scaled(self, scale: float) -> "Square":
        """The square with the same centre and `scale` times the side."""
        shift = self.side * (scale - 1) / 2
        return Square(self.x0 - shift, self.y0 - shift, self.side * scale)

    def part(self, place: Sequence[float]) -> "Square":
        """The square at a place in this one: the inverse of `within`."""
        centre_x, centre_y, fraction = place
        side = fraction * self.side
        return Square(
            self.x0 + centre_x * self.side - side / 2, self.y0 + centre_y * self.side - side / 2, side
        )

    @property
    def xyxy(self) -> tuple[float, float, float, float]:
        """Its edges: left, top, right, bottom."""
        return self.x0, self.y0, self.x0 + self.side, self.y0 + self.side

    def within(self, other: "Square") -> tuple[float, float, float]:
        """Its place in another square: centre x, centre y and side, in shares of the other's side."""
        half = self.side / 2
        centre_x, centre_y = self.x0 + half - other.x0, self.y0 + half - other.y0
        return centre_x / other.side, centre_y / other.side, self.side / other.side


def square_around(box_xyxy: Sequence[float], scale: float) -> Square:
    """The square around the centre of a box, `scale` times its longer side."""
    x0, y0, x1, y1 = box_xyxy
    side = max(x1 - x0, y1 - y0, 1.0) * scale
    return Square((x0 + x1 - side) / 2, (y0 + y1 - side) / 2, side)


def overlap_iou(box_xyxy: ArrayLike, others_xyxy: ArrayLike) -> Any:
    """Intersection over union, 0 to 1, of one box with another, (4,), or with each of n, (n, 4): as (n,)."""
    box, others = np.asarray(box_xyxy, float), np.asarray(others_xyxy, float)
    edges = np.minimum(box[2:], others[..., 2:]) - np.maximum(box[:2], others[..., :2])
    shared = edges.clip(0).prod(axis=-1)
    areas = (others[..., 2:] - others[..., :2]).prod(axis=-1) + (box[2:] - box[:2]).prod()
    return shared / np.maximum(areas - shared, 1e-9)


class Extent(Protocol):
    """What has a size in pixels: a picture, or what is known of one that is not read."""

    @property
    def width(self) -> int: ...

    @property
    def height(self) -> int: ...


def square_for(variant: Variant, picture: Extent, face: Face | None) -> Square:
    """Where `variant` looks: at the face if it is framed by faces and there is one, else at everything."""
    if variant.input_mode == FACE and face is not None:
        return square_around(face.box_xyxy, variant.crop_scale)
    return square_around((0, 0, picture.width, picture.height), 1.0)


def pixels_in(picture_rgb: np.ndarray, square: Square, size_px: int, pad_rgb: Sequence[int]) -> np.ndarray:
    """The pixels under a square as (size_px, size_px, 3) uint8; what lies outside the picture is `pad_rgb`.

    `picture_rgb` is (height, width, 3) uint8. The square is first cut at whole pixels, then resized: by area
    when it shrinks (no aliasing), by cubic interpolation when it grows.
    """
    height, width = picture_rgb.shape[:2]
    x0, y0 = round(square.x0), round(square.y0)
    side = max(round(square.side), 1)
    left, top = max(-x0, 0), max(-y0, 0)
    right, bottom = max(x0 + side - width, 0), max(y0 + side - height, 0)
    inside = picture_rgb[max(y0, 0) : max(y0 + side, 0), max(x0, 0) : max(x0 + side, 0)]
    if inside.size == 0:
        return np.full((size_px, size_px, 3), pad_rgb, np.uint8)
    # A huge empty margin is never materialised: shrink what is inside, then place it on the pad colour.
    scale = size_px / side
    if scale < 1:
        box_left = min(round(left * scale), size_px - 1)
        box_top = min(round(top * scale), size_px - 1)
        box_width = max(min(math.ceil(inside.shape[1] * scale), size_px - box_left), 1)
        box_height = max(min(math.ceil(inside.shape[0] * scale), size_px - box_top), 1)
        if not (left or top or right or bottom):
            box_width = box_height = size_px
        small = cv2.resize(inside, (box_width, box_height), interpolation=cv2.INTER_AREA)
        crop = np.empty((size_px, size_px, 3), np.uint8)
        crop[:] = pad_rgb
        crop[box_top : box_top + box_height, box_left : box_left + box_width] = small
        return crop
    padded = cv2.copyMakeBorder(
        inside, top, bottom, left, right, cv2.BORDER_CONSTANT, value=[int(value) for value in pad_rgb]
    )
    return cv2.resize(padded, (size_px, size_px), interpolation=cv2.INTER_CUBIC)


def crop_for(variant: Variant, picture: Picture, face: Face | None) -> np.ndarray:
    """The frame of one face, or of the whole picture, as (input_px, input_px, 3) uint8 RGB."""
    return pixels_in(picture.rgb, square_for(variant, picture, face), variant.input_px, variant.pad_rgb)

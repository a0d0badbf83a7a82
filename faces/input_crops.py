"""Picture + face + variant -> input crop, the square array that a network receives.

Both input modes lay a square over the picture, which may reach outside of it, and scale it to the network's
input. `full` takes the smallest square around the whole picture (a letterbox), `cropped` the squared face box
times `crop_scale`. Training and serving call this module: both see equal pixels.
"""

import math
from collections.abc import Sequence
from typing import Protocol

import cv2
import numpy as np

from faces.boxes import Square, square_around, turned_back
from faces.detection import Face
from faces.pictures import Picture
from faces.variants import FACE, Variant


class Extent(Protocol):
    """Width and height in pixels: of a picture, or of one that is not decoded."""

    @property
    def width(self) -> int: ...

    @property
    def height(self) -> int: ...


def square_for(variant: Variant, picture: Extent, face: Face | None) -> Square:
    """The square of the input: around the face, or around the picture without one or for whole images."""
    if variant.input_mode == FACE and face is not None:
        return square_around(face.box_xyxy, variant.crop_scale)
    return square_around((0, 0, picture.width, picture.height), 1.0)


def pixels_in(picture_rgb: np.ndarray, square: Square, size_px: int, pad_rgb: Sequence[int]) -> np.ndarray:
    """The pixels under a square as (size_px, size_px, 3) uint8, `pad_rgb` outside the picture.

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


def crop_for(variant: Variant, picture: Picture, face: Face | None, turned_degrees: int = 0) -> np.ndarray:
    """The input of one face, or of the whole picture, as (input_px, input_px, 3) uint8 RGB, upright.

    The picture lies turned by `turned_degrees` clockwise, the box of the face is in its pixels as it came.
    """
    degrees = turn_of_input(variant, face, turned_degrees)
    return upright_pixels(
        picture, square_for(variant, picture, face), degrees, variant.input_px, variant.pad_rgb
    )


def upright_pixels(
    picture: Picture, square: Square, turned_degrees: int, size_px: int, pad_rgb: Sequence[int]
) -> np.ndarray:
    """The pixels under a square of the picture as it came, turned back, as `pixels_in` cuts them."""
    upright = upright_square(square, picture, turned_degrees)
    return pixels_in(picture.turned_back(turned_degrees).rgb, upright, size_px, pad_rgb)


def upright_square(square: Square, picture: Extent, turned_degrees: int) -> Square:
    """A square of the picture as it came, in the pixels of the picture turned back."""
    x0, y0, _, _ = turned_back(square.xyxy, picture.width, picture.height, turned_degrees)
    return Square(x0, y0, square.side)


def turn_of_input(variant: Variant, face: Face | None, turned_degrees: int) -> int:
    """By how many degrees an input lies turned: as its face, or as the picture where none is known better."""
    of_face = face.turned_degrees if variant.input_mode == FACE and face is not None else None
    return turned_degrees if of_face is None else of_face

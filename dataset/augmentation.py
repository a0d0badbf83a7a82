"""Canvas + Augmentation + random generator -> an augmented input, in numpy and OpenCV.

A canvas is an input with more around it: the same pixels in its centre, so that shifting, zooming out and
rotating bring in real surroundings instead of padding. All geometry is one affine warp, all colour one
3 × 4 matrix. Without TensorFlow: pages show it too.

One input of 160 px takes about 0.3 ms on one core with the settings of the shipped recipes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated

import cv2
import numpy as np
from annotated_types import Ge, Gt, Le
from pydantic.dataclasses import dataclass

from faces.toml import STRICT

# Luma of ITU-R BT.601, the grey that JPEG and OpenCV mean.
LUMA_RGB = np.array([0.299, 0.587, 0.114])


Fraction = Annotated[float, Ge(0), Le(1)]


@dataclass(frozen=True, config=STRICT)
class Augmentation:
    """How strong each change is; 0 everywhere (the default) changes nothing.

    A `probability` is that of an input being changed at all; the others bound a uniform sample around
    "unchanged": `shift_fraction` of the input's side each way, `scale_fraction` 0.2 for zooms of 1/1.2 to
    1.2, `brightness_fraction` 0.2 for ± 20 % of full white, `contrast_fraction`, `saturation_fraction` and
    `tint_fraction` (each channel by itself) 0.2 for factors between 0.8 and 1.2.
    """

    flip_probability: Fraction = 0.0
    shift_fraction: Fraction = 0.0
    scale_fraction: Fraction = 0.0
    rotation_degrees: Annotated[float, Ge(0), Le(180)] = 0.0
    brightness_fraction: Fraction = 0.0
    contrast_fraction: Fraction = 0.0
    saturation_fraction: Fraction = 0.0
    tint_fraction: Fraction = 0.0
    grey_probability: Fraction = 0.0
    low_resolution_probability: Fraction = 0.0
    low_resolution_side_px: Annotated[int, Gt(0)] = 48  # the smallest side before it is enlarged again
    blur_probability: Fraction = 0.0
    blur_sigma_px: Annotated[float, Ge(0), Le(100)] = 1.5
    noise_probability: Fraction = 0.0
    noise_sigma_levels: Annotated[float, Ge(0), Le(255)] = 10.0  # of 255
    noise_grain_px: Annotated[float, Ge(0), Le(100)] = (
        0.0  # the coarsest grain, a standard deviation; 0: none
    )
    jpeg_probability: Fraction = 0.0
    jpeg_lowest_quality: Annotated[int, Ge(1), Le(100)] = 30
    cutout_probability: Fraction = 0.0
    cutout_side_fraction: Fraction = 0.3
    face_cutout_probability: Fraction = 0.0  # as wide as the face at most, where its box is known


def augmented(
    canvas: np.ndarray,
    augmentation: Augmentation,
    rng: np.random.Generator,
    output_px: int | None = None,
    pad_rgb: Sequence[int] = (0, 0, 0),
    face_cxcys: np.ndarray | None = None,
) -> np.ndarray:
    """One input (output_px, output_px, 3) uint8 RGB from a canvas (side, side, 3) uint8 RGB.

    `output_px` is the canvas's own side by default; the outside of the canvas is `pad_rgb`. `face_cxcys` is
    the face in the canvas, as in `augmented_with_face`. The same generator state gives the same input.
    """
    face_cxcys = np.full(3, np.nan) if face_cxcys is None else face_cxcys
    return augmented_with_face(canvas, face_cxcys, augmentation, rng, output_px or canvas.shape[0], pad_rgb)[
        0
    ]


def augmented_with_face(
    canvas: np.ndarray,
    face_cxcys: np.ndarray,
    augmentation: Augmentation,
    rng: np.random.Generator,
    output_px: int,
    pad_rgb: Sequence[int],
) -> tuple[np.ndarray, np.ndarray]:
    """An input as of `augmented`, and the face in it as (3,) cxcys (`faces.boxes`); NaN: unknown."""
    warp = sampled_warp(canvas, augmentation, rng, output_px)
    face_cxcys = warped_cxcys(face_cxcys, warp, canvas.shape[0], output_px)
    crop = warped(canvas, warp, output_px, pad_rgb)
    if rng.random() < augmentation.face_cutout_probability and np.isfinite(face_cxcys).all():
        crop = face_cut_out(crop, face_cxcys, rng)
    return degraded(crop, augmentation, rng), face_cxcys


def degraded(crop: np.ndarray, augmentation: Augmentation, rng: np.random.Generator) -> np.ndarray:
    """The input (px, px, 3) uint8 RGB with all changes that are not geometry, as by a bad camera."""
    if rng.random() < augmentation.low_resolution_probability:
        crop = low_resolution(crop, augmentation.low_resolution_side_px, rng)
    if rng.random() < augmentation.blur_probability:
        crop = cv2.GaussianBlur(crop, (0, 0), _between(rng, 0.3, max(augmentation.blur_sigma_px, 0.3)))
    crop = recoloured(crop, augmentation, rng)
    if rng.random() < augmentation.noise_probability:
        crop = grained(crop, augmentation.noise_sigma_levels, augmentation.noise_grain_px, rng)
    if rng.random() < augmentation.jpeg_probability:
        crop = jpeg_compressed(crop, round(_between(rng, augmentation.jpeg_lowest_quality, 95)))
    if rng.random() < augmentation.cutout_probability:
        crop = cut_out(crop, augmentation.cutout_side_fraction, rng)
    return crop


def sampled_warp(
    canvas: np.ndarray, augmentation: Augmentation, rng: np.random.Generator, output_px: int
) -> np.ndarray:
    """Random flip, rotation, zoom and shift about the canvas centre: (2, 3), output to canvas pixels."""
    flip = -1.0 if rng.random() < augmentation.flip_probability else 1.0
    angle = math.radians(_around_zero(rng, augmentation.rotation_degrees))
    zoom = (1 + augmentation.scale_fraction) ** _around_zero(rng, 1.0)
    shift_x = _around_zero(rng, augmentation.shift_fraction) * output_px
    shift_y = _around_zero(rng, augmentation.shift_fraction) * output_px
    cosine, sine = math.cos(angle) / zoom, math.sin(angle) / zoom
    # From output pixels to canvas pixels: centres map onto centres, so no change is no resampling.
    from_output = np.array([[flip * cosine, -sine, 0.0], [flip * sine, cosine, 0.0]])
    output_centre = (output_px - 1) / 2
    canvas_centre_x, canvas_centre_y = (canvas.shape[1] - 1) / 2, (canvas.shape[0] - 1) / 2
    from_output[0, 2] = canvas_centre_x + shift_x - output_centre * (from_output[0, 0] + from_output[0, 1])
    from_output[1, 2] = canvas_centre_y + shift_y - output_centre * (from_output[1, 0] + from_output[1, 1])
    return from_output


def warped(canvas: np.ndarray, warp: np.ndarray, output_px: int, pad_rgb: Sequence[int]) -> np.ndarray:
    """Cut the input (output_px, output_px, 3) by a warp of `sampled_warp`, bilinear."""
    return cv2.warpAffine(
        canvas,
        warp,
        (output_px, output_px),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=[int(level) for level in pad_rgb],
    )


def warped_cxcys(cxcys: np.ndarray, warp: np.ndarray, canvas_px: int, output_px: int) -> np.ndarray:
    """(3,) cxcys of an upright square in a canvas -> in the input that `warp` cuts from it.

    A turned square stays as large.
    """
    turn = np.linalg.inv(warp[:, :2])
    centre = turn @ (cxcys[:2] * canvas_px - 0.5 - warp[:, 2])
    side = cxcys[2] * canvas_px * math.sqrt(abs(np.linalg.det(turn)))
    return np.array([*(centre + 0.5), side], np.float32) / output_px


def recoloured(crop: np.ndarray, augmentation: Augmentation, rng: np.random.Generator) -> np.ndarray:
    """Saturation (or grey), tint, contrast about the input's mean level, and brightness in one matrix."""
    saturation = 1 + _around_zero(rng, augmentation.saturation_fraction)
    if rng.random() < augmentation.grey_probability:
        saturation = 0.0
    contrast = 1 + _around_zero(rng, augmentation.contrast_fraction)
    brightness_levels = 255 * _around_zero(rng, augmentation.brightness_fraction)
    tint_rgb = 1 + augmentation.tint_fraction * (2 * rng.random(3) - 1)
    mixing = saturation * np.eye(3) + (1 - saturation) * LUMA_RGB[None, :]
    mixing = contrast * tint_rgb[:, None] * mixing
    mean_level = sum(cv2.mean(crop)[:3]) / 3
    matrix = np.column_stack([mixing, np.full(3, (1 - contrast) * mean_level + brightness_levels)])
    if np.array_equal(matrix, np.eye(3, 4)):
        return crop
    return cv2.transform(crop, matrix.astype(np.float32))


def low_resolution(crop: np.ndarray, lowest_side_px: int, rng: np.random.Generator) -> np.ndarray:
    """The input shrunk to a log-uniform side, and enlarged again."""
    side = crop.shape[0]
    small_px = round(side * (min(lowest_side_px, side) / side) ** rng.random())
    small = cv2.resize(crop, (max(small_px, 1), max(small_px, 1)), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (side, side), interpolation=cv2.INTER_CUBIC)


def grained(
    crop: np.ndarray, max_sigma_levels: float, max_grain_px: float, rng: np.random.Generator
) -> np.ndarray:
    """Gaussian noise, equal in the three channels and as coarse as the grain of a scanned print may be."""
    noise = rng.standard_normal(crop.shape[:2], np.float32)
    sigma_levels = rng.random() * max_sigma_levels
    if max_grain_px:
        noise = coarse(noise, rng.random() * max_grain_px)
    return cv2.add(crop, cv2.merge([noise * np.float32(sigma_levels)] * 3), dtype=cv2.CV_8U)


def coarse(noise: np.ndarray, grain_px: float) -> np.ndarray:
    """White noise (h, w) float32 blurred by a Gaussian of `grain_px`, its standard deviation restored."""
    if grain_px <= 0.125:  # the blur of OpenCV's smallest kernel reaches no neighbour
        return noise
    blurred = cv2.GaussianBlur(noise, (0, 0), grain_px)
    return blurred * np.float32(noise.std() / max(float(blurred.std()), 1e-6))


def jpeg_compressed(crop: np.ndarray, quality: int) -> np.ndarray:
    """The input encoded as JPEG at `quality` (1 to 100) and decoded again."""
    bgr = cv2.cvtColor(crop, cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode(".jpg", bgr, (cv2.IMWRITE_JPEG_QUALITY, quality))
    return cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def cut_out(crop: np.ndarray, max_side_fraction: float, rng: np.random.Generator) -> np.ndarray:
    """A copy with one rectangle, up to `max_side_fraction` of the side, filled with a random grey."""
    side = crop.shape[0]
    width, height = (max(round(rng.random() * max_side_fraction * side), 1) for _ in range(2))
    x0, y0 = int(rng.integers(0, side - width + 1)), int(rng.integers(0, side - height + 1))
    covered = crop.copy()
    covered[y0 : y0 + height, x0 : x0 + width] = rng.integers(0, 256)
    return covered


def face_cut_out(crop: np.ndarray, face_cxcys: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A copy with one rectangle of a random colour over the face, like a mask, glasses or a hand.

    `face_cxcys` (3,) is the face in the input. The rectangle is 0.3 to 1 of its side wide and 0.1 to 0.6
    high, and its centre lies within the face.
    """
    side = face_cxcys[2] * crop.shape[0]
    width, height = _between(rng, 0.3, 1.0) * side, _between(rng, 0.1, 0.6) * side
    centre = face_cxcys[:2] * crop.shape[0] + [_around_zero(rng, side / 2), _around_zero(rng, side / 2)]
    corners = np.array([centre - [width / 2, height / 2], centre + [width / 2, height / 2]])
    (x0, y0), (x1, y1) = np.clip(np.rint(corners).astype(int), 0, crop.shape[0]).tolist()
    covered = crop.copy()
    covered[y0:y1, x0:x1] = rng.integers(0, 256, 3)
    return covered


def _around_zero(rng: np.random.Generator, limit: float) -> float:
    return limit * (2 * rng.random() - 1)


def _between(rng: np.random.Generator, low: float, high: float) -> float:
    return low + (high - low) * rng.random()

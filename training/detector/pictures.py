"""Pictures on which a detector is tested beside labelled ones: without a person, close up, and degraded.

None of them is trained on. The synthetic ones have other seeds than `dataset/empty_scenes.py`, half of them
kinds of surfaces and things, and sizes, that no training scene has.
"""

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from dataset.composites import rng_for
from dataset.empty_scenes import Surface, Thing, ellipse, empty_picture, grid, point, ramp, sampled_colour
from faces.boxes import square_around
from faces.pictures import Picture

SYNTHETIC_SEED = "synthetic test 1"  # enters the seed of every picture: never change it
SYNTHETIC_SIDES_PX = (16, 1000)
CLOSE_CROP_SCALES = (0.8, 0.9, 1.0, 1.1, 1.2)  # side of the square crop, in longer sides of the face's box
BLUR_FRACTION = 0.04  # of the longer side of the face's box

# Pictures of two packages in which no person is.
PERSONLESS = {
    "skimage/data": (
        "brick.png", "cell.png", "chelsea.png", "chessboard_GRAY.png", "chessboard_RGB.png",
        "clock_motion.png", "coffee.png", "coins.png", "color.png", "grass.png", "gravel.png", "horse.png",
        "hubble_deep_field.jpg", "ihc.png", "logo.png", "microaneurysms.png", "moon.png",
        "motorcycle_left.png", "motorcycle_right.png", "page.png", "phantom.png", "retina.jpg", "rocket.jpg",
        "text.png",
    ),
    "sklearn/datasets/images": ("china.jpg", "flower.jpg"),
}  # fmt: skip


def synthetic_picture(number: int) -> Picture:
    """Synthetic picture without a face; the same in every run. Odd numbers have kinds unknown to training."""
    rng = rng_for(SYNTHETIC_SEED, str(number))
    kinds: tuple[Sequence[Surface], Sequence[Thing]] = (SURFACES, THINGS) if number % 2 else ((), ())
    return Picture(f"synthetic_{number:04d}", empty_picture(rng, *kinds, sides_px=SYNTHETIC_SIDES_PX))


def close_crop(picture: Picture, box_xyxy: Sequence[float], scale: float) -> Picture:
    """The square around a face's box, `scale` times its longer side, as far as the picture reaches."""
    edges = np.rint(square_around(box_xyxy, scale).xyxy).astype(int)
    x0, y0, x1, y1 = edges.clip(0, [picture.width, picture.height] * 2)
    return Picture(picture.name, np.ascontiguousarray(picture.rgb[y0:y1, x0:x1]))


def _darkened(rgb: np.ndarray, _box_xyxy: Sequence[float]) -> np.ndarray:
    return cv2.convertScaleAbs(rgb, alpha=0.25)


def _blurred(rgb: np.ndarray, box_xyxy: Sequence[float]) -> np.ndarray:
    x0, y0, x1, y1 = box_xyxy
    return cv2.GaussianBlur(rgb, (0, 0), BLUR_FRACTION * max(x1 - x0, y1 - y0))


def _at_half_contrast(rgb: np.ndarray, _box_xyxy: Sequence[float]) -> np.ndarray:
    return np.rint(rgb.mean() + (rgb - rgb.mean()) / 2).astype(np.uint8)


# (picture (height, width, 3) uint8 RGB, box of its face) -> the same picture, degraded
DEGRADATIONS: dict[str, Callable[[np.ndarray, Sequence[float]], np.ndarray]] = {
    "darkened to a quarter": _darkened,
    "blurred by 4 % of the face": _blurred,
    "at half contrast": _at_half_contrast,
}


def cells(height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """Areas of the nearest of a few points, each even or shaded."""
    x, y = grid(height, width)
    points = rng.uniform(-1, 1, (rng.integers(3, 20), 2))
    distances = np.stack([np.hypot(x - px, y - py) for px, py in points])
    nearest = distances.argmin(axis=0)
    colours = np.array([sampled_colour(rng) for _ in points])[nearest]
    shade = 1 - rng.uniform(0, 0.8) * distances.min(axis=0) / max(distances.min(axis=0).max(), 1e-6)
    return (colours * shade[..., None]).astype(np.uint8)


def interference(height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """Waves from several points over each other."""
    x, y = grid(height, width)
    light = np.zeros((height, width))
    for _ in range(rng.integers(1, 5)):
        px, py = rng.uniform(-1.5, 1.5, 2)
        light += np.sin(np.exp(rng.uniform(0, 4)) * np.hypot(x - px, y - py) + rng.uniform(0, 6))
    return ramp((light - light.min()) / max(np.ptp(light), 1e-6), rng)


def cushion(height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """A bulge or a vignette with rounded corners."""
    x, y = grid(height, width)
    power = np.exp(rng.uniform(0.3, 2.5))
    return ramp((np.abs(x) ** power + np.abs(y) ** power) ** (1 / power) / rng.uniform(0.7, 1.4), rng)


def horizon(height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """Two gradients that meet at a wavy line, like land and sky."""
    x, y = grid(height, width)
    line = rng.uniform(-0.6, 0.6) + rng.uniform(0, 0.3) * np.sin(rng.uniform(1, 9) * x + rng.uniform(0, 6))
    sky, land = ramp((y + 1) / 2, rng), ramp((y + 1) / 2, rng)
    return np.where((y < line)[..., None], sky, land)


def bricks(height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """Rows of blocks, each second one shifted, with joints."""
    rows = int(rng.integers(2, 24))
    y, x = np.mgrid[0:height, 0:width] * (rows / height)
    x = x / rng.uniform(1, 3) + 0.5 * (np.floor(y) % 2)
    joint = (np.minimum(x % 1, y % 1) < rng.uniform(0.05, 0.2)).astype(float)
    shade = np.sin(np.floor(x) * 12.9 + np.floor(y) * 78.2) % 1 * rng.uniform(0, 0.5)
    return ramp((joint + shade) / 1.5, rng)


def cup(rgb: np.ndarray, centre_xy: np.ndarray, size_px: float, rng: np.random.Generator) -> None:
    """A saucer, a cup with a handle, and what is in it."""
    flat = np.array([1, rng.uniform(0.4, 1)]) * size_px / 2
    for fraction in (1.0, 0.62, 0.5):
        ellipse(rgb, centre_xy, flat * fraction, 0, sampled_colour(rng), -1)
    handle_xy = centre_xy + flat * [0.7, 0]
    ellipse(rgb, handle_xy, flat * 0.2, 0, sampled_colour(rng), max(round(size_px * 0.05), 1))


def spiral(rgb: np.ndarray, centre_xy: np.ndarray, size_px: float, rng: np.random.Generator) -> None:
    """A line wound around a point."""
    turn = np.linspace(0, 2 * np.pi * rng.integers(2, 6), 200)
    points = centre_xy + (turn / turn[-1] * size_px / 2)[:, None] * np.column_stack(
        [np.cos(turn), np.sin(turn)]
    )
    line_px = max(round(size_px * 0.03), 1)
    cv2.polylines(rgb, [points.astype(np.int32)], False, sampled_colour(rng).tolist(), line_px, cv2.LINE_AA)


def dots(rgb: np.ndarray, centre_xy: np.ndarray, size_px: float, rng: np.random.Generator) -> None:
    """A row or a grid of equal dots."""
    rows, columns = rng.integers(1, 5, 2)
    colour, step = sampled_colour(rng), size_px / max(rows, columns)
    for row in range(rows):
        for column in range(columns):
            at = centre_xy + step * (np.array([column, row]) - np.array([columns - 1, rows - 1]) / 2)
            ellipse(rgb, at, np.full(2, step * 0.3), 0, colour, -1)


def cross(rgb: np.ndarray, centre_xy: np.ndarray, size_px: float, rng: np.random.Generator) -> None:
    """Two bars over each other."""
    colour, line_px = sampled_colour(rng).tolist(), max(round(size_px * rng.uniform(0.05, 0.3)), 1)
    angle = rng.uniform(0, np.pi)
    for turn in (angle, angle + np.pi / 2):
        reach = size_px / 2 * np.array([np.cos(turn), np.sin(turn)])
        cv2.line(rgb, point(centre_xy - reach), point(centre_xy + reach), colour, line_px, cv2.LINE_AA)


SURFACES: tuple[Surface, ...] = (cells, interference, cushion, horizon, bricks)
THINGS: tuple[Thing, ...] = (cup, spiral, dots, cross)

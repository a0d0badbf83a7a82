"""Random generator -> picture without a face: surfaces, things on them, out of focus, at every contrast.

The detector learns from them what is no face. A surface fills the picture; things (discs, lenses, cups,
buttons, writing) lie on it or on a photograph; the whole is then blurred, flattened and grained.
"""

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from dataset.augmentation import Augmentation, coarse, degraded

# (height, width, generator) -> (height, width, 3) uint8 RGB
Surface = Callable[[int, int, np.random.Generator], np.ndarray]
# (picture, in which it is drawn; its centre (x, y) and size in pixels; generator)
Thing = Callable[[np.ndarray, np.ndarray, float, np.random.Generator], None]
SIDES_PX = (24, 640)  # log-uniform
SMALLEST_PX = 10  # of a side: ultralytics takes no smaller picture
SKIN_HUES = (3, 22)  # of OpenCV's 180: a warm surface is the one most like a face
MOST_THINGS = 7
WEAR = Augmentation(
    grey_probability=0.25,
    brightness_fraction=0.15,
    tint_fraction=0.1,
    noise_probability=0.3,
    noise_sigma_levels=25,
    noise_grain_px=2,
    jpeg_probability=0.3,
    jpeg_lowest_quality=20,
)


def empty_picture(
    rng: np.random.Generator,
    surfaces: Sequence[Surface] = (),
    things: Sequence[Thing] = (),
    sides_px: tuple[int, int] = SIDES_PX,
) -> np.ndarray:
    """A surface, often with things on it: (height, width, 3) uint8 RGB of a random size.

    Of the given kinds, or of all kinds of this module.
    """
    height, width = sampled_size(rng, sides_px)
    surfaces = surfaces or SURFACES
    rgb = surfaces[int(rng.integers(len(surfaces)))](height, width, rng)
    if rng.random() < 0.6:
        add_things(rgb, int(rng.integers(1, MOST_THINGS + 1)), rng, things)
    return finished(rgb, rng)


def sampled_size(rng: np.random.Generator, sides_px: tuple[int, int] = SIDES_PX) -> tuple[int, int]:
    """Height and width of a picture, in pixels; a third of them are square."""
    least, most = np.log(sides_px).tolist()
    height, width = np.exp(rng.uniform(least, most, 2)).round().astype(int).tolist()
    width = width if rng.random() < 0.33 else round(height * np.exp(rng.uniform(-0.7, 0.7)))
    return (height, height) if rng.random() < 0.33 else (height, max(width, SMALLEST_PX))


def add_things(rgb: np.ndarray, count: int, rng: np.random.Generator, things: Sequence[Thing] = ()) -> None:
    """Draw `count` things into a picture, in place, from 4 % of its side to larger than itself."""
    height, width = rgb.shape[:2]
    things = things or THINGS
    for _ in range(count):
        size_px = max(min(height, width) * float(np.exp(rng.uniform(np.log(0.04), np.log(1.1)))), 3.0)
        centre_xy = rng.uniform([0, 0], [width, height])
        drawn = rgb.copy()
        things[int(rng.integers(len(things)))](drawn, centre_xy, size_px, rng)
        # Out of focus by itself: what surrounds it stays sharp.
        if rng.random() < 0.4:
            drawn = cv2.GaussianBlur(drawn, (0, 0), max(size_px * rng.uniform(0.02, 0.2), 0.3))
        opacity = rng.uniform(0.3, 1.0)
        rgb[:] = cv2.addWeighted(drawn, opacity, rgb, 1 - opacity, 0)


def finished(rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A picture blurred, flattened and degraded, each by chance."""
    if rng.random() < 0.45:
        sigma_px = min(rgb.shape[:2]) * float(np.exp(rng.uniform(np.log(0.005), np.log(0.12))))
        rgb = cv2.GaussianBlur(rgb, (0, 0), max(sigma_px, 0.3))
    if rng.random() < 0.5:
        contrast, mean = float(np.exp(rng.uniform(np.log(0.03), 0))), rgb.mean(axis=(0, 1))
        rgb = (mean + contrast * (rgb - mean)).clip(0, 255).astype(np.uint8)
    return degraded(rgb, WEAR, rng) if rng.random() < 0.6 else rgb


def sampled_colour(rng: np.random.Generator) -> np.ndarray:
    """A colour (3,) of 0-255 RGB: of skin, grey, or any."""
    kind = rng.random()
    if kind < 0.25:
        return np.full(3, rng.uniform(0, 255))
    if kind < 0.6:
        hsv = [rng.uniform(*SKIN_HUES), rng.uniform(40, 190), rng.uniform(60, 255)]
        return cv2.cvtColor(np.array([[hsv]], np.uint8), cv2.COLOR_HSV2RGB)[0, 0].astype(float)
    return rng.uniform(0, 255, 3)


def ramp(position: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Two to four colours along `position` (height, width), 0-1: (height, width, 3) uint8 RGB."""
    colours = np.array([sampled_colour(rng) for _ in range(rng.integers(2, 5))])
    stops = np.linspace(0, 1, len(colours))
    position = position.clip(0, 1) ** np.exp(rng.uniform(-1, 1))
    return np.dstack([np.interp(position, stops, colours[:, c]) for c in range(3)]).astype(np.uint8)


def even(height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """One colour."""
    return np.full((height, width, 3), sampled_colour(rng), np.uint8)


def linear_gradient(height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """Colours along a direction, half the time an axis."""
    angle = rng.integers(4) * np.pi / 2 if rng.random() < 0.5 else rng.uniform(0, 2 * np.pi)
    x, y = grid(height, width)
    along = x * np.cos(angle) + y * np.sin(angle)
    return ramp((along - along.min()) / max(np.ptp(along), 1e-6), rng)


def radial_gradient(height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """Colours around a centre: ellipses, half the time in the middle."""
    centred = rng.random() < 0.5
    (x, y), (cx, cy) = grid(height, width), (0, 0) if centred else rng.uniform(-1, 1, 2)
    radius = np.hypot((x - cx) * np.exp(rng.uniform(-0.5, 0.5)), y - cy)
    return ramp(radius / rng.uniform(0.4, 2), rng)


def conic_gradient(height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """Colours by the angle around a centre."""
    (x, y), (cx, cy) = grid(height, width), rng.uniform(-0.7, 0.7, 2)
    turns = np.arctan2(y - cy, x - cx) / (2 * np.pi) + 0.5 + rng.random()
    return ramp((turns * rng.integers(1, 4)) % 1, rng)


def blobs(height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """A few soft blobs of light."""
    x, y = grid(height, width)
    light = np.zeros((height, width))
    for _ in range(rng.integers(1, 9)):
        (cx, cy), sigma = rng.uniform(-1, 1, 2), np.exp(rng.uniform(-3, 0))
        light += rng.uniform(-1, 1) * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * sigma**2))
    return ramp((light - light.min()) / max(np.ptp(light), 1e-6), rng)


def clouds(height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """Noise of several octaves."""
    light = np.zeros((height, width), np.float32)
    for octave in range(1, rng.integers(3, 8)):
        small = rng.random((2**octave, 2**octave)).astype(np.float32)
        light += (
            cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
            * rng.uniform(0.4, 0.8) ** octave
        )
    return ramp((light - light.min()) / max(np.ptp(light), 1e-6), rng)


def noise(height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """Noise about a colour, grey or coloured, fine or coarse."""
    channels = [rng.standard_normal((height, width), np.float32) for _ in range(3)]
    channels = channels if rng.random() < 0.5 else channels[:1] * 3
    grain_px = rng.uniform(0, 0.06 * min(height, width)) if rng.random() < 0.6 else 0.0
    levels = np.dstack([coarse(channel, grain_px) for channel in channels]) * rng.uniform(3, 90)
    return (sampled_colour(rng) + levels).clip(0, 255).astype(np.uint8)


def stripes(height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """Stripes or squares, hard or soft."""
    (x, y), angle = grid(height, width), rng.uniform(0, np.pi)
    waves = np.exp(rng.uniform(np.log(1), np.log(25)))
    wave = np.sin(np.pi * waves * (x * np.cos(angle) + y * np.sin(angle)))
    if rng.random() < 0.5:
        wave = wave * np.sin(np.pi * waves * (y * np.cos(angle) - x * np.sin(angle)))
    return ramp((wave * np.exp(rng.uniform(0, 3)) + 1) / 2, rng)


def disc(rgb: np.ndarray, centre_xy: np.ndarray, size_px: float, rng: np.random.Generator) -> None:
    """An even ellipse, filled or outlined."""
    axes = size_px / 2 * np.exp(rng.uniform(-0.4, 0.4, 2))
    ellipse(rgb, centre_xy, axes, rng.uniform(0, 180), sampled_colour(rng), _thickness(size_px, rng))


def ball(rgb: np.ndarray, centre_xy: np.ndarray, size_px: float, rng: np.random.Generator) -> None:
    """A shaded ball or egg, lit from one side: a head without features."""
    side = max(round(size_px), 3)
    (x, y), (light_x, light_y) = grid(side, side), rng.uniform(-0.8, 0.8, 2)
    depth = np.sqrt(np.clip(1 - x**2 - y**2, 0, 1))
    shading = (x * light_x + y * light_y + depth * rng.uniform(0.2, 1)).clip(0, 1)
    height, width = rgb.shape[:2]
    move = np.array([[np.exp(rng.uniform(-0.35, 0.1)), 0, 0], [0, 1, 0]])
    move[:, 2] = centre_xy - move[:, :2] @ [side / 2, side / 2]
    cover = cv2.warpAffine((depth > 0).astype(np.float32), move, (width, height))[..., None]
    rgb[:] = (cover * cv2.warpAffine(ramp(shading, rng), move, (width, height)) + (1 - cover) * rgb).astype(
        np.uint8
    )


def polygon(rgb: np.ndarray, centre_xy: np.ndarray, size_px: float, rng: np.random.Generator) -> None:
    """A polygon of three to eight corners."""
    corners = rng.integers(3, 9)
    angles = np.sort(rng.uniform(0, 2 * np.pi, corners))
    reach = size_px / 2 * rng.uniform(0.5, 1.3, corners)
    points = centre_xy + np.column_stack([np.cos(angles), np.sin(angles)]) * reach[:, None]
    cv2.fillPoly(rgb, [points.astype(np.int32)], sampled_colour(rng).tolist(), cv2.LINE_AA)


def glasses(rgb: np.ndarray, centre_xy: np.ndarray, size_px: float, rng: np.random.Generator) -> None:
    """Two rims with a bridge and temples, `size_px` wide; lenses empty, tinted or with a reflection."""
    axes = size_px * np.array([rng.uniform(0.16, 0.24), rng.uniform(0.12, 0.22)])
    colour, line_px = (
        sampled_colour(rng) * rng.uniform(0.1, 1),
        max(round(size_px * rng.uniform(0.01, 0.05)), 1),
    )
    half = size_px * rng.uniform(0.25, 0.29)
    for side in (-1, 1):
        lens_xy = centre_xy + [side * half, 0]
        if rng.random() < 0.3:
            ellipse(rgb, lens_xy, axes, 0, sampled_colour(rng), -1)
        if rng.random() < 0.3:
            ellipse(rgb, lens_xy - axes * 0.3, axes * [0.3, 0.15], 30, np.full(3, 250.0), -1)
        ellipse(rgb, lens_xy, axes, 0, colour, line_px)
        temple = lens_xy + [side * axes[0] * 1.6, -axes[1] * 0.3]
        cv2.line(
            rgb, point(lens_xy + [side * axes[0], 0]), point(temple), colour.tolist(), line_px, cv2.LINE_AA
        )
    bridge = [point(centre_xy + [side * (half - axes[0]), 0]) for side in (-1, 1)]
    cv2.line(rgb, *bridge, colour.tolist(), line_px, cv2.LINE_AA)


def rings(rgb: np.ndarray, centre_xy: np.ndarray, size_px: float, rng: np.random.Generator) -> None:
    """Rings in one another: lenses, dials, cups from above, buttons with two or four holes."""
    stretch, angle = np.array([1, rng.uniform(0.55, 1)]), rng.uniform(0, 180)
    for fraction in np.sort(rng.uniform(0.15, 1, rng.integers(2, 7)))[::-1]:
        thickness = -1 if rng.random() < 0.7 else _thickness(size_px * fraction, rng)
        ellipse(rgb, centre_xy, size_px / 2 * fraction * stretch, angle, sampled_colour(rng), thickness)
    holes, hole = int(rng.choice([0, 1, 2, 3, 4])), sampled_colour(rng) * 0.4
    for number in range(holes):
        turn = 2 * np.pi * number / max(holes, 1) + np.radians(angle)
        at = centre_xy + size_px * 0.14 * np.array([np.cos(turn), np.sin(turn)]) * stretch
        ellipse(rgb, at, np.full(2, size_px * rng.uniform(0.02, 0.08)), 0, hole, -1)


def badge(rgb: np.ndarray, centre_xy: np.ndarray, size_px: float, rng: np.random.Generator) -> None:
    """A plate with lines of writing."""
    half = np.array([size_px / 2, size_px * rng.uniform(0.15, 0.7)])
    cv2.rectangle(rgb, point(centre_xy - half), point(centre_xy + half), sampled_colour(rng).tolist(), -1)
    writing(rgb, centre_xy, size_px * 0.8, rng)


def writing(rgb: np.ndarray, centre_xy: np.ndarray, size_px: float, rng: np.random.Generator) -> None:
    """One to three lines of letters."""
    colour, font = sampled_colour(rng).tolist(), int(rng.integers(0, 8))
    for line in range(rng.integers(1, 4)):
        letters = "".join(chr(code) for code in rng.integers(48, 123, rng.integers(1, 9)))
        scale = size_px / (20 * len(letters))
        at = point(centre_xy + [-size_px / 2, (line - 0.5) * 30 * scale])
        cv2.putText(rgb, letters, at, font, scale, colour, max(round(scale * 2), 1), cv2.LINE_AA)


def strokes(rgb: np.ndarray, centre_xy: np.ndarray, size_px: float, rng: np.random.Generator) -> None:
    """A few soft limbs side by side, like fingers or branches."""
    colour, angle = sampled_colour(rng), rng.uniform(0, 2 * np.pi)
    thickness = max(round(size_px * rng.uniform(0.06, 0.2)), 1)
    for number in range(rng.integers(1, 6)):
        turn = angle + 0.25 * number
        tip = centre_xy + size_px * rng.uniform(0.4, 0.7) * np.array([np.cos(turn), np.sin(turn)])
        shade = (colour * rng.uniform(0.8, 1.1)).clip(0, 255).tolist()
        cv2.line(rgb, point(centre_xy), point(tip), shade, thickness, cv2.LINE_AA)


def spots(height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """Soft and hard spots of all sizes on an even ground, like stars, lamps or tissue."""
    rgb = even(height, width, rng) // int(rng.integers(1, 6))
    colours = [sampled_colour(rng) for _ in range(3)]
    for _ in range(rng.integers(3, 60)):
        centre_xy = rng.uniform([0, 0], [width, height])
        radius = min(height, width) * np.exp(rng.uniform(np.log(0.005), np.log(0.25)))
        axes = radius * np.exp(rng.uniform(-0.3, 0.3, 2))
        drawn = rgb.copy()
        ellipse(drawn, centre_xy, axes, rng.uniform(0, 180), colours[rng.integers(3)], -1)
        if rng.random() < 0.6:
            drawn = cv2.GaussianBlur(drawn, (0, 0), max(radius * rng.uniform(0.1, 0.8), 0.3))
        rgb = drawn
    return rgb


def relief(rgb: np.ndarray, centre_xy: np.ndarray, size_px: float, rng: np.random.Generator) -> None:
    """A round thing with a texture and a rim, lit from one side: a coin, a cell, a fruit, a wheel."""
    side = max(round(size_px), 8)
    texture = SURFACES[rng.integers(len(SURFACES))](side, side, rng).astype(float)
    (x, y), (light_x, light_y) = grid(side, side), rng.uniform(-0.5, 0.5, 2)
    stretch = np.exp(rng.uniform(-0.3, 0.05))
    radius = np.hypot(x / stretch, y)
    shade = (1 + light_x * x + light_y * y - rng.uniform(0, 0.7) * radius**4)[..., None]
    mean = sampled_colour(rng)
    inner = (mean + rng.uniform(0.05, 0.8) * (texture - texture.mean(axis=(0, 1)))) * shade
    if rng.random() < 0.5:
        inner[np.abs(radius - 0.9) < rng.uniform(0.02, 0.12)] *= rng.uniform(0.3, 1.5)
    cover = ((1 - radius) * rng.uniform(3, 40)).clip(0, 1)[..., None]
    left, top = (centre_xy - side / 2).astype(int)
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + side, rgb.shape[1]), min(top + side, rgb.shape[0])
    if x1 > x0 and y1 > y0:
        part = (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))
        under = rgb[y0:y1, x0:x1]
        mixed = cover[part] * inner[part] + (1 - cover[part]) * under
        rgb[y0:y1, x0:x1] = mixed.clip(0, 255).astype(np.uint8)


def add_equals(rgb: np.ndarray, rng: np.random.Generator) -> None:
    """Draw one to thirty things of one kind and size into a picture, in place."""
    height, width = rgb.shape[:2]
    kind = ROUND_THINGS[rng.integers(len(ROUND_THINGS))]
    size_px = max(min(height, width) * float(np.exp(rng.uniform(np.log(0.05), np.log(1.0)))), 4.0)
    for _ in range(int(np.exp(rng.uniform(0, np.log(30))))):
        kind(rgb, rng.uniform([0, 0], [width, height]), size_px * rng.uniform(0.85, 1.15), rng)


def grid(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """x and y of every pixel, -1 to 1."""
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    return x, y


def point(xy: np.ndarray) -> tuple[int, int]:
    """A point as OpenCV takes it, in whole pixels."""
    return int(xy[0]), int(xy[1])


def _thickness(size_px: float, rng: np.random.Generator) -> int:
    return -1 if rng.random() < 0.6 else max(round(size_px * rng.uniform(0.02, 0.15)), 1)


def ellipse(
    rgb: np.ndarray, centre_xy: np.ndarray, axes: np.ndarray, angle: float, colour: np.ndarray, thickness: int
) -> None:
    """Draw an ellipse with half axes in pixels, turned by `angle` degrees; a thickness of -1 fills it."""
    axes_px = (max(round(float(axes[0])), 1), max(round(float(axes[1])), 1))
    cv2.ellipse(rgb, point(centre_xy), axes_px, angle, 0, 360, colour.tolist(), thickness, cv2.LINE_AA)


SURFACES: tuple[Surface, ...] = (
    even, linear_gradient, radial_gradient, conic_gradient, blobs, clouds, noise, stripes,
)  # fmt: skip
THINGS: tuple[Thing, ...] = (disc, ball, polygon, glasses, rings, badge, writing, strokes)
ROUND_THINGS: tuple[Thing, ...] = (disc, ball, rings, relief, relief)

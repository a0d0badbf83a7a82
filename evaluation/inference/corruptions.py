"""Picture + face box + severity -> the corrupted picture: lenses, light, files and clothes.

As ImageNet-C (Hendrycks and Dietterich, Benchmarking Neural Network Robustness to Common Corruptions and
Perturbations, 2019), each corruption is a pure function with five severities, each a level in a unit that
people know. Sizes are relative to the face and not to the picture, so that a severity means the same in a
chip and a portrait. Random ones (noise, the side of a rotation) sample the same at every severity.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from dataset.augmentation import coarse, jpeg_compressed
from dataset.stable_hash import stable_hash

SEVERITIES = (1, 2, 3, 4, 5)
SEED = "corruptions 1"  # enters a seed: never renamed
# Stands in the names of cached files: raise it when a change here, or of the two functions that
# dataset.augmentation lends, changes a pixel.
VERSION = 1
GRAIN_PERCENT = 1.0  # of the face's longer side: the standard deviation of the blur that makes grain coarse
EYES_AT = 0.4  # of the height of a face box, from its top
MASK_RGB = (158, 190, 205)  # of a surgical mask
BAR_RGB = (0, 0, 0)

# (picture (h, w, 3) uint8 RGB, face box in its pixels, level, generator) -> corrupted picture, same shape
Change = Callable[[np.ndarray, Sequence[float], float, np.random.Generator], np.ndarray]


@dataclass(frozen=True)
class Corruption:
    """A kind of corruption; `levels` are those of the first SEVERITIES, in `unit`. The key enters a seed.

    `by_quarters` turns the whole picture, and its sides with it: its face has to be detected anew.
    """

    key: str
    label: str
    unit: str
    levels: tuple[float, ...]
    meaning: str
    change: Change
    by_quarters: bool = False

    @property
    def severities(self) -> tuple[int, ...]:
        """Those of SEVERITIES that it has."""
        return SEVERITIES[: len(self.levels)]

    def level(self, severity: int) -> float:
        """The level at one of its severities. Raises ValueError for another."""
        if severity not in self.severities:
            raise ValueError(f"A severity is one of {self.severities}. Received: {severity}.")
        return self.levels[severity - 1]


def corrupted(
    picture_rgb: np.ndarray, box_xyxy: Sequence[float], corruption: Corruption, severity: int, file: str
) -> np.ndarray:
    """The picture (h, w, 3) uint8 corrupted at `severity`; at 0 itself. Only `by_quarters` changes its shape.

    `box_xyxy` is the face in picture pixels. Randomness is seeded by `file` and the kind of corruption alone.
    Raises ValueError for another severity.
    """
    if severity == 0:
        return picture_rgb
    return corruption.change(picture_rgb, box_xyxy, corruption.level(severity), _generator(corruption, file))


def blurred(
    picture_rgb: np.ndarray, box_xyxy: Sequence[float], percent: float, _rng: np.random.Generator
) -> np.ndarray:
    """Gaussian blur whose standard deviation is `percent` of the face's longer side."""
    return cv2.GaussianBlur(picture_rgb, (0, 0), percent / 100 * _side_of(box_xyxy))


def compressed(
    picture_rgb: np.ndarray, _box_xyxy: Sequence[float], quality: float, _rng: np.random.Generator
) -> np.ndarray:
    """Encoded as JPEG at `quality` and decoded again."""
    return jpeg_compressed(picture_rgb, round(quality))


def noisy(
    picture_rgb: np.ndarray, _box_xyxy: Sequence[float], sigma_levels: float, rng: np.random.Generator
) -> np.ndarray:
    """Gaussian noise of `sigma_levels` of 255, independent in each pixel and channel as a sensor's is."""
    noise = rng.standard_normal(picture_rgb.shape, np.float32) * np.float32(sigma_levels)
    return cv2.add(picture_rgb, noise, dtype=cv2.CV_8U)


def grainy(
    picture_rgb: np.ndarray, box_xyxy: Sequence[float], sigma_levels: float, rng: np.random.Generator
) -> np.ndarray:
    """Noise of `sigma_levels` of 255, equal in the channels, whose grains are GRAIN_PERCENT of the face."""
    noise = rng.standard_normal(picture_rgb.shape[:2], np.float32)
    grain = coarse(noise, GRAIN_PERCENT / 100 * _side_of(box_xyxy)) * np.float32(sigma_levels)
    return cv2.add(picture_rgb, cv2.merge([grain, grain, grain]), dtype=cv2.CV_8U)


def relit(
    picture_rgb: np.ndarray, _box_xyxy: Sequence[float], percent: float, _rng: np.random.Generator
) -> np.ndarray:
    """Every level times `percent` / 100, cut at white."""
    return cv2.convertScaleAbs(picture_rgb, alpha=percent / 100)


def turned(
    picture_rgb: np.ndarray, box_xyxy: Sequence[float], degrees: float, rng: np.random.Generator
) -> np.ndarray:
    """Rotated about the middle of the face, to a random side; the corners repeat the picture's edge."""
    x0, y0, x1, y1 = box_xyxy
    side = -1 if rng.random() < 0.5 else 1
    matrix = cv2.getRotationMatrix2D(((x0 + x1) / 2, (y0 + y1) / 2), side * degrees, 1.0)
    height, width = picture_rgb.shape[:2]
    return cv2.warpAffine(picture_rgb, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)


def faded(
    picture_rgb: np.ndarray, _box_xyxy: Sequence[float], percent: float, _rng: np.random.Generator
) -> np.ndarray:
    """`percent` of the colour taken away: at 100 every pixel has its own grey."""
    grey = cv2.cvtColor(cv2.cvtColor(picture_rgb, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    return cv2.addWeighted(picture_rgb, 1 - percent / 100, grey, percent / 100, 0)


def laid_over(
    picture_rgb: np.ndarray, _box_xyxy: Sequence[float], degrees: float, _rng: np.random.Generator
) -> np.ndarray:
    """The whole picture turned clockwise by quarters."""
    return np.ascontiguousarray(np.rot90(picture_rgb, -round(degrees) // 90))


def masked(
    picture_rgb: np.ndarray, box_xyxy: Sequence[float], percent: float, _rng: np.random.Generator
) -> np.ndarray:
    """The lower `percent` of the face box under one colour: the mouth from 35 on, the nose from 55 on."""
    return _covered(picture_rgb, box_xyxy, 1 - percent / 100, 1.0, MASK_RGB)


def barred(
    picture_rgb: np.ndarray, box_xyxy: Sequence[float], percent: float, _rng: np.random.Generator
) -> np.ndarray:
    """A black bar over the eyes, `percent` of the face box high and as wide as the box."""
    half = percent / 200
    return _covered(picture_rgb, box_xyxy, EYES_AT - half, EYES_AT + half, BAR_RGB)


def downscaled(
    picture_rgb: np.ndarray, box_xyxy: Sequence[float], face_px: float, _rng: np.random.Generator
) -> np.ndarray:
    """Shrunk until the face's longer side is `face_px`, and enlarged again; a smaller face stays as it is."""
    scale = face_px / _side_of(box_xyxy)
    if scale >= 1:
        return picture_rgb
    height, width = picture_rgb.shape[:2]
    small_wh = max(round(width * scale), 1), max(round(height * scale), 1)
    small = cv2.resize(picture_rgb, small_wh, interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)


CORRUPTIONS = (
    Corruption(
        "blur", "Blur", "standard deviation, % of the face", (0.5, 1, 2, 3, 5),
        "Gaussian blur, as of a lens out of focus; the face is its longer side.", blurred,
    ),
    Corruption(
        "low_resolution", "Low resolution", "pixels across the face", (128, 96, 64, 48, 32),
        "Shrunk until the face has so few pixels, and enlarged again; faces that are smaller anyway stay.",
        downscaled,
    ),
    Corruption(
        "jpeg", "JPEG", "quality", (50, 30, 20, 10, 5),
        "Encoded as JPEG at this quality and decoded again.", compressed,
    ),
    Corruption(
        "noise", "Noise", "standard deviation, levels of 255", (8, 16, 32, 48, 64),
        "Gaussian noise in every pixel and channel, as of a sensor in poor light.", noisy,
    ),
    Corruption(
        "grain", "Grain", "standard deviation, levels of 255", (3, 6, 9, 12, 16),
        "Grey noise whose grains are 1 % of the face, as of film or of a scanned print.", grainy,
    ),
    Corruption(
        "darker", "Darker", "% of every level", (80, 60, 40, 25, 15),
        "Every level times a factor, as when too little light was let in.", relit,
    ),
    Corruption(
        "brighter", "Brighter", "% of every level", (125, 150, 175, 200, 250),
        "Every level times a factor and cut at white, as when too much light was let in.", relit,
    ),
    Corruption(
        "rotation", "Rotation", "degrees, to either side", (5, 10, 15, 20, 30),
        "Turned about the middle of the face, half of the pictures to each side.", turned,
    ),
    Corruption(
        "mask", "Mask", "% of the face, from the chin up", (15, 25, 35, 45, 55),
        "The lower face under one colour: the mouth from severity 3 on, the nose at severity 5.",
        masked,
    ),
    Corruption(
        "eye_bar", "Bar over the eyes", "% of the face's height", (8, 14, 20, 28, 36),
        "A black bar as wide as the face, over the eyes: sunglasses, a hat's brim.", barred,
    ),
    Corruption(
        "grey", "Grey", "% of the colour taken away", (20, 40, 60, 80, 100),
        "The colour taken away, as of an old photograph.", faded,
    ),
    Corruption(
        "turned", "Turned", "degrees, clockwise", (90, 180, 270),
        "The whole picture turned, without a word about it; its face is detected anew, as it is served.",
        laid_over, by_quarters=True,
    ),
)  # fmt: skip


def _covered(
    picture_rgb: np.ndarray,
    box_xyxy: Sequence[float],
    from_fraction: float,
    to_fraction: float,
    colour_rgb: Sequence[int],
) -> np.ndarray:
    """A copy whose face box is filled between two fractions of its height, from the top."""
    x0, y0, x1, y1 = box_xyxy
    top, bottom = (max(round(y0 + fraction * (y1 - y0)), 0) for fraction in (from_fraction, to_fraction))
    covered = picture_rgb.copy()
    covered[top:bottom, max(round(x0), 0) : max(round(x1), 0)] = colour_rgb
    return covered


def _side_of(box_xyxy: Sequence[float]) -> float:
    x0, y0, x1, y1 = box_xyxy
    return max(x1 - x0, y1 - y0, 1.0)


def _generator(corruption: Corruption, file: str) -> np.random.Generator:
    return np.random.default_rng(stable_hash(f"{SEED} {corruption.key} {file}", 64))

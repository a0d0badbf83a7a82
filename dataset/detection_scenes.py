"""UTKFace training faces and pictures of `face_detection` -> scenes for the detector, in YOLO layout.

A scene is of one kind. `scene`: several faces on a background; unlike in `composites` they overlap, leave the
picture and come in every size, and some chips stand alone. `close`: one face that fills the picture, so that
its eyes and mouth are background. `print`: a labelled picture as an old, dark, soft or flat print. `empty`:
no face at all.
"""

import multiprocessing
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from tqdm import tqdm

from dataset.augmentation import Augmentation, degraded
from dataset.backgrounds import Background, backgrounds_of
from dataset.composites import Chip, background_picture, chip_at, paste_face, rng_for, write_jpeg
from dataset.empty_scenes import (
    SMALLEST_PX,
    SURFACES,
    add_equals,
    add_things,
    empty_picture,
    finished,
    glasses,
    sampled_size,
    spots,
)
from dataset.face_detection import LabelledPicture, rgb_of
from faces.boxes import intersection_over_smaller
from faces.files import whole_file

SCENES_SEED = "scenes 1"  # enters the seed of every scene: never change it
SCENE_SIDES_PX = (400, 640)
FACES_A_SCENE = (1, 7)
SMALLEST_FACE_PX = 20
LARGEST_FACE_FRACTION = 0.85  # of the shorter side of the scene
CHIP_FRACTION = (
    0.15  # of the scenes that are one chip as published: a face that fills the picture is one face
)
GREY_FRACTION = 0.15
CROP_SCALES = (0.75, 1.3)  # of a close crop, in boxes of its face
GLASSES_FRACTION = 0.25  # of the close crops
EYES_AT = 0.4  # of the height of a face box, from its top
PART_FRACTION = 0.12  # of the close crops that show a part of a face alone
PART_SIDES = (0.15, 0.35)  # of such a part, in longer sides of the box
SYNTHETIC_FRACTION = 0.7  # of the empty scenes; the others are cut from photographs
PRINT = Augmentation(
    brightness_fraction=0.25,
    contrast_fraction=0.5,
    grey_probability=0.6,
    blur_probability=0.5,
    blur_sigma_px=3,
    noise_probability=0.5,
    noise_sigma_levels=35,
    noise_grain_px=2,
    jpeg_probability=0.3,
)
MAX_SHARED_FRACTION = 0.3  # of the smaller of two faces: they may overlap, but none lies within another


@dataclass(frozen=True)
class Sources:
    """What scenes are made of: paths of chips, labelled pictures, and the folder of the data sets."""

    chips: list[str]
    pictures: list[LabelledPicture]
    data_dir: Path


def write_scenes(
    records: pd.DataFrame,
    pictures: Sequence[LabelledPicture],
    data_dir: Path,
    cache_dir: Path,
    counts: dict[str, int],
    *,
    processes: int = 2,
) -> list[Path]:
    """Write `counts` scenes of each kind to `cache_dir`/scenes/images, their boxes to .../labels.

    `records` has the columns path and split; only faces of the training split are taken, whatever it holds.
    `pictures` are those that may be trained on. Scene number n of a kind is the same in every run with the
    same records and pictures; existing ones are kept. Returns the paths of the scenes.
    """
    chips = sorted(records.loc[records["split"] == "train", "path"].map(str))
    sources = Sources(chips, list(pictures), Path(data_dir))
    write = partial(_write_scene, sources=sources, folder=Path(cache_dir) / "scenes")
    jobs = [(kind, number) for kind, count in counts.items() for number in range(count)]
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        return list(
            tqdm(pool.imap(write, jobs, chunksize=20), total=len(jobs), desc="scenes", unit=" scenes")
        )


def compose_scene(
    chips: list[Chip], backgrounds: list[Background], data_dir: Path, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Paste the chips into one scene: (height, width, 3) uint8 RGB and (n, 4) boxes, n at most the chips.

    The sizes are log-uniform, the first from the upper third; a position that hides too much of a face is
    sampled again, and given up after ten samples.
    """
    width, height = (int(side) for side in rng.integers(SCENE_SIDES_PX[0], SCENE_SIDES_PX[1] + 1, 2))
    canvas, _ = background_picture(backgrounds, data_dir, width, height, rng)
    smallest, largest = np.log(SMALLEST_FACE_PX), np.log(LARGEST_FACE_FRACTION * min(width, height))
    boxes: list[np.ndarray] = []
    for number, chip in enumerate(chips):
        lowest = smallest + (largest - smallest) * (2 / 3 if number == 0 and rng.random() < 0.5 else 0)
        face_px = float(np.exp(rng.uniform(lowest, largest - 0.2 * number)))
        for _ in range(10):
            # Up to a fifth of a face may lie outside.
            x, y = (float(rng.uniform(0.3 * face_px, side - 0.3 * face_px)) for side in (width, height))
            half = face_px / 2
            candidate = np.array([x - half, y - half, x + half, y + half])
            if all(intersection_over_smaller(box, candidate) <= MAX_SHARED_FRACTION for box in boxes):
                turned = chip.mirrored() if rng.random() < 0.5 else chip
                boxes.append(paste_face(canvas, turned, (x, y), face_px, rng))
                break
    return canvas, np.array(boxes)


def scene(sources: Sources, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Up to seven faces on a background, or a chip as published; boxes (n, 4)."""
    if rng.random() < CHIP_FRACTION:
        chip = _found_chips(sources, 1, rng)[0]
        height, width = chip.rgb.shape[:2]
        rgb, boxes = chip.rgb, chip.box_xyxy[None].clip(0, [width, height, width, height])
    else:
        faces = _found_chips(sources, int(rng.integers(FACES_A_SCENE[0], FACES_A_SCENE[1] + 1)), rng)
        rgb, boxes = compose_scene(faces, backgrounds_of("train"), sources.data_dir, rng)
    if rng.random() < GREY_FRACTION:
        rgb = cv2.cvtColor(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    return rgb, boxes


def close_crop(sources: Sources, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A crop of about one face, one box; or of an eye, a cheek, a mouth of it, which is no face."""
    chip = _found_chips(sources, 1, rng)[0]
    rgb = chip.rgb.copy()
    size = chip.box_xyxy[2:] - chip.box_xyxy[:2]
    if rng.random() < GLASSES_FRACTION:
        eyes_xy = chip.box_xyxy[:2] + size * [0.5, EYES_AT]
        glasses(rgb, eyes_xy, size[0] * rng.uniform(0.85, 1.0), rng)
    if rng.random() < PART_FRACTION:
        side = size.max() * rng.uniform(*PART_SIDES)
        start = chip.box_xyxy[:2] + rng.uniform(0, 1, 2) * (size - side).clip(0)
        crop_xyxy, boxes = np.concatenate([start, start + side]), np.zeros((0, 4))
    else:
        sides = (
            size * rng.uniform(*CROP_SCALES) if rng.random() < 0.5 else size.max() * rng.uniform(*CROP_SCALES)
        )
        centre = (chip.box_xyxy[:2] + chip.box_xyxy[2:]) / 2 + size * rng.uniform(-0.08, 0.08, 2)
        crop_xyxy, boxes = np.concatenate([centre - sides / 2, centre + sides / 2]), chip.box_xyxy[None]
    height, width = rgb.shape[:2]
    x0, y0, x1, y1 = np.rint(crop_xyxy).astype(int).clip(0, [width, height, width, height])
    rgb, boxes = np.ascontiguousarray(rgb[y0:y1, x0:x1]), boxes - [x0, y0, x0, y0]
    return degraded(rgb, PRINT, rng) if rng.random() < 0.5 else rgb, boxes.clip(0, [x1 - x0, y1 - y0] * 2)


def old_print(sources: Sources, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A labelled picture, or a scene of pasted faces, degraded; boxes (n, 4)."""
    if rng.random() < 0.3:
        rgb, boxes = scene(sources, rng)
    else:
        picture = sources.pictures[rng.integers(len(sources.pictures))]
        rgb, boxes = rgb_of(picture.path), picture.boxes_xyxy
    return degraded(rgb, PRINT, rng), boxes


def empty(sources: Sources, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A synthetic picture without a face, or a cut of a face-free photograph, from sharp to a blur."""
    if rng.random() < SYNTHETIC_FRACTION:
        return empty_picture(rng), np.zeros((0, 4))
    height, width = sampled_size(rng)
    rgb, _ = background_picture(backgrounds_of("train"), sources.data_dir, width, height, rng)
    side = float(np.exp(rng.uniform(np.log(0.15), 0)))  # the whole of it, or a detail
    cut_height, cut_width = max(int(side * height), SMALLEST_PX), max(int(side * width), SMALLEST_PX)
    x, y = (
        int(rng.integers(0, max(whole - cut, 0) + 1))
        for whole, cut in ((width, cut_width), (height, cut_height))
    )
    rgb = rgb[y : y + cut_height, x : x + cut_width].copy()
    if rng.random() < 0.3:
        add_things(rgb, int(rng.integers(1, 4)), rng)
    return finished(rgb, rng), np.zeros((0, 4))


def round_things(sources: Sources, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Coins, cells, lamps, wheels, on a surface or a photograph: what is most like a face, and none."""
    height, width = sampled_size(rng)
    if rng.random() < 0.3:
        rgb, _ = background_picture(backgrounds_of("train"), sources.data_dir, width, height, rng)
    else:
        kinds = (*SURFACES, spots, spots, spots)
        rgb = kinds[rng.integers(len(kinds))](height, width, rng)
    add_equals(rgb, rng)
    return finished(rgb, rng), np.zeros((0, 4))


KINDS: dict[str, Callable[[Sources, np.random.Generator], tuple[np.ndarray, np.ndarray]]] = {
    "scene": scene,
    "close": close_crop,
    "print": old_print,
    "empty": empty,
    "round": round_things,
}


def _write_scene(job: tuple[str, int], *, sources: Sources, folder: Path) -> Path:
    cv2.setNumThreads(1)
    kind, number = job
    picture_path = folder / "images" / f"{kind}_{number:05d}.jpg"
    labels_path = folder / "labels" / f"{kind}_{number:05d}.txt"
    if picture_path.is_file() and labels_path.is_file():
        return picture_path
    # The first kind has no name in its seed: its scenes are those of every release.
    rgb, boxes = KINDS[kind](
        sources, rng_for(SCENES_SEED, f"{number}" if kind == "scene" else f"{kind}/{number}")
    )
    height, width = rgb.shape[:2]
    centres, sizes = (boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]
    fractions = np.hstack([centres, sizes]) / [width, height, width, height]
    with whole_file(labels_path) as part:
        np.savetxt(part, np.hstack([np.zeros((len(boxes), 1)), fractions]), fmt=["%d"] + ["%.6f"] * 4)
    write_jpeg(picture_path, rgb)
    return picture_path


def _found_chips(sources: Sources, count: int, rng: np.random.Generator) -> list[Chip]:
    """`count` random chips in which YuNet finds the face: the usual box instead would be a wrong label."""
    collected: list[Chip] = []
    while len(collected) < count:
        chip, is_found = chip_at(Path(sources.chips[rng.integers(len(sources.chips))]), sources.data_dir)
        if is_found:
            collected.append(chip)
    return collected

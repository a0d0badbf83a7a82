"""UTKFace training faces -> scenes for the detector: several faces a picture, in YOLO layout.

Unlike in `composites`, faces overlap, leave the picture and come in every size, and some chips stand alone.
"""

import multiprocessing
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from tqdm import tqdm

from dataset.backgrounds import Background, backgrounds_of
from dataset.composites import Chip, background_picture, chip_at, paste_face, rng_for, write_jpeg
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
MAX_SHARED_FRACTION = 0.3  # of the smaller of two faces: they may overlap, but none lies within another


def write_scenes(
    records: pd.DataFrame, data_dir: Path, cache_dir: Path, count: int, *, processes: int = 2
) -> list[Path]:
    """Write `count` scenes to `cache_dir`/scenes/images, their boxes to .../labels; existing ones are kept.

    `records` has the columns path and split; only faces of the training split are taken, whatever it holds.
    Scene number n is the same in every run with the same records. Returns the paths of the pictures.
    """
    chips = sorted(records.loc[records["split"] == "train", "path"].map(str))
    write = partial(_write_scene, chips=chips, data_dir=Path(data_dir), cache_dir=Path(cache_dir))
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        return list(
            tqdm(pool.imap(write, range(count), chunksize=20), total=count, desc="scenes", unit=" scenes")
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


def _write_scene(number: int, *, chips: list[str], data_dir: Path, cache_dir: Path) -> Path:
    cv2.setNumThreads(1)
    folder = cache_dir / "scenes"
    picture_path = folder / "images" / f"scene_{number:05d}.jpg"
    labels_path = folder / "labels" / f"scene_{number:05d}.txt"
    if picture_path.is_file() and labels_path.is_file():
        return picture_path
    rng = rng_for(SCENES_SEED, str(number))
    if rng.random() < CHIP_FRACTION:
        chip = _found_chips(chips, 1, data_dir, rng)[0]
        height, width = chip.rgb.shape[:2]
        rgb, boxes = chip.rgb, chip.box_xyxy[None].clip(0, [width, height, width, height])
    else:
        faces = _found_chips(chips, int(rng.integers(FACES_A_SCENE[0], FACES_A_SCENE[1] + 1)), data_dir, rng)
        rgb, boxes = compose_scene(faces, backgrounds_of("train"), data_dir, rng)
    if rng.random() < GREY_FRACTION:
        rgb = cv2.cvtColor(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    height, width = rgb.shape[:2]
    centres, sizes = (boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]
    fractions = np.hstack([centres, sizes]) / [width, height, width, height]
    with whole_file(labels_path) as part:
        np.savetxt(part, np.hstack([np.zeros((len(boxes), 1)), fractions]), fmt=["%d"] + ["%.6f"] * 4)
    write_jpeg(picture_path, rgb)
    return picture_path


def _found_chips(chips: list[str], count: int, data_dir: Path, rng: np.random.Generator) -> list[Chip]:
    """`count` random chips in which YuNet finds the face: the usual box instead would be a wrong label."""
    collected: list[Chip] = []
    while len(collected) < count:
        chip, is_found = chip_at(Path(chips[rng.integers(len(chips))]), data_dir)
        if is_found:
            collected.append(chip)
    return collected

"""Scenes for the detector: faces of the training split alone, one a close crop, none in an empty scene."""

import cv2
import numpy as np
import pandas as pd
import pytest

from dataset.composites import rng_for
from dataset.detection_scenes import KINDS, SCENES_SEED, Sources, write_scenes
from dataset.empty_scenes import (
    SIDES_PX,
    SMALLEST_PX,
    SURFACES,
    THINGS,
    empty_picture,
    relief,
    sampled_size,
    spots,
)
from dataset.face_detection import LabelledPicture
from dataset.records import CHIPS, load_records
from faces.boxes import longer_sides
from training.detector.train import labelled_for_training

COUNTS = {"scene": 8, "close": 8, "print": 8, "empty": 8, "round": 4}


@pytest.fixture(scope="module")
def sources(data_dir):
    records = load_records(CHIPS, data_dir, data_dir)
    chips = sorted(records.path[records.split == "train"].iloc[:40])
    return Sources(chips, labelled_for_training(data_dir)[::100], data_dir)


def scenes_of(kind: str, sources: Sources, count: int) -> list[tuple[np.ndarray, np.ndarray]]:
    return [KINDS[kind](sources, rng_for("test", f"{kind}/{number}")) for number in range(count)]


def test_scenes_hold_training_faces_alone(data_dir, tmp_path):
    records = load_records(CHIPS, data_dir, tmp_path)
    train = records[records["split"] == "train"].iloc[:20]
    # A face of another split would be read from a path that does not exist.
    others = records[records["split"] != "train"].assign(path=str(tmp_path / "absent.jpg"))
    labelled = labelled_for_training(data_dir)[::100]
    every_chip = pd.concat([train, others])
    scenes = write_scenes(every_chip, labelled, data_dir, tmp_path, COUNTS, processes=1)
    assert len(scenes) == sum(COUNTS.values())
    for path in scenes:
        height, width = cv2.imread(str(path)).shape[:2]
        text = (tmp_path / "scenes" / "labels" / f"{path.stem}.txt").read_text()
        rows = np.array([line.split() for line in text.splitlines()], float).reshape(-1, 5)
        if path.name.startswith("scene"):
            assert 1 <= len(rows) <= 7
        assert not (path.name.startswith(("empty", "round")) and len(rows))
        centres, sizes = rows[:, 1:3], rows[:, 3:]
        assert (centres - sizes / 2 >= -1e-6).all()
        assert (centres + sizes / 2 <= 1 + 1e-6).all()
        assert (sizes * [width, height] > 2).all()


def test_a_close_crop_shows_one_face_that_fills_it_or_a_part_that_is_none(sources):
    scenes = scenes_of("close", sources, 60)
    labelled = [(rgb, boxes) for rgb, boxes in scenes if len(boxes)]
    assert {len(boxes) for _, boxes in scenes} == {0, 1}
    assert len(labelled) > 40
    for rgb, boxes in labelled:
        assert longer_sides(boxes)[0] > 0.7 * max(rgb.shape[:2])


def test_an_old_print_keeps_the_labels_of_its_picture(data_dir, sources):
    picture = LabelledPicture(sources.pictures[0].path, np.array([[5.0, 5, 25, 30]]))
    scenes = scenes_of("print", Sources(sources.chips, [picture], data_dir), 12)
    kept = [boxes for _, boxes in scenes if np.array_equal(boxes, picture.boxes_xyxy)]
    assert len(kept) >= 5  # the others are degraded scenes of pasted faces
    greys = [np.ptp(rgb.astype(int), axis=2).max() <= 1 for rgb, _ in scenes]
    assert any(greys)
    assert not all(greys)


def test_scenes_are_the_same_in_every_run():
    first, again = (empty_picture(rng_for(SCENES_SEED, "empty/7")) for _ in range(2))
    np.testing.assert_array_equal(first, again)


def test_empty_pictures_come_in_all_sizes_and_contrasts():
    rngs = [rng_for("test", str(number)) for number in range(300)]
    sizes = np.array([sampled_size(rng) for rng in rngs])
    assert sizes.min() >= SMALLEST_PX
    assert sizes[:, 0].min() < 2 * SIDES_PX[0]
    assert sizes[:, 0].max() > SIDES_PX[1] / 2
    contrasts = np.array([empty_picture(rng_for("test", str(n)), sides_px=(24, 80)).std() for n in range(80)])
    assert (contrasts < 3).any()
    assert (contrasts > 50).any()


@pytest.mark.parametrize("surface", [*SURFACES, spots], ids=lambda kind: kind.__name__)
def test_a_surface_fills_a_picture_of_any_shape(surface):
    for height, width in ((1, 1), (10, 200), (40, 30)):
        rgb = surface(height, width, np.random.default_rng(3))
        assert (rgb.shape, rgb.dtype) == ((height, width, 3), np.uint8)


@pytest.mark.parametrize("thing", [*THINGS, relief], ids=lambda kind: kind.__name__)
def test_a_thing_is_drawn_where_it_is_asked_for(thing):
    changed = np.zeros((80, 80), bool)
    for seed in range(4):
        rgb = np.full((80, 80, 3), 90, np.uint8)
        thing(rgb, np.array([40.0, 40.0]), 40.0, np.random.default_rng(seed))
        changed |= (rgb != 90).any(axis=2)
    assert changed[20:60, 20:60].any()
    assert not changed[:2].any()

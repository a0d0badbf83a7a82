"""Compositions made anew: other scenes each time, the same for the same generator, with the chips' labels."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="needs TensorFlow (the full environment)")

from dataset.sets import CHIPS, CONTEXT, set_records
from training.pipeline import TRAIN, Labelled, labelled_frames, training_batches
from training.recipes import Recipe, read_recipe, recipe_path


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    of_full = read_recipe(recipe_path("model_full"))
    mix = replace(of_full.mix, shares={CONTEXT: 1.0})
    schedule = replace(of_full.schedule, compose_anew=True, frames_an_epoch=32, batch_frames=16)
    return replace(of_full, mix=mix, finish=None, schedule=schedule)


@pytest.fixture(scope="module")
def compositions(recipe: Recipe, data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Labelled:
    cache = tmp_path_factory.mktemp("cache")
    return labelled_frames(recipe, CONTEXT, TRAIN, data_dir, cache, canvas_scale=1.25, limit=20)


def test_every_training_chip_is_one_and_keeps_its_labels(
    compositions: Labelled, data_dir: Path, tmp_path: Path
) -> None:
    chips = set_records(CHIPS, data_dir, tmp_path)
    ages = set(chips[chips.split == TRAIN].age_years)
    assert 5 < len(compositions.frames) == len(compositions.ages) < 60
    assert set(compositions.ages[:, 0]) <= ages


def test_a_face_stands_in_another_scene_each_time(compositions: Labelled) -> None:
    assert compositions.compositions is not None
    first, again, other = (
        compositions.compositions.canvas(0, np.random.default_rng(seed)).astype(int) for seed in (1, 1, 2)
    )
    assert first.shape == (200, 200, 3)
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).mean() > 10


def test_batches_follow_from_seed_and_epoch(compositions: Labelled, recipe: Recipe) -> None:
    def frames_of(epoch: int) -> np.ndarray:
        batches, steps = training_batches({CONTEXT: compositions}, recipe, epoch)
        assert steps == 2
        return np.concatenate([frames for frames, _ in batches.as_numpy_iterator()])

    first = frames_of(0)
    assert first.shape == (32, 160, 160, 3)
    np.testing.assert_array_equal(first, frames_of(0))
    assert np.abs(first - frames_of(1)).mean() > 10

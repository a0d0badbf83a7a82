"""Heads that are trained on cached features learn what they would have learnt on the inputs."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dataset.augmentation import Augmentation
from faces.errors import RecipeError
from recipes.recipe import Recipe, read_recipe, recipe_path
from tests.builders import face_network
from training.epochs import FEATURES
from training.pipeline import Labelled, training_batches
from training.run import run

PX = 64


@pytest.fixture
def heads_alone(tmp_path: Path) -> Recipe:
    """Two epochs of heads with dropout on a frozen embedding, nothing augmented."""
    face_network(PX).save(tmp_path / "embedding.keras")
    recipe = read_recipe(recipe_path("arcface_embedding"))
    return replace(
        recipe,
        input=replace(recipe.input, input_mode="whole_image", input_px=PX),
        network=replace(recipe.network, weights=str(tmp_path / "embedding.keras")),
        mix=replace(recipe.mix, augmentation=Augmentation()),
        phases=(replace(recipe.phases[0], epochs=2, feature_samples=0),),
        schedule=replace(recipe.schedule, inputs_per_epoch=32, batch_size=8),
    )


@pytest.mark.slow
def test_cached_features_leave_the_history_as_it_was(
    heads_alone: Recipe, small_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without: dict[str, Any] = {"resume": False, "export": lambda model, folder, **facts: None}
    run(heads_alone, small_data, tmp_path, tmp_path / "cached", **without)
    assert not (tmp_path / "cached" / FEATURES).exists()
    monkeypatch.setattr(Recipe, "feature_samples", lambda recipe, phase: 0)
    run(heads_alone, small_data, tmp_path, tmp_path / "uncached", **without)
    cached, uncached = (
        pd.read_csv(tmp_path / name / "history.csv").drop(columns=["seconds", "phase"])
        for name in ("cached", "uncached")
    )
    assert list(cached.columns) == list(uncached.columns)
    np.testing.assert_allclose(cached, uncached, atol=1e-3, rtol=1e-3)
    assert cached.loss[0] != cached.loss[1]


def test_epochs_take_the_samples_of_features_in_turn(heads_alone: Recipe) -> None:
    labels = np.full((32, 2), 30, np.float32), np.ones((32, 1), np.float32)
    features = np.stack([np.full((32, 5), sample, np.float32) for sample in (0, 1)])
    source = Labelled(np.zeros((32, PX, PX, 3), np.uint8), *labels, features=features)
    batches = [
        next(iter(training_batches({"chips": source}, heads_alone, epoch)[0]))[0] for epoch in range(3)
    ]
    assert [batch.shape for batch in batches] == [(8, 5)] * 3
    assert [float(batch[0, 0]) for batch in batches] == [0, 1, 0]


def test_features_are_cached_only_without_augmentation_or_by_the_recipe_s_word(
    heads_alone: Recipe,
) -> None:
    phase = heads_alone.phases[0]
    augmented = replace(
        heads_alone, mix=replace(heads_alone.mix, augmentation=Augmentation(flip_probability=0.5))
    )
    at_random = replace(
        heads_alone,
        network=replace(
            heads_alone.network, architecture="multitask_cnn", embedding_layer="", weights="none"
        ),
    )
    assert heads_alone.feature_samples(phase) == 1
    assert heads_alone.feature_samples(replace(phase, trainable="all")) == 0
    assert augmented.feature_samples(phase) == 0
    assert augmented.feature_samples(replace(phase, feature_samples=3)) == 3
    assert at_random.feature_samples(replace(phase, feature_samples=3)) == 0


def test_feature_samples_of_a_phase_that_trains_the_backbone_are_refused(tmp_path: Path) -> None:
    text = recipe_path("arcface_embedding").read_text(encoding="utf-8")
    (tmp_path / "wrong.toml").write_text(text.replace('"heads"', '"all"'), encoding="utf-8")
    with pytest.raises(RecipeError, match="feature_samples is for a phase"):
        read_recipe(tmp_path / "wrong.toml")

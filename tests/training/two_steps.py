"""python -m tests.training.two_steps RECIPE DATA OUT: trains two steps, saves, loads and asks the network."""

import sys
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np

from recipes.recipe import read_recipe, recipe_path
from tests.training.conftest import face_network
from training.run import run

PX = 96


def two_steps(name: str, data: Path, out: Path) -> None:
    """Raises AssertionError where the loaded network does not answer as its recipe says."""
    recipe = read_recipe(recipe_path(name))
    network = replace(recipe.network, weights="none")
    if recipe.network.embedding_layer:
        face_network(PX).save(out / "embedding.keras")
        network = replace(network, weights=str(out / "embedding.keras"))
    small = replace(
        recipe,
        input=replace(recipe.input, input_px=PX),
        network=network,
        phases=tuple(replace(phase, epochs=1) for phase in recipe.phases),
        schedule=replace(recipe.schedule, inputs_per_epoch=12, batch_size=6),
    )
    run(small, data, out, out / name, resume=False, limit=12)
    model = keras.models.load_model(out / name / "network.keras")
    inputs = np.random.default_rng(0).integers(0, 256, (2, PX, PX, 3)).astype(np.float32)
    outputs = model.predict(inputs, verbose=0)
    assert ("age_probabilities" in outputs) == (network.age is not None)
    assert ("female_probability" in outputs) == (network.gender is not None)
    if network.age is not None:
        np.testing.assert_allclose(outputs["age_probabilities"].sum(axis=1), 1, atol=1e-4)
    if network.gender is not None:
        assert ((outputs["female_probability"] >= 0) & (outputs["female_probability"] <= 1)).all()


if __name__ == "__main__":
    two_steps(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))

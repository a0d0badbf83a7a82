"""The layers that a phase trains, and their learning rates."""

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops

from faces.errors import RecipeError
from recipes.recipe import read_recipe, recipe_path
from training.networks.build import started_network
from training.phases import lr_multipliers, optimizer_of, refuse_unknown_layers, set_trainable
from training.run import run

PX = 32


def test_rates_fall_from_the_heads_to_the_first_trained_layer_and_so_do_the_steps() -> None:
    recipe = read_recipe(recipe_path("model_cropped/first_part.toml"))
    network = replace(recipe.network, weights="none")
    phase = replace(recipe.phases[0], layerwise_lr_decay=0.5, schedule="constant", weight_decay=0.0)
    started = started_network(network, PX, None)
    model = started.model
    set_trainable(started, phase, replace(network, weights="faceres"))
    fractions = lr_multipliers(started, model, phase)
    optimizer = optimizer_of(phase, replace(recipe.schedule, ema_momentum=0.0), 10, fractions)
    optimizer.build(model.trainable_variables)
    before = [variable.numpy() for variable in model.trainable_variables]
    optimizer.apply([ops.ones_like(variable) for variable in model.trainable_variables])
    # Adam's first step is the rate itself, whatever the gradient.
    steps = [
        float(np.max(np.abs(variable.numpy() - old)))
        for variable, old in zip(model.trainable_variables, before, strict=True)
    ]
    np.testing.assert_allclose(
        steps, [phase.learning_rate * fraction for fraction in fractions], rtol=0.02, atol=1e-7
    )
    by_layer = dict(
        zip((one.path.split("/")[0] for one in model.trainable_variables), fractions, strict=True)
    )
    assert by_layer["female_probability"] == by_layer["age_probabilities"] == 1
    assert by_layer["conv_pw_13_bn"] == 0.5
    assert by_layer["conv_pw_13"] == 0.25
    assert by_layer["conv_dw_5"] == min(fractions) == 0.5**36
    assert isinstance(optimizer, keras.optimizers.AdamW)


def test_a_decay_of_rates_needs_adamw(tmp_path) -> None:
    text = recipe_path("model_cropped/first_part.toml").read_text()
    path = tmp_path / "recipe.toml"
    path.write_text(
        text.replace('name = "main"', 'name = "main"\noptimizer = "adam"\nlayerwise_lr_decay = 0.9')
    )
    with pytest.raises(RecipeError, match="layerwise_lr_decay belongs to 'adamw'"):
        read_recipe(path)


@pytest.mark.parametrize("trainable", ["last 999", "after nowhere"])
@pytest.mark.parametrize("name", ["model_cropped/first_part.toml", "multitask_cnn"])
def test_layers_that_the_architecture_lacks_are_refused_before_data_are_loaded(
    name: str, trainable: str, tmp_path: Path
) -> None:
    recipe = read_recipe(recipe_path(name))
    wrong = replace(recipe, phases=(replace(recipe.phases[0], trainable=trainable), *recipe.phases[1:]))
    with pytest.raises(RecipeError) as refused:
        run(wrong, tmp_path / "no data", tmp_path / "cache", tmp_path / "out", resume=False)
    assert str(refused.value).startswith(f"{recipe.path}: phases.0.trainable: Input should be 'all', 'heads'")
    assert str(refused.value).endswith(f"Received: '{trainable}'.")
    assert not (tmp_path / "out").exists()


def test_layers_that_the_architecture_has_leave_the_names_of_the_next_network_as_they_were() -> None:
    recipe = read_recipe(recipe_path("multitask_cnn"))

    def names() -> list[str]:
        keras.utils.clear_session()
        return [layer.name for layer in started_network(recipe.network, 64, None).model.layers]

    before = names()
    refuse_unknown_layers(replace(recipe, phases=(replace(recipe.phases[0], trainable="last 2"),)))
    assert [layer.name for layer in started_network(recipe.network, 64, None).model.layers] == before

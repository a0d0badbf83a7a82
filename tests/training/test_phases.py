"""The layers that a phase trains, and their learning rates."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import ops

from faces.errors import RecipeError
from recipes.recipe import read_recipe, recipe_path
from training.networks.build import started_network
from training.phases import lr_multipliers, optimizer_of, set_trainable

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

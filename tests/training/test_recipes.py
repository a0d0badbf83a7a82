"""Every recipe builds the network that its source describes, trains two steps, and serves what it saved."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import keras
import numpy as np
import pytest

from faces.errors import DataMissing, RecipeError
from recipes.recipe import (
    EMBEDDING,
    RECIPES,
    Architecture,
    Phase,
    Recipe,
    read_recipe,
    recipe_path,
)
from tests.builders import REPOSITORY, face_network
from training.__main__ import CRASHES_WITH_ONEDNN
from training.networks.architectures import ARCHITECTURES
from training.networks.build import started_network
from training.phases import learning_rate_after, set_trainable, trainable_parameters

NAMES = sorted(path.stem for path in RECIPES.glob("*.toml"))


def recipe_named(name: str) -> Recipe:
    return read_recipe(recipe_path(name))


def at_random(recipe: Recipe):
    return started_network(replace(recipe.network, weights="none"), recipe.input.input_px, None)


# What the sources of the recipes say beside the shapes of the layers, which are tested one by one below.
FROM_THE_START: dict[str, Any] = {"network.weights": "none", "phases.0.trainable": "all"}
TWO_PHASES: dict[str, Any] = {
    "network.shared.dropout.0": 0.3,
    "network.shared.initializer": "glorot_uniform",
    "phases.0.trainable": "heads",
    "phases.1.trainable": "all",
} | {
    f"phases.{number}.{key}": value
    for number in (0, 1)
    for key, value in {"optimizer": "adamw", "schedule": "reduce_on_plateau"}.items()
}
VGGFACE: dict[str, Any] = {
    "input.input_px": 200,
    "network.pooling": "mean",
    "phases.0.trainable": "last 3",
    "phases.0.optimizer": "adam",
    "phases.0.learning_rate": 0.001,
    "phases.0.epochs": 30,
    "mix.augmentation.flip_probability": 0.5,
}
FACTS: dict[str, dict[str, Any]] = {
    "arcface_embedding": {"network.architecture": "embedding", "phases.0.trainable": "heads"},
    "efficientnetb0_two_phase": TWO_PHASES | {"network.weights": "imagenet", "loss.age": "focal_mse"},
    "multitask_cnn": FROM_THE_START
    | {"input.input_px": 224, "loss.age": "mae", "phases.0.optimizer": "adam"},
    "residual_cnn_cropped": FROM_THE_START | {"input.input_mode": "face"},
    "residual_cnn_full": FROM_THE_START | {"input.input_mode": "whole_image"},
    "resnet34_two_phase": TWO_PHASES | {"loss.age": "mse"},
    "resnet50_two_phase": TWO_PHASES | {"network.weights": "imagenet", "loss.age": "mse"},
    "vgg16_utkface_agedb": {
        "input.input_px": 200,
        "network.weights": "imagenet",
        "network.pooling": "flatten",
        "phases.0.trainable": "heads",
        "phases.0.optimizer": "adamw",
        "loss.age": "mse",
        "mix.fractions.chips": 0.6,
        "mix.fractions.agedb": 0.4,
        "mix.augmentation.flip_probability": 0.5,
    },
    "vggface_age": VGGFACE | {"loss.age": "mse", "network.gender": None},
    "vggface_gender": VGGFACE | {"network.age": None},
}


def looked_up(value: Any, key: str) -> Any:
    """What lies in a recipe under a dotted key."""
    for part in key.split("."):
        if isinstance(value, list | tuple):
            value = value[int(part)]
        else:
            value = value[part] if isinstance(value, dict) else getattr(value, part)
    return value


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_says_what_its_source_says(name: str) -> None:
    recipe = recipe_named(name)
    assert {key: looked_up(recipe, key) for key in FACTS[name]} == FACTS[name]


def test_recipes_know_the_architectures() -> None:
    assert get_args(Architecture) == (*ARCHITECTURES, EMBEDDING)


def test_the_multitask_cnn_scales_its_inputs_to_0_to_1() -> None:
    model = at_random(recipe_named("multitask_cnn")).model
    white = np.full((1, 224, 224, 3), 255, np.float32)
    np.testing.assert_allclose(model.get_layer("scaled")(white), 1.0, rtol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_is_named_after_its_file_and_says_its_command(name: str) -> None:
    assert recipe_named(name).name == name
    assert f"python -m training run {name}" in recipe_path(name).read_text(encoding="utf-8")


def test_vgg16_with_two_branches_has_the_published_parameters() -> None:
    recipe = recipe_named("vgg16_utkface_agedb")
    started = at_random(recipe)
    set_trainable(started, recipe.phases[0], recipe.network)
    assert started.model.count_params() == 34_116_418
    assert trainable_parameters(started.model) == 19_401_730


@pytest.mark.parametrize("name", ["vggface_age", "vggface_gender"])
def test_vggface_trains_its_last_three_layers_and_a_head_of_512_256_128_1(name: str) -> None:
    recipe = recipe_named(name)
    started = at_random(recipe)
    set_trainable(started, recipe.phases[0], recipe.network)
    trained = [layer.name for layer in started.model.layers if layer.trainable and layer.weights]
    assert trained[:3] == ["block5_conv1", "block5_conv2", "block5_conv3"]
    heads = [layer for layer in started.model.layers if isinstance(layer, keras.layers.Dense)]
    assert [layer.units for layer in heads] == [512, 256, 128, 1]
    dropouts = [layer.rate for layer in started.model.layers if isinstance(layer, keras.layers.Dropout)]
    assert dropouts == [0.3, 0.2, 0.2]


@pytest.mark.parametrize("name", ["residual_cnn_full", "residual_cnn_cropped"])
def test_the_residual_cnn_has_its_stem_its_blocks_and_its_loss(name: str) -> None:
    recipe = recipe_named(name)
    model = at_random(recipe).model
    assert isinstance(model.layers[1], keras.layers.BatchNormalization)
    stem = model.get_layer("stem_conv")
    assert (stem.kernel_size, stem.strides, stem.filters) == ((7, 7), (2, 2), 8)
    widths = [model.get_layer(f"block{number}_relu").output.shape[-1] for number in range(1, 6)]
    assert widths == [8, 16, 32, 64, 128]
    outputs = [model.get_layer(output).count_params() for output in ("age_years", "female_probability")]
    assert outputs == [129, 129]
    assert (recipe.loss.age, recipe.loss.age_weight, recipe.loss.gender_weight) == ("mse", 0.01, 1.0)


def test_resnet34_has_the_parameters_of_the_paper_s_network() -> None:
    recipe = recipe_named("resnet34_two_phase")
    started = at_random(recipe)
    backbone = keras.Model(started.model.input, started.model.get_layer(started.backbone[-1]).output)
    assert sum(int(keras.ops.size(one)) for one in backbone.trainable_variables) == 21_284_672


@pytest.mark.parametrize("name", ["resnet50_two_phase", "efficientnetb0_two_phase"])
def test_two_phases_train_the_head_first_and_then_everything_at_a_lower_rate(name: str) -> None:
    recipe = recipe_named(name)
    head, everything = recipe.phases
    started = at_random(recipe)
    set_trainable(started, head, recipe.network)
    of_head = trainable_parameters(started.model)
    set_trainable(started, everything, recipe.network)
    assert of_head < 1_000_000 < 3_000_000 < trainable_parameters(started.model)
    assert everything.learning_rate < head.learning_rate


def test_a_random_start_trains_everything_and_prints_so(capsys: pytest.CaptureFixture[str]) -> None:
    recipe = recipe_named("resnet34_two_phase")
    started = at_random(recipe)
    set_trainable(started, recipe.phases[0], recipe.network)
    assert all(layer.trainable for layer in started.model.layers)
    assert "random weights, so everything is trained" in capsys.readouterr().out


def test_weights_that_are_not_there_are_named_with_where_to_get_them() -> None:
    recipe = recipe_named("vggface_age")
    with pytest.raises(DataMissing, match="rcmalli"):
        started_network(recipe.network, 64, None)


def test_published_weights_are_loaded_with_the_channels_reversed(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    published = keras.applications.VGG16(include_top=False, weights=None, input_shape=(64, 64, 3))
    kernel = published.get_layer("block1_conv1").get_weights()[0]
    with h5py.File(tmp_path / "published.h5", "w") as file:  # with names of its own, as VGGFace's file has
        names = [f"conv_{number}" for number, layer in enumerate(published.layers) if layer.weights]
        file.attrs["layer_names"] = names
        for name, layer in zip(names, (one for one in published.layers if one.weights), strict=True):
            group = file.create_group(name)
            group.attrs["weight_names"] = [f"{name}_W", f"{name}_b"]
            group[f"{name}_W"], group[f"{name}_b"] = layer.kernel, np.ones(layer.bias.shape, np.float32)
    recipe = recipe_named("vggface_age").network
    started = started_network(replace(recipe, weights=str(tmp_path / "published.h5")), 64, None)
    loaded, bias = started.model.get_layer("block1_conv1").get_weights()
    np.testing.assert_array_equal(loaded, kernel[:, :, ::-1])
    assert (bias == 1).all()


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    face_network(64).save(tmp_path / "other.keras")
    recipe = replace(recipe_named("vggface_age").network, weights=str(tmp_path / "other.keras"))
    with pytest.raises(RecipeError, match="no layer of vgg16"):
        started_network(recipe, 64, None)


def test_imagenet_weights_are_fetched_once_and_named_where_they_cannot_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = recipe_named("resnet50_two_phase").network
    file = "resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5"
    # Keras fetches from a folder here instead of from its own server.
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    (tmp_path / "keras").mkdir()
    monkeypatch.setattr("keras.src.backend.config._KERAS_DIR", str(tmp_path / "keras"))
    monkeypatch.setattr("keras.src.applications.resnet.BASE_WEIGHTS_PATH", f"{tmp_path.as_uri()}/")
    monkeypatch.setitem(keras.src.applications.resnet.WEIGHTS_HASHES, "resnet50", (None, None))
    with pytest.raises(DataMissing, match=f"put it into .*keras/models.*Received: .*{file}"):
        started_network(recipe, 64, None)
    published = keras.applications.ResNet50(include_top=False, weights=None, input_shape=(64, 64, 3))
    published.save(tmp_path / file)
    started = started_network(recipe, 64, None)
    kernel, other = (one.get_layer("conv1_conv").get_weights()[0] for one in (started.model, published))
    np.testing.assert_array_equal(kernel, other[:, :, ::-1])
    last, same = (one.get_layer("conv5_block3_3_conv").get_weights()[0] for one in (started.model, published))
    np.testing.assert_array_equal(last, same)
    (tmp_path / file).unlink()
    assert started_network(recipe, 64, None).started_from == "ImageNet"


def test_the_rate_falls_after_a_plateau_and_follows_from_the_history_alone() -> None:
    phase = Phase("all", 9, 0.1, schedule="reduce_on_plateau", plateau_epochs=2, plateau_factor=0.5)
    losses = [3.0, 2.0, 2.5, 2.1, 1.9, 1.9]
    rates = [learning_rate_after(phase, [{"validation_loss": loss} for loss in losses[:n]]) for n in range(7)]
    assert rates == [0.1, 0.1, 0.1, 0.1, 0.05, 0.05, 0.05]


@pytest.fixture(scope="module")
def two_steps(
    request: pytest.FixtureRequest, small_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """What went wrong by recipe, "" where nothing did, of the recipes whose tests were asked for.

    In one process for those that oneDNN computes rightly and one for the others: ten would each import
    TensorFlow, and what ten networks leave behind in this one would fill the memory.
    """
    asked = [
        str(item.callspec.params["name"])
        for item in request.session.items
        if isinstance(item, pytest.Function) and "two_steps" in item.fixturenames
    ]
    onednn = {name: recipe_named(name).network.architecture not in CRASHES_WITH_ONEDNN for name in asked}
    out = tmp_path_factory.mktemp("two_steps")
    wrong: dict[str, str] = {}
    for chosen in (True, False):
        names = [name for name in asked if onednn[name] == chosen]
        ended = subprocess.run(
            [sys.executable, "-m", "tests.training.two_steps", str(small_data), str(out), *names],
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            timeout=1200,
            env=os.environ | ({} if chosen else {"TF_ENABLE_ONEDNN_OPTS": "0"}),
        )
        crashed = f"exit code {ended.returncode}: {ended.stdout}{ended.stderr}"
        files = {name: out / f"{name}.json" for name in names}
        wrong |= {
            name: json.loads(path.read_text()) if path.is_file() else crashed for name, path in files.items()
        }
    return wrong


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.slow
def test_a_recipe_trains_two_steps_saves_loads_and_predicts(name: str, two_steps: dict[str, str]) -> None:
    assert two_steps[name] == "", two_steps[name]

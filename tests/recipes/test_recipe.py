"""A recipe is read whole, or refused by the dotted name of what is wrong in it, with what arrived."""

import json
import math
import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, get_args

import pytest
import tomli_w
from pydantic import ValidationError

from faces.errors import RecipeError
from faces.variants import FACE
from recipes import recipe as module
from recipes.recipe import Recipe, read_recipe, recipe_path, schema_json, settings_of
from tests.conftest import REPOSITORY

COMMITTED = sorted(
    [
        *(REPOSITORY / "recipes").glob("*.toml"),
        *REPOSITORY.glob("model_*/recipe.toml"),
        *REPOSITORY.glob("model_*/*_part.toml"),
        *REPOSITORY.glob("model_*/second_seed/recipe.toml"),
        *REPOSITORY.glob("model_*/second_seed/*_part.toml"),
        *REPOSITORY.glob("docs/recipes/*/recipe.toml"),
    ]
)
# A shipped part with two heads and limits, one with a localizer, and two systems of others.
CHANGED = (
    "model_full/first_part.toml",
    "model_cropped/second_part.toml",
    "resnet50_two_phase",
    "vggface_age",
)
FIRST_PART = "model_cropped/first_part.toml"


def table_of(name: str, /, **changes: Any) -> dict[str, Any]:
    """A committed recipe as TOML is parsed, with some values by dotted name."""
    table = tomllib.loads((REPOSITORY / recipe_path(name)).read_text(encoding="utf-8"))
    for key, value in changes.items():
        *sections, last = key.split(".")
        inside: Any = table
        for section in sections:
            inside = inside[int(section)] if isinstance(inside, list) else inside.setdefault(section, {})
        inside[last] = value
    return table


def refusal(path: Path, table: dict[str, Any]) -> str:
    """The sentence with which a recipe is refused."""
    path.write_text(tomli_w.dumps(table), encoding="utf-8")
    with pytest.raises(RecipeError) as refused:
        read_recipe(path)
    return str(refused.value)


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_every_committed_recipe_is_read_with_the_values_that_it_says(path: Path) -> None:
    recipe, table = read_recipe(path), tomllib.loads(path.read_text(encoding="utf-8"))
    settings = settings_of(recipe)
    assert (recipe.name, recipe.path) == (table.pop("name"), path)
    for key, value in module._flat(table):
        if isinstance(value, list) and value and isinstance(value[0], dict):
            for number, phase in enumerate(value):
                assert {name: settings[f"{key}.{number}.{name}"] for name in phase} == phase
        elif value != {}:
            assert settings[key] == (tuple(value) if isinstance(value, list) else value), key


def test_the_committed_recipes_are_those_of_ten_systems_and_of_two_variants_in_parts() -> None:
    assert len(COMMITTED) == 10 + 10 + 2 * 2 * 3


@pytest.mark.parametrize("name", CHANGED)
@pytest.mark.parametrize(
    ("key", "value", "received"),
    [
        pytest.param("phases.0.epochs", "14", "'14'", id="epochs as text"),
        pytest.param("phases.0.epochs", -3, "-3", id="epochs below zero"),
        pytest.param("phases.0.learning_rate", "fast", "'fast'", id="a learning rate in words"),
        pytest.param("network.shared.units", 256, "256", id="one width instead of a list"),
        pytest.param("input.input_px", 160.5, "160.5", id="half a pixel"),
        pytest.param("schedule.seed", "one", "'one'", id="a seed in words"),
        pytest.param("schedule.inputs_per_epoch", 10, "10", id="an epoch smaller than its batch of 32"),
        pytest.param("input.crop_scale", -1.0, "-1.0", id="a negative crop scale"),
        pytest.param("input.pad_rgb", [124, 117], "[124, 117]", id="a colour of two channels"),
        pytest.param("mix.augmentation.flip_probability", True, "True", id="true as a probability"),
        pytest.param("average_duplicates", "no", "'no'", id="no as text"),
        pytest.param("phases", {"name": "main", "epochs": 1}, "{", id="[phases] for [[phases]]"),
        pytest.param("mix.fractions.chips", "0.66", "'0.66'", id="a fraction as text"),
        pytest.param("limits.composites", "many", "'many'", id="a limit in words"),
        pytest.param("loss.gender_weight", "1.5", "'1.5'", id="a weight as text"),
        pytest.param("network.architecture", "mobilnet", "'mobilnet'", id="a misspelt architecture"),
        pytest.param("schedule.sead", 2, "2", id="an unknown key beside a known one"),
        # Others of their kinds.
        pytest.param("name", "..", "'..'", id="a name that leaves its folder"),
        pytest.param("name", "a/b", "'a/b'", id="a name with a folder"),
        pytest.param("name", "two\nlines", "", id="a name of two lines"),
        pytest.param("input.input_px", 10**9, "1000000000", id="an input beyond all memory"),
        pytest.param("input.input_px", 7, "7", id="an input that no network takes"),
        pytest.param("input.crop_scale", 1e308, "1e+308", id="a crop beyond every picture"),
        pytest.param("input.canvas_scale", 1e9, "1000000000.0", id="a canvas beyond all memory"),
        pytest.param("mix.augmentation.blur_sigma_px", 1e9, "1000000000.0", id="a blur that never ends"),
        pytest.param("mix.augmentation.noise_grain_px", 500.0, "500.0", id="grain larger than the input"),
        pytest.param("loss.sigma_years", 1e-300, "1e-300", id="a label distribution without a width"),
        pytest.param("phases.0.epochs", True, "True", id="true as a count"),
        pytest.param("phases.0.epochs", 0, "0", id="no epochs"),
        pytest.param("phases.0.epochs", 14.0, "14.0", id="a count as a float"),
        pytest.param("phases.0.learning_rate", 0.0, "0.0", id="no learning rate"),
        pytest.param("phases.0.learning_rate", math.nan, "nan", id="a learning rate that is no number"),
        pytest.param("phases.0.weight_decay", math.inf, "inf", id="an infinite weight decay"),
        pytest.param("phases.0.warmup_fraction", 1.5, "1.5", id="a fraction above one"),
        pytest.param("phases.0.trainable", "last", "'last'", id="last without a number"),
        pytest.param("phases.0.trainable", "last 0", "'last 0'", id="the last no layers"),
        pytest.param("phases.0.trainable", 3, "3", id="a number where layers are named"),
        pytest.param("phases.0.optimizer", "sgd", "'sgd'", id="an unknown optimizer"),
        pytest.param("phases.0.schedule", "linear", "'linear'", id="an unknown schedule"),
        pytest.param("phases.0.name", 7, "7", id="a number as a name"),
        pytest.param("phases.0.rate", 0.1, "0.1", id="an unknown key of a phase"),
        pytest.param("phases", [], "[]", id="no phases"),
        pytest.param("phases", 3, "3", id="a number of phases"),
        pytest.param("phases", ["main"], "'main'", id="a phase by its name alone"),
        pytest.param("network.shared.units", [256, 0], "0", id="a layer without units"),
        pytest.param("network.shared.units", ["256"], "'256'", id="units as text"),
        pytest.param(
            "network.shared.dropout", [0.1, 0.2, 0.3, 0.4], "[0.1, 0.2, 0.3, 0.4]", id="too many dropouts"
        ),
        pytest.param("network.shared.dropout", [1.0], "1.0", id="all dropped out"),
        pytest.param("network.shared.initializer", "xavier", "'xavier'", id="an unknown initializer"),
        pytest.param("network.shared", [256], "[256]", id="a list for a table"),
        pytest.param("network.weights", "facers", "'facers'", id="misspelt weights"),
        pytest.param("network.weights", "", "''", id="weights of no file"),
        pytest.param("network.batch_norm", True, "True", id="true for a kind of batch norm"),
        pytest.param("network.attention_px", -1, "-1", id="a negative attention crop"),
        pytest.param("network.attention_px", 1, "1", id="an attention crop of a pixel"),
        pytest.param("network.attention_px", 31, "31", id="an attention crop that no backbone takes"),
        pytest.param("network.attention_px", 10_000, "10000", id="an attention crop beyond the input"),
        pytest.param("network.pooling", "max", "'max'", id="an unknown pooling"),
        pytest.param(
            "network.embedding_layer", "features", "'features'", id="a layer of no embedding network"
        ),
        pytest.param("input.input_mode", "nose", "'nose'", id="an unknown input mode"),
        pytest.param("input.input_px", 0, "0", id="an input without pixels"),
        pytest.param("input.canvas_scale", 0.9, "0.9", id="a canvas inside the input"),
        pytest.param("input.pad_rgb", [124, 117, 256], "256", id="a colour beyond 255"),
        pytest.param("input.pad_rgb", [124, 117, 1.5], "1.5", id="half a level"),
        pytest.param("input.pad_rgb", [1, 2, 3, 4], "[1, 2, 3, 4]", id="a colour of four channels"),
        pytest.param("input.pad_rgb", "grey", "'grey'", id="a colour by its name"),
        pytest.param("input.pad_rgb", [], "[]", id="a colour of no channel"),
        pytest.param("input.name", "full", "'full'", id="a key in the wrong table"),
        pytest.param("input", "face", "'face'", id="text for a table"),
        pytest.param("mix.fractions", {}, "{}", id="no sets"),
        pytest.param("mix.fractions.chips", -0.5, "-0.5", id="a negative fraction"),
        pytest.param("mix.fractions.chips", math.nan, "nan", id="a fraction that is no number"),
        pytest.param("mix.fractions", {"chips": 0.5, "agedb": 0.4}, "{", id="fractions that sum to 0.9"),
        pytest.param("mix.fractions.faces", 0.1, "0.1", id="an unknown set"),
        pytest.param("mix.age_balance", 1.1, "1.1", id="a balance above one"),
        pytest.param("mix.augmentation", 0.5, "0.5", id="a number for the augmentation"),
        pytest.param("mix.augmentation.flip_probability", 1.5, "1.5", id="a probability above one"),
        pytest.param("mix.augmentation.rotation_degrees", -3, "-3", id="a negative rotation"),
        pytest.param("mix.augmentation.jpeg_lowest_quality", 0, "0", id="a JPEG of no quality"),
        pytest.param("mix.augmentation.flip", 0.5, "0.5", id="an unknown change"),
        pytest.param("limits.chips", 0, "0", id="a limit of no picture"),
        pytest.param("limits.chips", 10.0, "10.0", id="a limit as a float"),
        pytest.param("limits.faces", 5, "5", id="a limit of an unknown set"),
        pytest.param("loss.age", "l2", "'l2'", id="an unknown loss"),
        pytest.param("loss.age_weight", -1, "-1", id="a negative weight"),
        pytest.param("loss.sigma_years", 0, "0", id="a distribution without width"),
        pytest.param("schedule.batch_size", 0, "0", id="an empty batch"),
        pytest.param("schedule.seed", -1, "-1", id="a negative seed"),
        pytest.param("schedule.ema_momentum", 1.0, "1.0", id="a momentum that learns nothing"),
        pytest.param("schedule.wise_ft", 1, "1", id="1 for true"),
        pytest.param("schedule.stop_after_epochs", 2.5, "2.5", id="half an epoch"),
        pytest.param("cooldown.epochs", -1, "-1", id="a cooldown below zero"),
        pytest.param("cooldown", True, "True", id="true for a cooldown"),
        pytest.param("name", 3, "3", id="a number as the recipe's name"),
        pytest.param("name", "", "''", id="a recipe without a name"),
        pytest.param("name", date(2026, 11, 30), "{'date': '2026-11-30'}", id="a date as a name"),
        pytest.param("published", ["MAE 4"], "['MAE 4']", id="a list for text"),
        pytest.param("path", "here.toml", "'here.toml'", id="the path, which is no key"),
    ],
)
def test_a_wrong_recipe_is_refused_by_the_dotted_name_with_what_arrived(
    name: str, key: str, value: Any, received: str, tmp_path: Path
) -> None:
    message = refusal(tmp_path / "model.toml", table_of(name, **{key: value}))
    assert f"model.toml: {key}" in message
    assert f"Received: {received}" in message


def test_the_sentence_of_a_refusal_is_the_documented_one(tmp_path: Path) -> None:
    path = tmp_path / "model.toml"
    message = refusal(path, table_of(FIRST_PART, **{"phases.0.epochs": -3}))
    assert message == f"{path}: phases.0.epochs: Input should be greater than 0. Received: -3."


def test_everything_that_is_wrong_is_named_at_once(tmp_path: Path) -> None:
    changes = {"phases.0.epochs": "14", "network.shared.units": 256, "schedule.sead": 2}
    message = refusal(tmp_path / "model.toml", table_of(FIRST_PART, **changes))
    assert message.count("Received: ") == 3
    assert all(f"model.toml: {key}: " in message for key in changes)


@pytest.mark.parametrize(
    "key", ["name", "input.crop_scale", "network.architecture", "mix.fractions", "loss.age"]
)
def test_a_missing_key_is_named_with_those_that_are_there(key: str, tmp_path: Path) -> None:
    table = table_of(FIRST_PART)
    *sections, last = key.split(".")
    inside = table[sections[0]] if sections else table
    del inside[last]
    others = ", ".join(inside)
    assert f"{key}: This key is missing. Received: {others}." in refusal(tmp_path / "model.toml", table)


@pytest.mark.parametrize(
    ("name", "changes", "key", "complaint"),
    [
        (FIRST_PART, {"loss.age": "mae"}, "loss.age", "belongs to the age_output"),
        (FIRST_PART, {"network.age_output": "years"}, "network.weights", "another age_output"),
        (FIRST_PART, {"network.shared.units": [128]}, "network.weights", "another shared"),
        (FIRST_PART, {"network.weights": "imagenet"}, "network.weights", "ImageNet weights are for"),
        (FIRST_PART, {"network.architecture": "embedding"}, "network.embedding_layer", "needs it"),
        ("resnet50_two_phase", {"network.attention_px": 96}, "network.attention_px", "all of the input"),
        ("arcface_embedding", {"network.weights": "none"}, "network.weights", "is a Keras file"),
        (
            FIRST_PART,
            {"loss.age_weight": 0.0, "loss.gender_weight": 0.0},
            "loss.age_weight",
            "Nothing is trained",
        ),
        ("vggface_age", {"loss.age_weight": 0.0}, "loss.age_weight", "Nothing is trained: the loss of age"),
        (
            "vggface_gender",
            {"loss.gender_weight": 0.0},
            "loss.gender_weight",
            "the loss of gender weighs nothing",
        ),
        (FIRST_PART, {"limits.agedb": 5}, "limits.agedb", "Limits are for the sets of [mix], chips"),
        (
            "resnet50_two_phase",
            {"phases.1.name": "head"},
            "phases.1.name",
            "names of their own. Received: 'head'",
        ),
        (FIRST_PART, {"phases.0.trainable": "localizer"}, "phases.0.trainable", "attention_px is 0"),
        (FIRST_PART, {"phases.0.feature_samples": 2}, "phases.0.feature_samples", "trains 'heads'"),
        (
            FIRST_PART,
            {"phases.0.feature_samples": 2, "phases.0.trainable": "heads"},
            "phases.0.feature_samples",
            "without [cooldown]",
        ),
        (
            FIRST_PART,
            {"phases.0.optimizer": "adam", "phases.0.layerwise_lr_decay": 0.9},
            "phases.0.layerwise_lr_decay",
            "belongs to 'adamw'. Received: 0.9 for 'adam'",
        ),
        (FIRST_PART, {"cooldown.epochs": 15}, "cooldown.epochs", "All phases together have 14 epochs"),
        (
            FIRST_PART,
            {"cooldown.mix.fractions": {"agedb": 1.0}},
            "cooldown.mix.fractions",
            "Sets are those of [mix]",
        ),
    ],
    ids=lambda value: ", ".join(value) if isinstance(value, dict) else None,
)
def test_values_that_contradict_each_other_are_refused(
    name: str, changes: dict[str, Any], key: str, complaint: str, tmp_path: Path
) -> None:
    message = refusal(tmp_path / "model.toml", table_of(name, **changes))
    assert f"model.toml: {key}: " in message
    assert complaint in message


def test_a_network_without_a_head_is_refused(tmp_path: Path) -> None:
    table = table_of("vggface_age")
    del table["network"]["age"]
    assert "network.age: A network has a head" in refusal(tmp_path / "model.toml", table)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"schedule.frames_an_epoch": 100}, "'frames_an_epoch' is now 'inputs_per_epoch'"),
        ({"mix.augmentation.flip_chance": 0.5}, "'flip_chance' is now 'flip_probability'"),
        ({"input.input_mode": "whole picture"}, "'whole picture' is now 'whole_image'"),
        ({"mix.fractions.context": 0.1}, "'context' is now 'composites'"),
        ({"finish": {"epochs": 1}}, "'finish' is now 'cooldown'"),
    ],
    ids=["a key", "a key of the augmentation", "a value", "a set", "a section"],
)
def test_an_earlier_name_is_refused_with_todays_and_with_what_renames_it(
    changes: dict[str, Any], sentence: str, tmp_path: Path
) -> None:
    message = refusal(tmp_path / "model.toml", table_of(FIRST_PART, **changes))
    assert f"{sentence}: `python -m dataset migrate FOLDER` renames them." in message


@pytest.mark.parametrize(
    "content", [b"name = = 1", b"name = '\xff'", b"[" * 5000], ids=["no TOML", "no UTF-8", "deep"]
)
def test_a_file_that_is_no_toml_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "model.toml").write_bytes(content)
    with pytest.raises(RecipeError, match="model.toml cannot be read"):
        read_recipe(tmp_path / "model.toml")


def test_a_recipe_that_is_changed_in_code_is_checked_too() -> None:
    recipe = read_recipe(REPOSITORY / recipe_path(FIRST_PART))
    assert replace(recipe.input, input_mode=FACE) == recipe.input
    with pytest.raises(ValidationError, match="greater than 0"):
        replace(recipe.phases[0], epochs=-3)


def test_the_committed_schema_is_that_of_the_recipe() -> None:
    committed = module.SCHEMA.read_text(encoding="utf-8")
    assert committed == schema_json(), "python -m training recipes --schema > recipes/recipe.schema.json"
    schema = json.loads(committed)
    assert "path" not in schema["properties"]
    assert set(schema["required"]) == {"name", "input", "network", "mix", "loss", "phases", "schedule"}


def test_recipes_name_their_schema_for_editors() -> None:
    for path in (REPOSITORY / "recipes").glob("*.toml"):
        assert path.read_text(encoding="utf-8").startswith("#:schema ./recipe.schema.json\n"), path


def test_optional_tables_are_off_and_dropouts_are_filled_in() -> None:
    recipe: Recipe = read_recipe(REPOSITORY / recipe_path("vggface_gender"))
    assert (recipe.cooldown, recipe.limits, recipe.network.age) == (None, {}, None)
    first = read_recipe(REPOSITORY / recipe_path(FIRST_PART))
    assert (first.network.shared.units, first.network.shared.dropout) == ((256,), (0.0,))
    assert set(get_args(module.Architecture)) >= {first.network.architecture, recipe.network.architecture}

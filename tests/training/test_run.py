"""A training from start to export, on a small data set in the real layout: no data needed."""

import re
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest

from dataset.augmentation import Augmentation
from dataset.splits import read_split
from faces.errors import RecipeError
from faces.input_crops import crop_for
from faces.networks import Network
from faces.pictures import decode
from recipes.recipe import Mix, Recipe, read_recipe, recipe_path
from tests.builders import from_nothing
from training.after_training import WISE_FT_ALPHAS, apply_wise_ft
from training.checkpoint import CHECKPOINT, save_checkpoint
from training.networks.build import started_network
from training.pipeline import Labelled, labelled_inputs, training_batches
from training.run import network_at_start, run

RUN_ALONE: dict[str, Any] = {"export": lambda model, folder, **facts: None}  # its ONNX is not needed


@pytest.fixture(scope="module")
def small_recipe() -> Recipe:
    recipe = from_nothing(read_recipe(recipe_path("model_full/second_part.toml")), 48)
    assert recipe.cooldown is not None
    return replace(
        recipe,
        input=replace(recipe.input, input_px=64),
        mix=replace(recipe.mix, fractions={"chips": 1.0}),
        cooldown=replace(
            recipe.cooldown, epochs=1, mix=replace(recipe.cooldown.mix, fractions={"chips": 1.0})
        ),
        phases=(
            replace(recipe.phases[0], name="first", epochs=1, schedule="constant"),
            replace(recipe.phases[1], name="second", epochs=2),
        ),
        schedule=replace(recipe.schedule, inputs_per_epoch=32, batch_size=8),
    )


@pytest.fixture(scope="module")
def smallest_recipe(small_recipe: Recipe) -> Recipe:
    """`small_recipe` with a network of few variables, whose batch norm is measured.

    What its runs cost is tracing: with a weight decay, a schedule is traced anew for every variable.
    """
    network = replace(small_recipe.network, architecture="multitask_cnn", batch_norm="measured")
    first, second = small_recipe.phases
    return replace(
        small_recipe, network=network, phases=(first, replace(second, trainable="all", weight_decay=0.0))
    )


@pytest.mark.slow
def test_a_killed_run_ends_with_the_history_of_an_uninterrupted_one(
    small_data: Path, smallest_recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(smallest_recipe, small_data, tmp_path, tmp_path / "whole", resume=False, **RUN_ALONE)

    class Killed(BaseException):
        """As SIGKILL would end it: between two epochs, with nothing but the checkpoint left."""

    def save_and_die(path, model, optimizer, progress) -> None:
        save_checkpoint(path, model, optimizer, progress)
        if len(progress.history) == 2:
            raise Killed

    monkeypatch.setattr("training.epochs.save_checkpoint", save_and_die)
    with pytest.raises(Killed):
        run(smallest_recipe, small_data, tmp_path, tmp_path / "killed", resume=False)
    assert (tmp_path / "killed" / CHECKPOINT).is_file()
    assert not (tmp_path / "killed" / "network.onnx").exists()
    card = (tmp_path / "killed" / "README.md").read_text(encoding="utf-8")
    assert "**incomplete**" in card
    assert "| Epochs | 1 of at most 3" in card  # it was killed before it could report the second
    assert (tmp_path / "killed" / "recipe.toml").is_file()  # the folder alone suffices to resume it
    monkeypatch.undo()
    # The checkpoint holds the statistics of the batch norms: a resumed run has nothing to measure.
    monkeypatch.delattr("training.run.measure_batch_norm")
    with pytest.raises(RecipeError, match="--resume"):
        run(smallest_recipe, small_data, tmp_path, tmp_path / "killed", resume=False, **RUN_ALONE)
    run(smallest_recipe, small_data, tmp_path, tmp_path / "killed", resume=True, **RUN_ALONE)

    whole = pd.read_csv(tmp_path / "whole" / "history.csv").drop(columns="seconds")
    resumed = pd.read_csv(tmp_path / "killed" / "history.csv").drop(columns="seconds")
    assert list(whole.phase) == list(resumed.phase) == ["first", "second", "cooldown"]
    whole, resumed = whole.drop(columns="phase"), resumed.drop(columns="phase")
    np.testing.assert_allclose(resumed, whole, atol=1e-3, rtol=1e-3)


@pytest.mark.slow
def test_a_run_folder_is_a_variant_that_serves(
    small_data: Path, small_recipe: Recipe, tmp_path: Path
) -> None:
    short = replace(small_recipe, phases=small_recipe.phases[:1])
    variant = run(short, small_data, tmp_path, tmp_path / "run", resume=False)
    assert tomllib.loads((tmp_path / "run" / "recipe.toml").read_text())["name"] == variant.name
    state = tomllib.loads((tmp_path / "run" / "run.toml").read_text())
    facts = [state[key] for key in ("state", "epochs", "epochs_done", "best_epoch", "start")]
    assert facts == ["complete", 1, 1, 1, "random weights"]
    assert [(one["name"], one["training_pictures"]) for one in state["sets"]] == [("chips", 48)]
    card = (tmp_path / "run" / "README.md").read_text(encoding="utf-8")
    assert "complete" in card
    assert "incomplete" not in card
    assert "| chips | 16 |" in card
    linked = re.findall(r"\]\((.*?)\)", card)
    assert linked == ["recipe.toml", "curves.svg", "confusion_gender.svg", "confusion_age.svg"]
    assert all((tmp_path / "run" / name).is_file() for name in linked)
    assert "(16 pictures)" in (tmp_path / "run" / "confusion_age.svg").read_text(encoding="utf-8")
    inputs = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), np.uint8)
    ages, female = Network(variant).outputs(inputs)
    import keras

    model = keras.models.load_model(tmp_path / "run" / "network.keras")
    seen, mirrored = (
        model.predict(views.astype(np.float32), verbose=0) for views in (inputs, inputs[:, :, ::-1])
    )
    for served, output in ((ages, "age_probabilities"), (female[:, None], "female_probability")):
        np.testing.assert_allclose(served, (seen[output] + mirrored[output]) / 2, atol=1e-4)


def test_the_mean_with_the_start_weights_that_validates_best_is_kept(small_recipe: Recipe) -> None:
    model = started_network(small_recipe.network, 64, None).model
    trained = [weight.numpy() for weight in model.weights]
    start = [values + 1 for values in trained]
    losses = {0.0: 3.0, 0.25: 2.0, 0.5: 2.5, 0.75: 4.0}
    validated = iter(losses.values())
    apply_wise_ft(model, start, lambda: next(validated))
    assert tuple(losses) == WISE_FT_ALPHAS
    for weight, values in zip(model.weights, trained, strict=True):
        fraction = 0.0 if weight.path.startswith("localizer_") else 0.25
        np.testing.assert_allclose(weight.numpy(), values + fraction, atol=1e-5)


@pytest.mark.slow
def test_a_training_of_the_localizer_alone_changes_nothing_else(
    small_data: Path, small_recipe: Recipe, tmp_path: Path
) -> None:
    localizer = replace(small_recipe, cooldown=None, phases=small_recipe.phases[:1])
    run(localizer, small_data, tmp_path, tmp_path / "before", resume=False, **RUN_ALONE)
    network = replace(localizer.network, weights=str(tmp_path / "before" / "network.keras"))
    run(
        replace(localizer, network=network),
        small_data,
        tmp_path,
        tmp_path / "after",
        resume=False,
        **RUN_ALONE,
    )
    before, after = (
        keras.saving.load_model(tmp_path / part / "network.keras", compile=False)
        for part in ("before", "after")
    )
    changed = {
        old.path.split("/")[0]
        for old, new in zip(before.weights, after.weights, strict=True)
        if not np.array_equal(old.numpy(), new.numpy())
    }
    assert changed
    assert all(name.startswith("localizer_") for name in changed)


@pytest.mark.slow
def test_validation_inputs_are_the_pixels_that_serving_crops(
    small_data: Path, small_recipe: Recipe, tmp_path: Path
) -> None:
    cut = labelled_inputs(small_recipe, "chips", "validation", small_data, tmp_path)
    split = read_split()
    files = [
        file for file in split[split.split == "validation"].file if (small_data / "utkface" / file).exists()
    ]
    for crop, file in zip(cut.inputs, sorted(files), strict=True):
        picture = decode((small_data / "utkface" / file).read_bytes(), file)
        np.testing.assert_array_equal(crop, crop_for(small_recipe.variant(), picture, None))


@pytest.mark.slow
def test_an_epoch_is_sampled_by_seed_and_number_alone(
    small_data: Path, small_recipe: Recipe, tmp_path: Path
) -> None:
    sources = {
        "chips": labelled_inputs(small_recipe, "chips", "train", small_data, tmp_path, canvas_scale=1.25)
    }

    def inputs(epoch: int) -> np.ndarray:
        batches, steps = training_batches(sources, small_recipe, epoch)
        drawn = [inputs.numpy() for inputs, _ in batches]
        assert len(drawn) == steps
        return np.concatenate(drawn)

    np.testing.assert_array_equal(inputs(1), inputs(1))
    assert (inputs(1) != inputs(2)).any()


@pytest.mark.parametrize(
    ("balance", "old_fraction"),
    [pytest.param(0.0, 0.1, id="as they come"), pytest.param(1.0, 0.5, id="every decade as often")],
)
def test_age_balance_samples_rare_decades_more_often(
    small_recipe: Recipe, balance: float, old_fraction: float
) -> None:
    ages = np.repeat(np.where(np.arange(1000) < 900, 25, 65)[:, None], 2, axis=1)
    inputs = np.broadcast_to((ages[:, 0] * 2).astype(np.uint8)[:, None, None, None], (1000, 64, 64, 3))
    sources = {"chips": Labelled(inputs, ages.astype(np.float32), np.zeros((1000, 1), np.float32))}
    recipe = replace(
        small_recipe,
        mix=Mix({"chips": 1.0}, Augmentation(), balance),
        schedule=replace(small_recipe.schedule, inputs_per_epoch=1000),
    )
    drawn = np.concatenate(
        [labels["age_probabilities"] for _, labels in training_batches(sources, recipe, 0)[0]]
    )
    assert (drawn[:, 0] == 65).mean() == pytest.approx(old_fraction, abs=0.005)


@pytest.mark.slow
def test_a_broken_picture_is_skipped_and_named(
    small_data: Path, small_recipe: Recipe, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = read_split().query("split == 'train'").file[:1].item()
    broken = tmp_path / "data" / "utkface"
    broken.mkdir(parents=True)
    for path in (small_data / "utkface").iterdir():
        (broken / path.name).write_bytes(path.read_bytes()[: 100 if path.name == file else None])
    cut = labelled_inputs(small_recipe, "chips", "train", tmp_path / "data", tmp_path)
    assert len(cut.inputs) == len(cut.ages) == len(cut.genders) == 47
    assert cut.skipped == 1
    assert file in capsys.readouterr().out


@pytest.mark.parametrize(("steps", "momentum"), [(600, 0.99), (100, 0.95), (10, 0.5)])
def test_batch_norm_remembers_a_fifth_of_an_epoch_at_most(
    small_recipe: Recipe, steps: int, momentum: float
) -> None:
    schedule = replace(small_recipe.schedule, inputs_per_epoch=steps * small_recipe.schedule.batch_size)
    recipe = replace(small_recipe, schedule=schedule)
    norm = network_at_start(recipe, None, {}, begun=True).model.get_layer("conv1_bn")
    assert norm.momentum == pytest.approx(momentum)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        pytest.param(("crop_scale = 1.0\n", ""), "input.crop_scale: This key is missing", id="a missing key"),
        pytest.param(
            ('input_mode = "face"', 'input_mode = "nose"'),
            "input.input_mode: Input should be 'face' or",
            id="an unknown input mode",
        ),
        pytest.param(("chips = 0.66", "chips = 0.7"), "sum to 1", id="shares over one"),
        pytest.param(
            ("seed = 1", "seed = 1\nsead = 2"), "schedule.sead: There is no such key", id="a misspelt key"
        ),
        pytest.param(('"after conv_pw_4_relu"', '"localizer"'), "attention_px is 0", id="no attention crop"),
    ],
)
def test_a_wrong_recipe_is_refused_by_its_key(
    change: tuple[str, str], complaint: str, tmp_path: Path
) -> None:
    text = recipe_path("model_cropped/first_part.toml").read_text().replace(*change)
    (tmp_path / "wrong.toml").write_text(text)
    with pytest.raises(RecipeError, match=complaint):
        read_recipe(tmp_path / "wrong.toml")


@pytest.mark.parametrize("part", ["first_part.toml", "second_part.toml", "recipe.toml"])
def test_full_and_cropped_differ_in_their_input_mode_alone(part: str) -> None:
    full, cropped = (read_recipe(recipe_path(f"model_{name}/{part}")) for name in ("full", "cropped"))
    settings = replace(cropped.input, input_mode="whole_image")
    network = replace(cropped.network, weights=cropped.network.weights.replace("cropped", "full"))
    assert full == replace(cropped, name=full.name, path=full.path, input=settings, network=network)

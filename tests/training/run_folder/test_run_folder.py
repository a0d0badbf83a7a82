"""The card and the figures of a run: whether it beats a baseline, and its confusions."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dataset.baselines import majority_gender_accuracy, median_age_mae
from recipes.recipe import read_recipe, recipe_path
from training.run_folder.card import run_card, run_command
from training.run_folder.figures import confusion, write_confusions, write_curves
from training.run_folder.state import RunFacts, SetFacts

FACTS = RunFacts("python …", "CPU, 2 threads", "ImageNet", 1000, 3, (SetFacts("chips", 80, 10, 15.0, 0.55),))


def epoch(mae_years: float, accuracy: float) -> dict:
    figures = {"validation_age_mae_years": mae_years, "validation_gender_accuracy": accuracy}
    return {"epoch": 1, "seconds": 1800.0, **figures}


@pytest.mark.parametrize(
    ("mae_years", "accuracy", "verdict"),
    [
        pytest.param(9.0, 0.8, "It beats constant predictions.", id="better at both"),
        pytest.param(16.0, 0.8, "It does not beat the median age on chips.", id="worse at ages"),
        pytest.param(
            15.0,
            0.55,
            "It does not beat the median age on chips, nor the majority gender on chips.",
            id="as good as constant predictions",
        ),
    ],
)
def test_the_card_says_whether_a_run_beats_constant_predictions(
    tmp_path: Path, mae_years: float, accuracy: float, verdict: str
) -> None:
    recipe = read_recipe(recipe_path("residual_cnn_full"))
    card = run_card(tmp_path, recipe, FACTS, [epoch(mae_years, accuracy)], "complete", 1)
    assert verdict in card
    assert f"| chips | 10 | {mae_years:.2f} years | 15.00 years | {100 * accuracy:.1f} % | 55.0 % |" in card
    assert "0.50 hours on CPU, 2 threads" in card
    assert "3 could not be read" in card


def test_a_network_without_an_age_head_has_no_age_to_show(tmp_path: Path) -> None:
    recipe = read_recipe(recipe_path("vggface_gender"))
    row = {"epoch": 1, "seconds": 1.0, "validation_gender_accuracy": 0.8}
    assert "| chips | 10 | – | 15.00 years | 80.0 % | 55.0 % |" in run_card(
        tmp_path, recipe, FACTS, [row], "complete", 1
    )


@pytest.mark.parametrize(
    ("out", "limit", "command"),
    [
        ("runs/multitask_cnn", None, "python -m training run multitask_cnn --data-dir DIR"),
        ("elsewhere", 40, "python -m training run multitask_cnn --data-dir DIR --out elsewhere --limit 40"),
    ],
)
def test_the_command_of_a_card_trains_the_same_again(out: str, limit: int | None, command: str) -> None:
    assert run_command(read_recipe(recipe_path("multitask_cnn")), Path(out), limit) == command


def test_a_recipe_in_a_folder_is_named_by_it() -> None:
    recipe = replace(read_recipe(recipe_path("multitask_cnn")), path=Path("model_full/recipe.toml"))
    assert run_command(recipe, Path("model_full"), None).startswith("python -m training run model_full ")


def test_a_guess_is_the_median_age_and_the_commoner_gender_of_the_training_pictures() -> None:
    assert median_age_mae(np.array([10, 20, 90]), np.array([20, 30])) == 5
    assert majority_gender_accuracy(np.array([1, 1, 0]), np.array([1, 0, 0, 0])) == 0.25
    assert np.isnan(median_age_mae(np.array([]), np.array([20])))


def test_a_confusion_counts_known_pictures_by_row_true_and_column_predicted() -> None:
    counts = confusion(np.array([0, 0, 1, -1]), np.array([0, 1, 1, 1]), 2)
    assert counts.tolist() == [[1, 1], [0, 1]]


def test_ages_out_of_range_and_unknown_ones_have_a_place_in_the_figure_or_none(tmp_path: Path) -> None:
    true = {"age_years": np.array([3.0, 97.0, -1.0]), "gender": np.array([0.0, 1.0, -1.0])}
    write_confusions(true, {"age_years": np.array([-4.0, 112.0, 30.0])}, "chips", tmp_path)
    text = (tmp_path / "confusion_age.svg").read_text(encoding="utf-8")
    assert "Ages, chips (2 pictures)" in text
    assert "90+" in text
    assert not (tmp_path / "confusion_gender.svg").exists()


def test_curves_name_their_phases_and_the_best_epoch(tmp_path: Path) -> None:
    history = pd.DataFrame(
        {
            "epoch": [1, 2, 3],
            "phase": ["head", "head", "all"],
            "loss": [3.0, 2.0, 1.0],
            "validation_loss": [3.0, 2.5, 2.6],
            "gender_accuracy": [0.6, 0.7, 0.8],
        }
    )
    write_curves(history, 2, "a run", tmp_path)
    text = (tmp_path / "curves.svg").read_text(encoding="utf-8")
    assert all(words in text for words in (">head<", ">all<", "best epoch, 2", "Gender accuracy"))
    assert "Age MAE" not in text

"""Facts and history of a run -> README.md of its folder, with validation figures beside constant predictions.

`python -m evaluation cards` writes a released variant's card over it, with the test sets.
"""

from pathlib import Path
from typing import Any

from dataset.tables.columns import validation_column
from faces.files import whole_file
from faces.templates import render
from recipes.recipe import RECIPES, Recipe
from recipes.run import COMPLETE, RunFacts, SetFacts

CARD = "README.md"
TEMPLATE = Path(__file__).with_name("card.md.j2")
FIGURES = {
    "curves.svg": "Loss, age error and gender accuracy by epoch",
    "confusion_gender.svg": "True and predicted genders on validation",
    "confusion_age.svg": "True and predicted ages by decade on validation",
}


def run_command(recipe: Recipe, out: Path, limit: int | None) -> str:
    """The command that repeats a training."""
    named = recipe.path.stem if recipe.path.parent == RECIPES else recipe.path
    if recipe.path.name == "recipe.toml":
        named = recipe.path.parent
    elsewhere = f" --out {out}" if out != Path("runs") / recipe.name else ""
    return f"python -m training run {named} --data-dir DIR{elsewhere}" + (
        f" --limit {limit}" if limit else ""
    )


def write_run_card(
    folder: Path, recipe: Recipe, facts: RunFacts, history: list[dict[str, Any]], state: str, best_epoch: int
) -> None:
    """Write `folder`/README.md whole."""
    with whole_file(folder / CARD) as path:
        path.write_text(run_card(folder, recipe, facts, history, state, best_epoch), encoding="utf-8")


def run_card(
    folder: Path, recipe: Recipe, facts: RunFacts, history: list[dict[str, Any]], state: str, best_epoch: int
) -> str:
    """The card as Markdown, with those of FIGURES that a complete run has."""
    complete = state == COMPLETE
    best = next((row for row in history if row["epoch"] == best_epoch), None)
    validation = [_validation(of_set, best) for of_set in facts.sets] if best else []
    return render(
        TEMPLATE,
        recipe=recipe,
        facts=facts,
        complete=complete,
        epochs_done=len(history),
        best_epoch=best_epoch,
        hours=sum(row["seconds"] for row in history) / 3600,
        validation=validation,
        not_beaten=[constant for row in validation for constant in _not_beaten(**row)],
        figures={name: title for name, title in FIGURES.items() if complete and (folder / name).is_file()},
    )


def _validation(facts: SetFacts, best: dict[str, Any]) -> dict[str, Any]:
    """Metrics of one set in the best epoch, beside its facts; None where the set or the network has none."""
    figures = ("age_mae_years", "gender_accuracy", "bin_accuracy")
    return {"facts": facts} | {figure: best.get(validation_column(facts.name, figure)) for figure in figures}


def _not_beaten(
    facts: SetFacts, age_mae_years: float | None, gender_accuracy: float | None, bin_accuracy: float | None
) -> list[str]:
    """The constant predictions that are as good as the network."""
    constants = []
    if age_mae_years is not None and facts.median_age_mae_years is not None:
        constants += ["the median age"] * (age_mae_years >= facts.median_age_mae_years)
    if gender_accuracy is not None and facts.majority_gender_accuracy is not None:
        constants += ["the majority gender"] * (gender_accuracy <= facts.majority_gender_accuracy)
    return [f"{constant} on {facts.name}" for constant in constants]

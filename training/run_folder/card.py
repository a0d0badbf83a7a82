"""Facts and history of a run -> README.md of its folder: what it is, how far, and whether it beats a guess.

A room of its own because it is for people. `python -m evaluation cards` writes a released variant's card over
it: that one knows the test sets, of which a training reads no picture.
"""

from pathlib import Path
from typing import Any

from dataset.records import CHIPS
from faces.files import whole_file
from recipes.recipe import RECIPES, Recipe
from recipes.run import COMPLETE, RunFacts, SetFacts

CARD = "README.md"
FIGURES = {
    "curves.svg": "Loss, age error and gender accuracy by epoch",
    "confusion_gender.svg": "True and read genders on validation",
    "confusion_age.svg": "True and read ages by decade on validation",
}


def run_command(recipe: Recipe, out: Path, limit: int | None) -> str:
    """What trains the same again."""
    named = recipe.path.stem if recipe.path.parent == RECIPES else recipe.path
    if recipe.path.name == "recipe.toml":
        named = recipe.path.parent
    elsewhere = f" --out {out}" if out != Path("runs") / recipe.name else ""
    return f"python -m training run {named} --data-dir DIR{elsewhere}" + (
        f" --limit {limit}" if limit else ""
    )


def validation_column(set_name: str, figure: str) -> str:
    """The name that history.csv gives a figure of a set: `chips` goes without its name."""
    return f"validation_{figure}" if set_name == CHIPS else f"validation_{set_name}_{figure}"


def write_run_card(
    folder: Path, recipe: Recipe, facts: RunFacts, history: list[dict[str, Any]], state: str, best_epoch: int
) -> None:
    """Write `folder`/README.md whole; it shows those of FIGURES that a complete run has."""
    with whole_file(folder / CARD) as path:
        path.write_text(run_card(folder, recipe, facts, history, state, best_epoch), encoding="utf-8")


def run_card(
    folder: Path, recipe: Recipe, facts: RunFacts, history: list[dict[str, Any]], state: str, best_epoch: int
) -> str:
    """The card as Markdown."""
    complete = state == COMPLETE
    network, settings = recipe.network, recipe.input
    hours = sum(row["seconds"] for row in history) / 3600
    pictures = "; ".join(
        f"{one.name} {one.training_pictures:,} to train, {one.validation_pictures:,} to validate"
        for one in facts.sets
    )
    rows = {
        "Recipe": f"[recipe.toml](recipe.toml): {network.architecture}, {facts.parameters:,} parameters, "
        f"{settings.input_mode}, {settings.input_px} × {settings.input_px} px",
        "Command": f"`{facts.command}`",
        "Pictures": f"{pictures}; {facts.skipped_pictures:,} could not be read",
        "Start weights": facts.start,
        "Epochs": f"{len(history)} of at most {recipe.epochs}"
        + (f"; the lowest validation loss is that of epoch {best_epoch}" if best_epoch else ""),
        "Training time": f"{hours:.2f} hours on {facts.device}",
    }
    lines = [
        f"# Run of `{recipe.name}`: {'complete' if complete else '**incomplete**'}",
        "",
        "<!-- Written by `python -m training run`; not to be edited. -->",
        "",
        "The weights here are those of the best epoch."
        if complete
        else "It is training, or was killed: the same command with `--resume` goes on. A network that lies "
        "here is an earlier one.",
        "",
        "| | |",
        "|---|---|",
        *(f"| {name} | {value} |" for name, value in rows.items()),
        "",
    ]
    if history:
        best = next(row for row in history if row["epoch"] == best_epoch)
        lines += _validation(facts, best)
    if complete:
        lines += [f"![{words}]({name})\n" for name, words in FIGURES.items() if (folder / name).is_file()]
    lines += [
        "Not for decisions about a person, and not a released variant: no test picture was read, the "
        "interval is not calibrated. `python -m evaluation calibrate`, `predict`, `score` and `cards` make "
        "one of it.",
        "",
    ]
    return "\n".join(lines)


def _validation(facts: RunFacts, best: dict[str, Any]) -> list[str]:
    lines = [
        f"## Validation, epoch {best['epoch']}",
        "",
        "| Set | Pictures | Age MAE ↓ | Of the median age | Gender accuracy ↑ | Of the commoner gender |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    behind = []
    for one in facts.sets:
        age, gender, bins = (
            best.get(validation_column(one.name, figure))
            for figure in ("age_mae_years", "gender_accuracy", "bin_accuracy")
        )
        cells = [
            one.name,
            f"{one.validation_pictures:,}",
            f"{bins:.1%} in the right bin" if bins is not None else _years(age),
            _years(one.median_age_mae_years),
            _fraction(gender),
            _fraction(one.majority_gender_accuracy),
        ]
        lines.append(f"| {' | '.join(cells)} |")
        behind += _behind(one, age, gender)
    verdict = (
        f"It does not beat {', nor '.join(behind)}." if behind else "It beats the same answer for everyone."
    )
    return [*lines, "", verdict, ""]


def _behind(one: SetFacts, age_mae_years: float | None, gender_accuracy: float | None) -> list[str]:
    """The guesses that are as good as the network."""
    behind = []
    if age_mae_years is not None and one.median_age_mae_years is not None:
        behind += [f"the median age on {one.name}"] if age_mae_years >= one.median_age_mae_years else []
    if gender_accuracy is not None and one.majority_gender_accuracy is not None:
        behind += (
            [f"the commoner gender on {one.name}"] if gender_accuracy <= one.majority_gender_accuracy else []
        )
    return behind


def _years(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f} years"


def _fraction(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f} %"

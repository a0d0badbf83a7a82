"""Which choices of a recipe pay? One row a change, each trained for the same short time from the same start.

    python -m benchmarks ablation --data-dir DIR [ROW ...]

Writes docs/ablation.md after every row, and keeps the row's epochs in docs/ablation/history.csv and what it
was trained by in docs/ablation/rows.csv. The rows stand in ablation.toml: that and the base recipe say what a
row's recipe is, rows.csv has its hash. A row that is trained is not trained again, on whichever machine it
was; one that was killed goes on. The figures are those of validation splits and of FairFace's development
list: no test set is read here.
"""

import argparse
import contextlib
import hashlib
import json
import sys
import tomllib
from pathlib import Path
from typing import Any

import pandas as pd

from dataset.paths import add_path_options, data_dir_of
from evaluation.runs import COMPLETE, Run, runs_in
from faces.errors import RecipeError
from faces.files import whole_file
from faces.templates import render
from recipes.recipe import read_recipe, recipe_path

BASE_RECIPE = "model_cropped/first_part.toml"
ROWS, TEMPLATE = Path(__file__).with_suffix(".toml"), Path(__file__).with_suffix(".md.j2")
RUNS = Path("runs") / "ablation"
PAGE = Path("docs") / "ablation.md"
KEPT = Path("docs") / "ablation"
KEPT_HISTORY, KEPT_ROWS = "history.csv", "rows.csv"  # the epochs of trained rows; a line a trained row
FACTS = ("started", "updated", "device", "start", "parameters", "best_epoch")  # of run.toml, in rows.csv
OF_ANOTHER_RECIPE = "of another recipe"
FIGURES = (
    ("UTKFace MAE, years", "validation_age_mae_years", "{:.2f}"),
    ("within 5", "validation_cs_5", "{:.1%}"),
    ("gender", "validation_gender_accuracy", "{:.1%}"),
    ("context MAE, years", "validation_composites_age_mae_years", "{:.2f}"),
    ("gender", "validation_composites_gender_accuracy", "{:.1%}"),
    ("FairFace bin", "validation_fairface_bin_accuracy", "{:.1%}"),
    ("off by one", "validation_fairface_bin_off_by_one", "{:.1%}"),
    ("gender", "validation_fairface_gender_accuracy", "{:.1%}"),
    ("years beyond the bin: under 20", "validation_fairface_young_bias_years", "{:+.2f}"),
    ("from 50", "validation_fairface_old_bias_years", "{:+.2f}"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("rows", nargs="*", metavar="ROW", help="rows to train; without any: all of them")
    add_path_options(parser)


def run(parsed: argparse.Namespace) -> int:
    """Train what is not yet trained, write PAGE after every row, then print it.

    Raises RecipeError for an unknown row, or where a row's run is of another recipe than the row's today.
    """
    data_dir = data_dir_of(parsed)
    table = read_rows()
    if unknown := set(parsed.rows) - set(table["rows"]):
        raise RecipeError(
            f"ablation.toml has the rows {', '.join(table['rows'])}. Received: {', '.join(sorted(unknown))}."
        )
    for name in parsed.rows or table["rows"]:
        with contextlib.redirect_stdout(sys.stderr):
            _train(name, table, data_dir, parsed.cache_dir, RUNS / name)
        _write_page(table)
    print(page(table, KEPT, RUNS), end="")
    return 0


def read_rows() -> dict[str, Any]:
    """ablation.toml: `base` holds the changes of every row, `rows` what each row has besides."""
    return tomllib.loads(ROWS.read_text(encoding="utf-8"))


def row_recipe(name: str, table: dict[str, Any]) -> dict[str, Any]:
    """The recipe of a row, as TOML is read. Raises RecipeError for a change whose section is nowhere."""
    base = recipe_path(BASE_RECIPE)
    recipe = tomllib.loads(base.read_text(encoding="utf-8"))
    recipe["name"] = name
    for key, value in (table["base"] | table["rows"][name].get("change", {})).items():
        *sections, last = key.split(".")
        place: Any = recipe
        try:
            for section in sections:
                place = place[int(section) if isinstance(place, list) else section]
        except (LookupError, TypeError, ValueError) as error:
            raise RecipeError(f"ablation.toml: {name} changes what {base} lacks. Received: {key}.") from error
        place[last] = value
    return recipe


def page(table: dict[str, Any], kept: Path, runs: Path) -> str:
    """The text of docs/ablation.md: every row with its state, a complete one with its last epoch.

    A short budget has no better epoch before the last. A row kept in `kept` is taken, else its run in the
    folder `runs`.
    """
    recipe = row_recipe("base", table)
    inputs = recipe["schedule"]["inputs_per_epoch"] * sum(phase["epochs"] for phase in recipe["phases"])
    histories = kept_histories(table, kept)
    begun = {run.folder.name: run for run in runs_in([runs])}
    rows = []
    for name, row in table["rows"].items():
        history, state = histories.get(name), COMPLETE
        if history is None:
            state = OF_ANOTHER_RECIPE if name in _rows_in(kept) else "not trained"
            if name in begun:
                state = _state(begun[name], row_recipe(name, table))
                history = begun[name].history if state == COMPLETE else None
        last, minutes = (None, 0.0) if history is None else (history.iloc[-1], history.seconds.sum() / 60)
        rows.append({"name": name, "about": row["about"], "state": state, "last": last, "minutes": minutes})
    return render(TEMPLATE, base=BASE_RECIPE, inputs=inputs, figures=FIGURES, rows=rows)


def recipe_sha256(recipe: dict[str, Any]) -> str:
    """SHA-256 of a recipe as TOML is read: comments and the order of its keys do not count."""
    return hashlib.sha256(json.dumps(recipe, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def kept_histories(table: dict[str, Any], kept: Path) -> dict[str, pd.DataFrame]:
    """By row, the epochs of those that were trained by the recipe that is the row's today."""
    trained = {
        name: facts["recipe_sha256"] for name, facts in _rows_in(kept).items() if name in table["rows"]
    }
    if not trained:
        return {}
    epochs = pd.read_csv(kept / KEPT_HISTORY)
    return {
        name: epochs[epochs.row == name]
        for name, sha256 in trained.items()
        if sha256 == recipe_sha256(row_recipe(name, table))
    }


def _write_page(table: dict[str, Any]) -> None:
    with whole_file(PAGE) as path:
        path.write_text(page(table, KEPT, RUNS), encoding="utf-8")


def _state(found: Run, recipe: dict[str, Any]) -> str:
    if _recipe_in(found.folder) != recipe:
        return OF_ANOTHER_RECIPE
    if found.state == COMPLETE:
        return COMPLETE
    epochs = sum(phase["epochs"] for phase in recipe["phases"])
    return f"{found.state}, {found.epochs_done} of {epochs} epochs"


def _recipe_in(folder: Path) -> dict[str, Any] | None:
    path = folder / "recipe.toml"
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def _is_trained(folder: Path, recipe: dict[str, Any]) -> bool:
    return [_state(found, recipe) for found in runs_in([folder])] == [COMPLETE]


def _train(name: str, table: dict[str, Any], data_dir: Path, cache_dir: Path, folder: Path) -> None:
    """Train a row to its end and keep its epochs, unless they are there already."""
    recipe = row_recipe(name, table)
    if name in kept_histories(table, KEPT):
        return
    if _recipe_in(folder) not in (None, recipe):
        raise RecipeError(
            f"{folder} was trained by another recipe than the row's of today: remove it to train it anew."
        )
    if not _is_trained(folder, recipe):
        # Only now: a table of rows that are trained needs neither.
        import tomlkit

        from training.run import run as train

        with whole_file(folder / "recipe.toml") as path:
            command = f"# python -m benchmarks ablation {name} --data-dir DIR\n"
            path.write_text(command + tomlkit.dumps(recipe), encoding="utf-8")
        print(f"--- {name}: {table['rows'][name]['about']}")
        train(read_recipe(folder / "recipe.toml"), data_dir, cache_dir, folder, resume=True)
    _keep(name, table, folder, KEPT)


def _keep(name: str, table: dict[str, Any], folder: Path, kept: Path) -> None:
    """Put a trained row's epochs and facts in place of those kept of it, in the order of the table."""
    run = tomllib.loads((folder / "run.toml").read_text(encoding="utf-8"))
    facts = {"row": name, "recipe_sha256": recipe_sha256(row_recipe(name, table))}
    facts |= {fact: str(run.get(fact, "")) for fact in FACTS}
    epochs = _text_table(folder / "history.csv")
    epochs.insert(0, "row", name)
    # The line that says that a row is trained is written last.
    for file, new in ((KEPT_HISTORY, epochs), (KEPT_ROWS, pd.DataFrame([facts]))):
        old = _text_table(kept / file)
        others = old[old.row != name] if len(old) else old
        order = {row: place for place, row in enumerate(table["rows"])}
        together = pd.concat([others, new]).sort_values(
            "row", key=lambda rows: rows.map(order).fillna(len(order)), kind="stable"
        )
        with whole_file(kept / file) as path:
            together.to_csv(path, index=False)


def _rows_in(kept: Path) -> dict[str, dict[str, str]]:
    """The lines of rows.csv by the row's name; none where nothing was kept yet."""
    lines = _text_table(kept / KEPT_ROWS)
    return {line["row"]: {str(key): text for key, text in line.items()} for line in lines.to_dict("records")}


def _text_table(path: Path) -> pd.DataFrame:
    """A CSV whose numbers stay the characters that they are; empty where there is none."""
    return pd.read_csv(path, dtype=str, keep_default_na=False) if path.is_file() else pd.DataFrame()

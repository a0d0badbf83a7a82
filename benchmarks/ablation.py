"""Ablation of a recipe: one row a change, each trained for the same short time from the same start.

    python -m benchmarks ablation --data-dir DIR [ROW ...]

Prints docs/ablation.md and writes it after every row, with the row's epochs in docs/ablation/history.csv and
its facts in docs/ablation/rows.csv. The rows are defined in ablation.toml as changes of the base recipe;
rows.csv has the hash of each row's recipe. A row that is trained is not trained again, on any machine; one
that was killed is resumed. The figures are those of validation splits; no test set is used.
"""

import argparse
import contextlib
import hashlib
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import tomli_w

from dataset.paths import add_path_options, data_dir_of
from evaluation.reports.lineage import recipe_of
from evaluation.runs import Run, runs_in
from faces.errors import RecipeError
from faces.files import whole_file
from faces.templates import render
from faces.toml import toml_table
from recipes.recipe import Recipe, read_recipe, recipe_in, recipe_path
from recipes.run import COMPLETE, read_run

BASE_RECIPE = "model_cropped/first_part.toml"
ROWS, TEMPLATE = Path(__file__).with_suffix(".toml"), Path(__file__).with_suffix(".md.j2")
RUNS = Path("runs") / "ablation"
PAGE = Path("docs") / "ablation.md"
RESULTS = Path("docs") / "ablation"
HISTORY_FILE, ROWS_FILE = "history.csv", "rows.csv"  # epochs of the trained rows; a line for each
OTHER_RECIPE = "of another recipe"
FIGURES = (
    ("UTKFace MAE, years", "validation_age_mae_years", "{:.2f}"),
    ("within 5", "validation_cs_5", "{:.1%}"),
    ("gender", "validation_gender_accuracy", "{:.1%}"),
    ("composites MAE, years", "validation_composites_age_mae_years", "{:.2f}"),
    ("gender", "validation_composites_gender_accuracy", "{:.1%}"),
    ("FairFace bin", "validation_fairface_bin_accuracy", "{:.1%}"),
    ("off by one", "validation_fairface_bin_off_by_one", "{:.1%}"),
    ("gender", "validation_fairface_gender_accuracy", "{:.1%}"),
    ("years beyond the bin: under 20", "validation_fairface_young_bias_years", "{:+.2f}"),
    ("from 50", "validation_fairface_old_bias_years", "{:+.2f}"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("rows", nargs="*", metavar="ROW", help="rows to train (default: all)")
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
    print(page(table, RESULTS, RUNS), end="")
    return 0


def read_rows() -> dict[str, Any]:
    """Load ablation.toml: `base` has the changes of all rows, `rows` the further ones of each."""
    return toml_table(ROWS, RecipeError)


def row_table(name: str, table: dict[str, Any]) -> dict[str, Any]:
    """The recipe of a row, as TOML is parsed. Raises RecipeError for a change whose section is nowhere."""
    base = recipe_path(BASE_RECIPE)
    recipe = toml_table(base, RecipeError)
    recipe["name"] = name
    for key, value in (table["base"] | table["rows"][name].get("change", {})).items():
        *sections, last = key.split(".")
        section_table: Any = recipe
        try:
            for section in sections:
                section_table = section_table[int(section) if isinstance(section_table, list) else section]
        except (LookupError, TypeError, ValueError) as error:
            raise RecipeError(f"ablation.toml: {name} changes what {base} lacks. Received: {key}.") from error
        section_table[last] = value
    return recipe


def row_recipe(name: str, table: dict[str, Any]) -> Recipe:
    """The recipe of a row. Raises RecipeError for a change that makes it a wrong one."""
    return recipe_in(row_table(name, table), Path(f"{ROWS.name}, {name}"))


def page(table: dict[str, Any], results: Path, runs: Path) -> str:
    """The text of docs/ablation.md: every row with its state, a complete one with its last epoch.

    A short budget has no better epoch before the last. A row in `results` is taken, else its run in the
    folder `runs`.
    """
    recipe = row_recipe("base", table)
    inputs = recipe.schedule.inputs_per_epoch * recipe.epochs
    histories = trained_histories(table, results)
    begun = {run.folder.name: run for run in runs_in([runs])}
    rows = []
    for name, row in table["rows"].items():
        history, state = histories.get(name), COMPLETE
        if history is None:
            state = OTHER_RECIPE if name in _trained_rows(results) else "not trained"
            if name in begun:
                state = _state(begun[name], row_recipe(name, table))
                history = begun[name].history if state == COMPLETE else None
        last, minutes = (None, 0.0) if history is None else (history.iloc[-1], history.seconds.sum() / 60)
        rows.append({"name": name, "about": row["about"], "state": state, "last": last, "minutes": minutes})
    return render(TEMPLATE, base=BASE_RECIPE, inputs=inputs, figures=FIGURES, rows=rows)


def recipe_sha256(recipe: dict[str, Any]) -> str:
    """SHA-256 of a recipe as TOML is parsed: comments and the order of its keys do not count."""
    return hashlib.sha256(json.dumps(recipe, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def trained_histories(table: dict[str, Any], results: Path) -> dict[str, pd.DataFrame]:
    """Epochs by row, of the rows that were trained by their recipe of today."""
    trained = {
        name: facts["recipe_sha256"]
        for name, facts in _trained_rows(results).items()
        if name in table["rows"]
    }
    if not trained:
        return {}
    epochs = pd.read_csv(results / HISTORY_FILE)
    return {
        name: epochs[epochs.row == name]
        for name, sha256 in trained.items()
        if sha256 == recipe_sha256(row_table(name, table))
    }


def _write_page(table: dict[str, Any]) -> None:
    with whole_file(PAGE) as path:
        path.write_text(page(table, RESULTS, RUNS), encoding="utf-8")


def _state(run: Run, recipe: Recipe) -> str:
    if not _is_of(run.folder, recipe):
        return OTHER_RECIPE
    if run.state == COMPLETE:
        return COMPLETE
    return f"{run.state}, {run.epochs_done} of {recipe.epochs} epochs"


def _is_of(folder: Path, recipe: Recipe) -> bool:
    """Whether the run in a folder is trained by the recipe, wherever that stands."""
    try:
        trained = recipe_of(folder)
    except RecipeError:  # of an earlier release, or half written
        return False
    return trained is not None and replace(trained, path=recipe.path) == recipe


def _is_trained(folder: Path, recipe: Recipe) -> bool:
    return [_state(run, recipe) for run in runs_in([folder])] == [COMPLETE]


def _train(name: str, table: dict[str, Any], data_dir: Path, cache_dir: Path, folder: Path) -> None:
    """Train a row to its end and save its epochs, unless they are there already."""
    recipe = row_recipe(name, table)
    if name in trained_histories(table, RESULTS):
        return
    if (folder / "recipe.toml").is_file() and not _is_of(folder, recipe):
        raise RecipeError(
            f"{folder} was trained by another recipe than the row's of today: remove it to train it anew."
        )
    if not _is_trained(folder, recipe):
        # Only now: a table of rows that are trained needs no TensorFlow.
        from training.run import run as train

        with whole_file(folder / "recipe.toml") as path:
            command = f"# python -m benchmarks ablation {name} --data-dir DIR\n"
            path.write_text(command + tomli_w.dumps(row_table(name, table)), encoding="utf-8")
        print(f"--- {name}: {table['rows'][name]['about']}")
        train(read_recipe(folder / "recipe.toml"), data_dir, cache_dir, folder, resume=True)
    save_row(name, table, folder, RESULTS)


def save_row(name: str, table: dict[str, Any], folder: Path, results: Path) -> None:
    """Write a trained row's epochs and facts into `results`, in the order of the table."""
    run = read_run(folder)
    facts = {"row": name, "recipe_sha256": recipe_sha256(row_table(name, table))}
    facts |= {moment: getattr(run, moment).isoformat() for moment in ("started", "updated")}
    facts |= {fact: str(getattr(run, fact)) for fact in ("device", "start", "parameters", "best_epoch")}
    epochs = _text_table(folder / "history.csv")
    epochs.insert(0, "row", name)
    # rows.csv, by which a row counts as trained, is written last.
    for file, new in ((HISTORY_FILE, epochs), (ROWS_FILE, pd.DataFrame([facts]))):
        old = _text_table(results / file)
        others = old[old.row != name] if len(old) else old
        order = {row: index for index, row in enumerate(table["rows"])}
        together = pd.concat([others, new]).sort_values(
            "row", key=lambda rows: rows.map(order).fillna(len(order)), kind="stable"
        )
        with whole_file(results / file) as path:
            together.to_csv(path, index=False)


def _trained_rows(results: Path) -> dict[str, dict[str, str]]:
    """The lines of rows.csv by the row's name; none where there is no such file."""
    lines = _text_table(results / ROWS_FILE)
    return {line["row"]: {str(key): text for key, text in line.items()} for line in lines.to_dict("records")}


def _text_table(path: Path) -> pd.DataFrame:
    """A CSV whose numbers stay the characters that they are; empty where there is none."""
    return pd.read_csv(path, dtype=str, keep_default_na=False) if path.is_file() else pd.DataFrame()

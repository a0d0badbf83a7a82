"""Which choices of a recipe pay? One row a change, each trained for the same short time from the same start.

    python -m benchmarks ablation --data-dir DIR [ROW ...]

The rows stand in ablation.toml. A row that is trained is not trained again; one that was killed goes on. The
figures are those of validation splits and of FairFace's development list: no test set is read here.
"""

import argparse
import contextlib
import os
import sys
import tomllib
from pathlib import Path
from typing import Any

import pandas as pd

from faces.errors import DataMissing, RecipeError
from faces.files import whole_file

ROWS = Path(__file__).with_suffix(".toml")
RUNS = Path("runs") / "ablation"
FIGURES = (
    ("UTKFace MAE, years", "validation_age_mae_years", "{:.2f}"),
    ("within 5", "validation_cs_5", "{:.1%}"),
    ("gender", "validation_gender_accuracy", "{:.1%}"),
    ("context MAE", "validation_context_age_mae_years", "{:.2f}"),
    ("gender", "validation_context_gender_accuracy", "{:.1%}"),
    ("FairFace bin", "validation_fairface_bin_accuracy", "{:.1%}"),
    ("off by one", "validation_fairface_bin_off_by_one", "{:.1%}"),
    ("gender", "validation_fairface_gender_accuracy", "{:.1%}"),
    ("beyond the bin: under 20", "validation_fairface_young_bias_years", "{:+.2f}"),
    ("from 50", "validation_fairface_old_bias_years", "{:+.2f}"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("rows", nargs="*", metavar="ROW", help="rows to train; without any: all of them")
    parser.add_argument("--data-dir", type=Path, default=os.environ.get("AGE_GENDER_DATA"))


def run(parsed: argparse.Namespace) -> int:
    """Train what is not yet trained, then print the table of all rows that are."""
    if parsed.data_dir is None:
        raise DataMissing("The ablation needs the data: --data-dir DIR, or AGE_GENDER_DATA.")
    table = tomllib.loads(ROWS.read_text(encoding="utf-8"))
    if unknown := set(parsed.rows) - set(table["rows"]):
        raise RecipeError(f"ablation.toml has the rows {', '.join(table['rows'])}. Received: {unknown}.")
    for name in parsed.rows or table["rows"]:
        if not (RUNS / name / "history.csv").is_file():
            with contextlib.redirect_stdout(sys.stderr):
                _train(name, table, Path(parsed.data_dir))
    print(ablation_markdown(table))
    return 0


def ablation_markdown(table: dict[str, Any]) -> str:
    """The rows that are trained, the last epoch of each: a short budget has no better one before it."""
    lines = [
        f"| row | change | {' | '.join(words for words, _, _ in FIGURES)} | minutes |",
        "|---|---|" + "---|" * (len(FIGURES) + 1),
    ]
    for name, row in table["rows"].items():
        path = RUNS / name / "history.csv"
        if not path.is_file():
            continue
        history = pd.read_csv(path)
        last = history.iloc[-1]
        cells = [style.format(last[column]) for _, column, style in FIGURES]
        lines.append(
            f"| `{name}` | {row['about']} | {' | '.join(cells)} | {history.seconds.sum() / 60:.0f} |"
        )
    return "\n".join(lines)


def _train(name: str, table: dict[str, Any], data_dir: Path) -> None:
    from training.loop import run as train
    from training.recipes import read_recipe

    recipe = RUNS / name / "recipe.toml"
    recipe.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(recipe) as path:
        changes = table["base"] | table["rows"][name].get("change", {})
        path.write_text(_changed(Path("model_cropped") / "recipe.toml", name, changes), encoding="utf-8")
    print(f"--- {name}: {table['rows'][name]['about']}")
    train(read_recipe(recipe), data_dir, Path(".cache"), recipe.parent, resume=True)


def _changed(recipe: Path, name: str, changes: dict[str, Any]) -> str:
    """The recipe's text with other values; a change names its key by the sections that lead to it, dotted."""
    import tomlkit

    document = tomlkit.parse(recipe.read_text(encoding="utf-8"))
    document["name"] = name
    for key, value in changes.items():
        *sections, last = key.split(".")
        table: Any = document
        for section in sections:
            table = table[section]
        table[last] = value
    return tomlkit.dumps(document)

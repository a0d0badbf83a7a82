"""Results of every recipe, a training each, scored on UTKFace's test split: docs/recipes.md.

    python -m benchmarks recipes --data-dir DIR [RECIPE ...] [--pictures N] [--epochs N]
    python -m benchmarks recipes --figures [RECIPE ...]

The second plots curves and confusion matrices of the committed runs into docs/drawn; it needs no data. A
recipe whose run is complete is not trained again, one that was killed is resumed; `--pictures` and `--epochs`
hold for runs that begin now. Sets that are missing are left out, missing pretrained weights replaced by a
random start. Each run trains in a process of its own, and is scored once, when it is complete.
"""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import tomli_w

from dataset.paths import add_path_options, data_dir_of
from dataset.records import CHIPS, load_records
from evaluation.inference.predict import loaded_networks, write_predictions
from evaluation.metrics.age_bins import AGE_GROUPS
from evaluation.predictions import read_predictions
from evaluation.reports.recipes import (
    HEADLINE_FILE,
    MEASURED_LINE,
    SAVED_FILES,
    headline,
    measured_line,
    read_headline,
    recipes_page,
    saved_run,
)
from evaluation.reports.scores import compact_json, read_scores, scores, write_scores
from evaluation.runs import runs_in
from faces.detection import Detector
from faces.errors import DataMissing, ProjectError, RecipeError
from faces.files import whole_file
from faces.predictions import GENDERS
from faces.toml import toml_table
from faces.variants import read_variant
from recipes.recipe import EMBEDDING, FACERES, NO_WEIGHTS, RECIPES, TRAINED, Recipe, read_recipe
from recipes.run import COMPLETE

DOCS = Path("docs")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("recipes", nargs="*", metavar="RECIPE", help="names (default: all)")
    add_path_options(parser)
    parser.add_argument(
        "--pictures", type=int, help="about so many training pictures, and as many inputs an epoch"
    )
    parser.add_argument("--epochs", type=int, help="epochs a phase (default: those of the recipe)")
    parser.add_argument("--out", type=Path, default=Path("runs") / "recipes", help="folder of the runs")
    parser.add_argument("--docs", type=Path, default=DOCS, help="folder of recipes.md and recipes/")
    parser.add_argument(
        "--figures",
        action="store_true",
        help="train nothing: plot the committed runs into docs/drawn/recipes",
    )


def run(parsed: argparse.Namespace) -> int:
    """Train, score and save the missing runs, write the page after each, and print it."""
    paths = {path.stem: path for path in sorted(RECIPES.glob("*.toml"))}
    if unknown := sorted(set(parsed.recipes) - set(paths)):
        raise RecipeError(f"The recipes are {', '.join(paths)}. Received: {', '.join(unknown)}.")
    if parsed.figures:
        return _plot(parsed.recipes or list(paths), parsed.docs)
    parsed.data_dir = data_dir_of(parsed)
    for name in parsed.recipes or paths:
        folder, saved = parsed.out / name, parsed.docs / "recipes" / name
        if not _is_complete(folder):
            _train(paths[name], folder, parsed)
        if not _is_scored(folder):
            _score(folder, parsed.data_dir, parsed.cache_dir)
        _save(folder, saved)
        _write(parsed.docs / "recipes.md", recipes_page(list(paths.values()), parsed.docs / "recipes"))
        if parsed.docs == DOCS:  # a trial elsewhere leaves the recipes alone
            text = paths[name].read_text(encoding="utf-8")
            _write(paths[name], MEASURED_LINE.sub(measured_line(saved_run(saved)), text))
        print(measured_line(saved_run(saved)).replace("# Measured", name), file=sys.stderr)
    print(recipes_page(list(paths.values()), parsed.docs / "recipes"), end="")
    return 0


def recipe_text(
    path: Path, data_dir: Path, cache_dir: Path, pictures: int | None = None, epochs: int | None = None
) -> str:
    """The recipe with the sets and weights that are here, about `pictures` pictures and `epochs` a phase.

    Raises DataMissing where none of its sets is here.
    """
    recipe, table = read_recipe(path), toml_table(path, RecipeError)
    fractions = {
        name: fraction
        for name, fraction in recipe.mix.fractions.items()
        if _has_pictures(name, data_dir, cache_dir)
    }
    if not fractions:
        raise DataMissing(f"None of the sets of {path} is here. Received: {data_dir}.")
    fractions = {name: fraction / sum(fractions.values()) for name, fraction in fractions.items()}
    table["mix"]["fractions"] = fractions
    if not _has_start_weights(recipe):
        # A batch norm frozen at mean 0 and variance 1 would normalise nothing.
        table["network"] |= {"weights": NO_WEIGHTS, "batch_norm": TRAINED}
    if pictures:
        table["limits"] = {name: round(fraction * pictures) for name, fraction in fractions.items()}
        table["schedule"]["inputs_per_epoch"] = min(pictures, recipe.schedule.inputs_per_epoch)
    for phase in table["phases"]:
        phase["epochs"] = epochs or phase["epochs"]
    return "# As it was trained here.\n" + tomli_w.dumps(table)


def _train(path: Path, folder: Path, parsed: argparse.Namespace) -> None:
    recipe = folder / "recipe.toml"
    if not runs_in([folder]):
        text = recipe_text(path, parsed.data_dir, parsed.cache_dir, parsed.pictures, parsed.epochs)
        _write(recipe, text)
    command = [sys.executable, "-m", "training", "run", str(recipe), "--data-dir", str(parsed.data_dir)]
    command += ["--cache-dir", str(parsed.cache_dir), "--out", str(folder), "--resume"]
    # Ten networks in one process would fill the memory.
    if code := subprocess.run(command).returncode:
        raise RecipeError(
            f"The training of {path.stem} ended early, for the reason above. Received: exit code {code}."
        )


def _score(folder: Path, data_dir: Path, cache_dir: Path) -> None:
    detector = Detector(threads=1)
    write_predictions(CHIPS, loaded_networks([folder]), detector, data_dir, cache_dir, splits=("test",))
    write_scores(scores(read_predictions([folder]), read_variant(folder), detector.sha256), folder)


def _save(folder: Path, saved: Path) -> None:
    """Copy what of a scored run is committed: no weights, no figures, and of its scores the headline."""
    saved.mkdir(parents=True, exist_ok=True)
    for file in SAVED_FILES:
        shutil.copyfile(folder / file, saved / file)
    _write(saved / HEADLINE_FILE, compact_json(headline(read_scores(read_variant(folder)))))


def _plot(names: list[str], docs: Path) -> int:
    """Plot curves and confusion matrices of the runs saved in `docs`; print the folder of each."""
    from training.run_folder.figures import write_curves, write_matrix

    for name in names:
        run, document = saved_run(docs / "recipes" / name), read_headline(docs / "recipes" / name)
        if run is None or document is None:
            print(f"{name} is not trained yet.", file=sys.stderr)
            continue
        folder = docs / "drawn" / "recipes" / name
        write_curves(run.history, run.best_epoch or run.epochs_done, name, folder)
        for set_name, splits in document["sets"].items():
            for split, section in splits.items():
                for kind, classes, key in (
                    ("age", AGE_GROUPS, "age_group_confusion"),
                    ("gender", GENDERS, "gender_confusion"),
                ):
                    counts = np.array(section[key])
                    if counts.any():  # else the network has no such head
                        title = f"{kind.title()}s, {set_name} {split}"
                        write_matrix(counts, classes, title, folder / f"confusion_{kind}.svg")
        print(folder)
    return 0


def _is_complete(folder: Path) -> bool:
    return any(run.state == COMPLETE for run in runs_in([folder]))


def _is_scored(folder: Path) -> bool:
    try:
        return bool(read_scores(read_variant(folder))["sets"])
    except ProjectError:
        return False


def _has_start_weights(recipe: Recipe) -> bool:
    """Whether the start weights are here or can be fetched; an embedding has no other start."""
    from training.networks.build import started_network

    if recipe.network.weights in (NO_WEIGHTS, FACERES) or recipe.network.architecture == EMBEDDING:
        return True
    try:
        return bool(started_network(recipe.network, recipe.input.input_px, None))
    except DataMissing:
        return False


def _has_pictures(set_name: str, data_dir: Path, cache_dir: Path) -> bool:
    try:
        return not load_records(set_name, data_dir, cache_dir).empty
    except DataMissing:
        return False


def _write(path: Path, text: str) -> None:
    with whole_file(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8")

"""Recipes and the runs kept of them -> the page docs/recipes.md and the measured line of each recipe.

A run's weights are not committed. The page is written from what is: SAVED_FILES and HEADLINE_FILE of each run
in docs/recipes/NAME.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from dataset import utkface
from dataset.baselines import majority_gender_accuracy, median_age_mae
from dataset.splits import read_split
from evaluation.metrics.definitions import HIGHER, LOWER
from evaluation.metrics.estimates import Estimate
from evaluation.metrics.rows import predicted_female
from evaluation.reports.render import render
from evaluation.reports.scores import estimates_in
from evaluation.runs import COMPLETE, SCORED_SET, SCORED_SPLIT, Run, runs_in
from faces.errors import TableError
from faces.variants import VARIANT_TOML, read_variant
from recipes.recipe import NO_WEIGHTS, Recipe, read_recipe
from recipes.run import RunFacts, read_run

SAVED_FILES = ("recipe.toml", "run.toml", "variant.toml", "history.csv")
HEADLINE_FILE = "headline.json"
HEADLINE_KEYS = ("mae", "accuracy")  # what the page shows of some thirty metrics
MATRICES = ("gender_confusion", "age_group_confusion")  # what figures are plotted from
MEASURED_LINE = re.compile(r"^# Measured: .*$", re.MULTILINE)
NOT_TRAINED = "not trained yet"


@dataclass(frozen=True)
class ConstantPredictions:
    """Metrics of the median age and the majority gender on UTKFace's test split, from its file names."""

    median_age_years: float
    mae_years: float
    gender: str
    accuracy: float
    count: int


def constant_predictions() -> ConstantPredictions:
    """The median age and the majority gender of the train split, scored on the test split."""
    labels: dict[str, list[utkface.Labels]] = {"train": [], "test": []}
    split = read_split()
    for file, name in zip(split.file, split.split, strict=True):
        label = utkface.labels_in(file)
        if name in labels and isinstance(label, utkface.Labels):
            labels[name].append(label)
    ages, genders = (
        [np.array([getattr(label, field) for label in labels[name]]) for name in ("train", "test")]
        for field in ("age_years", "gender")
    )
    return ConstantPredictions(
        float(np.median(ages[0])),
        median_age_mae(*ages),
        "female" if predicted_female(genders[0].mean()) else "male",
        majority_gender_accuracy(*genders),
        len(ages[1]),
    )


def recipes_page(recipe_paths: Sequence[Path], runs_folder: Path) -> str:
    """The page on all recipes, by name; `runs_folder` has one folder a run."""
    constant = constant_predictions()
    runs = {path: saved_run(runs_folder / path.stem) for path in sorted(recipe_paths)}
    return render(
        "recipes.md.j2",
        constant=constant,
        rows=[_cells(path, run, constant) for path, run in runs.items()],
        folder=runs_folder.name,
        runs=[
            {"name": path.stem, "device": run.device, "files": _files(run.folder)}
            for path, run in runs.items()
            if run is not None
        ],
    )


def headline(document: dict[str, Any]) -> dict[str, Any]:
    """Excerpt of a network's metrics.json under the same keys: HEADLINE_KEYS and MATRICES of one split.

    Raises TableError where it was not scored on the test split of UTKFace.
    """
    section = document["sets"].get(SCORED_SET, {}).get(SCORED_SPLIT)
    if section is None:
        scored = ", ".join(document["sets"])
        raise TableError(f"A headline is of {SCORED_SET}, {SCORED_SPLIT}. Received: scores of {scored}.")
    excerpt = {
        "pictures": section["pictures"],
        "metrics": {key: section["metrics"][key] for key in HEADLINE_KEYS},
    }
    excerpt |= {name: section[name] for name in MATRICES}
    hashes = {key: document[key] for key in document if key.endswith("_sha256")}
    return {"variant": document["variant"], **hashes, "sets": {SCORED_SET: {SCORED_SPLIT: excerpt}}}


def read_headline(folder: Path) -> dict[str, Any] | None:
    """The headline in the folder of a run; None without it, or where it scores another network."""
    paths = folder / HEADLINE_FILE, folder / VARIANT_TOML
    if not all(path.is_file() for path in paths):
        return None
    document = json.loads(paths[0].read_text(encoding="utf-8"))
    return document if document["network_sha256"] == read_variant(folder).network_sha256 else None


def saved_run(folder: Path) -> Run | None:
    """The complete, scored run in `folder`; None where there is none."""
    run, document = next(iter(runs_in([folder])), None), read_headline(folder)
    if run is None or run.state != COMPLETE or document is None:
        return None
    return replace(run, estimates=estimates_in(document, SCORED_SET, SCORED_SPLIT))


def measured_line(run: Run | None) -> str:
    """The line of a recipe's head that reports its run."""
    if run is None or run.estimates is None:
        return f"# Measured: {NOT_TRAINED}."
    figures = [
        f"{label} {run.estimates[key].text}"
        for key, label in (("mae", "age MAE"), ("accuracy", "gender accuracy"))
        if run.estimates[key].known
    ]
    facts = read_run(run.folder)
    epochs = f"{run.epochs_done} epoch{'s' if run.epochs_done > 1 else ''}"
    return (
        f"# Measured: {', '.join(figures)} on UTKFace test; {epochs} on {facts.training_pictures:,} "
        f"pictures from {facts.start} in {_minutes(run)} minutes (docs/recipes.md)."
    )


def _cells(path: Path, run: Run | None, constant: ConstantPredictions) -> list[str]:
    recipe = read_recipe(path)
    described = [f"`{path.stem}`", f"{recipe.network.architecture}, {recipe.input.input_mode}"]
    published = recipe.published or "–"
    if run is None or run.estimates is None:
        return [*described, f"{recipe.input.input_px} px", *["–"] * 4, NOT_TRAINED, *["–"] * 3, published]
    facts, trained = read_run(run.folder), read_recipe(run.folder / "recipe.toml")
    mae, accuracy = run.estimates["mae"], run.estimates["accuracy"]
    return [
        *described,
        f"{(run.parameters or 0) / 1e6:.2f} M parameters, {trained.input.input_px} px",
        f"{facts.training_pictures:,}{_left_out(recipe, trained)}",
        f"{run.epochs_done} ({run.best_epoch})",
        _start_words(recipe, trained, facts),
        f"{_minutes(run)}",
        mae.text_with_interval if mae.known else "–",
        _beats(mae, constant.mae_years),
        accuracy.text_with_interval if accuracy.known else "–",
        _beats(accuracy, constant.accuracy),
        published,
    ]


def _files(folder: Path) -> list[str]:
    """Names of the files that are kept of a run."""
    return [file for file in (*SAVED_FILES, HEADLINE_FILE) if (folder / file).is_file()]


def _minutes(run: Run) -> str:
    return f"{run.history.seconds.sum() / 60:.0f}"


def _left_out(recipe: Recipe, trained: Recipe) -> str:
    """Sets of the recipe that the training lacked."""
    absent = sorted(set(recipe.mix.fractions) - set(trained.mix.fractions))
    return f", without {', '.join(absent)}" if absent else ""


def _start_words(recipe: Recipe, trained: Recipe, facts: RunFacts) -> str:
    """Start weights in words; of a random start, whether the recipe has it or its weights were missing."""
    if trained.network.weights != NO_WEIGHTS:
        return facts.start
    if recipe.network.weights == NO_WEIGHTS:
        return "random, as in the recipe"
    return "architecture only, random start"


def _beats(estimate: Estimate, constant: float) -> str:
    if not estimate.known:
        return "–"
    better = estimate.metric.better
    ahead = {LOWER: estimate.high < constant, HIGHER: estimate.low > constant}[better]
    behind = {LOWER: estimate.low > constant, HIGHER: estimate.high < constant}[better]
    return "yes" if ahead else "no" if behind else "no detectable difference"

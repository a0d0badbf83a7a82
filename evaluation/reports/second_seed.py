"""Predictions of the shipped variants and of the same trainings with other seeds -> docs/second_seed.md.

Those networks are not shipped: their predictions and recipes are kept in `model_*/second_seed`, and show how
much of a figure is the chance of a training.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from evaluation.metrics.comparisons import compared, headline_keys
from evaluation.metrics.metrics import all_estimates
from evaluation.predictions import read_predictions
from evaluation.reports.lineage import recipes_of
from evaluation.reports.render import render
from evaluation.sets import PUBLISHED_SPLIT, SETS
from faces.variants import Variant, read_variant
from recipes.recipe import Recipe

FOLDER = "second_seed"  # in the folder of a variant


def second_seed_page(variants: Sequence[Variant], predictions: pd.DataFrame, detector_path: Path) -> str:
    """The Markdown page; `predictions` are those of `variants`, which are two.

    It compares nothing where the recipes differ in more than their seeds. Raises VariantError where a
    variant has no second seed, TableError where its predictions are of another network, split or detector.
    """
    seconds = [read_variant(variant.folder / FOLDER) for variant in variants]
    pairs = list(zip(variants, seconds, strict=True))
    if any(_without_seeds(shipped) != _without_seeds(second) for shipped, second in pairs):
        return render("second_seed.md.j2", rows=[])
    table = pd.concat([predictions, read_predictions([second.folder for second in seconds], detector_path)])
    table = table[table.split == PUBLISHED_SPLIT]
    names = {shipped.name: second.name for shipped, second in pairs}
    return render(
        "second_seed.md.j2",
        seeds={"shipped": _seeds(variants[0]), "second": _seeds(seconds[0])},
        rows=[row for name in SETS for row in _rows(table[table.set == name], name, names)],
        verdicts=[_verdict(table[table.set == name], name, names) for name in SETS],
    )


def _rows(of_set: pd.DataFrame, set_name: str, names: dict[str, str]) -> list[dict[str, Any]]:
    """A row a variant and headline metric: both estimates, and their paired difference."""
    rows = []
    for shipped, second in names.items():
        differences = compared(of_set, shipped, second).differences
        estimates, others = (all_estimates(of_set[of_set.variant == name]) for name in (shipped, second))
        rows += [
            {
                "set": set_name,
                "variant": shipped,
                "shipped": estimates[key],
                "second": others[key],
                "difference": differences[key],
                "within": estimates[key].low <= others[key].value <= estimates[key].high,
            }
            for key in headline_keys(estimates)
        ]
    return rows


def _verdict(of_set: pd.DataFrame, set_name: str, names: dict[str, str]) -> dict[str, str]:
    """Which of the two variants is better, by the shipped training and by the second."""
    shipped_names = {second: shipped for shipped, second in names.items()}
    of_seconds = of_set[of_set.variant.isin(shipped_names)]
    renamed = of_seconds.assign(variant=of_seconds.variant.map(shipped_names))
    return {
        "set": set_name,
        "shipped": compared(of_set, *names).sentence,
        "second": compared(renamed, *names).sentence,
    }


def _without_seeds(variant: Variant) -> list[Recipe]:
    """The recipes of all parts of a training, less their names and seeds."""
    return [
        replace(recipe, name="any", path=Path(), schedule=replace(recipe.schedule, seed=0))
        for recipe in recipes_of(variant.folder).values()
    ]


def _seeds(variant: Variant) -> list[int]:
    """A seed a part of the training."""
    return [recipe.schedule.seed for recipe in recipes_of(variant.folder).values()]

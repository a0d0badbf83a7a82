"""Predictions of the shipped variants and of the same trainings with other seeds -> docs/second_seed.md.

Those networks are not shipped: their predictions and recipes are kept in `model_*/second_seed`, and show how
much of a figure is the chance of a training.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from evaluation.metrics.comparisons import Comparison, compared, headline_keys
from evaluation.metrics.estimates import Estimate
from evaluation.metrics.registry import all_estimates
from evaluation.predictions import read_predictions
from evaluation.reports.lineage import recipes_of
from evaluation.reports.render import render
from evaluation.reports.scores import estimates_in, published_comparisons, read_scores
from evaluation.sets import PUBLISHED_SPLIT
from faces.variants import Variant, read_variant
from recipes.recipe import Recipe

FOLDER = "second_seed"  # in the folder of a variant


def second_seed_page(
    variants: Sequence[Variant],
    predictions: pd.DataFrame,
    comparisons: Mapping[str, Comparison],
    detector_path: Path,
) -> str:
    """The Markdown page; `predictions` are those of `variants`, which are two, `comparisons` theirs by set.

    It compares nothing where the recipes differ in more than their seeds. Raises VariantError where a
    variant has no second seed, DataMissing where it was not scored, TableError where scores or predictions
    are of another network, split or detector.
    """
    seconds = [read_variant(variant.folder / FOLDER) for variant in variants]
    pairs = list(zip(variants, seconds, strict=True))
    if any(_without_seeds(shipped) != _without_seeds(second) for shipped, second in pairs):
        return render("second_seed.md.j2", rows=[])
    of_seconds = read_predictions([second.folder for second in seconds], detector_path)
    documents = {variant.name: read_scores(variant) for variant in variants}
    both = pd.concat([predictions, of_seconds])
    rows = []
    for set_name in comparisons:
        of_set = both[(both.set == set_name) & (both.split == PUBLISHED_SPLIT)]
        for shipped, second in pairs:
            estimates = estimates_in(documents[shipped.name], set_name, PUBLISHED_SPLIT)
            rows += _rows(of_set, set_name, estimates, shipped.name, second.name)
    of_second = published_comparisons(_renamed(of_seconds, pairs))
    return render(
        "second_seed.md.j2",
        seeds={"shipped": _seeds(variants[0]), "second": _seeds(seconds[0])},
        rows=rows,
        verdicts=[(name, comparisons[name].sentence, of_second[name].sentence) for name in comparisons],
    )


def _rows(
    of_set: pd.DataFrame, set_name: str, estimates: Mapping[str, Estimate], shipped: str, second: str
) -> list[dict[str, Any]]:
    """A row a headline metric: both estimates, and their paired difference."""
    differences = compared(of_set, shipped, second).differences
    others = all_estimates(of_set[of_set.variant == second])
    return [
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


def _renamed(of_seconds: pd.DataFrame, pairs: Sequence[tuple[Variant, Variant]]) -> pd.DataFrame:
    """Predictions of the second trainings under the names of the shipped."""
    names = {second.name: shipped.name for shipped, second in pairs}
    return of_seconds.assign(variant=of_seconds.variant.map(names))


def _without_seeds(variant: Variant) -> list[Recipe]:
    """The recipes of all parts of a training, less their names and seeds."""
    return [
        replace(recipe, name="any", path=Path(), schedule=replace(recipe.schedule, seed=0))
        for recipe in recipes_of(variant.folder).values()
    ]


def _seeds(variant: Variant) -> list[int]:
    """A seed a part of the training."""
    return [recipe.schedule.seed for recipe in recipes_of(variant.folder).values()]

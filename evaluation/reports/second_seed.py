"""Predictions of the shipped variants and of the same trainings with other seeds -> docs/second_seed.md.

They show how much of a figure is the chance of a training, and which differences both trainings have.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from evaluation.metrics.comparisons import Comparison, compared, headline_keys
from evaluation.metrics.differences import corrected
from evaluation.metrics.estimates import Estimate
from evaluation.metrics.registry import all_estimates
from evaluation.predictions import read_predictions
from evaluation.reports.lineage import recipes_of
from evaluation.reports.render import render
from evaluation.reports.scores import estimates_in, published_comparisons, read_scores
from evaluation.second_trainings import second_training_of
from evaluation.sets import PUBLISHED_SPLIT
from faces.variants import Variant


def second_seed_page(
    variants: Sequence[Variant],
    predictions: pd.DataFrame,
    comparisons: Mapping[str, Comparison],
    detector_path: Path,
) -> str:
    """The Markdown page; `predictions` are those of `variants`, which are two, `comparisons` theirs by set.

    It compares nothing where the recipes differ in more than their seeds. Raises VariantError where a second
    training is wrong, DataMissing where it was not scored, TableError where scores or predictions are of
    another network, split or detector.
    """
    pairs = [(variant, second) for variant in variants if (second := second_training_of(variant)) is not None]
    if len(pairs) < len(variants):
        return render("second_seed.md.j2", rows=[])
    of_seconds = read_predictions([second.folder for _, second in pairs], detector_path)
    documents = {variant.name: read_scores(variant) for variant in variants}
    both = pd.concat([predictions, of_seconds])
    rows = []
    for set_name in comparisons:
        of_set = both[(both.set == set_name) & (both.split == PUBLISHED_SPLIT)]
        for shipped, second in pairs:
            estimates = estimates_in(documents[shipped.name], set_name, PUBLISHED_SPLIT)
            rows += _rows(of_set, set_name, estimates, shipped.name, second.name)
    differences = corrected([row["difference"] for row in rows])
    names = {second.name: shipped.name for shipped, second in pairs}
    again = published_comparisons(of_seconds.assign(variant=of_seconds.variant.map(names)))
    return render(
        "second_seed.md.j2",
        seeds={"shipped": _seeds(variants[0]), "second": _seeds(pairs[0][1])},
        rows=[row | {"difference": one} for row, one in zip(rows, differences, strict=True)],
        verdicts=[
            (name, comparison.sentence, again[name].sentence, comparison.verdict.state)
            for name, comparison in comparisons.items()
        ],
    )


def _rows(
    of_set: pd.DataFrame, set_name: str, estimates: Mapping[str, Estimate], shipped: str, second: str
) -> list[dict[str, Any]]:
    """A row a headline metric: both estimates, and their paired difference before any correction."""
    differences = compared(of_set, shipped, second).differences
    others = all_estimates(of_set[of_set.variant == second])
    return [
        {
            "set": set_name,
            "variant": shipped,
            "shipped": estimates[key],
            "second": others[key],
            "difference": replace(differences[key], p_corrected=None),
        }
        for key in headline_keys(estimates)
    ]


def _seeds(variant: Variant) -> list[int]:
    """A seed a part of the training."""
    return [recipe.schedule.seed for recipe in recipes_of(variant.folder).values()]

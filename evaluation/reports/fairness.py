"""Predictions and scores of the variants -> the page docs/fairness.md."""

import math
from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

import pandas as pd

from evaluation.metrics.definitions import FRACTION, YEARS
from evaluation.metrics.differences import SIGNIFICANCE
from evaluation.metrics.estimates import formatted
from evaluation.metrics.fairness import ALL_AGES, FEWEST_COMPARED
from evaluation.metrics.slices import MIN_PICTURES
from evaluation.reports.baseline_release import baseline_fairness, present_fairness
from evaluation.reports.render import render
from evaluation.reports.scores import read_scores
from faces.variants import Variant

HEADS = {
    "mae": "age MAE, years",
    "bias": "bias, years",
    "accuracy": "gender accuracy, %",
    "bin_accuracy": "age in the right bin, %",
}
UNITS = {"mae": YEARS, "bias": YEARS, "accuracy": FRACTION, "bin_accuracy": FRACTION}
GROUP = ["gender", "race", "age_group"]


def fairness_page(variants: Sequence[Variant], predictions: pd.DataFrame) -> str:
    """The Markdown page, of the published split of every set that names races and was predicted."""
    present, baseline = present_fairness(predictions, variants), baseline_fairness(variants)
    names = [variant.name for variant in variants]
    tables = [
        _table(groups, baseline[(baseline.set == key[0]) & (baseline.split == key[1])], names)
        | {"set": key[0], "split": key[1]}
        for key, groups in present.groupby(["set", "split"], sort=False)
    ]
    return render(
        "fairness.md.j2",
        min_pictures=MIN_PICTURES,
        fewest_compared=FEWEST_COMPARED,
        significance=SIGNIFICANCE,
        heads=HEADS,
        units=UNITS,
        names=names,
        releases=[changes for variant in variants if (changes := _since_baseline(variant))],
        tables=tables,
    )


def _since_baseline(variant: Variant) -> dict[str, Any] | None:
    """Changes by gender and race that metrics.json holds; None for a variant without a baseline release."""
    changes = read_scores(variant)["since_baseline"]
    if changes is None:
        return None
    groups = groupby(changes["changes"], key=itemgetter("gender", "race"))
    return {
        "variant": variant,
        "baseline_sha256": changes["network_sha256"],
        "groups": [(*key, list(rows)) for key, rows in groups],
    }


def _table(groups: pd.DataFrame, baseline: pd.DataFrame, names: Sequence[str]) -> dict[str, Any]:
    """A row a gender, race and age group, and of each variant the figures that the set allows."""
    figures = [figure for figure in HEADS if groups[figure].notna().any()]
    baseline_rows = {
        tuple(row[key] for key in ("variant", *GROUP)): row for row in baseline.to_dict("records")
    }
    rows = []
    for key, of_group in groups.groupby(GROUP, sort=False):
        gender, race, age_group = key
        by_name = {row["variant"]: row for row in of_group.to_dict("records")}
        count = max(row["count"] for row in by_name.values())
        cells = [gender, race, "all ages" if age_group == ALL_AGES else age_group, f"{count:,}"]
        cells += [
            _figure(by_name.get(name), figure, baseline_rows.get((name, *key)), count)
            for name in names
            for figure in figures
        ]
        rows.append(cells if count >= MIN_PICTURES else [f"*{cell}*" for cell in cells])
    return {"figures": figures, "has_baseline": len(baseline) > 0, "rows": rows}


def _figure(row: dict | None, figure: str, earlier: dict | None, count: int) -> str:
    """`4.38 (4.20–4.61) · 4.50`: the figure with its interval and that of the baseline release."""
    if row is None or not math.isfinite(row[figure]):
        return "–"
    signed = figure == "bias"
    value, low, high = (
        formatted(row[f"{figure}{end}"], UNITS[figure], with_unit=False, signed=signed)
        for end in ("", "_low", "_high")
    )
    text = value if count < MIN_PICTURES else f"{value} ({low}{' to ' if signed else '–'}{high})"
    if earlier is None:
        return text
    return f"{text} · {formatted(earlier[figure], UNITS[figure], with_unit=False, signed=signed)}"

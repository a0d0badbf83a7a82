"""Scores and comparisons of the variants -> the metrics table of the README, between its two markers."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from evaluation.metrics.comparisons import HEADLINE_KEYS, Comparison, fallback_text
from evaluation.metrics.definitions import METRICS
from evaluation.metrics.estimates import Estimate
from evaluation.metrics.states import STATES, TWO_TRAININGS
from evaluation.reports.render import render
from evaluation.reports.scores import estimates_in, read_scores
from evaluation.sets import PUBLISHED_SPLIT, SETS
from faces.errors import DataMissing
from faces.variants import Variant

BEGIN, END = "<!-- metrics: begin -->", "<!-- metrics: end -->"


def readme_table(
    variants: Sequence[Variant], comparisons: Mapping[str, Comparison], runs: Mapping[str, int]
) -> str:
    """Headline metrics of all variants on every test set; a verdict a set of `comparisons`.

    `runs` is how often each test set was scored.
    """
    documents = {variant.name: read_scores(variant) for variant in variants}
    rows, verdicts = [], []
    for set_name in SETS:
        estimates = {
            name: of_variant
            for name, document in documents.items()
            if (of_variant := estimates_in(document, set_name, PUBLISHED_SPLIT))
        }
        for name in estimates:
            section = documents[name]["sets"][set_name][PUBLISHED_SPLIT]
            rows.append(
                {
                    "set": set_name,
                    "variant": name,
                    "pictures": section["pictures"],
                    "cells": [
                        _cell(estimates[name][key], name, comparisons.get(set_name), key)
                        for key in HEADLINE_KEYS
                    ],
                    "no_face": fallback_text(section["no_face_fraction"]),
                }
            )
        if set_name in comparisons:
            in_bins = {name: of_name["bin_accuracy"] for name, of_name in estimates.items()}
            known = any(estimate.known for estimate in in_bins.values())
            verdicts.append(
                {
                    "set": set_name,
                    "comparison": comparisons[set_name],
                    "in_bins": in_bins if known else {},
                }
            )
    metrics = [METRICS[key] for key in HEADLINE_KEYS]
    return render(
        "readme_table.md.j2",
        metrics=metrics,
        rows=rows,
        verdicts=verdicts,
        states=STATES,
        two_trainings=TWO_TRAININGS,
        runs=runs,
    )


def with_table(readme: Path, table: str) -> str:
    """The text of `readme` with `table` between its markers. Raises DataMissing where they are not there."""
    text = readme.read_text(encoding="utf-8") if readme.is_file() else ""
    if BEGIN not in text or END not in text:
        raise DataMissing(f"{readme} lacks '{BEGIN}' and '{END}', between which the metrics table belongs.")
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    return f"{before}{BEGIN}\n{table.rstrip()}\n{END}{after}"


def _cell(estimate: Estimate, name: str, comparison: Comparison | None, key: str) -> str:
    """The estimate with its interval; in bold where a detected paired difference makes it better."""
    if not estimate.known:
        return "–"
    if comparison is None or name != comparison.better_by(key):
        return estimate.text_with_interval
    return estimate.text_with_interval.replace(estimate.text, f"**{estimate.text}**", 1)

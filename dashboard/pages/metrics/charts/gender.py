"""The charts about genders: precision and recall, and accuracy against answer rate."""

import math
from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from dashboard.pages.metrics.charts.chart import (
    MANY,
    NO_GENDERS,
    Chart,
    View,
    estimates_table,
    needs_head,
    table_of_each,
)
from dashboard.pages.metrics.figures import abstention_figure, scores_figure
from dashboard.pages.metrics.numbers import Numbers
from dashboard.pages.metrics.selection import Selection
from evaluation.metrics.abstention import accuracy_by_answer_rate
from evaluation.metrics.gender import recall_gap
from evaluation.metrics.rows import with_genders
from faces.predictions import GENDER

GENDER_SCORES = [
    (f"{score}_{gender}", f"{words}, {MANY[gender]}")
    for gender in ("female", "male")
    for score, words in (("precision", "Precision"), ("recall", "Recall"), ("f1", "F1"))
]


def _gender_scores(numbers: Numbers, selection: Selection) -> pd.DataFrame:
    return estimates_table(numbers, selection, GENDER_SCORES)


def _recall_gap(view: View, name: str) -> tuple[float, float, float]:
    rows = with_genders(view.numbers.rows(view.selection, name))
    return view.numbers.once(("recall gap", view.selection, name), lambda: recall_gap(rows))


def _recall_gaps_in_words(gaps: Mapping[str, tuple[float, float, float]]) -> str:
    """Whose genders are wrong more often, by intervals of the gap itself; by variant where they differ."""
    if not all(math.isfinite(gap) for gap, _, _ in gaps.values()):
        return "Women and men cannot be compared here: one of them is missing"
    words = {
        name: "genders of women are wrong more often than those of men"
        if high < 0
        else "genders of men are wrong more often than those of women"
        if low > 0
        else "no detectable difference between women and men"
        for name, (_, low, high) in gaps.items()
    }
    if len(set(words.values())) == 1:
        text = next(iter(words.values()))
        return text[0].upper() + text[1:]
    return "; ".join(f"{name}: {text}" for name, text in words.items())


@needs_head(GENDER)
def _plot_gender_scores(table: pd.DataFrame, view: View) -> go.Figure:
    known = [name for name in view.names if view.numbers.estimates(view.selection, name)["accuracy"].known]
    title = _recall_gaps_in_words({name: _recall_gap(view, name) for name in known}) if known else NO_GENDERS
    return scores_figure(table, title, view.names, view.colours)


def _accuracy_by_answer_rate(numbers: Numbers, selection: Selection) -> pd.DataFrame:
    return table_of_each(numbers, selection, lambda rows: accuracy_by_answer_rate(with_genders(rows)))


@needs_head(GENDER)
def _plot_accuracy_by_answer_rate(table: pd.DataFrame, view: View) -> go.Figure:
    if table.empty:
        return view.empty(NO_GENDERS)
    estimates = {name: view.numbers.estimates(view.selection, name) for name in view.names}
    rules = pd.DataFrame(
        [
            (name, of_variant["answer_rate"].value, right.value, right.low, right.high, right.count)
            for name, of_variant in estimates.items()
            for right in (of_variant["selective_accuracy"],)
        ],
        columns=["variant", "fraction", "value", "low", "high", "count"],
    )
    title = view.each(
        "accuracy",
        lambda of_variant: (
            f"answers {of_variant['answer_rate'].text}, {of_variant['selective_accuracy'].text} of them right"
        ),
    )
    return abstention_figure(table, rules, title, view.names, view.colours)


GENDER_CHARTS = (
    Chart(
        "gender_scores",
        _gender_scores,
        _plot_gender_scores,
        "Precision: of those predicted as a gender, how many are. Recall: of a gender, how many are "
        "predicted as it.",
    ),
    Chart(
        "accuracy_by_answer_rate",
        _accuracy_by_answer_rate,
        _plot_accuracy_by_answer_rate,
        "Giving only the more probable genders leaves fewer answers, and more of them right. The large "
        "point is the threshold that is served: whatever is less probable is answered as uncertain.",
    ),
)

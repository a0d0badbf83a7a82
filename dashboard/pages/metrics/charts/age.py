"""The charts about ages: predicted against true, the cumulative score, and MAE beside published results."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.pages.metrics.charts.chart import (
    Chart,
    View,
    estimates_table,
    needs_head,
    no_head_in_words,
    table_of_each,
)
from dashboard.pages.metrics.figures import (
    DENSITY_STEP_YEARS,
    OLDEST_SHOWN,
    beside_others_figure,
    cs_figure,
    density_figure,
)
from dashboard.pages.metrics.numbers import Numbers
from dashboard.pages.metrics.selection import Selection
from evaluation.metrics.definitions import CS_YEARS
from evaluation.metrics.references import read_references
from evaluation.metrics.rows import NO_AGE_HEAD, with_ages
from faces.predictions import AGE


def age_density(rows: pd.DataFrame) -> pd.DataFrame:
    """Counts on a grid of ages: columns true_years, predicted_years (both where bins start), count."""
    aged = with_ages(rows)
    edges = np.arange(0, OLDEST_SHOWN + DENSITY_STEP_YEARS, DENSITY_STEP_YEARS)
    counts, _, _ = np.histogram2d(
        aged.age_years.clip(upper=OLDEST_SHOWN), aged.predicted_age_years, bins=[edges, edges]
    )
    true, predicted = np.meshgrid(edges[:-1], edges[:-1], indexing="ij")
    return pd.DataFrame(
        {
            "true_years": true.ravel(),
            "predicted_years": predicted.ravel(),
            "count": counts.ravel().astype(int),
        }
    )


def _density_of(index: int) -> Chart:
    """The density of the first (0) or second (1) selected variant."""

    def plot(table: pd.DataFrame, view: View) -> go.Figure:
        if index >= len(view.names):
            return view.empty("", "There is one variant alone.")
        name = view.names[index]
        bias = view.numbers.estimates(view.selection, name)["bias"]
        if bias.reason == NO_AGE_HEAD:
            return view.empty(f"{name}: {NO_AGE_HEAD}", no_head_in_words([name], AGE))
        title = f"{name}: ages are right on average" if bias.known else f"{name}: no exact ages"
        if bias.low > 0 or bias.high < 0:
            direction = "old" if bias.value > 0 else "young"
            title = f"{name}: {abs(bias.value):.1f} years too {direction} on average"
        of_variant = table[table.variant == name]
        return density_figure(of_variant, title, view.scheme, most=float(table["count"].max()))

    return Chart(
        f"predicted_against_true_{index + 1}",
        lambda numbers, selection: table_of_each(numbers, selection, age_density),
        plot,
        "How often each predicted age goes with each true age. On the dotted line both are equal.",
    )


def _cs(numbers: Numbers, selection: Selection) -> pd.DataFrame:
    keys = [(f"cs_{years}", str(years)) for years in CS_YEARS]
    rows = estimates_table(numbers, selection, keys)
    return rows.assign(years=rows.score.astype(int), fraction=rows.value)[
        ["variant", "years", "fraction", "low", "high", "count"]
    ]


@needs_head(AGE)
def _plot_cs(table: pd.DataFrame, view: View) -> go.Figure:
    references, set_name = read_references(), view.selection.set
    published = [
        (name, years, value)
        for years in CS_YEARS
        for name, value in references.published_for(set_name, f"cs_{years}")
    ]
    floor = references.curve_floor.fractions if set_name == references.curve_floor.set else ()
    title = "Within 5 years: " + view.each("cs_5", lambda of_variant: of_variant["cs_5"].text)
    return cs_figure(
        table, title, view.names, view.colours, floor=floor, published=published, note=references.note
    )


def _mae(numbers: Numbers, selection: Selection) -> pd.DataFrame:
    return estimates_table(numbers, selection, [("mae", "mae")])


@needs_head(AGE)
def _plot_beside_others(table: pd.DataFrame, view: View) -> go.Figure:
    references, set_name = read_references(), view.selection.set
    floor = references.floor_for(set_name, "mae")
    title = "Off on average: " + view.each("mae", lambda of_variant: of_variant["mae"].text)
    return beside_others_figure(
        table, references.published_for(set_name, "mae"), title, view.names, view.colours,
        floor=floor.value if floor else None, note=references.note,
    )  # fmt: skip


AGE_CHARTS = (
    _density_of(0),
    _density_of(1),
    Chart(
        "cs_curve",
        _cs,
        _plot_cs,
        "Cumulative score: the share of pictures whose age is off by at most so many years. Dotted: what "
        "a perfect estimator would reach, for the labels of UTKFace are noisy themselves.",
    ),
    Chart(
        "beside_others",
        _mae,
        _plot_beside_others,
        "Published results were measured on other splits of UTKFace: for orientation, not for a ranking.",
    ),
)

"""The chart of how the errors of two variants differ, picture by picture."""

import pandas as pd
import plotly.graph_objects as go

from dashboard.pages.metrics.charts.chart import Chart, View, no_head_in_words
from dashboard.pages.metrics.figures import disagreement_figure
from dashboard.pages.metrics.numbers import Numbers
from dashboard.pages.metrics.selection import Selection
from evaluation.metrics.differences import both_with
from evaluation.metrics.estimates import formatted
from evaluation.metrics.rows import with_ages
from faces.predictions import AGE

FAR_APART_YEARS = 10


def _errors(numbers: Numbers, selection: Selection) -> pd.DataFrame:
    if not selection.second:
        return pd.DataFrame(columns=["file", "age_years", "first_error", "second_error"])
    first, second = both_with(with_ages, *numbers.paired_rows(selection))
    return pd.DataFrame(
        {
            "file": first.file.to_numpy(),
            "age_years": first.age_years.to_numpy(),
            "first_error": (first.predicted_age_years - first.age_years).to_numpy(),
            "second_error": (second.predicted_age_years - second.age_years).to_numpy(),
        }
    )


def _plot_errors(table: pd.DataFrame, view: View) -> go.Figure:
    if table.empty:
        text = "One variant is here."
        if view.selection.second:
            text = "Both answered none of these pictures with an exact age."
            if without := view.without_head(AGE):
                text = no_head_in_words(without, AGE)
        return view.empty("Disagreement needs two variants with ages", text)
    apart = (table.first_error - table.second_error).abs() > FAR_APART_YEARS
    title = (
        f"The two are more than {FAR_APART_YEARS} years apart on {formatted(apart.mean(), 'fraction')} "
        f"of the pictures ({apart.sum():,} of {len(table):,})"
    )
    return disagreement_figure(table, title, view.names, view.colours)


DISAGREEMENT_CHARTS = (
    Chart("disagreement", _errors, _plot_errors, "One dot a picture: the error of one against the other."),
)

"""Counts by split -> a figure of them. A pure function, as those of dashboard.shared.figures."""

import pandas as pd
import plotly.graph_objects as go

from dashboard.shared.figures import finished
from dashboard.shared.theme import split_colour

FRACTIONS, COUNTS = "fractions", "counts"


def distribution_figure(
    counts: pd.DataFrame, title: str, scheme: str | None, *, axis: str, heights: str = FRACTIONS
) -> go.Figure:
    """A bar a value and split; columns value, split, count, fraction. `heights` is FRACTIONS or COUNTS.

    Fractions are of the split: three equal bars mean that the splits are alike.
    """
    figure = go.Figure()
    for split, rows in counts.groupby("split", sort=False):
        figure.add_bar(
            x=rows.value, y=rows.fraction if heights == FRACTIONS else rows["count"], name=split,
            marker={"color": split_colour(str(split), scheme)}, customdata=rows[["count", "fraction"]],
            hovertemplate=(
                f"%{{x}}, {split}: %{{customdata[0]:,}} pictures, %{{customdata[1]:.1%}}<extra></extra>"
            ),
        )  # fmt: skip
    figure.update_xaxes(title=axis, type="category")
    figure.update_yaxes(
        title="share of the split" if heights == FRACTIONS else "pictures",
        tickformat=".0%" if heights == FRACTIONS else ",",
    )
    return finished(figure, title, scheme).update_layout(barmode="group", bargap=0.25, bargroupgap=0.05)

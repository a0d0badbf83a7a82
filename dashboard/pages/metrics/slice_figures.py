"""A metric by slice of the pictures -> its figure. A pure function, as those of dashboard.shared.figures."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboard.shared.figures import FigureColours, finished, whiskers


@dataclass(frozen=True)
class SliceAxes:
    """How `slices_figure` shows a metric; the last three are shared by figures that stand side by side."""

    metric: str  # a column, beside which stand its `_low` and `_high`
    values: str  # title of the axis of values
    slices: str  # title of the axis of slices
    order: Sequence[str]  # all slices, from left to right
    value_range: tuple[float, float] | None = None
    max_count: int | None = None
    as_percent: bool = False


def slices_figure(
    slices: pd.DataFrame, title: str, names: Sequence[str], colours: FigureColours, axes: SliceAxes
) -> go.Figure:
    """A metric by slice with whiskers, and under it the counts as bars.

    `slices`: columns variant, slice, count, and those of the metric.
    """
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.76, 0.24], vertical_spacing=0.06)
    value_format = "%{y:.1%}" if axes.as_percent else "%{y:.2f} years"
    for name in names:
        rows = slices[slices.variant == name]
        colour = colours.variant(name)
        values, low, high = (rows[f"{axes.metric}{end}"] for end in ("", "_low", "_high"))
        figure.add_scatter(
            x=rows.slice, y=values, name=name, mode="lines+markers", row=1, col=1,
            error_y=whiskers(values, low, high) | {"thickness": 1.2, "color": colour},
            line={"color": colour, "width": 2}, marker={"size": 7}, customdata=rows["count"],
            hovertemplate=(
                f"{name}, {axes.slices} %{{x}}: {value_format}<br>%{{customdata:,}} pictures<extra></extra>"
            ),
        )  # fmt: skip
    order = list(axes.order)
    counts = slices.groupby("slice", sort=False)["count"].max().reindex(order).fillna(0)
    figure.add_bar(
        x=order, y=counts, row=2, col=1, showlegend=False, marker={"color": colours.neutral("line")},
        hovertemplate=f"{axes.slices} %{{x}}: %{{y:,}} pictures<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(categoryorder="array", categoryarray=order, type="category")
    figure.update_xaxes(title=axes.slices, row=2, col=1)
    figure.update_yaxes(
        title=axes.values, range=axes.value_range, tickformat=".0%" if axes.as_percent else None, row=1, col=1
    )
    count_range = [0, axes.max_count * 1.1] if axes.max_count else None
    figure.update_yaxes(title="pictures", nticks=3, range=count_range, row=2, col=1)
    if axes.metric == "bias":
        figure.add_hline(y=0, line={"color": colours.neutral("quiet"), "width": 1}, row=1, col=1)
    return finished(figure, title, colours.scheme)

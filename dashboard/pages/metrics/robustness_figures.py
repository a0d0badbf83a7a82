"""Curves over the severity of a corruption -> the panels of the Robustness section. Pure functions.

Panels are compared side by side: they share one axis of values, and the axis of severities is in the unit of
the corruption.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from dashboard.shared.figures import FigureColours, finished

PANEL_HEIGHT_PX = 270
UNCHANGED = "–"  # in the place of a level


@dataclass(frozen=True)
class SeverityAxes:
    """The axes of a panel; `value_format` is Plotly's, `value_range` that of all panels."""

    values: str  # title of the axis of values
    levels: str  # unit of the levels, the title of the axis of severities
    value_range: tuple[float, float]
    value_format: str


def robustness_figure(
    curves: pd.DataFrame,
    metric: str,
    title: str,
    names: Sequence[str],
    colours: FigureColours,
    axes: SeverityAxes,
) -> go.Figure:
    """One metric of each variant over the severities 0 to 5, its 95 % interval as a band.

    `curves`: columns variant, severity, level, count, `metric`, `metric`_low, `metric`_high.
    """
    figure = go.Figure()
    for name in names:
        rows = curves[curves.variant == name]
        values, low, high = (rows[f"{metric}{end}"] for end in ("", "_low", "_high"))
        colour = colours.variant(name)
        figure.add_scatter(
            x=[*rows.severity, *rows.severity[::-1]], y=[*high, *low[::-1]],
            fill="toself", fillcolor=colour, opacity=0.15, line={"width": 0}, mode="lines",
            hoverinfo="skip", showlegend=False,
        )  # fmt: skip
        steps = [_step(level, axes.levels) for level in rows.level]
        figure.add_scatter(
            x=rows.severity, y=values, name=name, mode="lines+markers",
            line={"color": colour, "width": 2}, marker={"size": 6},
            customdata=list(zip(steps, low, high, rows["count"], strict=True)),
            hovertemplate=(
                f"{name}, %{{customdata[0]}}: %{{y:{axes.value_format}}} (%{{customdata[1]:"
                f"{axes.value_format}}} to %{{customdata[2]:{axes.value_format}}})"
                "<br>%{customdata[3]:,} pictures<extra></extra>"
            ),
        )  # fmt: skip
    return _over_severities(figure, curves, title, colours, axes)


def face_found_figure(
    curves: pd.DataFrame, title: str, colours: FigureColours, axes: SeverityAxes
) -> go.Figure:
    """The fraction of pictures in which the detector still finds the face: one curve for all variants.

    `curves`: columns severity, level, face_found_fraction, face_found_count, a row a severity.
    """
    figure = go.Figure(
        go.Scatter(
            x=curves.severity, y=curves.face_found_fraction, name="detector", mode="lines+markers",
            line={"color": colours.neutral("ink"), "width": 2}, marker={"size": 6},
            customdata=curves.face_found_count, showlegend=True,
            hovertemplate="face found: %{y:.1%}<br>of %{customdata:,} pictures<extra></extra>",
        )
    )  # fmt: skip
    return _over_severities(figure, curves, title, colours, axes)


def _over_severities(
    figure: go.Figure, curves: pd.DataFrame, title: str, colours: FigureColours, axes: SeverityAxes
) -> go.Figure:
    levels = curves.drop_duplicates("severity").set_index("severity").level
    figure.update_xaxes(
        title=axes.levels,
        tickvals=list(levels.index),
        ticktext=[_level(level) for level in levels],
        range=[-0.25, 5.25],
        zeroline=False,
    )
    figure.update_yaxes(
        title=axes.values, range=list(axes.value_range), tickformat=axes.value_format, nticks=6
    )
    return finished(figure, title, colours.scheme).update_layout(height=PANEL_HEIGHT_PX)


def _step(level: float, unit: str) -> str:
    return "unchanged" if pd.isna(level) else f"{level:g} ({unit})"


def _level(level: float) -> str:
    return UNCHANGED if pd.isna(level) else f"{level:g}"

"""Curves over the strength of a change -> the small figures of the Robustness section. Pure functions.

A room of its own because its panels are read side by side: they share one axis of values, and the axis of
strengths is written in the unit of the change.
"""

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from dashboard.shared.figures import finished
from dashboard.shared.theme import neutral, variant_colour

PANEL_HEIGHT_PX = 270
UNCHANGED = "–"  # in the place of an amount


def robustness_figure(
    curves: pd.DataFrame,
    metric: str,
    title: str,
    names: Sequence[str],
    scheme: str | None,
    *,
    axis: str,
    levels_of: str,
    value_range: tuple[float, float],
    value_format: str,
) -> go.Figure:
    """One measure of each variant over the strengths 0 to 5, its 95 % interval as a band.

    `curves`: columns variant, strength, amount, count, `measure`, `measure`_low, `measure`_high. `levels_of`
    is the unit of the amounts, `value_format` Plotly's for the values, `value_range` that of all panels.
    """
    figure = go.Figure()
    for name in names:
        rows = curves[curves.variant == name]
        colour = variant_colour(name, names, scheme)
        figure.add_scatter(
            x=[*rows.severity, *rows.severity[::-1]],
            y=[*rows[f"{metric}_high"], *rows[f"{metric}_low"][::-1]],
            fill="toself", fillcolor=colour, opacity=0.15, line={"width": 0}, mode="lines",
            hoverinfo="skip", showlegend=False,
        )  # fmt: skip
        steps = [_step(level, levels_of) for level in rows.level]
        figure.add_scatter(
            x=rows.severity, y=rows[metric], name=name, mode="lines+markers",
            line={"color": colour, "width": 2}, marker={"size": 6},
            customdata=list(
                zip(steps, rows[f"{metric}_low"], rows[f"{metric}_high"], rows["count"], strict=True)
            ),
            hovertemplate=(
                f"{name}, %{{customdata[0]}}: %{{y:{value_format}}}"
                f" (%{{customdata[1]:{value_format}}} to %{{customdata[2]:{value_format}}})"
                "<br>%{customdata[3]:,} pictures<extra></extra>"
            ),
        )  # fmt: skip
    return _over_severities(figure, curves, title, scheme, axis, levels_of, value_range, value_format)


def face_found_figure(
    curves: pd.DataFrame, title: str, scheme: str | None, *, axis: str, levels_of: str
) -> go.Figure:
    """The share of pictures in which the detector still finds the face: one curve, for all variants share it.

    `curves`: columns strength, amount, face_found_share, face_found_count, a row a strength.
    """
    figure = go.Figure(
        go.Scatter(
            x=curves.severity, y=curves.face_found_fraction, name="detector", mode="lines+markers",
            line={"color": neutral("ink", scheme), "width": 2}, marker={"size": 6},
            customdata=curves.face_found_count, showlegend=True,
            hovertemplate="face found: %{y:.1%}<br>of %{customdata:,} pictures<extra></extra>",
        )
    )  # fmt: skip
    return _over_severities(figure, curves, title, scheme, axis, levels_of, (0.0, 1.04), ".0%")


def _over_severities(
    figure: go.Figure,
    curves: pd.DataFrame,
    title: str,
    scheme: str | None,
    axis: str,
    levels_of: str,
    value_range: tuple[float, float],
    value_format: str,
) -> go.Figure:
    levels = curves.drop_duplicates("severity").set_index("severity").level
    figure.update_xaxes(
        title=levels_of,
        tickvals=list(levels.index),
        ticktext=[_amount(level) for level in levels],
        range=[-0.25, 5.25],
        zeroline=False,
    )
    figure.update_yaxes(title=axis, range=list(value_range), tickformat=value_format, nticks=6)
    return finished(figure, title, scheme).update_layout(height=PANEL_HEIGHT_PX)


def _step(level: float, levels_of: str) -> str:
    return "unchanged" if pd.isna(level) else f"{level:g} ({levels_of})"


def _amount(level: float) -> str:
    return UNCHANGED if pd.isna(level) else f"{level:g}"

"""A frame -> a figure. Pure functions: no callback, no network, no file; the Metrics page draws with them.

A room of its own so that a figure can be drawn, tested and saved without a server. Every figure carries its
title, which says what to see, in `layout.meta["title"]`: the page sets it as a heading that wraps, and a
downloaded picture has it on top. Colours come from dashboard.shared.theme for the scheme that is asked for.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboard.shared.theme import (
    figure_template,
    neutral,
    sequential_scale,
    variant_colour,
)

OLDEST_SHOWN = 100
DENSITY_STEP_YEARS = 4
HEIGHT_PX = 360


def empty_figure(title: str, words: str, scheme: str | None) -> go.Figure:
    """A figure of the usual size that says why there is nothing to see."""
    figure = go.Figure(layout={"xaxis": {"visible": False}, "yaxis": {"visible": False}})
    figure.add_annotation(
        text=words, showarrow=False, x=0.5, y=0.5, xref="paper", yref="paper",
        font={"color": neutral("quiet", scheme)},
    )  # fmt: skip
    return finished(figure, title, scheme)


def scores_figure(
    scores: pd.DataFrame, title: str, names: Sequence[str], scheme: str | None, *, as_percent: bool = True
) -> go.Figure:
    """Dots with whiskers; columns score, variant, value, low, high, count. A line a score, top to bottom."""
    figure = go.Figure()
    order = list(dict.fromkeys(scores.score))
    for place, name in enumerate(names):
        rows = scores[scores.variant == name]
        offset = 0.16 * (place - (len(names) - 1) / 2)
        lines = [len(order) - 1 - order.index(score) - offset for score in rows.score]
        figure.add_scatter(
            x=rows.value, y=lines, name=name, mode="markers",
            marker={"color": variant_colour(name, names, scheme), "size": 10},
            error_x=_whiskers(rows), customdata=np.column_stack([rows.score, rows["count"]]),
            hovertemplate=(
                f"{name}, %{{customdata[0]}}: %{{x:{'.1%' if as_percent else '.3f'}}}"
                "<br>%{customdata[1]:,} pictures<extra></extra>"
            ),
        )  # fmt: skip
    figure.update_xaxes(tickformat="~%" if as_percent else ".2f", title="higher is better", nticks=6)
    figure.update_yaxes(
        tickvals=list(range(len(order))),
        ticktext=order[::-1],
        range=[-0.6, len(order) - 0.4],
        showgrid=False,
        zeroline=False,
    )
    return finished(figure, title, scheme)


def abstention_figure(
    curves: pd.DataFrame, rules: pd.DataFrame, title: str, names: Sequence[str], scheme: str | None
) -> go.Figure:
    """Accuracy of the genders that are told against the share told, and the rule that is served as a point.

    `curves`: columns variant, least_probability, share, accuracy, count, a row a bound. `rules`: columns
    variant, share, value, low, high, count, a row a variant.
    """
    figure = go.Figure()
    for name in names:
        rows, rule = curves[curves.variant == name], rules[rules.variant == name]
        colour = variant_colour(name, names, scheme)
        figure.add_scatter(
            x=rows.fraction, y=rows.accuracy, mode="lines", name=name, line={"color": colour, "width": 2},
            customdata=np.column_stack([rows.abstention_threshold, rows["count"]]),
            hovertemplate=(
                f"{name}, told from %{{customdata[0]:.0%}} on: %{{x:.1%}} told, %{{y:.1%}} of them right"
                "<br>%{customdata[1]:,} pictures<extra></extra>"
            ),
        )  # fmt: skip
        figure.add_scatter(
            x=rule.fraction, y=rule.value, mode="markers", name=f"{name}, as served", error_y=_whiskers(rule),
            marker={"color": colour, "size": 12}, showlegend=False, customdata=rule["count"],
            hovertemplate=(
                f"{name}, as served: %{{x:.1%}} told, %{{y:.1%}} of them right"
                "<br>of %{customdata:,} pictures<extra></extra>"
            ),
        )  # fmt: skip
    figure.update_xaxes(title="share of genders told", tickformat=".0%", autorange="reversed")
    figure.update_yaxes(title="share of those that are right", tickformat=".0%")
    return finished(figure, title, scheme)


def density_figure(
    ages: pd.DataFrame, title: str, scheme: str | None, *, most: float | None = None
) -> go.Figure:
    """Predicted against true age as density; columns true_years, predicted_years (bin starts) and count.

    `most` is the count at which the colour is full: the same in both variants, so that they compare.
    """
    grid = ages.pivot(index="predicted_years", columns="true_years", values="count").fillna(0.0)
    counts = grid.to_numpy(float)
    middle = DENSITY_STEP_YEARS / 2
    # The root of the count: otherwise the many young adults are all that is seen.
    figure = go.Figure(
        go.Heatmap(
            z=np.where(counts > 0, np.sqrt(counts), np.nan),
            x=grid.columns.to_numpy() + middle, y=grid.index.to_numpy() + middle, customdata=counts,
            colorscale=sequential_scale(scheme), zmin=0, zmax=np.sqrt(most or max(counts.max(), 1.0)),
            showscale=False, hoverongaps=False,
            hovertemplate=(
                "true about %{x} years, predicted about %{y}<br>%{customdata:,} pictures<extra></extra>"
            ),
        )
    )  # fmt: skip
    figure.add_scatter(
        x=[0, OLDEST_SHOWN], y=[0, OLDEST_SHOWN], mode="lines", hoverinfo="skip", showlegend=False,
        line={"color": neutral("quiet", scheme), "width": 1, "dash": "dot"},
    )  # fmt: skip
    figure.update_xaxes(title="true age, years", range=[0, OLDEST_SHOWN], dtick=20)
    figure.update_yaxes(title="predicted age, years", range=[0, OLDEST_SHOWN], dtick=20)
    return finished(figure, title, scheme)


def cs_figure(
    curves: pd.DataFrame,
    title: str,
    names: Sequence[str],
    scheme: str | None,
    *,
    floor: Sequence[float] = (),
    published: Sequence[tuple[str, int, float]] = (),
    note: str = "",
) -> go.Figure:
    """Cumulative score; columns variant, years, share, low, high, count.

    `floor` holds the shares within 1, 2, … years that the labels allow, `published` (name, years, share).
    """
    figure = go.Figure()
    grey = neutral("quiet", scheme)
    if floor:
        figure.add_scatter(
            x=list(range(1, len(floor) + 1)), y=list(floor), mode="lines", name="label noise",
            line={"color": grey, "dash": "dot", "width": 1.5},
            hovertemplate="labels allow %{y:.1%} within %{x} years<extra></extra>",
        )  # fmt: skip
    for name in names:
        rows = curves[curves.variant == name]
        colour = variant_colour(name, names, scheme)
        figure.add_scatter(
            x=[*rows.years, *rows.years[::-1]], y=[*rows.high, *rows.low[::-1]], fill="toself",
            fillcolor=_faded(colour), line={"width": 0}, hoverinfo="skip", showlegend=False,
        )  # fmt: skip
        figure.add_scatter(
            x=rows.years, y=rows.fraction, mode="lines+markers", name=name, line={"color": colour, "width": 2},
            marker={"size": 5}, customdata=rows["count"],
            hovertemplate=f"{name}: %{{y:.1%}} within %{{x}} years<br>%{{customdata:,}} pictures<extra/>",
        )  # fmt: skip
    if published:
        figure.add_scatter(
            x=[years for _, years, _ in published], y=[fraction for _, _, fraction in published], mode="markers",
            name="others", text=[name for name, _, _ in published],
            marker={"color": grey, "symbol": "diamond-open", "size": 9},
            hovertemplate=f"%{{text}}: %{{y:.1%}} within %{{x}} years<br>{note}<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(title="years off, at most", range=[0.5, 15.5], dtick=5, tick0=0)
    figure.update_yaxes(title="share of pictures", tickformat=".0%", range=[0, 1.02])
    return finished(figure, title, scheme)


def beside_others_figure(
    ours: pd.DataFrame,
    published: Sequence[tuple[str, float]],
    title: str,
    names: Sequence[str],
    scheme: str | None,
    *,
    floor: float | None = None,
    note: str = "",
) -> go.Figure:
    """MAE of ours (columns variant, value, low, high, count) above published ones in grey, the best first."""
    figure = go.Figure()
    grey = neutral("quiet", scheme)
    others = sorted(published, key=lambda pair: pair[1])
    labels = [*names, *(name for name, _ in others)]
    lines = {label: len(labels) - 1 - place for place, label in enumerate(labels)}
    if others:
        figure.add_scatter(
            x=[value for _, value in others], y=[lines[name] for name, _ in others], mode="markers",
            name=note, marker={"color": grey, "symbol": "diamond-open", "size": 9},
            text=[name for name, _ in others],
            hovertemplate=f"%{{text}}: %{{x:.2f}} years<br>{note}<extra></extra>",
        )  # fmt: skip
    for name in names:
        rows = ours[ours.variant == name]
        figure.add_scatter(
            x=rows.value, y=[lines[name]] * len(rows), mode="markers", name=name, error_x=_whiskers(rows),
            marker={"color": variant_colour(name, names, scheme), "size": 10}, showlegend=False,
            customdata=rows["count"],
            hovertemplate=f"{name}: %{{x:.2f}} years<br>%{{customdata:,}} pictures<extra></extra>",
        )  # fmt: skip
    if floor is not None:
        figure.add_vline(x=floor, line={"color": grey, "dash": "dot", "width": 1.5})
        figure.add_annotation(
            x=floor, y=1, yref="paper", text="label noise", showarrow=False, xanchor="left", xshift=4,
            font={"color": grey, "size": 11},
        )  # fmt: skip
    figure.update_xaxes(title="MAE, years", rangemode="tozero")
    figure.update_yaxes(
        tickvals=list(lines.values()),
        ticktext=list(lines),
        range=[-0.6, len(labels) - 0.4],
        showgrid=False,
        zeroline=False,
    )
    return finished(figure, title, scheme)


def slices_figure(
    slices: pd.DataFrame,
    metric: str,
    title: str,
    names: Sequence[str],
    scheme: str | None,
    *,
    axis: str,
    slices_of: str,
    order: Sequence[str],
    value_range: tuple[float, float] | None = None,
    most_pictures: int | None = None,
    as_percent: bool = False,
) -> go.Figure:
    """One measure, in years or as a share, by slice with whiskers, and under it the counts as bars.

    `slices`: columns variant, slice, count, `measure`, `measure`_low, `measure`_high. `value_range` and
    `most_pictures` are shared by figures that stand side by side.
    """
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.76, 0.24], vertical_spacing=0.06)
    for name in names:
        rows = slices[slices.variant == name]
        colour = variant_colour(name, names, scheme)
        whiskers = {
            "type": "data", "symmetric": False, "thickness": 1.2, "width": 0, "color": colour,
            "array": rows[f"{metric}_high"] - rows[metric],
            "arrayminus": rows[metric] - rows[f"{metric}_low"],
        }  # fmt: skip
        figure.add_scatter(
            x=rows.slice, y=rows[metric], name=name, mode="lines+markers", row=1, col=1, error_y=whiskers,
            line={"color": colour, "width": 2}, marker={"size": 7}, customdata=rows["count"],
            hovertemplate=(
                f"{name}, {slices_of} %{{x}}: {'%{y:.1%}' if as_percent else '%{y:.2f} years'}"
                "<br>%{customdata:,} pictures<extra></extra>"
            ),
        )  # fmt: skip
    counts = slices.groupby("slice", sort=False)["count"].max().reindex(list(order)).fillna(0)
    figure.add_bar(
        x=list(order), y=counts, row=2, col=1, showlegend=False, marker={"color": neutral("line", scheme)},
        hovertemplate=f"{slices_of} %{{x}}: %{{y:,}} pictures<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(categoryorder="array", categoryarray=list(order), type="category")
    figure.update_xaxes(title=slices_of, row=2, col=1)
    figure.update_yaxes(title=axis, row=1, col=1, range=value_range, tickformat=".0%" if as_percent else None)
    figure.update_yaxes(
        title="pictures", row=2, col=1, nticks=3, range=[0, most_pictures * 1.1] if most_pictures else None
    )
    if metric == "bias":
        figure.add_hline(y=0, line={"color": neutral("quiet", scheme), "width": 1}, row=1, col=1)
    return finished(figure, title, scheme)


def disagreement_figure(
    errors: pd.DataFrame, title: str, names: Sequence[str], scheme: str | None
) -> go.Figure:
    """Error of one variant against that of the other; columns file, age_years, first_error, second_error."""
    first, second = names
    figure = go.Figure(
        go.Scatter(
            x=errors.first_error, y=errors.second_error, mode="markers", showlegend=False,
            marker={"color": neutral("ink", scheme), "size": 5, "opacity": 0.28},
            customdata=np.column_stack([errors.file, errors.age_years]),
            hovertemplate=(
                "%{customdata[0]}, %{customdata[1]:.0f} years<br>"
                f"{first}: %{{x:+.1f}} years, {second}: %{{y:+.1f}} years<extra></extra>"
            ),
        )
    )  # fmt: skip
    largest = float(np.nanmax(np.abs(errors[["first_error", "second_error"]].to_numpy()), initial=10.0))
    edge = 10 * np.ceil(largest / 10)
    quiet = neutral("quiet", scheme)
    for x, y, words in (
        (1, 1, "both too old"),
        (0, 0, "both too young"),
        (0, 1, f"{first} too young,<br>{second} too old"),
        (1, 0, f"{first} too old,<br>{second} too young"),
    ):
        figure.add_annotation(
            x=x, y=y, xref="paper", yref="paper", text=words, showarrow=False,
            xanchor="right" if x else "left", yanchor="top" if y else "bottom",
            align="right" if x else "left", font={"color": quiet, "size": 12},
        )  # fmt: skip
    zero = {"zeroline": True, "zerolinecolor": quiet, "zerolinewidth": 1}
    figure.update_xaxes(title=f"error of {first}, years", range=[-edge, edge], **zero)
    figure.update_yaxes(title=f"error of {second}, years", range=[-edge, edge], **zero)
    return finished(figure, title, scheme)


def _whiskers(rows: pd.DataFrame) -> dict:
    return {
        "type": "data", "symmetric": False, "thickness": 1.5, "width": 0,
        "array": rows.high - rows.value, "arrayminus": rows.value - rows.low,
    }  # fmt: skip


def _faded(hex_colour: str) -> str:
    red, green, blue = (int(hex_colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.15)"


def finished(figure: go.Figure, title: str, scheme: str | None) -> go.Figure:
    """Template, size, title and the margins of a figure whose title stands above it."""
    return figure.update_layout(
        template=figure_template(scheme),
        height=HEIGHT_PX,
        margin={"l": 56, "r": 12, "t": 28, "b": 44},
        paper_bgcolor=neutral("paper", scheme),
        meta={"title": title},
    )

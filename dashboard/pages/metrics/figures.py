"""The figures of the Metrics page. Pure functions, as those of dashboard.shared.figures."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.shared.figures import FigureColours, faded, finished, whiskers
from dashboard.shared.theme import neutral, sequential_scale

OLDEST_SHOWN = 100
DENSITY_STEP_YEARS = 4


def scores_figure(
    scores: pd.DataFrame, title: str, names: Sequence[str], colours: FigureColours
) -> go.Figure:
    """Fractions as dots with whiskers; columns score, variant, value, low, high, count. The first on top."""
    figure = go.Figure()
    order = list(dict.fromkeys(scores.score))
    for position, name in enumerate(names):
        rows = scores[scores.variant == name]
        offset = 0.16 * (position - (len(names) - 1) / 2)
        figure.add_scatter(
            x=rows.value, y=[len(order) - 1 - order.index(score) - offset for score in rows.score],
            name=name, mode="markers", marker={"color": colours.variant(name), "size": 10},
            error_x=whiskers(rows.value, rows.low, rows.high),
            customdata=np.column_stack([rows.score, rows["count"]]),
            hovertemplate=(
                f"{name}, %{{customdata[0]}}: %{{x:.1%}}<br>%{{customdata[1]:,}} pictures<extra></extra>"
            ),
        )  # fmt: skip
    figure.update_xaxes(tickformat="~%", title="higher is better", nticks=6)
    figure.update_yaxes(**_labelled_lines(order))
    return finished(figure, title, colours.scheme)


def abstention_figure(
    curves: pd.DataFrame, rules: pd.DataFrame, title: str, names: Sequence[str], colours: FigureColours
) -> go.Figure:
    """Selective accuracy against answer rate, and the threshold that is served as a point.

    `curves`: columns variant, abstention_threshold, fraction, accuracy, count, a row a threshold. `rules`:
    columns variant, fraction, value, low, high, count, a row a variant.
    """
    figure = go.Figure()
    for name in names:
        rows, rule = curves[curves.variant == name], rules[rules.variant == name]
        colour = colours.variant(name)
        figure.add_scatter(
            x=rows.fraction, y=rows.accuracy, mode="lines", name=name, line={"color": colour, "width": 2},
            customdata=np.column_stack([rows.abstention_threshold, rows["count"]]),
            hovertemplate=(
                f"{name}, from %{{customdata[0]:.0%}} on: %{{x:.1%}} answered, %{{y:.1%}} of them right"
                "<br>%{customdata[1]:,} pictures<extra></extra>"
            ),
        )  # fmt: skip
        figure.add_scatter(
            x=rule.fraction, y=rule.value, mode="markers", name=f"{name}, as served",
            error_y=whiskers(rule.value, rule.low, rule.high),
            marker={"color": colour, "size": 12}, showlegend=False, customdata=rule["count"],
            hovertemplate=(
                f"{name}, as served: %{{x:.1%}} answered, %{{y:.1%}} of them right"
                "<br>of %{customdata:,} pictures<extra></extra>"
            ),
        )  # fmt: skip
    figure.update_xaxes(title="share of genders answered", tickformat=".0%", autorange="reversed")
    figure.update_yaxes(title="share of those that are right", tickformat=".0%")
    return finished(figure, title, colours.scheme)


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
    colours: FigureColours,
    *,
    floor: Sequence[float] = (),
    published: Sequence[tuple[str, int, float]] = (),
    note: str = "",
) -> go.Figure:
    """Cumulative score; columns variant, years, fraction, low, high, count.

    `floor` holds the fractions within 1, 2, … years that label noise allows, `published` (name, years,
    fraction), of which `note` says what they are.
    """
    figure = go.Figure()
    grey = colours.neutral("quiet")
    if floor:
        figure.add_scatter(
            x=list(range(1, len(floor) + 1)), y=list(floor), mode="lines", name="label noise",
            line={"color": grey, "dash": "dot", "width": 1.5},
            hovertemplate="labels allow %{y:.1%} within %{x} years<extra></extra>",
        )  # fmt: skip
    for name in names:
        rows = curves[curves.variant == name]
        colour = colours.variant(name)
        figure.add_scatter(
            x=[*rows.years, *rows.years[::-1]], y=[*rows.high, *rows.low[::-1]], fill="toself",
            fillcolor=faded(colour), line={"width": 0}, hoverinfo="skip", showlegend=False,
        )  # fmt: skip
        figure.add_scatter(
            x=rows.years, y=rows.fraction, mode="lines+markers", name=name,
            line={"color": colour, "width": 2}, marker={"size": 5}, customdata=rows["count"],
            hovertemplate=f"{name}: %{{y:.1%}} within %{{x}} years<br>%{{customdata:,}} pictures<extra/>",
        )  # fmt: skip
    if published:
        others, years, fractions = zip(*published, strict=True)
        figure.add_scatter(
            x=years, y=fractions, mode="markers", name="others", text=others,
            marker={"color": grey, "symbol": "diamond-open", "size": 9},
            hovertemplate=f"%{{text}}: %{{y:.1%}} within %{{x}} years<br>{note}<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(title="years off, at most", range=[0.5, 15.5], dtick=5, tick0=0)
    figure.update_yaxes(title="share of pictures", tickformat=".0%", range=[0, 1.02])
    return finished(figure, title, colours.scheme)


def beside_others_figure(
    ours: pd.DataFrame,
    published: Sequence[tuple[str, float]],
    title: str,
    names: Sequence[str],
    colours: FigureColours,
    *,
    floor: float | None = None,
    note: str = "",
) -> go.Figure:
    """MAE of ours (columns variant, value, low, high, count) above published ones in grey, the best first."""
    figure = go.Figure()
    grey = colours.neutral("quiet")
    others = sorted(published, key=lambda name_and_value: name_and_value[1])
    labels = [*names, *(name for name, _ in others)]
    lines = {label: len(labels) - 1 - index for index, label in enumerate(labels)}
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
            x=rows.value, y=[lines[name]] * len(rows), mode="markers", name=name,
            error_x=whiskers(rows.value, rows.low, rows.high),
            marker={"color": colours.variant(name), "size": 10}, showlegend=False, customdata=rows["count"],
            hovertemplate=f"{name}: %{{x:.2f}} years<br>%{{customdata:,}} pictures<extra></extra>",
        )  # fmt: skip
    if floor is not None:
        figure.add_vline(x=floor, line={"color": grey, "dash": "dot", "width": 1.5})
        figure.add_annotation(
            x=floor, y=1, yref="paper", text="label noise", showarrow=False, xanchor="left", xshift=4,
            font={"color": grey, "size": 11},
        )  # fmt: skip
    figure.update_xaxes(title="MAE, years", rangemode="tozero")
    figure.update_yaxes(**_labelled_lines(labels))
    return finished(figure, title, colours.scheme)


def disagreement_figure(
    errors: pd.DataFrame, title: str, names: Sequence[str], colours: FigureColours
) -> go.Figure:
    """Error of one variant against that of the other; columns file, age_years, first_error, second_error."""
    first, second = names
    figure = go.Figure(
        go.Scatter(
            x=errors.first_error, y=errors.second_error, mode="markers", showlegend=False,
            marker={"color": colours.neutral("ink"), "size": 5, "opacity": 0.28},
            customdata=np.column_stack([errors.file, errors.age_years]),
            hovertemplate=(
                "%{customdata[0]}, %{customdata[1]:.0f} years<br>"
                f"{first}: %{{x:+.1f}} years, {second}: %{{y:+.1f}} years<extra></extra>"
            ),
        )
    )  # fmt: skip
    largest = float(np.nanmax(np.abs(errors[["first_error", "second_error"]].to_numpy()), initial=10.0))
    edge = 10 * np.ceil(largest / 10)
    quiet = colours.neutral("quiet")
    for x, y, text in (
        (1, 1, "both too old"),
        (0, 0, "both too young"),
        (0, 1, f"{first} too young,<br>{second} too old"),
        (1, 0, f"{first} too old,<br>{second} too young"),
    ):
        figure.add_annotation(
            x=x, y=y, xref="paper", yref="paper", text=text, showarrow=False,
            xanchor="right" if x else "left", yanchor="top" if y else "bottom",
            align="right" if x else "left", font={"color": quiet, "size": 12},
        )  # fmt: skip
    zero = {"zeroline": True, "zerolinecolor": quiet, "zerolinewidth": 1}
    figure.update_xaxes(title=f"error of {first}, years", range=[-edge, edge], **zero)
    figure.update_yaxes(title=f"error of {second}, years", range=[-edge, edge], **zero)
    return finished(figure, title, colours.scheme)


def _labelled_lines(labels: Sequence[str]) -> dict:
    """An axis with a line a label, the first on top."""
    return {
        "tickvals": list(range(len(labels))),
        "ticktext": list(labels)[::-1],
        "range": [-0.6, len(labels) - 0.4],
        "showgrid": False,
        "zeroline": False,
    }

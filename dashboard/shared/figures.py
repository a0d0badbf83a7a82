"""What the figures of all pages share: size, title, colours, the state without data.

Figures are pure functions of a table: no callback, no network, no file. Each says what to see in
`layout.meta["title"]`, which the card sets as a heading; a saved picture has it on top.
"""

from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from dashboard.shared.theme import Palette, figure_template, neutral

HEIGHT_PX = 360


@dataclass(frozen=True)
class FigureColours:
    """The colours of the variants in one scheme, "light" or "dark"; None counts as light.

    Plotly knows no CSS variables: a figure is made anew when the scheme changes.
    """

    palette: Palette
    scheme: str | None

    def variant(self, name: str) -> str:
        """The hex colour of a variant or run."""
        return self.palette.hex(name, self.scheme)

    def neutral(self, role: str) -> str:
        """The hex colour of "ink", "quiet", "line", "paper" or "surface"."""
        return neutral(role, self.scheme)


def empty_figure(title: str, text: str, scheme: str | None) -> go.Figure:
    """A figure of the usual size that says why there is nothing to see."""
    figure = go.Figure(layout={"xaxis": {"visible": False}, "yaxis": {"visible": False}})
    figure.add_annotation(
        text=text, showarrow=False, x=0.5, y=0.5, xref="paper", yref="paper",
        font={"color": neutral("quiet", scheme)},
    )  # fmt: skip
    return finished(figure, title, scheme)


def finished(figure: go.Figure, title: str, scheme: str | None) -> go.Figure:
    """The figure with template, size, title and the margins of one whose title stands above it."""
    return figure.update_layout(
        template=figure_template(scheme),
        height=HEIGHT_PX,
        margin={"l": 56, "r": 12, "t": 28, "b": 44},
        paper_bgcolor=neutral("paper", scheme),
        meta={"title": title},
    )


def whiskers(values: pd.Series, low: pd.Series, high: pd.Series) -> dict:
    """Error bars from `low` to `high`, without caps."""
    return {
        "type": "data", "symmetric": False, "thickness": 1.5, "width": 0,
        "array": high - values, "arrayminus": values - low,
    }  # fmt: skip


def faded(hex_colour: str) -> str:
    """The colour at 15 % opacity, for bands."""
    red, green, blue = (int(hex_colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.15)"

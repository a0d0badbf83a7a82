"""The cards of the Metrics page: those of its charts, and its confusion matrices under one switch."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import dash_mantine_components as dmc
from dash import html

from dashboard.pages.metrics.charts import CHARTS
from dashboard.pages.metrics.matrix_figures import COLUMNS, COUNTS, MATRIX_HEIGHT_PX, ROWS
from dashboard.shared import ids
from dashboard.shared.figure_cards import figure_card
from dashboard.shared.figures import HEIGHT_PX


def chart_card(key: str, *, height_px: int = HEIGHT_PX) -> html.Div:
    """The card of one of CHARTS; its callbacks fill the heading and the figure."""
    return figure_card(partial(ids.metrics_chart, chart=key), key, CHARTS[key].about, height_px=height_px)


def matrix_cards(about: str, names: Sequence[str], colours: Mapping[str, str]) -> html.Div:
    """Matrices side by side under one switch: one a variant and, of two variants, their difference."""
    switch = dmc.SegmentedControl(
        id=ids.metrics_fractions(about),
        value=COUNTS,
        data=[
            {"value": COUNTS, "label": "Counts"},
            {"value": ROWS, "label": "Row %"},
            {"value": COLUMNS, "label": "Column %"},
        ],
        size="xs",
        **{"aria-label": f"Numbers in the {about} matrices"},
    )
    explained = {
        "first": "Rows are true, columns are read. The darker, the more.",
        "second": "Rows are true, columns are read. The darker, the more.",
        "difference": "Second minus first. More is better on the diagonal and worse off it: the colour is "
        "that of the variant which is better in the cell.",
    }
    cards = [
        figure_card(
            partial(ids.metrics_matrix, about=about, of=of),
            f"{about}_{of}",
            explained[of],
            height_px=MATRIX_HEIGHT_PX,
        )
        for of in (("first", "second", "difference") if len(names) > 1 else ("first",))
    ]
    head = html.Div([html.P(_key(names, colours), className="matrix-words"), switch], className="matrix-head")
    return html.Div([head, html.Div(cards, className="grid-3")])


def _key(names: Sequence[str], colours: Mapping[str, str]) -> list[Any]:
    """What rows, columns and the colours of the difference mean."""
    words: list[Any] = ["Rows are true, columns are read."]
    if len(names) > 1:
        words.append(" In the difference, the colour names the better one: ")
        words += [html.B(f"{name} ", style={"color": colours[name]}) for name in names]
    return words

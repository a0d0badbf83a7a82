"""The cards of the Metrics page: those of its charts, and its confusion matrices under one switch."""

from collections.abc import Mapping, Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import html

from dashboard.pages.metrics import ids
from dashboard.pages.metrics.charts.catalogue import CHARTS
from dashboard.pages.metrics.matrices import DIFFERENCE, FIRST, SECOND
from dashboard.pages.metrics.matrix_figures import COLUMNS, COUNTS, MATRIX_HEIGHT_PX, ROWS
from dashboard.shared.figure_cards import FigureCards
from dashboard.shared.figures import HEIGHT_PX

CHART_CARDS = FigureCards("metrics-chart")
MATRIX_CARDS = {output: FigureCards(f"metrics-{output}-matrix") for output in ("gender", "age")}
MATRIX_FRACTIONS = {"gender": ids.GENDER_FRACTIONS, "age": ids.AGE_FRACTIONS}
ROBUSTNESS_CARDS = FigureCards("metrics-robustness")

ROWS_AND_COLUMNS = "Rows are true, columns are predicted."


def chart_card(key: str, *, height_px: int = HEIGHT_PX) -> html.Div:
    """The card of one of CHARTS."""
    return CHART_CARDS.card(key, CHARTS[key].about, height_px=height_px)


def matrix_cards(output: str, names: Sequence[str], colours: Mapping[str, str]) -> html.Div:
    """Matrices side by side under one switch: one a variant and, of two variants, their difference."""
    switch = dmc.SegmentedControl(
        id=MATRIX_FRACTIONS[output],
        value=COUNTS,
        data=[
            {"value": COUNTS, "label": "Counts"},
            {"value": ROWS, "label": "Row %"},
            {"value": COLUMNS, "label": "Column %"},
        ],
        size="xs",
        **{"aria-label": f"Numbers in the {output} matrices"},
    )
    about = {
        FIRST: f"{ROWS_AND_COLUMNS} The darker, the more.",
        SECOND: f"{ROWS_AND_COLUMNS} The darker, the more.",
        DIFFERENCE: "Second minus first. More is better on the diagonal and worse off it: the colour is "
        "that of the variant which is better in the cell. Bold: a detected paired difference, corrected for "
        "all cells; all others may be chance.",
    }
    cards = [
        MATRIX_CARDS[output].card(key, about[key], name=f"{output}_{key}", height_px=MATRIX_HEIGHT_PX)
        for key in (about if len(names) > 1 else (FIRST,))
    ]
    head = html.Div([html.P(_key(names, colours), className="switch-note"), switch], className="switch-row")
    return html.Div([head, html.Div(cards, className="grid-3")])


def _key(names: Sequence[str], colours: Mapping[str, str]) -> list[Any]:
    """What rows, columns and the colours of the difference mean."""
    text: list[Any] = [ROWS_AND_COLUMNS]
    if len(names) > 1:
        text.append(" In the difference, the colour names the better one: ")
        text += [html.B(f"{name} ", style={"color": colours[name]}) for name in names]
    return text

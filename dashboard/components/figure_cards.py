"""The card of a figure on Training and Data: as those of Metrics, under the ids of its own page."""

from collections.abc import Callable
from typing import Any

from dash import dcc, html

from dashboard import ids
from dashboard.components.metrics_cards import GRAPH_CONFIG, NOTHING_YET, card, save_buttons
from dashboard.figures import HEIGHT_PX


def figure_card(id_of: Callable[[str, str], dict[str, Any]], key: str, about: str) -> html.Div:
    """The card of one figure; `id_of(part, key)` gives the ids of TITLE, FIGURE, SAVE and FILE."""
    return card(
        heading=html.H3(id=id_of(ids.TITLE, key), className="chart-title"),
        graph=dcc.Graph(
            id=id_of(ids.FIGURE, key), figure=NOTHING_YET, config=GRAPH_CONFIG, style={"height": HEIGHT_PX}
        ),
        about=about,
        saves=save_buttons(id_of(ids.SAVE, key)),
        rest=dcc.Download(id=id_of(ids.FILE, key)),
        name=key,
    )

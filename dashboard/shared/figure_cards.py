"""The card of a figure on every page: a heading that says what to see, the figure, ways to save it.

A room of its own because the pages fill their cards by callbacks of their own, and the cards must be alike.
"""

from collections.abc import Callable
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from dashboard.shared import ids
from dashboard.shared.figures import HEIGHT_PX

GRAPH_CONFIG = {"displayModeBar": False, "responsive": True}
# Without it Plotly draws white paper and axes from -1 to 6 until the figure comes.
NOTHING_YET = {
    "layout": {
        "xaxis": {"visible": False},
        "yaxis": {"visible": False},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
    }
}


def figure_card(
    id_of: Callable[[str], dict[str, Any]], name: str, about: str, *, height_px: int = HEIGHT_PX
) -> html.Div:
    """The card of one figure, `about` under a question mark.

    `id_of(part)` gives the ids of TITLE and FIGURE, which a callback fills, of the button SAVE and of FILE,
    the download. `name` is that of a saved picture.
    """
    help_mark = dmc.Tooltip(
        html.Span("?", className="help-mark", tabIndex=0, role="note", **{"aria-label": about}),
        label=about,
        multiline=True,
        w=260,
        events={"hover": True, "focus": True, "touch": True},
    )
    graph = dcc.Graph(
        id=id_of(ids.FIGURE), figure=NOTHING_YET, config=GRAPH_CONFIG, style={"height": height_px}
    )
    return html.Div(
        [
            html.Div(
                [html.H3(id=id_of(ids.TITLE), className="chart-title"), help_mark], className="chart-head"
            ),
            graph,
            html.Div(
                [_save_buttons(id_of(ids.SAVE)), dcc.Download(id=id_of(ids.FILE))], className="chart-foot"
            ),
        ],
        className="chart",
        **{"data-chart": name},
    )


def _save_buttons(id_of_csv: dict[str, Any]) -> html.Div:
    """PNG and SVG are made of the figure by the browser (assets/metrics.js), CSV by the server."""
    return html.Div(
        [
            html.Button("PNG", className="save", **{"data-save": "png"}, title="Save the figure as PNG"),
            html.Button("SVG", className="save", **{"data-save": "svg"}, title="Save the figure as SVG"),
            html.Button("CSV", id=id_of_csv, className="save", title="Save the figure's numbers as CSV"),
        ],
        className="saves",
    )

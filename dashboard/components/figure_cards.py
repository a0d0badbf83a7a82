"""A card with a figure: a heading that says what to see, the figure, and ways to save it.

PNG and SVG are made of the figure by the browser (assets/metrics.js), CSV by the page's own callback.
"""

from collections.abc import Callable
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from dashboard import ids
from dashboard.components.metrics_cards import GRAPH_CONFIG, NOTHING_YET
from dashboard.figures import HEIGHT_PX


def figure_card(
    id_of: Callable[[str, str], dict[str, Any]], key: str, about: str, *, height_px: int = HEIGHT_PX
) -> html.Div:
    """The card of one figure; `id_of(part, key)` gives the ids of TITLE, FIGURE, SAVE and FILE."""
    help_mark = dmc.Tooltip(
        html.Span("?", className="help-mark", tabIndex=0, role="note", **{"aria-label": about}),
        label=about,
        multiline=True,
        w=260,
        events={"hover": True, "focus": True, "touch": True},
    )
    title = html.H3(id=id_of(ids.TITLE, key), className="chart-title")
    graph = dcc.Graph(
        id=id_of(ids.FIGURE, key), figure=NOTHING_YET, config=GRAPH_CONFIG, style={"height": height_px}
    )
    return html.Div(
        [
            html.Div([title, help_mark], className="chart-head"),
            graph,
            html.Div(
                [
                    html.Div(
                        [
                            html.Button("PNG", className="save", title="Save as PNG", **{"data-save": "png"}),
                            html.Button("SVG", className="save", title="Save as SVG", **{"data-save": "svg"}),
                            html.Button(
                                "CSV",
                                id=id_of(ids.SAVE, key),
                                className="save",
                                title="Save the numbers as CSV",
                            ),
                        ],
                        className="saves",
                    ),
                    dcc.Download(id=id_of(ids.FILE, key)),
                ],
                className="chart-foot",
            ),
        ],
        className="chart",
        **{"data-chart": key},
    )

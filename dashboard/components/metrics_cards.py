"""The cards of the Metrics page's figures: a heading that says what to see, the figure, ways to save it."""

from collections.abc import Mapping, Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from dashboard import ids
from dashboard.components.metrics_charts import CHARTS
from dashboard.figures import HEIGHT_PX
from dashboard.matrix_figures import COLUMNS, COUNTS, MATRIX_HEIGHT_PX, ROWS

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


def chart_card(key: str, *, height_px: int = HEIGHT_PX) -> html.Div:
    """The card of one of CHARTS; its callbacks fill the heading and the figure."""
    return card(
        heading=html.H3(id=ids.metrics_chart(ids.CHART_TITLE, key), className="chart-title"),
        graph=dcc.Graph(
            id=ids.metrics_chart(ids.CHART_FIGURE, key),
            figure=NOTHING_YET,
            config=GRAPH_CONFIG,
            style={"height": height_px},
        ),
        about=CHARTS[key].about,
        saves=save_buttons(ids.metrics_chart(ids.CHART_SAVE, key)),
        rest=dcc.Download(id=ids.metrics_chart(ids.CHART_FILE, key)),
        name=key,
    )


def matrix_cards(about: str, names: Sequence[str], colours: Mapping[str, str]) -> html.Div:
    """Matrices side by side under one switch: one a variant and, of two variants, their difference."""
    switch = dmc.SegmentedControl(
        id=ids.metrics_shares(about),
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
        card(
            heading=html.H3(id=ids.metrics_matrix(ids.MATRIX_TITLE, about, of), className="chart-title"),
            graph=dcc.Graph(
                id=ids.metrics_matrix(ids.MATRIX_FIGURE, about, of),
                figure=NOTHING_YET,
                config=GRAPH_CONFIG,
                style={"height": MATRIX_HEIGHT_PX},
            ),
            about=explained[of],
            saves=save_buttons(ids.metrics_matrix(ids.CHART_SAVE, about, of)),
            rest=dcc.Download(id=ids.metrics_matrix(ids.CHART_FILE, about, of)),
            name=f"{about}_{of}",
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


def card(*, heading: Any, graph: Any, about: str, saves: Any, rest: Any, name: str) -> html.Div:
    """A heading with `about` under a question mark, the figure, and below it the ways to save it."""
    help_mark = dmc.Tooltip(
        html.Span("?", className="help-mark", tabIndex=0, role="note", **{"aria-label": about}),
        label=about,
        multiline=True,
        w=260,
        events={"hover": True, "focus": True, "touch": True},
    )
    head = html.Div([heading, help_mark], className="chart-head")
    return html.Div(
        [head, graph, html.Div([saves, rest], className="chart-foot")],
        className="chart",
        **{"data-chart": name},
    )


def save_buttons(id_of_csv: dict[str, Any]) -> html.Div:
    """PNG and SVG are made of the figure by the browser (assets/metrics.js), CSV by the server."""
    return html.Div(
        [
            html.Button("PNG", className="save", **{"data-save": "png"}, title="Save the figure as PNG"),
            html.Button("SVG", className="save", **{"data-save": "svg"}, title="Save the figure as SVG"),
            html.Button("CSV", id=id_of_csv, className="save", title="Save the figure's numbers as CSV"),
        ],
        className="saves",
    )

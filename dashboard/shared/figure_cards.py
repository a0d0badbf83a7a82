"""The cards of figures on every page: a heading that says what to see, the figure, ways to save it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import dash_mantine_components as dmc
import pandas as pd
import plotly.graph_objects as go
from dash import MATCH, Input, Output, State, dcc, html, no_update

from dashboard.shared import ids as shell_ids
from dashboard.shared.callbacks import Callbacks
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


@dataclass(frozen=True)
class FigureCards:
    """Cards of one kind. Layout and callbacks find each other by `kind` and the key of a card."""

    kind: str

    def id_of(self, part: str, key: Any) -> dict[str, Any]:
        """The id of the part "figure", "title", "save" or "file" of a card; `key` may be MATCH."""
        return {"type": f"{self.kind}-{part}", "key": key}

    def card(self, key: str, about: str, *, name: str = "", height_px: int = HEIGHT_PX) -> html.Div:
        """One card; `about` stands under a question mark, `name` (else `key`) names a saved picture."""
        graph = dcc.Graph(
            id=self.id_of("figure", key), figure=NOTHING_YET, config=GRAPH_CONFIG, style={"height": height_px}
        )
        title = html.H3(id=self.id_of("title", key), className="chart-title")
        save = [_save_buttons(self.id_of("save", key)), dcc.Download(id=self.id_of("file", key))]
        return html.Div(
            [
                html.Div([title, _help_mark(about)], className="chart-head"),
                graph,
                html.Div(save, className="chart-foot"),
            ],
            className="chart",
            **{"data-chart": name or key},
        )

    def register(
        self,
        callbacks: Callbacks,
        inputs: Sequence[Input],
        *,
        figure: Callable[..., go.Figure | None],
        table: Callable[..., tuple[pd.DataFrame, str]],
    ) -> None:
        """Fill the cards and serve their CSV.

        `figure(key, scheme, *values)` is called with the key of a card, the colour scheme and the values of
        `inputs`; None leaves the card as it is. `table(key, *values)` returns what the CSV holds and its file
        name.
        """

        @callbacks.server(
            Output(self.id_of("figure", MATCH), "figure"),
            Output(self.id_of("title", MATCH), "children"),
            Input(shell_ids.COLOUR_SCHEME, "data"),
            *inputs,
            State(self.id_of("figure", MATCH), "id"),
        )
        def show(scheme: str, *arguments: Any) -> tuple[Any, Any]:
            *values, card = arguments
            plotted = figure(card["key"], scheme, *values)
            return (no_update, no_update) if plotted is None else (plotted, plotted.layout.meta["title"])

        @callbacks.server(
            Output(self.id_of("file", MATCH), "data"),
            Input(self.id_of("save", MATCH), "n_clicks"),
            *(State(value.component_id, value.component_property) for value in inputs),
            State(self.id_of("save", MATCH), "id"),
            prevent_initial_call=True,
        )
        def save(_clicks: int, *arguments: Any) -> dict[str, Any]:
            *values, card = arguments
            rows, file = table(card["key"], *values)
            return dcc.send_data_frame(rows.to_csv, file, index=False)


def _help_mark(about: str) -> dmc.Tooltip:
    return dmc.Tooltip(
        html.Span("?", className="help-mark", tabIndex=0, role="note", **{"aria-label": about}),
        label=about,
        multiline=True,
        w=260,
        events={"hover": True, "focus": True, "touch": True},
    )


def _save_buttons(id_of_csv: dict[str, Any]) -> html.Div:
    """PNG and SVG are made of the figure by the browser (assets/0_shell/figures.js), CSV by the server."""
    return html.Div(
        [
            html.Button("PNG", className="save", **{"data-save": "png"}, title="Save the figure as PNG"),
            html.Button("SVG", className="save", **{"data-save": "svg"}, title="Save the figure as SVG"),
            html.Button("CSV", id=id_of_csv, className="save", title="Save the figure's numbers as CSV"),
        ],
        className="saves",
    )

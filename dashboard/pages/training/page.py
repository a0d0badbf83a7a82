"""Training: which trainings are there, how did they learn, and which is best so far?

The callbacks are thin: runs are read from their folders (evaluation/runs.py) whenever something is shown, and
again every few seconds while one of them trains. Charts and table are drawn anew only when a file changed.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import dash
import dash_mantine_components as dmc
from dash import (
    MATCH,
    ClientsideFunction,
    Input,
    Output,
    State,
    callback,
    clientside_callback,
    dcc,
    html,
    no_update,
)

from dashboard.context import current_context
from dashboard.pages.training.charts import CURVES, chosen_in
from dashboard.pages.training.progress import mark_of, what_goes_on
from dashboard.pages.training.table import runs_rows, runs_table
from dashboard.shared import ids
from dashboard.shared.alerts import notice, page_heading
from dashboard.shared.figure_cards import figure_card
from dashboard.shared.theme import variant_css
from evaluation.runs import TRAINING, Run

dash.register_page(
    __name__, path="/training", name="Training", title="Training · Age and gender workbench", order=4
)

QUESTION = "Which trainings are there, how did they learn, and which is best so far?"
LOOK_AGAIN_MS = 5000


def layout(**query: str) -> html.Div:
    """The page; the runs whose curves are drawn come from the address: `?runs=full,wide`."""
    context = current_context()
    runs = context.tables.runs()
    if not runs:
        command = html.Code("python -m training run model_full --data-dir DIR")
        return html.Div(
            [page_heading("Training", QUESTION), notice("No runs yet.", ["Start one: ", command])]
        )
    chosen = chosen_in(query, [run.name for run in runs])
    return html.Div(
        [
            page_heading("Training", QUESTION),
            dcc.Store(id=ids.TRAINING_RUNS, data=mark_of(runs, context.workbench.ms_a_picture)),
            dcc.Interval(id=ids.TRAINING_LIVE, interval=LOOK_AGAIN_MS, disabled=not _any_trains(runs)),
            html.Div(id=ids.TRAINING_ADDRESS, hidden=True),
            html.Div(what_goes_on(runs), id=ids.TRAINING_NOW, className="training-now"),
            html.Div(runs_table(runs, context.workbench.ms_a_picture), className="metrics-grid"),
            html.Div(
                [
                    html.P("The best scores are marked ◂.", className="quiet"),
                    html.Button(
                        "CSV", id=ids.TRAINING_TABLE_CSV, className="save", title="Save the table as CSV"
                    ),
                ],
                className="training-foot",
            ),
            html.H2("Curves"),
            dmc.ChipGroup(
                [_chip(run, runs) for run in runs], id=ids.TRAINING_CHOSEN, value=chosen, multiple=True
            ),
            html.Div(
                [
                    figure_card(partial(ids.training_chart, chart=key), key, curve.about)
                    for key, curve in CURVES.items()
                ],
                className="grid-2",
            ),
        ],
        className="training",
    )


def _any_trains(runs: Sequence[Run]) -> bool:
    return any(run.state == TRAINING for run in runs)


def _chip(run: Run, runs: Sequence[Run]) -> dmc.Chip:
    colour = variant_css(run.name, [one.name for one in runs])
    return dmc.Chip(
        [html.Span(className="training-dot", style={"background": colour}), run.name],
        value=run.name,
        variant="outline",
        color="gray",
        disabled=not run.epochs_done,
    )


@callback(
    Output(ids.TRAINING_RUNS, "data"),
    Output(ids.TRAINING_NOW, "children"),
    Output(ids.TRAINING_TABLE, "rowData"),
    Output(ids.TRAINING_LIVE, "disabled"),
    Input(ids.TRAINING_LIVE, "n_intervals"),
    State(ids.TRAINING_RUNS, "data"),
    prevent_initial_call=True,
)
def look_again(_times: int, mark: str) -> tuple[Any, ...]:
    """While a run trains: what is new, or nothing at all."""
    context = current_context()
    runs = context.tables.runs()
    new_mark = mark_of(runs, context.workbench.ms_a_picture)
    if new_mark == mark:
        return no_update, no_update, no_update, no_update
    return (
        new_mark,
        what_goes_on(runs),
        runs_rows(runs, context.workbench.ms_a_picture),
        not _any_trains(runs),
    )


@callback(
    Output(ids.training_chart(ids.FIGURE, MATCH), "figure"),
    Output(ids.training_chart(ids.TITLE, MATCH), "children"),
    Input(ids.TRAINING_CHOSEN, "value"),
    Input(ids.TRAINING_RUNS, "data"),
    Input(ids.COLOUR_SCHEME, "data"),
    State(ids.training_chart(ids.FIGURE, MATCH), "id"),
)
def show_curve(chosen: list[str], _mark: str, scheme: str, card: dict[str, str]) -> tuple[Any, str]:
    runs = current_context().tables.runs()
    names = [run.name for run in runs]
    figure = CURVES[card["chart"]].draw([run for run in runs if run.name in chosen], names, scheme)
    return figure, figure.layout.meta["title"]


@callback(
    Output(ids.training_chart(ids.FILE, MATCH), "data"),
    Input(ids.training_chart(ids.SAVE, MATCH), "n_clicks"),
    State(ids.TRAINING_CHOSEN, "value"),
    State(ids.training_chart(ids.SAVE, MATCH), "id"),
    prevent_initial_call=True,
)
def save_curve(_clicks: int, chosen: list[str], button: dict[str, str]) -> dict[str, Any]:
    shown = [run for run in current_context().tables.runs() if run.name in chosen]
    table = CURVES[button["chart"]].table(shown)
    return dcc.send_data_frame(table.to_csv, f"{button['chart']}.csv", index=False)


clientside_callback(
    ClientsideFunction("training", "address"),
    Output(ids.TRAINING_ADDRESS, "children"),
    Input(ids.TRAINING_CHOSEN, "value"),
)
clientside_callback(
    ClientsideFunction("metrics", "saveTable"),
    Output(ids.TRAINING_TABLE, "exportDataAsCsv"),
    Input(ids.TRAINING_TABLE_CSV, "n_clicks"),
    prevent_initial_call=True,
)

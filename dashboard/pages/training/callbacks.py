"""The callbacks of the Training page."""

from typing import Any

import pandas as pd
import plotly.graph_objects as go
from dash import Input, Output, State, no_update

from dashboard.context import current_context
from dashboard.pages.training import ids
from dashboard.pages.training.curves import CURVES
from dashboard.pages.training.progress import is_any_training, mark_of, progress_of
from dashboard.pages.training.table import runs_rows
from dashboard.shared.callbacks import Callbacks
from dashboard.shared.figure_cards import FigureCards
from dashboard.shared.figures import FigureColours
from dashboard.shared.grids import register_csv_button

CURVE_CARDS = FigureCards("training-curve")

callbacks = Callbacks()


@callbacks.server(
    Output(ids.RUNS, "data"),
    Output(ids.PROGRESS, "children"),
    Output(ids.TABLE, "rowData"),
    Output(ids.LIVE, "disabled"),
    Input(ids.LIVE, "n_intervals"),
    State(ids.RUNS, "data"),
    prevent_initial_call=True,
)
def refresh(_times: int, mark: str) -> tuple[Any, ...]:
    """While a run trains: what is new, or nothing at all."""
    context = current_context()
    runs, ms_a_picture = context.tables.runs(), context.workbench.ms_a_picture
    new_mark = mark_of(runs, ms_a_picture)
    if new_mark == mark:
        return no_update, no_update, no_update, no_update
    return new_mark, progress_of(runs), runs_rows(runs, ms_a_picture), not is_any_training(runs)


callbacks.browser("training", "urlParams", Output(ids.URL_PARAMS, "children"), Input(ids.CHOSEN, "value"))
register_csv_button(callbacks, ids.TABLE)


def _curve_figure(key: str, scheme: str, chosen: list[str], _mark: str) -> go.Figure:
    context = current_context()
    runs = context.tables.runs()
    names = [run.name for run in runs]
    colours = FigureColours(context.palette.including(names), scheme)
    return CURVES[key].plot([run for run in runs if run.name in chosen], names, colours)


def _curve_table(key: str, chosen: list[str], _mark: str) -> tuple[pd.DataFrame, str]:
    shown = [run for run in current_context().tables.runs() if run.name in chosen]
    return CURVES[key].table(shown), f"{key}.csv"


CURVE_CARDS.register(
    callbacks,
    [Input(ids.CHOSEN, "value"), Input(ids.RUNS, "data")],
    figure=_curve_figure,
    table=_curve_table,
)

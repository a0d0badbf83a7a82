"""The callbacks of the Metrics page: thin, each turns the Selection into what one part shows."""

from functools import partial
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from dash import MATCH, Input, Output, State

from dashboard.context import current_context
from dashboard.pages.metrics import ids
from dashboard.pages.metrics.cards import CHART_CARDS, MATRIX_CARDS, MATRIX_FRACTIONS, ROBUSTNESS_CARDS
from dashboard.pages.metrics.charts.catalogue import CHARTS
from dashboard.pages.metrics.charts.chart import View
from dashboard.pages.metrics.fairness import fairness_columns, fairness_rows
from dashboard.pages.metrics.headline import headline, tiles
from dashboard.pages.metrics.matrices import matrix_figure, matrix_table
from dashboard.pages.metrics.numbers import numbers_of
from dashboard.pages.metrics.robustness import (
    PANEL_METRICS,
    is_measured,
    panel_figure,
    robustness_note,
    robustness_rows_of,
)
from dashboard.pages.metrics.sections import section_body, without_races
from dashboard.pages.metrics.selection import Selection, selection_from, splits_in
from dashboard.pages.metrics.table import table_columns, table_rows
from dashboard.shared.callbacks import Callbacks
from dashboard.shared.figures import FigureColours
from dashboard.shared.grids import register_csv_button

callbacks = Callbacks()


@callbacks.server(
    Output(ids.SELECTION, "data"),
    Output(ids.SPLIT, "data"),
    Output(ids.SPLIT, "value"),
    Input(ids.SET, "value"),
    Input(ids.SPLIT, "value"),
    Input(ids.PICTURES, "value"),
    Input(ids.FIRST, "value"),
    Input(ids.SECOND, "value"),
    prevent_initial_call=True,
)
def select(set_name: str, split: str, pictures: str, first: str, second: str) -> tuple[Any, ...]:
    """What the controls ask for, or the nearest that exists."""
    context = current_context()
    predictions = numbers_of(context).predictions
    wanted = {"set": set_name, "split": split, "pictures": pictures, "first": first, "second": second}
    selection = selection_from(wanted, predictions, list(context.variants))
    return selection.as_dict, splits_in(predictions, selection.set), selection.split


callbacks.browser("metrics", "urlParams", Output(ids.URL_PARAMS, "children"), Input(ids.SELECTION, "data"))


@callbacks.server(
    Output(ids.of_section(ids.SECTION_BODY, MATCH), "children"),
    Input(ids.of_section(ids.SECTION_NEAR, MATCH), "data"),
    State(ids.of_section(ids.SECTION_NEAR, MATCH), "id"),
    State(ids.SELECTION, "data"),
    prevent_initial_call=True,
)
def fill_section(_near: bool, store: dict[str, str], selected: dict[str, str]) -> list[Any]:
    """The cards of a section that came near the screen (assets/metrics/metrics.js watches)."""
    return section_body(store["section"], Selection(**selected))


@callbacks.server(
    Output(ids.HEADLINE, "children"), Output(ids.TILES, "children"), Input(ids.SELECTION, "data")
)
def show_headline(selected: dict[str, str]) -> tuple[Any, Any]:
    context, selection = current_context(), Selection(**selected)
    numbers, colours = numbers_of(context), context.palette.css_colours()
    return headline(numbers, selection, colours), tiles(numbers, selection, colours)


@callbacks.server(Output(ids.TABLE, "rowData"), Output(ids.TABLE, "columnDefs"), Input(ids.SELECTION, "data"))
def show_table(selected: dict[str, str]) -> tuple[Any, Any]:
    context, selection = current_context(), Selection(**selected)
    return table_rows(numbers_of(context), selection), table_columns(selection, context.palette.css_colours())


@callbacks.server(
    Output(ids.FAIRNESS_TABLE, "rowData"),
    Output(ids.FAIRNESS_TABLE, "columnDefs"),
    Output(ids.FAIRNESS_NO_RACES, "children"),
    Output(ids.FAIRNESS_SHOWN, "style"),
    Input(ids.SELECTION, "data"),
    prevent_initial_call=True,
)
def show_fairness(selected: dict[str, str]) -> tuple[Any, ...]:
    context, selection = current_context(), Selection(**selected)
    rows = fairness_rows(numbers_of(context), selection)
    return rows, fairness_columns(rows, selection, context.palette.css_colours()), *without_races(rows)


@callbacks.server(
    Output(ids.ROBUSTNESS_NOTE, "children"),
    Output(ids.ROBUSTNESS_PANELS, "hidden"),
    Input(ids.SELECTION, "data"),
)
def show_robustness_note(selected: dict[str, str]) -> tuple[Any, bool]:
    """The note above the panels; it stands alone where the selected set was not measured."""
    table, selection = current_context().tables.robustness, Selection(**selected)
    return robustness_note(table, selection), not is_measured(table, selection)


register_csv_button(callbacks, ids.TABLE)
register_csv_button(callbacks, ids.FAIRNESS_TABLE)


# --- The cards of figures: key of a card, scheme, values of the inputs -> figure or table ----------------
def _chart_figure(key: str, scheme: str, selected: dict[str, str]) -> go.Figure:
    context = current_context()
    view = View(numbers_of(context), Selection(**selected), FigureColours(context.palette, scheme))
    return CHARTS[key].plot(CHARTS[key].table(view.numbers, view.selection), view)


def _chart_table(key: str, selected: dict[str, str]) -> tuple[pd.DataFrame, str]:
    selection = Selection(**selected)
    return CHARTS[key].table(numbers_of(current_context()), selection), _file_name(key, selection)


def _matrix_figure(output: str, key: str, scheme: str, selected: dict[str, str], fractions: str) -> go.Figure:
    numbers = numbers_of(current_context())
    return matrix_figure(numbers, Selection(**selected), output, key, scheme, fractions=fractions)


def _matrix_table(
    output: str, _key: str, selected: dict[str, str], _fractions: str
) -> tuple[pd.DataFrame, str]:
    selection = Selection(**selected)
    table = matrix_table(numbers_of(current_context()), selection, output)
    return table, _file_name(f"{output}_matrix", selection)


def _panel_figure(key: str, scheme: str, selected: dict[str, str], metric: str) -> go.Figure | None:
    context, selection = current_context(), Selection(**selected)
    table = context.tables.robustness
    if not is_measured(table, selection):
        return None
    differences = numbers_of(context).conditions(selection, context.tables.robustness_predictions)
    colours = FigureColours(context.palette, scheme)
    return panel_figure(table, selection, key, PANEL_METRICS[metric], colours, differences)


def _panel_table(key: str, selected: dict[str, str], _metric: str) -> tuple[pd.DataFrame, str]:
    selection = Selection(**selected)
    table = robustness_rows_of(current_context().tables.robustness, selection, key)
    return table, _file_name(f"robustness_{key}", selection)


def _file_name(what: str, selection: Selection) -> str:
    return f"{what}_{selection.set}_{selection.split}.csv"


_SELECTION = Input(ids.SELECTION, "data")
CHART_CARDS.register(callbacks, [_SELECTION], figure=_chart_figure, table=_chart_table)
for _output, _cards in MATRIX_CARDS.items():
    _cards.register(
        callbacks,
        [_SELECTION, Input(MATRIX_FRACTIONS[_output], "value")],
        figure=partial(_matrix_figure, _output),
        table=partial(_matrix_table, _output),
    )
ROBUSTNESS_CARDS.register(
    callbacks,
    [_SELECTION, Input(ids.ROBUSTNESS_METRIC, "value")],
    figure=_panel_figure,
    table=_panel_table,
)

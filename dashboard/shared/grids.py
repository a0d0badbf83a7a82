"""The tables of all pages: an AG Grid in the colours of the page that sorts, filters and is saved as CSV."""

from typing import Any

import dash_ag_grid as dag
from dash import Input, Output, html

from dashboard.shared.callbacks import Callbacks

ROW_HEIGHT_PX = 36
# AG Grid's own theme on the page's CSS variables: it follows the colour scheme without being asked.
THEME = (
    "themeQuartz.withParams({backgroundColor: 'var(--paper)', foregroundColor: 'var(--ink)', "
    "borderColor: 'var(--line)', headerBackgroundColor: 'var(--surface)', headerTextColor: 'var(--quiet)', "
    "rowHoverColor: 'var(--surface)', fontFamily: 'inherit', fontSize: 14, wrapperBorderRadius: 10, "
    "accentColor: 'var(--full)', browserColorScheme: 'inherit'})"
)
NUMBER_COLUMN = {"type": "rightAligned", "filter": "agNumberColumnFilter"}


def grid(
    id_: str,
    rows: list[dict[str, Any]],
    columns: list[dict[str, Any]],
    *,
    height_px: int,
    csv_name: str,
    column_defaults: dict[str, Any] | None = None,
    **options: Any,
) -> dag.AgGrid:
    """The grid; `options` are further arguments of AgGrid, `csv_name` is the name of the saved file."""
    defaults = {"sortable": True, "filter": True, "resizable": True, "suppressMovable": True}
    return dag.AgGrid(
        id=id_,
        rowData=rows,
        columnDefs=columns,
        defaultColDef=defaults | (column_defaults or {}),
        dashGridOptions={
            "theme": {"function": THEME},
            "rowHeight": ROW_HEIGHT_PX,
            "enableCellTextSelection": True,
            "tooltipShowDelay": 300,
        },
        csvExportParams={"fileName": csv_name, "allColumns": True},
        style={"height": height_px, "width": "100%"},
        **options,
    )


def csv_button(grid_id: str) -> html.Button:
    """The button that saves a grid; `register_csv_button` connects the two."""
    return html.Button("CSV", id=_button_id(grid_id), className="save", title="Save the table as CSV")


def register_csv_button(callbacks: Callbacks, grid_id: str) -> None:
    callbacks.browser(
        "grids",
        "saveCsv",
        Output(grid_id, "exportDataAsCsv"),
        Input(_button_id(grid_id), "n_clicks"),
        prevent_initial_call=True,
    )


def _button_id(grid_id: str) -> str:
    return f"{grid_id}-csv"


def number_or_none(value: float) -> float | None:
    """A number as a grid sorts it, to six decimals; None, an empty cell, for NaN."""
    return round(float(value), 6) if value == value else None

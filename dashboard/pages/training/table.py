"""Runs -> the table that compares them, which sorts, filters and is saved as CSV."""

from collections.abc import Mapping, Sequence
from typing import Any

import dash_ag_grid as dag

from dashboard.pages.metrics.table import ROW_HEIGHT_PX, THEME
from dashboard.shared import ids
from evaluation.metrics.definitions import is_better
from evaluation.metrics.estimates import Estimate
from evaluation.runs import Run

UNKNOWN = "–"
SCORES = {"mae": "Test MAE, years", "accuracy": "Test gender accuracy, %"}
HEADER_PX, MOST_ROWS_SHOWN = 52, 12


def runs_table(runs: Sequence[Run], ms_a_picture: Mapping[str, float]) -> dag.AgGrid:
    """The grid with its rows; it is as high as its runs, up to twelve."""
    return dag.AgGrid(
        id=ids.TRAINING_TABLE,
        rowData=runs_rows(runs, ms_a_picture),
        columnDefs=runs_columns(),
        defaultColDef={
            "sortable": True,
            "filter": True,
            "resizable": True,
            "suppressMovable": True,
            "wrapHeaderText": True,
        },
        # Rows keep their place and the visitor's order while a training writes new numbers.
        getRowId="params.data.run",
        dashGridOptions={
            "theme": {"function": THEME},
            "rowHeight": ROW_HEIGHT_PX,
            "enableCellTextSelection": True,
            "tooltipShowDelay": 300,
        },
        csvExportParams={"fileName": "runs.csv", "allColumns": True},
        style={
            "height": HEADER_PX + ROW_HEIGHT_PX * min(max(len(runs), 2), MOST_ROWS_SHOWN),
            "width": "100%",
        },
    )


def runs_rows(runs: Sequence[Run], ms_a_picture: Mapping[str, float]) -> list[dict[str, Any]]:
    """One row a run: numbers to sort by, and beside them what is shown. `ms_a_picture` is by run."""
    best = {key: _best(runs, key) for key in SCORES}
    rows = []
    for run in runs:
        milliseconds = ms_a_picture.get(run.name)
        row: dict[str, Any] = {
            "run": run.name,
            "folder": str(run.folder),
            "recipe": run.recipe or UNKNOWN,
            "state": run.state,
            "problem": run.problem or str(run.folder),
            "epochs_done": run.epochs_done,
            "epochs": f"{run.epochs_done} of {run.epochs if run.epochs is not None else '?'}",
            "best_epoch": run.best_epoch,
            "parameters": run.parameters,
            "network_mb": None if run.network_mb is None else round(run.network_mb, 1),
            "ms_a_picture": None if milliseconds is None else round(milliseconds, 1),
            "skipped_pictures": run.skipped_pictures,
        }
        for key in SCORES:
            estimate = (run.estimates or {}).get(key)
            known = estimate is not None and estimate.known
            row[key] = round(estimate.value, 6) if known and estimate else None
            row[f"{key}_text"] = _without_unit(estimate) if known and estimate else UNKNOWN
            row[f"{key}_interval"] = estimate.text_with_interval if known and estimate else "Not scored"
            row[f"{key}_best"] = run is best[key]
            if run is best[key]:
                row[f"{key}_text"] = f"◂ {row[f'{key}_text']}"
        rows.append(row)
    return rows


def runs_columns() -> list[dict[str, Any]]:
    number = {"type": "rightAligned", "filter": "agNumberColumnFilter"}
    shown = {"function": f"params.value == null ? '{UNKNOWN}' : d3.format(',')(params.value)"}
    columns: list[dict[str, Any]] = [
        {"field": "run", "headerName": "Run", "minWidth": 130, "flex": 2, "tooltipField": "folder"},
        {"field": "recipe", "headerName": "Recipe", "minWidth": 110, "flex": 1},
        {"field": "state", "headerName": "State", "width": 112, "tooltipField": "problem"},
        {
            "field": "epochs_done", "headerName": "Epochs", "width": 100, **number,
            "valueFormatter": {"function": "params.data.epochs"},
        },
        {
            "field": "best_epoch", "headerName": "Best epoch", "width": 112, **number,
            "headerTooltip": "The epoch of the lowest validation loss, which is the one that is kept",
            "valueFormatter": shown,
        },
    ]  # fmt: skip
    for key, title in SCORES.items():
        columns += [
            {
                "field": key, "headerName": title, "width": 148, **number,
                "headerTooltip": "On the test pictures of chips, from metrics.json; the best is marked",
                "tooltipField": f"{key}_interval",
                "valueFormatter": {"function": f"params.data.{key}_text"},
                "cellStyle": {
                    "styleConditions": [
                        {"condition": f"params.data.{key}_best", "style": {"fontWeight": 650}}
                    ]
                },
            }
        ]  # fmt: skip
    return [
        *columns,
        {
            "field": "parameters",
            "headerName": "Parameters",
            "width": 136,
            **number,
            "valueFormatter": shown,
        },
        {
            "field": "network_mb",
            "headerName": "MB",
            "width": 84,
            **number,
            "headerTooltip": "Size of network.onnx",
            "valueFormatter": shown,
        },
        {
            "field": "ms_a_picture", "headerName": "ms a picture", "width": 136, **number,
            "headerTooltip": "Of the network alone, on this machine; measured when it is loaded",
            "valueFormatter": shown,
        },
    ]  # fmt: skip


def _best(runs: Sequence[Run], key: str) -> Run | None:
    """The run with the best value, if at least two were scored."""
    scored = [run for run in runs if run.estimates and key in run.estimates and run.estimates[key].known]
    best = scored[0] if len(scored) > 1 else None
    for run in scored[1:]:
        if best and best.estimates and run.estimates:
            best = run if is_better(key, run.estimates[key].value, best.estimates[key].value) else best
    return best


def _without_unit(estimate: Estimate) -> str:
    """`4.31`: the unit stands in the column's heading."""
    return estimate.text.split(" ")[0]

"""Runs -> the table that compares them, which sorts, filters and is saved as CSV."""

from collections.abc import Mapping, Sequence
from typing import Any

import dash_ag_grid as dag

from dashboard.pages.training import ids
from dashboard.shared.grids import NUMBER_COLUMN, ROW_HEIGHT_PX, grid, number_or_none
from evaluation.metrics.definitions import is_better
from evaluation.runs import Run

UNKNOWN = "–"
SCORES = {"mae": "Test MAE, years", "accuracy": "Test gender accuracy, %"}
HEADER_PX, MAX_ROWS_SHOWN = 52, 12


def runs_table(runs: Sequence[Run], ms_a_picture: Mapping[str, float]) -> dag.AgGrid:
    """The grid with its rows; it is as high as its runs, up to twelve."""
    return grid(
        ids.TABLE,
        runs_rows(runs, ms_a_picture),
        runs_columns(),
        height_px=HEADER_PX + ROW_HEIGHT_PX * min(max(len(runs), 2), MAX_ROWS_SHOWN),
        csv_name="runs.csv",
        column_defaults={"wrapHeaderText": True},
        # Rows keep their place and the visitor's order while a training writes new numbers.
        getRowId="params.data.run",
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
            row |= _score_fields(key, run, is_best=run is best[key])
        rows.append(row)
    return rows


def runs_columns() -> list[dict[str, Any]]:
    shown = {"function": f"params.value == null ? '{UNKNOWN}' : d3.format(',')(params.value)"}
    columns: list[dict[str, Any]] = [
        {"field": "run", "headerName": "Run", "minWidth": 130, "flex": 2, "tooltipField": "folder"},
        {"field": "recipe", "headerName": "Recipe", "minWidth": 110, "flex": 1},
        {"field": "state", "headerName": "State", "width": 112, "tooltipField": "problem"},
        {
            "field": "epochs_done", "headerName": "Epochs", "width": 100, **NUMBER_COLUMN,
            "valueFormatter": {"function": "params.data.epochs"},
        },
        {
            "field": "best_epoch", "headerName": "Best epoch", "width": 112, **NUMBER_COLUMN,
            "headerTooltip": "The epoch of the lowest validation loss, which is the one that is kept",
            "valueFormatter": shown,
        },
    ]  # fmt: skip
    for key, title in SCORES.items():
        columns += [
            {
                "field": key, "headerName": title, "width": 148, **NUMBER_COLUMN,
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
            **NUMBER_COLUMN,
            "valueFormatter": shown,
        },
        {
            "field": "network_mb",
            "headerName": "MB",
            "width": 84,
            **NUMBER_COLUMN,
            "headerTooltip": "Size of network.onnx",
            "valueFormatter": shown,
        },
        {
            "field": "ms_a_picture", "headerName": "ms a picture", "width": 136, **NUMBER_COLUMN,
            "headerTooltip": "Of the network alone, on this machine; measured when it is loaded",
            "valueFormatter": shown,
        },
    ]  # fmt: skip


def _score_fields(key: str, run: Run, *, is_best: bool) -> dict[str, Any]:
    """The value of a score to sort by, its text, its interval, and whether it is the best."""
    estimate = (run.estimates or {}).get(key)
    if estimate is None or not estimate.known:
        return {key: None, f"{key}_text": UNKNOWN, f"{key}_interval": "Not scored", f"{key}_best": False}
    text = estimate.text.split(" ")[0]  # the unit stands in the column's heading
    return {
        key: number_or_none(estimate.value),
        f"{key}_text": f"◂ {text}" if is_best else text,
        f"{key}_interval": estimate.text_with_interval,
        f"{key}_best": is_best,
    }


def _best(runs: Sequence[Run], key: str) -> Run | None:
    """The run with the best value, if at least two were scored."""
    scored = [run for run in runs if run.estimates and key in run.estimates and run.estimates[key].known]
    best = scored[0] if len(scored) > 1 else None
    for run in scored[1:]:
        if best and best.estimates and run.estimates:
            best = run if is_better(key, run.estimates[key].value, best.estimates[key].value) else best
    return best

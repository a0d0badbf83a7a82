"""Numbers of a selection -> the table of all metrics, which sorts, filters and is saved as CSV."""

import re
from collections.abc import Mapping
from typing import Any

import dash_ag_grid as dag

from dashboard.pages.metrics import ids
from dashboard.pages.metrics.numbers import Numbers
from dashboard.pages.metrics.selection import Selection
from dashboard.shared.grids import NUMBER_COLUMN, grid, number_or_none
from evaluation.metrics.comparisons import Comparison
from evaluation.metrics.definitions import FRACTION, METRICS
from evaluation.metrics.estimates import Estimate
from evaluation.metrics.metric_set import NAN

TABLE_HEIGHT_PX = 460


def estimates_table(
    selection: Selection, rows: list[dict[str, Any]], colours: Mapping[str, str]
) -> dag.AgGrid:
    """The grid with its rows; `table_rows` makes them."""
    columns = table_columns(selection, colours)
    return grid(ids.TABLE, rows, columns, height_px=TABLE_HEIGHT_PX, csv_name="metrics.csv")


def table_rows(numbers: Numbers, selection: Selection) -> list[dict[str, Any]]:
    """One row a metric: number, interval and text for each variant, and their paired difference."""
    comparison = numbers.comparison(selection)
    rows = []
    for key, metric in METRICS.items():
        unit = "%" if metric.unit == FRACTION else metric.unit
        estimates = [numbers.estimates(selection, name)[key] for name in selection.names]
        row: dict[str, Any] = {
            "metric": f"{metric.label}, {unit}" if unit else metric.label,
            "meaning": metric.meaning,
            "better": metric.better,
            "count": max(estimate.count for estimate in estimates),
        }
        for position, estimate in zip(("first", "second"), estimates, strict=False):
            row |= {
                position: number_or_none(estimate.value),
                f"{position}_low": number_or_none(estimate.low),
                f"{position}_high": number_or_none(estimate.high),
                f"{position}_text": _with_interval(estimate),
            }
        if comparison:
            row |= _winner(row, key, comparison) | _difference_fields(key, comparison)
        rows.append(row)
    return rows


def _winner(row: Mapping[str, Any], key: str, comparison: Comparison) -> dict[str, Any]:
    """The name of the variant that is better by a detected difference, whose text is marked; or nothing."""
    name = comparison.better_by(key)
    if name is None:
        return {}
    position = "first" if name == comparison.first else "second"
    return {"winner": name, f"{position}_text": f"◂ {row[f'{position}_text']}"}


def _difference_fields(key: str, comparison: Comparison) -> dict[str, Any]:
    difference = comparison.differences[key]
    return {
        "difference": number_or_none(difference.value),
        "difference_low": number_or_none(difference.low),
        "difference_high": number_or_none(difference.high),
        "difference_text": difference.text,
        "p_corrected": number_or_none(NAN if difference.p_corrected is None else difference.p_corrected),
        "state": comparison.state(key) if difference.count else "–",
    }


def table_columns(selection: Selection, colours: Mapping[str, str]) -> list[dict[str, Any]]:
    """The columns of the grid, two variants in their colours; intervals are hidden, but in the CSV."""
    columns: list[dict[str, Any]] = [
        {"field": "metric", "headerName": "Metric", "minWidth": 212, "flex": 2, "tooltipField": "meaning"}
    ]
    for position, name in zip(("first", "second"), selection.names, strict=False):
        better_style = {"fontWeight": 650, "color": colours[name]}
        better = {"condition": f"params.data.winner === '{name}'", "style": better_style}
        columns += [
            {
                "field": position, "headerName": name, "minWidth": 222, "flex": 2, **NUMBER_COLUMN,
                "valueFormatter": {"function": f"params.data.{position}_text"},
                "cellStyle": {"styleConditions": [better]},
            },
            {"field": f"{position}_low", "headerName": f"{name}, low", "hide": True},
            {"field": f"{position}_high", "headerName": f"{name}, high", "hide": True},
        ]  # fmt: skip
    if selection.second:
        columns += [
            {
                "field": "difference", "headerName": f"{selection.first} − {selection.second}",
                "minWidth": 235, "flex": 3, **NUMBER_COLUMN,
                "valueFormatter": {"function": "params.data.difference_text"},
            },
            {"field": "difference_low", "headerName": "difference, low", "hide": True},
            {"field": "difference_high", "headerName": "difference, high", "hide": True},
            {"field": "p_corrected", "headerName": "p, corrected by Holm", "hide": True},
            {"field": "state", "headerName": "The difference is", "minWidth": 230, "flex": 2},
            {"field": "winner", "headerName": "better", "hide": True},
        ]  # fmt: skip
    return [
        *columns,
        {"field": "better", "headerName": "Better", "width": 122},
        {
            "field": "count", "headerName": "Pictures", "width": 112, "type": "rightAligned",
            "valueFormatter": {"function": "d3.format(',')(params.value)"},
        },
    ]  # fmt: skip


def _with_interval(estimate: Estimate) -> str:
    """`4.31 (4.17–4.46)`: the unit stands beside the metric's name."""
    if not estimate.known:
        return "–"
    return re.sub(r" (years²|years|%)", "", estimate.text_with_interval)

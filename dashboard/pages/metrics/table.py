"""Numbers of a selection -> the table of all measures, which sorts, filters and is saved as CSV."""

import re
from collections.abc import Mapping
from typing import Any

import dash_ag_grid as dag

from dashboard.pages.metrics.numbers import Numbers
from dashboard.pages.metrics.selection import Selection
from dashboard.shared import ids
from evaluation.metrics.definitions import FRACTION, METRICS, is_better
from evaluation.metrics.estimates import Estimate

ROW_HEIGHT_PX = 36
# AG Grid's own theme on the page's CSS variables: it follows the colour scheme without being asked.
THEME = (
    "themeQuartz.withParams({backgroundColor: 'var(--paper)', foregroundColor: 'var(--ink)', "
    "borderColor: 'var(--line)', headerBackgroundColor: 'var(--surface)', headerTextColor: 'var(--quiet)', "
    "rowHoverColor: 'var(--surface)', fontFamily: 'inherit', fontSize: 14, wrapperBorderRadius: 10, "
    "accentColor: 'var(--full)', browserColorScheme: 'inherit'})"
)


def estimates_table(
    selection: Selection, rows: list[dict[str, Any]], colours: Mapping[str, str]
) -> dag.AgGrid:
    """The grid with its rows; `table_rows` makes them."""
    return dag.AgGrid(
        id=ids.METRICS_TABLE,
        rowData=rows,
        columnDefs=table_columns(selection, colours),
        defaultColDef={"sortable": True, "filter": True, "resizable": True, "suppressMovable": True},
        dashGridOptions={
            "theme": {"function": THEME},
            "rowHeight": ROW_HEIGHT_PX,
            "suppressCellFocus": False,
            "enableCellTextSelection": True,
            "tooltipShowDelay": 300,
        },
        csvExportParams={"fileName": "metrics.csv", "allColumns": True},
        style={"height": 460, "width": "100%"},
    )


def table_rows(numbers: Numbers, selection: Selection) -> list[dict[str, Any]]:
    """One row a measure: number, interval and text for each variant, and their paired difference."""
    comparison = numbers.comparison(selection)
    rows = []
    for key, metric in METRICS.items():
        unit = "%" if metric.unit == FRACTION else metric.unit
        estimates = [numbers.estimates(selection, name)[key] for name in selection.names]
        row: dict[str, Any] = {
            "measure": f"{metric.label}, {unit}" if unit else metric.label,
            "meaning": metric.meaning,
            "better": metric.better,
            "count": max(estimate.count for estimate in estimates),
        }
        for place, estimate in zip(("first", "second"), estimates, strict=False):
            row |= {
                place: _number(estimate.value),
                f"{place}_low": _number(estimate.low),
                f"{place}_high": _number(estimate.high),
                f"{place}_text": _without_unit(estimate),
            }
        if comparison:
            first, second = (estimate.value for estimate in estimates)
            if is_better(key, first, second):
                row |= {"winner": selection.first, "first_text": f"◂ {row['first_text']}"}
            elif is_better(key, second, first):
                row |= {"winner": selection.second, "second_text": f"◂ {row['second_text']}"}
            difference = comparison.differences[key]
            row |= {
                "difference": _number(difference.value),
                "difference_low": _number(difference.low),
                "difference_high": _number(difference.high),
                "difference_text": difference.text,
                "real": "–" if not difference.count else "yes" if difference.is_real else "no",
            }
        rows.append(row)
    return rows


def table_columns(selection: Selection, colours: Mapping[str, str]) -> list[dict[str, Any]]:
    columns: list[dict[str, Any]] = [
        {
            "field": "measure", "headerName": "Measure", "minWidth": 212, "flex": 2,
            "tooltipField": "meaning",
        }
    ]  # fmt: skip
    for place, name in zip(("first", "second"), selection.names, strict=False):
        columns += [
            {
                "field": place, "headerName": name, "minWidth": 222, "flex": 2, "type": "rightAligned",
                "filter": "agNumberColumnFilter",
                "valueFormatter": {"function": f"params.data.{place}_text"},
                "cellStyle": {
                    "styleConditions": [
                        {
                            "condition": f"params.data.winner === '{name}'",
                            "style": {"fontWeight": 650, "color": colours[name]},
                        }
                    ]
                },
            },
            {"field": f"{place}_low", "headerName": f"{name}, low", "hide": True},
            {"field": f"{place}_high", "headerName": f"{name}, high", "hide": True},
        ]  # fmt: skip
    if selection.second:
        columns += [
            {
                "field": "difference", "headerName": f"{selection.first} − {selection.second}",
                "minWidth": 235, "flex": 3, "type": "rightAligned", "filter": "agNumberColumnFilter",
                "valueFormatter": {"function": "params.data.difference_text"},
            },
            {"field": "difference_low", "headerName": "difference, low", "hide": True},
            {"field": "difference_high", "headerName": "difference, high", "hide": True},
            {"field": "real", "headerName": "Real", "width": 88},
            {"field": "winner", "headerName": "better value", "hide": True},
        ]  # fmt: skip
    columns += [
        {"field": "better", "headerName": "Better", "width": 122},
        {
            "field": "count",
            "headerName": "Pictures",
            "width": 112,
            "type": "rightAligned",
            "valueFormatter": {"function": "d3.format(',')(params.value)"},
        },
    ]
    return columns


def _without_unit(estimate: Estimate) -> str:
    """`4.31 (4.17–4.46)`: the unit stands beside the measure's name."""
    return re.sub(r" (years²|years|%)", "", estimate.text_with_interval) if estimate.known else "–"


def _number(value: float) -> float | None:
    return round(float(value), 6) if value == value else None

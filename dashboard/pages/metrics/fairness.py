"""Numbers of a selection -> the table by gender, race and age group, now and before; it sorts and is saved.

A room of its own because its rows are groups of people where those of the other table are measures, and
because groups that are too small to say anything must look so.
"""

import math
from collections.abc import Mapping
from typing import Any

import dash_ag_grid as dag
import pandas as pd

from dashboard.pages.metrics.numbers import Numbers
from dashboard.pages.metrics.selection import Selection
from dashboard.pages.metrics.table import ROW_HEIGHT_PX, THEME
from dashboard.shared import ids
from evaluation.metrics.definitions import FRACTION, YEARS
from evaluation.metrics.estimates import formatted
from evaluation.metrics.fairness import ALL_AGES
from evaluation.metrics.slices import MIN_PICTURES

TABLE_HEIGHT_PX = 520
GROUP_PX = 180
# Figure: its heading and unit.
FIGURES = {
    "mae": ("Age MAE, years", YEARS),
    "bias": ("Bias, years", YEARS),
    "bin_accuracy": ("Age in its bin, %", FRACTION),
    "accuracy": ("Gender right, %", FRACTION),
}
GROUP = {"gender": "Gender", "race": "Race", "age_group": "Age"}  # what a row is of: its heading


def fairness_table(selection: Selection, numbers: Numbers, colours: Mapping[str, str]) -> dag.AgGrid:
    """The grid of the selection; groups of fewer than FEWEST_TOLD pictures are grey."""
    rows = fairness_rows(numbers, selection)
    return dag.AgGrid(
        id=ids.FAIRNESS_TABLE,
        rowData=rows,
        columnDefs=fairness_columns(rows, selection, colours),
        defaultColDef={"sortable": True, "filter": True, "resizable": True, "suppressMovable": True},
        dashGridOptions={
            "theme": {"function": THEME},
            "rowHeight": ROW_HEIGHT_PX,
            "enableCellTextSelection": True,
            "tooltipShowDelay": 300,
        },
        getRowStyle={
            "styleConditions": [
                {"condition": f"params.data.count < {MIN_PICTURES}", "style": {"color": "var(--quiet)"}},
                {"condition": f"params.data.age_group === '{ALL_AGES}'", "style": {"fontWeight": 600}},
            ]
        },
        csvExportParams={"fileName": "fairness.csv", "allColumns": True},
        style={"height": TABLE_HEIGHT_PX, "width": "100%"},
    )


def fairness_rows(numbers: Numbers, selection: Selection) -> list[dict[str, Any]]:
    """A row a gender, race and age group: of each variant number, interval, text and what it was before.

    None where the set names no races.
    """
    rows: dict[tuple[str, ...], dict[str, Any]] = {}
    for place, name in zip(("first", "second"), selection.names, strict=False):
        cells = numbers.fairness(selection, name)
        before = numbers.before(selection, name).set_index(list(GROUP))
        for cell in cells.to_dict("records"):
            key = tuple(cell[column] for column in GROUP)
            own = {"order": len(rows), "group": _group(cell)}
            row = rows.setdefault(key, own | {column: cell[column] for column in (*GROUP, "count")})
            for figure, (_, unit) in FIGURES.items():
                if not math.isfinite(cell[figure]):
                    continue
                row[f"{place}_{figure}"] = _number(cell[figure])
                row[f"{place}_{figure}_low"] = _number(cell[f"{figure}_low"])
                row[f"{place}_{figure}_high"] = _number(cell[f"{figure}_high"])
                row[f"{place}_{figure}_text"] = _text(cell, figure, unit)
                if key in before.index:
                    old = float(before.loc[key, figure])
                    row[f"{place}_{figure}_before"] = _number(old)
                    row[f"{place}_{figure}_before_text"] = formatted(
                        old, unit, with_unit=False, signed=figure == "bias"
                    )
    return list(rows.values())


def fairness_columns(
    rows: list[dict[str, Any]], selection: Selection, colours: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Who is read, then of each variant the figures that any row has, with `before` where it is known."""
    known = set().union(*rows) if rows else set()
    # One column, as wide as its names or a half of a phone: that leaves room for a figure beside it.
    group_px = min(40 + 7.5 * max([len(row["group"]) for row in rows], default=0), GROUP_PX)
    columns: list[dict[str, Any]] = [
        {
            "field": "order", "headerName": "Group", "width": group_px, "pinned": "left",
            # A word joiner: no line ends within `20–29`. The CSV has what it joins in columns of their own.
            "useValueFormatterForExport": False,
            "valueFormatter": {"function": "params.data.group.replace('–', '–\u2060')"},
            "wrapText": True, "autoHeight": True, "cellClass": "fairness-group",
            "filter": "agTextColumnFilter", "filterValueGetter": {"function": "params.data.group"},
        },
        *({"field": field, "headerName": heading, "hide": True} for field, heading in GROUP.items()),
        {"field": "count", "headerName": "Pictures", "width": 105, "type": "rightAligned"},
    ]  # fmt: skip
    for place, name in zip(("first", "second"), selection.names, strict=False):
        figures = [figure for figure in FIGURES if f"{place}_{figure}" in known]
        children = [
            column for figure in figures for column in _figure_columns(f"{place}_{figure}", figure, known)
        ]
        columns.append({"headerName": name, "children": children, "headerStyle": {"color": colours[name]}})
    return columns


def _figure_columns(field: str, figure: str, known: set[str]) -> list[dict[str, Any]]:
    """The figure as text that sorts by its number, its interval for the CSV, and the release before."""
    heading, _ = FIGURES[figure]
    width = 222 if figure == "bias" else 192  # `−0.67 (−1.34 to −0.02)`
    number = {"type": "rightAligned", "filter": "agNumberColumnFilter"}
    columns = [
        {
            "field": field, "headerName": heading, "width": width, **number,
            "valueFormatter": {"function": f"params.data.{field}_text"},
        },
        {"field": f"{field}_low", "headerName": f"{heading}, low", "hide": True},
        {"field": f"{field}_high", "headerName": f"{heading}, high", "hide": True},
    ]  # fmt: skip
    if f"{field}_before" in known:
        columns.append(
            {
                "field": f"{field}_before", "headerName": "before", "width": 100, **number,
                "valueFormatter": {"function": f"params.data.{field}_before_text"},
                "headerTooltip": "The same figure of the release before",
            }
        )  # fmt: skip
    return columns


def _group(cell: Mapping[Any, Any]) -> str:
    """`Asian female 20–29`, and without an age where the row is of all ages."""
    ages = "" if cell["age_group"] == ALL_AGES else f" {cell['age_group']}"
    return f"{cell['race']} {cell['gender']}{ages}"


def _text(cell: Mapping[Any, Any], figure: str, unit: str) -> str:
    """`4.31 (4.17–4.46)`; without the interval where the pictures are too few."""
    value, low, high = (
        formatted(cell[f"{figure}{end}"], unit, with_unit=False, signed=figure == "bias")
        for end in ("", "_low", "_high")
    )
    if cell["count"] < MIN_PICTURES:
        return value
    return f"{value} ({low}{' to ' if figure == 'bias' else '–'}{high})"


def _number(value: float) -> float | None:
    return round(float(value), 6) if pd.notna(value) else None

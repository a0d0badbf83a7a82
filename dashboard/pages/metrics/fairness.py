"""Numbers of a selection -> the table by gender, race and age group, also of the baseline release."""

import math
from collections.abc import Mapping
from typing import Any

import dash_ag_grid as dag

from dashboard.pages.metrics import ids
from dashboard.pages.metrics.numbers import Numbers
from dashboard.pages.metrics.selection import Selection
from dashboard.shared.grids import NUMBER_COLUMN, grid, number_or_none
from evaluation.metrics.definitions import FRACTION, YEARS
from evaluation.metrics.estimates import formatted
from evaluation.metrics.fairness import ALL_AGES
from evaluation.metrics.slices import MIN_PICTURES

TABLE_HEIGHT_PX = 520
GROUP_PX = 180
# Metric: its heading and unit.
FAIRNESS_METRICS = {
    "mae": ("Age MAE, years", YEARS),
    "bias": ("Bias, years", YEARS),
    "bin_accuracy": ("Age in its bin, %", FRACTION),
    "accuracy": ("Gender right, %", FRACTION),
}
GROUP = {"gender": "Gender", "race": "Race", "age_group": "Age"}  # what a row is of: its heading


def fairness_table(selection: Selection, numbers: Numbers, colours: Mapping[str, str]) -> dag.AgGrid:
    """The grid of the selection; groups of fewer than MIN_PICTURES pictures are grey."""
    rows = fairness_rows(numbers, selection)
    conditions = [
        {"condition": f"params.data.count < {MIN_PICTURES}", "style": {"color": "var(--quiet)"}},
        {"condition": f"params.data.age_group === '{ALL_AGES}'", "style": {"fontWeight": 600}},
    ]
    return grid(
        ids.FAIRNESS_TABLE,
        rows,
        fairness_columns(rows, selection, colours),
        height_px=TABLE_HEIGHT_PX,
        csv_name="fairness.csv",
        getRowStyle={"styleConditions": conditions},
    )


def fairness_rows(numbers: Numbers, selection: Selection) -> list[dict[str, Any]]:
    """A row a gender, race and age group: of each variant number, interval, text and the release before.

    None where the set names no races.
    """
    rows: dict[tuple[str, ...], dict[str, Any]] = {}
    for position, name in zip(("first", "second"), selection.names, strict=False):
        groups = numbers.fairness(selection, name)
        before = numbers.before(selection, name).set_index(list(GROUP))
        for group in groups.to_dict("records"):
            key = tuple(group[column] for column in GROUP)
            columns = {column: group[column] for column in (*GROUP, "count")}
            row = rows.setdefault(key, {"order": len(rows), "group": _group_name(group)} | columns)
            earlier = before.loc[key] if key in before.index else None
            for metric in FAIRNESS_METRICS:
                if math.isfinite(group[metric]):
                    row |= _metric_fields(f"{position}_{metric}", metric, group, earlier)
    return list(rows.values())


def fairness_columns(
    rows: list[dict[str, Any]], selection: Selection, colours: Mapping[str, str]
) -> list[dict[str, Any]]:
    """The group, then of each variant the metrics that any row has, with `before` where it is known."""
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
    for position, name in zip(("first", "second"), selection.names, strict=False):
        children = [
            column
            for metric in FAIRNESS_METRICS
            if f"{position}_{metric}" in known
            for column in _metric_columns(f"{position}_{metric}", metric, known)
        ]
        columns.append({"headerName": name, "children": children, "headerStyle": {"color": colours[name]}})
    return columns


def _metric_fields(
    field: str, metric: str, group: Mapping[Any, Any], earlier: Mapping[Any, Any] | None
) -> dict[str, Any]:
    """Value, interval and text of a metric of a group, and those of the release before."""
    fields = {
        field: number_or_none(group[metric]),
        f"{field}_low": number_or_none(group[f"{metric}_low"]),
        f"{field}_high": number_or_none(group[f"{metric}_high"]),
        f"{field}_text": _text(group, metric),
    }
    if earlier is not None:
        fields[f"{field}_before"] = number_or_none(earlier[metric])
        fields[f"{field}_before_text"] = _formatted(float(earlier[metric]), metric)
    return fields


def _metric_columns(field: str, metric: str, known: set[str]) -> list[dict[str, Any]]:
    """The metric as text that sorts by its number, its interval for the CSV, and the release before."""
    heading, _ = FAIRNESS_METRICS[metric]
    columns: list[dict[str, Any]] = [
        {
            "field": field, "headerName": heading, **NUMBER_COLUMN,
            "width": 222 if metric == "bias" else 192,  # `−0.67 (−1.34 to −0.02)`
            "valueFormatter": {"function": f"params.data.{field}_text"},
        },
        {"field": f"{field}_low", "headerName": f"{heading}, low", "hide": True},
        {"field": f"{field}_high", "headerName": f"{heading}, high", "hide": True},
    ]  # fmt: skip
    if f"{field}_before" in known:
        columns.append(
            {
                "field": f"{field}_before", "headerName": "before", "width": 100, **NUMBER_COLUMN,
                "valueFormatter": {"function": f"params.data.{field}_before_text"},
                "headerTooltip": "The same metric of the release before",
            }
        )  # fmt: skip
    return columns


def _group_name(group: Mapping[Any, Any]) -> str:
    """`Asian female 20–29`, and without an age where the row is of all ages."""
    ages = "" if group["age_group"] == ALL_AGES else f" {group['age_group']}"
    return f"{group['race']} {group['gender']}{ages}"


def _text(group: Mapping[Any, Any], metric: str) -> str:
    """`4.31 (4.17–4.46)`; without the interval where the pictures are too few."""
    value, low, high = (_formatted(group[f"{metric}{end}"], metric) for end in ("", "_low", "_high"))
    if group["count"] < MIN_PICTURES:
        return value
    return f"{value} ({low}{' to ' if metric == 'bias' else '–'}{high})"


def _formatted(value: float, metric: str) -> str:
    _, unit = FAIRNESS_METRICS[metric]
    return formatted(value, unit, with_unit=False, signed=metric == "bias")

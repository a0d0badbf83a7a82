"""The robustness tables -> the Robustness section of the Metrics page: a panel a kind of corruption.

These tables are measured apart from the predictions: on some sets alone, and perhaps not at all. The section
says so instead of showing empty axes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import dash_mantine_components as dmc
import pandas as pd
import plotly.graph_objects as go
from dash import html

from dashboard.pages.metrics import ids
from dashboard.pages.metrics.cards import ROBUSTNESS_CARDS
from dashboard.pages.metrics.robustness_figures import (
    PANEL_HEIGHT_PX,
    SeverityAxes,
    face_found_figure,
    robustness_figure,
)
from dashboard.pages.metrics.selection import Selection
from dashboard.shared.alerts import alert
from dashboard.shared.figures import FigureColours
from evaluation.inference.corruptions import CORRUPTIONS, Corruption
from evaluation.metrics.definitions import FRACTION, YEARS
from evaluation.metrics.differences import Difference
from evaluation.metrics.estimates import formatted
from evaluation.metrics.states import NO_DIFFERENCE
from evaluation.predictions import ROBUSTNESS_COMMAND
from evaluation.reports.robustness import by_severity

MEASURED_SPLIT = "test"


@dataclass(frozen=True)
class PanelMetric:
    """What the panels may show: a column of the table, its label on the switch and on the axis, its unit."""

    column: str
    label: str
    axis: str
    unit: str


MAE = PanelMetric("mae", "MAE", "MAE, years", YEARS)
ACCURACY = PanelMetric("gender_accuracy", "Gender accuracy", "genders right", FRACTION)
FACE_FOUND = PanelMetric("face_found_fraction", "Face found", "faces found", FRACTION)
PANEL_METRICS = {metric.column: metric for metric in (MAE, ACCURACY, FACE_FOUND)}
KINDS = {corruption.key: corruption for corruption in CORRUPTIONS}


def robustness_section(table: pd.DataFrame) -> list[Any]:
    """Note, switch and panels, which callbacks fill; an alert where `table` has no rows.

    `table` has the columns of dataset.tables.columns.ROBUSTNESS.
    """
    if table.empty:
        return [
            alert(
                "Robustness was not measured yet.", ["This command does it: ", html.Code(ROBUSTNESS_COMMAND)]
            )
        ]
    switch = dmc.SegmentedControl(
        id=ids.ROBUSTNESS_METRIC,
        value=MAE.column,
        data=[{"value": metric.column, "label": metric.label} for metric in PANEL_METRICS.values()],
        size="xs",
        **{"aria-label": "What the robustness panels show"},
    )
    measured = [corruption for corruption in CORRUPTIONS if corruption.key in set(table.corruption)]
    panels = html.Div([_panel(corruption) for corruption in measured], className="grid-2")
    return [
        html.Div(id=ids.ROBUSTNESS_NOTE, className="switch-note"),
        html.Div([html.Div(switch, className="switch-row"), panels], id=ids.ROBUSTNESS_PANELS),
    ]


def is_measured(table: pd.DataFrame, selection: Selection) -> bool:
    """Whether the table has rows of the selected set, split and variants."""
    of_set = table.variant[table.set == selection.set]
    return selection.split == MEASURED_SPLIT and bool(of_set.isin(selection.names).any())


def robustness_note(table: pd.DataFrame, selection: Selection) -> Any:
    """How the pictures were corrupted, or which sets were measured where the selected one was not."""
    if not is_measured(table, selection):
        if not table.variant.isin(selection.names).any():
            text = f"Only {' and '.join(dict.fromkeys(table.variant))} were measured."
            return alert("Robustness was not measured of these variants.", text)
        sets = " and ".join(dict.fromkeys(table.set))
        return alert(
            "Not measured on these pictures.",
            f"Robustness is measured on the test pictures of {sets}: choose them at the top of the page.",
        )
    rows = table[table.set == selection.set]
    return html.P(
        f"{int(rows['count'].max()):,} pictures of {selection.set}, made worse in up to five steps. The face "
        "box stays that of the unchanged picture, so that a loss is the network's own; whether the detector "
        "still finds the face is shown apart. A heading says what the strongest step changes."
    )


def robustness_rows_of(table: pd.DataFrame, selection: Selection, corruption: str) -> pd.DataFrame:
    """What one panel shows, of the selected variants: the rows of severities 0 to 5, without the hashes."""
    rows = by_severity(table, selection.set, corruption)
    hashes = [name for name in rows.columns if name.endswith("_sha256")]
    return rows[rows.variant.isin(selection.names)].drop(columns=hashes).reset_index(drop=True)


def panel_figure(
    table: pd.DataFrame,
    selection: Selection,
    corruption: str,
    metric: PanelMetric,
    colours: FigureColours,
    differences: Mapping[tuple[str, str, int], Difference] | None = None,
) -> go.Figure:
    """One panel of a measured selection; all panels of it have the same axis of values.

    `differences` are paired ones by (metric, corruption, severity); without them none is stated.
    """
    curves = robustness_rows_of(table, selection, corruption)
    names = [name for name in selection.names if name in set(curves.variant)]
    kind = KINDS[corruption]
    title = _title(curves, kind, metric, names)
    if differences and metric is not FACE_FOUND and len(names) > 1:
        title += f". {_paired_in_words(differences, selection, corruption, metric)}"
    if metric is FACE_FOUND:
        axes = SeverityAxes(metric.axis, kind.unit, (0.0, 1.04), ".0%")
        return face_found_figure(curves[curves.variant == names[0]], title, colours, axes)
    value_format = ".1f" if metric.unit == YEARS else ".0%"
    axes = SeverityAxes(metric.axis, kind.unit, _value_range(table, selection, metric), value_format)
    return robustness_figure(curves, metric.column, title, names, colours, axes)


def _panel(corruption: Corruption) -> html.Div:
    key = corruption.key
    return ROBUSTNESS_CARDS.card(key, corruption.meaning, name=f"robustness_{key}", height_px=PANEL_HEIGHT_PX)


def _title(curves: pd.DataFrame, kind: Corruption, metric: PanelMetric, names: list[str]) -> str:
    """`Blur: full +3.20, cropped +1.10 years`: the strongest step less the unchanged pictures."""
    ends = {
        name: curves[curves.variant == name].set_index("severity")[metric.column].iloc[[0, -1]]
        for name in names
    }
    if metric is FACE_FOUND:
        return f"{kind.label}: {formatted(ends[names[0]].iloc[-1], FRACTION)} of the faces found"
    changes = ", ".join(
        f"{name} {formatted(end.iloc[1] - end.iloc[0], metric.unit, with_unit=False, signed=True)}"
        for name, end in ends.items()
    )
    return f"{kind.label}: {changes} {'years' if metric.unit == YEARS else 'points'}"


def _paired_in_words(
    differences: Mapping[tuple[str, str, int], Difference],
    selection: Selection,
    corruption: str,
    metric: PanelMetric,
) -> str:
    """`Paired: cropped is better at 4, 5`: at which severities a difference is detected."""
    severities: dict[str, list[str]] = {}
    for (column, kind, severity), difference in sorted(differences.items(), key=lambda item: item[0]):
        if column == metric.column and kind == corruption and difference.first_is_better is not None:
            name = selection.first if difference.first_is_better else selection.second
            severities.setdefault(name, []).append(str(severity))
    parts = [f"{name} is better at step {', '.join(steps)}" for name, steps in severities.items()]
    return f"Paired: {'; '.join(parts) or NO_DIFFERENCE}"


def _value_range(table: pd.DataFrame, selection: Selection, metric: PanelMetric) -> tuple[float, float]:
    """The axis of all panels: every interval of the selected variants on the selected set fits in."""
    rows = table[(table.set == selection.set) & table.variant.isin(selection.names)]
    low, high = float(rows[f"{metric.column}_low"].min()), float(rows[f"{metric.column}_high"].max())
    margin = 0.04 * (high - low)
    if metric.unit == YEARS:
        return 0.0, high + margin
    return max(low - margin, 0.0), min(high + margin, 1.02)

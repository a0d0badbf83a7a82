"""The robustness tables -> the Robustness section of the Metrics page: a panel a kind of change.

A room of its own because these tables are measured apart from the predictions: on some sets alone, and
perhaps not at all. The section says so instead of showing empty axes.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import dash_mantine_components as dmc
import pandas as pd
import plotly.graph_objects as go
from dash import html

from dashboard.pages.metrics.robustness_figures import PANEL_HEIGHT_PX, face_found_figure, robustness_figure
from dashboard.pages.metrics.selection import Selection
from dashboard.shared import ids
from dashboard.shared.alerts import notice
from dashboard.shared.figure_cards import figure_card
from evaluation.inference.corruptions import CORRUPTIONS, Corruption
from evaluation.metrics.estimates import FRACTION, YEARS, formatted
from evaluation.predictions import ROBUSTNESS_COMMAND
from evaluation.reports.robustness import by_severity

ANCHOR = "robustness"
MEASURED_SPLIT = "test"


@dataclass(frozen=True)
class Shown:
    """What the panels may show: a column of the table, its words on the switch and on the axis, its unit."""

    column: str
    label: str
    axis: str
    unit: str


MAE = Shown("mae", "MAE", "MAE, years", YEARS)
ACCURACY = Shown("gender_accuracy", "Gender accuracy", "genders read right", FRACTION)
FACE_FOUND = Shown("face_found_fraction", "Face found", "faces found", FRACTION)
SHOWN = {shown.column: shown for shown in (MAE, ACCURACY, FACE_FOUND)}
KINDS = {corruption.key: corruption for corruption in CORRUPTIONS}


def robustness_section(table: pd.DataFrame) -> list[Any]:
    """Switch, words and panels, which a callback fills; a notice where `table` has no rows.

    `table` has the columns of dataset.tables.columns.ROBUSTNESS.
    """
    if table.empty:
        return [
            notice(
                "Robustness was not measured yet.", ["This command does it: ", html.Code(ROBUSTNESS_COMMAND)]
            )
        ]
    switch = dmc.SegmentedControl(
        id=ids.metrics_section(ids.ROBUSTNESS_SHOWN, ANCHOR),
        value=MAE.column,
        data=[{"value": shown.column, "label": shown.label} for shown in SHOWN.values()],
        size="xs",
        **{"aria-label": "What the robustness panels show"},
    )
    words = html.Div(id=ids.metrics_section(ids.ROBUSTNESS_WORDS, ANCHOR), className="matrix-words")
    panels = html.Div([_panel(corruption) for corruption in CORRUPTIONS], className="grid-2")
    return [
        words,
        html.Div(
            [html.Div(switch, className="matrix-head"), panels],
            id=ids.metrics_section(ids.ROBUSTNESS_PANELS, ANCHOR),
        ),
    ]


def is_measured(table: pd.DataFrame, selection: Selection) -> bool:
    """Whether the table has rows of the selected set, split and variants."""
    of_set = table.variant[table.set == selection.set]
    return selection.split == MEASURED_SPLIT and bool(of_set.isin(selection.names).any())


def robustness_words(table: pd.DataFrame, selection: Selection) -> Any:
    """What was done to the pictures, or on which sets it was done where the selected one has no figures."""
    if not is_measured(table, selection):
        if not table.variant.isin(selection.names).any():
            words = f"Only {' and '.join(dict.fromkeys(table.variant))} were measured."
            return notice("Robustness was not measured of these variants.", words)
        sets = " and ".join(dict.fromkeys(table.set))
        return notice(
            "Not measured on these pictures.",
            f"Robustness is measured on the test pictures of {sets}: choose them at the top of the page.",
        )
    rows = table[table.set == selection.set]
    return html.P(
        f"{int(rows['count'].max()):,} pictures of {selection.set}, made worse in five steps. The face box "
        "stays that of the unchanged picture, so that a loss is the network's own; whether the detector "
        "still finds the face is told apart. A heading says what the strongest step changes."
    )


def robustness_rows_of(table: pd.DataFrame, selection: Selection, corruption: str) -> pd.DataFrame:
    """What one panel shows, of the selected variants: the rows from strength 0 to 5, without the hashes."""
    rows = by_severity(table, selection.set, corruption)
    hashes = [name for name in rows.columns if name.endswith("_sha256")]
    return rows[rows.variant.isin(selection.names)].drop(columns=hashes).reset_index(drop=True)


def panel_figure(
    table: pd.DataFrame, selection: Selection, corruption: str, shown: Shown, scheme: str | None
) -> go.Figure:
    """One panel. The selection is measured; all panels of it have the same axis of values."""
    curves = robustness_rows_of(table, selection, corruption)
    names = [name for name in selection.names if name in set(curves.variant)]
    kind = KINDS[corruption]
    title = _title(curves, kind, shown, names)
    if shown is FACE_FOUND:
        own = curves[curves.variant == names[0]]
        return face_found_figure(own, title, scheme, axis=shown.axis, levels_of=kind.unit)
    return robustness_figure(
        curves, shown.column, title, names, scheme,
        axis=shown.axis, levels_of=kind.unit, value_range=_value_range(table, selection, shown),
        value_format=".1f" if shown.unit == YEARS else ".0%",
    )  # fmt: skip


def _panel(corruption: Corruption) -> html.Div:
    return figure_card(
        partial(ids.robustness_panel, section=ANCHOR, corruption=corruption.key),
        f"robustness_{corruption.key}",
        corruption.meaning,
        height_px=PANEL_HEIGHT_PX,
    )


def _title(curves: pd.DataFrame, kind: Corruption, shown: Shown, names: list[str]) -> str:
    """`Blur: full +3.20, cropped +1.10 years`: the strongest step less the unchanged pictures."""
    ends = {
        name: curves[curves.variant == name].set_index("severity")[shown.column].iloc[[0, -1]]
        for name in names
    }
    if shown is FACE_FOUND:
        return f"{kind.label}: {formatted(ends[names[0]].iloc[-1], FRACTION)} of the faces found"
    changes = ", ".join(
        f"{name} {formatted(end.iloc[1] - end.iloc[0], shown.unit, with_unit=False, signed=True)}"
        for name, end in ends.items()
    )
    return f"{kind.label}: {changes} {'years' if shown.unit == YEARS else 'points'}"


def _value_range(table: pd.DataFrame, selection: Selection, shown: Shown) -> tuple[float, float]:
    """The axis of all panels: every interval of the selected variants on the selected set fits in."""
    rows = table[(table.set == selection.set) & table.variant.isin(selection.names)]
    low, high = float(rows[f"{shown.column}_low"].min()), float(rows[f"{shown.column}_high"].max())
    margin = 0.04 * (high - low)
    return (0.0, high + margin) if shown.unit == YEARS else (max(low - margin, 0.0), min(high + margin, 1.02))

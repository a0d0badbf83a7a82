"""The sections of the Metrics page: Selection -> the cards and tables that stand under a heading."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dash import html

from dashboard.context import current_context
from dashboard.pages.metrics import ids
from dashboard.pages.metrics.cards import chart_card, matrix_cards
from dashboard.pages.metrics.fairness import fairness_table
from dashboard.pages.metrics.numbers import numbers_of
from dashboard.pages.metrics.robustness import robustness_section
from dashboard.pages.metrics.selection import Selection
from dashboard.pages.metrics.table import estimates_table
from dashboard.shared.alerts import PROBLEM, alert
from dashboard.shared.grids import csv_button
from faces.errors import ProjectError

FAIRNESS_NOTE = (
    "By gender, race and age group, where the set names races; the bold rows are of all ages. Grey: fewer "
    "than 30 pictures, too few to tell. Where there is a baseline release, its figures stand beside."
)


@dataclass(frozen=True)
class Section:
    """A heading, and about how high its body is on a wide screen, so that nothing jumps when it is filled."""

    title: str
    height_px: int
    body: Callable[[Selection, Mapping[str, str]], list[Any]]


def section_body(anchor: str, selection: Selection) -> list[Any]:
    """What stands under the heading of a section of SECTIONS."""
    return SECTIONS[anchor].body(selection, current_context().palette.css_colours())


def without_races(rows: list[dict[str, Any]]) -> tuple[html.Div | None, dict[str, str]]:
    """What stands in the place of a fairness table without rows, and the style that hides the table."""
    if rows:
        return None, {}
    text = "Choose chips, composites or fairface to see groups of people."
    return alert("This set does not name races.", text), {"display": "none"}


def _all_numbers(selection: Selection, colours: Mapping[str, str]) -> list[Any]:
    table = html.Div(estimates_table(selection, [], colours), className="data-grid")
    return [table, html.Div(csv_button(ids.TABLE), className="chart-foot")]


def _gender(selection: Selection, colours: Mapping[str, str]) -> list[Any]:
    return [
        matrix_cards("gender", selection.names, colours),
        _cards(2, "gender_scores", "accuracy_by_answer_rate"),
    ]


def _age(selection: Selection, colours: Mapping[str, str]) -> list[Any]:
    densities = [f"predicted_against_true_{number}" for number, _ in enumerate(selection.names, start=1)]
    return [
        matrix_cards("age", selection.names, colours),
        _cards(2, *densities),
        _cards(2, "cs_curve", "beside_others"),
    ]


def _slices(_selection: Selection, _colours: Mapping[str, str]) -> list[Any]:
    return [
        _cards(
            2, *(f"{metric}_by_age_{gender}" for metric in ("mae", "bias") for gender in ("female", "male"))
        )
    ]


def _fairness(selection: Selection, colours: Mapping[str, str]) -> list[Any]:
    table = fairness_table(selection, numbers_of(current_context()), colours)
    missing, style = without_races(table.rowData)
    return [
        html.P(FAIRNESS_NOTE, className="metrics-note"),
        html.Div(missing, id=ids.FAIRNESS_NO_RACES),
        html.Div(
            [
                html.Div(table, className="data-grid"),
                html.Div(csv_button(ids.FAIRNESS_TABLE), className="chart-foot"),
            ],
            id=ids.FAIRNESS_SHOWN,
            style=style,
        ),
    ]


def _robustness(_selection: Selection, _colours: Mapping[str, str]) -> list[Any]:
    try:
        return robustness_section(current_context().tables.robustness)
    except ProjectError as error:
        return [alert("The robustness tables cannot be shown.", str(error), tone=PROBLEM)]


def _cards(columns: int, *charts: str) -> html.Div:
    return html.Div([chart_card(key) for key in charts], className=f"grid-{columns}")


SECTIONS = {
    "numbers": Section("All numbers", 500, _all_numbers),
    "gender": Section("Gender", 970, _gender),
    "age": Section("Age", 1450, _age),
    "slices": Section("By age and gender", 960, _slices),
    "fairness": Section("Fairness", 600, _fairness),
    "size": Section(
        "By face size", 470, lambda *_: [_cards(2, "mae_by_face_fraction", "accuracy_by_face_fraction")]
    ),
    "robustness": Section("Robustness", 1230, _robustness),
    "disagreement": Section(
        "Disagreement",
        630,
        lambda *_: [html.Div(chart_card("disagreement", height_px=520), className="grid-1")],
    ),
    "training": Section(
        "Training",
        480,
        lambda *_: [_cards(3, "training_loss", "training_age_error", "training_gender_accuracy")],
    ),
}

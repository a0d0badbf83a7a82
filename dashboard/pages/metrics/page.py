"""Metrics: Which variant is better, is the difference real, and where does each fail?

The callbacks are thin: controls and address become a Selection (components/metrics_selection.py), numbers are
computed once (components/metrics_numbers.py), and every chart fills its own card as soon as it is drawn.
"""

from typing import Any

import dash
import dash_mantine_components as dmc
from dash import (
    ALL,
    MATCH,
    ClientsideFunction,
    Input,
    Output,
    State,
    callback,
    clientside_callback,
    dcc,
    html,
    no_update,
)

from dashboard.context import current_context
from dashboard.pages.metrics.cards import chart_card, matrix_cards
from dashboard.pages.metrics.charts import CHARTS, View
from dashboard.pages.metrics.fairness import fairness_columns, fairness_rows, fairness_table
from dashboard.pages.metrics.headline import headline, tiles
from dashboard.pages.metrics.matrices import matrix_counts, matrix_table, matrix_titles
from dashboard.pages.metrics.matrix_figures import confusion_difference_figure, confusion_figure
from dashboard.pages.metrics.numbers import numbers_of
from dashboard.pages.metrics.robustness import (
    SHOWN,
    is_measured,
    panel_figure,
    robustness_rows_of,
    robustness_section,
    robustness_words,
)
from dashboard.pages.metrics.selection import (
    ALL_PICTURES,
    FOUND_ONLY,
    Selection,
    selection_from,
    sets_in,
    splits_in,
)
from dashboard.pages.metrics.table import estimates_table, table_columns, table_rows
from dashboard.shared import ids
from dashboard.shared.alerts import PROBLEM, notice, page_heading, skeleton
from dashboard.shared.theme import variant_css
from faces.errors import ProjectError

dash.register_page(
    __name__, path="/metrics", name="Metrics", title="Metrics · Age and gender workbench", order=3
)

QUESTION = "Which variant is better, is the difference real, and where does each fail?"
FAIRNESS_WORDS = (
    "By gender, race and age group, where the set names races; the bold rows are of all ages. Grey: fewer "
    "than 30 pictures, too few to tell. Where a release before was kept, its figures stand beside."
)
# Anchor: its words, and about how high it is on a wide screen (so that nothing jumps when it is filled).
SECTIONS = {
    "numbers": ("All numbers", 500),
    "gender": ("Gender", 970),
    "age": ("Age", 1450),
    "slices": ("By age and gender", 960),
    "fairness": ("Fairness", 600),
    "size": ("By face size", 470),
    "robustness": ("Robustness", 1230),
    "disagreement": ("Disagreement", 630),
    "training": ("Training", 480),
}


def layout(**query: str) -> html.Div:
    """The page; set, split, pictures, first and second come from the address."""
    context = current_context()
    heading = page_heading("Metrics", QUESTION)
    try:
        numbers = numbers_of(context)
    except ProjectError as error:
        return html.Div([heading, notice("The predictions cannot be shown.", str(error), tone=PROBLEM)])
    if numbers.predictions.empty:
        command = html.Code("python -m evaluation predict --data-dir DIR")
        return html.Div(
            [heading, notice("Nothing was predicted yet.", ["This page reads tables: ", command])]
        )
    selection = selection_from(query, numbers.predictions, list(context.variants))
    return html.Div(
        [
            heading,
            dcc.Store(id=ids.METRICS_SELECTION, data=selection.as_dict),
            html.Div(id=ids.METRICS_ADDRESS, hidden=True),
            _controls(selection, sets_in(numbers.predictions), splits_in(numbers.predictions, selection.set)),
            html.Div(
                skeleton(190),
                id=ids.METRICS_HEADLINE,
                className="metrics-headline",
                **{"aria-live": "polite"},
            ),
            html.Div([skeleton(196) for _ in range(4)], id=ids.METRICS_TILES, className="grid-4"),
            html.Nav(
                [html.A(words, href=f"#{anchor}") for anchor, (words, _) in SECTIONS.items()],
                className="section-links",
                **{"aria-label": "Sections"},
            ),
            *(_section(anchor) for anchor in SECTIONS),
        ],
        className="metrics",
    )


def _controls(selection: Selection, sets: list[str], splits: list[str]) -> html.Div:
    names = list(current_context().variants)
    pair = [
        dmc.Select(id=id_, value=value, data=names, label=label, allowDeselect=False, w=150)
        for id_, value, label in (
            (ids.METRICS_FIRST, selection.first, "First variant"),
            (ids.METRICS_SECOND, selection.second, "Second variant"),
        )
    ]
    return html.Div(
        [
            _choice("Set", dmc.SegmentedControl(id=ids.METRICS_SET, value=selection.set, data=sets)),
            _choice(
                "Split",
                dmc.SegmentedControl(
                    id=ids.METRICS_SPLIT, value=selection.split, data=_split_options(splits)
                ),
            ),
            _choice(
                "Pictures",
                dmc.SegmentedControl(
                    id=ids.METRICS_PICTURES,
                    value=selection.pictures,
                    data=[
                        {"value": ALL_PICTURES, "label": "all"},
                        {"value": FOUND_ONLY, "label": "face found"},
                    ],
                ),
            ),
            # Two variants are always the pair; a choice is offered from three on.
            html.Div(pair, className="metrics-pair", hidden=len(names) < 3),
        ],
        className="metrics-controls",
    )


def _choice(label: str, control: dmc.SegmentedControl) -> html.Div:
    return html.Div(
        [html.Span(label, className="control-label"), control], role="group", **{"aria-label": label}
    )


def _split_options(splits: list[str]) -> list[dict[str, Any]]:
    return [{"value": split, "label": split} for split in splits]


def _section(anchor: str) -> html.Section:
    """A heading and the place for what stands under it; filled when the visitor comes near."""
    words, height_px = SECTIONS[anchor]
    return html.Section(
        [
            html.H2(words),
            html.Div(skeleton(height_px), id=ids.metrics_section(ids.SECTION_BODY, anchor)),
            dcc.Store(id=ids.metrics_section(ids.SECTION_NEAR, anchor), data=False),
        ],
        id=anchor,
        className="metrics-section",
    )


def _section_body(anchor: str, selection: Selection) -> list[Any]:
    two = bool(selection.second)
    if anchor == "numbers":
        save = html.Button("CSV", id=ids.METRICS_TABLE_CSV, className="save", title="Save the table as CSV")
        table = html.Div(estimates_table(selection, [], _colours()), className="metrics-grid")
        return [table, html.Div(save, className="chart-foot")]
    if anchor == "gender":
        return [
            matrix_cards("gender", selection.names, _colours()),
            _grid(2, "gender_scores", "accuracy_by_answer_rate"),
        ]
    if anchor == "age":
        densities = ["predicted_against_true_1", "predicted_against_true_2"][: 1 + two]
        return [
            matrix_cards("age", selection.names, _colours()),
            _grid(2, *densities),
            _grid(2, "cs_curve", "beside_others"),
        ]
    if anchor == "slices":
        return [
            _grid(2, *(f"{metric}_by_age_{who}" for metric in ("mae", "bias") for who in ("female", "male")))
        ]
    if anchor == "fairness":
        return _fairness(selection)
    if anchor == "size":
        return [_grid(2, "mae_by_face_fraction", "accuracy_by_face_fraction")]
    if anchor == "robustness":
        return _robustness_body()
    if anchor == "disagreement":
        return [html.Div(chart_card("disagreement", height_px=520), className="grid-1")]
    return [_grid(3, "training_loss", "training_age_error", "training_gender_accuracy")]


def _robustness_body() -> list[Any]:
    try:
        return robustness_section(current_context().tables.robustness)
    except ProjectError as error:
        return [notice("The robustness tables cannot be shown.", str(error), tone=PROBLEM)]


def _fairness(selection: Selection) -> list[Any]:
    numbers = numbers_of(current_context())
    save = html.Button("CSV", id=ids.FAIRNESS_TABLE_CSV, className="save", title="Save the table as CSV")
    table = fairness_table(selection, numbers, _colours())
    missing, look = _without_races(table.rowData)
    return [
        html.P(FAIRNESS_WORDS, className="metrics-reading"),
        html.Div(missing, id=ids.FAIRNESS_NO_RACES),
        html.Div(
            [html.Div(table, className="metrics-grid"), html.Div(save, className="chart-foot")],
            id=ids.FAIRNESS_SHOWN,
            style=look,
        ),
    ]


def _without_races(rows: list[dict[str, Any]]) -> tuple[html.Div | None, dict[str, str]]:
    """What stands in the place of a table without rows, and the style that hides the table."""
    if rows:
        return None, {}
    words = "Choose chips, context or fairface to see groups of people."
    return notice("This set does not say races.", words), {"display": "none"}


def _grid(columns: int, *charts: str) -> html.Div:
    return html.Div([chart_card(key) for key in charts], className=f"grid-{columns}")


@callback(
    Output(ids.metrics_section(ids.SECTION_BODY, MATCH), "children"),
    Input(ids.metrics_section(ids.SECTION_NEAR, MATCH), "data"),
    State(ids.metrics_section(ids.SECTION_NEAR, MATCH), "id"),
    State(ids.METRICS_SELECTION, "data"),
    prevent_initial_call=True,
)
def fill_section(_near: bool, store: dict[str, str], selected: dict[str, str]) -> list[Any]:
    """The cards of a section that came near the screen (assets/metrics.js watches)."""
    return _section_body(store["section"], Selection(**selected))


@callback(
    Output(ids.METRICS_SELECTION, "data"),
    Output(ids.METRICS_SPLIT, "data"),
    Output(ids.METRICS_SPLIT, "value"),
    Input(ids.METRICS_SET, "value"),
    Input(ids.METRICS_SPLIT, "value"),
    Input(ids.METRICS_PICTURES, "value"),
    Input(ids.METRICS_FIRST, "value"),
    Input(ids.METRICS_SECOND, "value"),
    prevent_initial_call=True,
)
def select(set_name: str, split: str, pictures: str, first: str, second: str) -> tuple[Any, ...]:
    """What the controls ask for, or the nearest that exists."""
    context = current_context()
    predictions = numbers_of(context).predictions
    wanted = {"set": set_name, "split": split, "pictures": pictures, "first": first, "second": second}
    selection = selection_from(wanted, predictions, list(context.variants))
    return selection.as_dict, _split_options(splits_in(predictions, selection.set)), selection.split


clientside_callback(
    ClientsideFunction("metrics", "address"),
    Output(ids.METRICS_ADDRESS, "children"),
    Input(ids.METRICS_SELECTION, "data"),
)
for table_id, button_id in (
    (ids.METRICS_TABLE, ids.METRICS_TABLE_CSV),
    (ids.FAIRNESS_TABLE, ids.FAIRNESS_TABLE_CSV),
):
    clientside_callback(
        ClientsideFunction("metrics", "saveTable"),
        Output(table_id, "exportDataAsCsv"),
        Input(button_id, "n_clicks"),
        prevent_initial_call=True,
    )


@callback(
    Output(ids.METRICS_HEADLINE, "children"),
    Output(ids.METRICS_TILES, "children"),
    Input(ids.METRICS_SELECTION, "data"),
)
def show_headline(selected: dict[str, str]) -> tuple[Any, Any]:
    numbers, selection = numbers_of(current_context()), Selection(**selected)
    return headline(numbers, selection, _colours()), tiles(numbers, selection, _colours())


@callback(
    Output(ids.METRICS_TABLE, "rowData"),
    Output(ids.METRICS_TABLE, "columnDefs"),
    Input(ids.METRICS_SELECTION, "data"),
)
def show_table(selected: dict[str, str]) -> tuple[Any, Any]:
    selection = Selection(**selected)
    return table_rows(numbers_of(current_context()), selection), table_columns(selection, _colours())


@callback(
    Output(ids.FAIRNESS_TABLE, "rowData"),
    Output(ids.FAIRNESS_TABLE, "columnDefs"),
    Output(ids.FAIRNESS_NO_RACES, "children"),
    Output(ids.FAIRNESS_SHOWN, "style"),
    Input(ids.METRICS_SELECTION, "data"),
    prevent_initial_call=True,
)
def show_fairness(selected: dict[str, str]) -> tuple[Any, ...]:
    selection = Selection(**selected)
    rows = fairness_rows(numbers_of(current_context()), selection)
    return rows, fairness_columns(rows, selection, _colours()), *_without_races(rows)


@callback(
    Output(ids.metrics_chart(ids.FIGURE, MATCH), "figure"),
    Output(ids.metrics_chart(ids.TITLE, MATCH), "children"),
    Input(ids.METRICS_SELECTION, "data"),
    Input(ids.COLOUR_SCHEME, "data"),
    State(ids.metrics_chart(ids.FIGURE, MATCH), "id"),
)
def show_chart(selected: dict[str, str], scheme: str, card: dict[str, str]) -> tuple[Any, str]:
    view = View(numbers_of(current_context()), Selection(**selected), scheme)
    chart = CHARTS[card["chart"]]
    figure = chart.draw(chart.table(view.numbers, view.selection), view)
    return figure, figure.layout.meta["title"]


@callback(
    Output(ids.metrics_chart(ids.FILE, MATCH), "data"),
    Input(ids.metrics_chart(ids.SAVE, MATCH), "n_clicks"),
    State(ids.METRICS_SELECTION, "data"),
    State(ids.metrics_chart(ids.SAVE, MATCH), "id"),
    prevent_initial_call=True,
)
def save_chart(_clicks: int, selected: dict[str, str], button: dict[str, str]) -> dict[str, Any]:
    selection = Selection(**selected)
    table = CHARTS[button["chart"]].table(numbers_of(current_context()), selection)
    return dcc.send_data_frame(table.to_csv, _file_name(button["chart"], selection), index=False)


@callback(
    Output(ids.metrics_matrix(ids.FIGURE, MATCH, ALL), "figure"),
    Output(ids.metrics_matrix(ids.TITLE, MATCH, ALL), "children"),
    Input(ids.METRICS_SELECTION, "data"),
    Input(ids.metrics_fractions(MATCH), "value"),
    Input(ids.COLOUR_SCHEME, "data"),
    State(ids.metrics_fractions(MATCH), "id"),
)
def show_matrices(
    selected: dict[str, str], fractions: str, scheme: str, switch: dict[str, str]
) -> tuple[list[Any], list[str]]:
    """The matrix of each variant and, of two, their difference."""
    selection = Selection(**selected)
    counts = matrix_counts(numbers_of(current_context()), selection, switch["about"])
    titles = matrix_titles(counts, selection, switch["about"])
    drawn = [
        confusion_figure(one, title, scheme, fractions=fractions)
        for one, title in zip(counts, titles, strict=False)
    ]
    if selection.second:
        first, second = counts
        drawn.append(
            confusion_difference_figure(
                first, second, titles[-1], selection.names, scheme, fractions=fractions
            )
        )
    return drawn, titles


@callback(
    Output(ids.metrics_matrix(ids.FILE, MATCH, MATCH), "data"),
    Input(ids.metrics_matrix(ids.SAVE, MATCH, MATCH), "n_clicks"),
    State(ids.METRICS_SELECTION, "data"),
    State(ids.metrics_matrix(ids.SAVE, MATCH, MATCH), "id"),
    prevent_initial_call=True,
)
def save_matrix(_clicks: int, selected: dict[str, str], button: dict[str, str]) -> dict[str, Any]:
    selection = Selection(**selected)
    table = matrix_table(numbers_of(current_context()), selection, button["about"])
    return dcc.send_data_frame(table.to_csv, _file_name(f"{button['about']}_matrix", selection), index=False)


@callback(
    Output(ids.metrics_section(ids.ROBUSTNESS_WORDS, MATCH), "children"),
    Output(ids.metrics_section(ids.ROBUSTNESS_PANELS, MATCH), "hidden"),
    Output(ids.robustness_panel(ids.FIGURE, MATCH, ALL), "figure"),
    Output(ids.robustness_panel(ids.TITLE, MATCH, ALL), "children"),
    Input(ids.METRICS_SELECTION, "data"),
    Input(ids.metrics_section(ids.ROBUSTNESS_SHOWN, MATCH), "value"),
    Input(ids.COLOUR_SCHEME, "data"),
    State(ids.robustness_panel(ids.FIGURE, MATCH, ALL), "id"),
)
def show_robustness(
    selected: dict[str, str], shown: str, scheme: str, panels: list[dict[str, str]]
) -> tuple[Any, bool, list[Any], list[Any]]:
    """The panels of the selected set; words alone where it was not measured."""
    table, selection = current_context().tables.robustness, Selection(**selected)
    words = robustness_words(table, selection)
    if not is_measured(table, selection):
        return words, True, [no_update] * len(panels), [no_update] * len(panels)
    drawn = [panel_figure(table, selection, panel["corruption"], SHOWN[shown], scheme) for panel in panels]
    return words, False, drawn, [figure.layout.meta["title"] for figure in drawn]


@callback(
    Output(ids.robustness_panel(ids.FILE, MATCH, MATCH), "data"),
    Input(ids.robustness_panel(ids.SAVE, MATCH, MATCH), "n_clicks"),
    State(ids.METRICS_SELECTION, "data"),
    State(ids.robustness_panel(ids.SAVE, MATCH, MATCH), "id"),
    prevent_initial_call=True,
)
def save_robustness(_clicks: int, selected: dict[str, str], button: dict[str, str]) -> dict[str, Any]:
    selection = Selection(**selected)
    table = robustness_rows_of(current_context().tables.robustness, selection, button["corruption"])
    name = _file_name(f"robustness_{button['corruption']}", selection)
    return dcc.send_data_frame(table.to_csv, name, index=False)


def _file_name(what: str, selection: Selection) -> str:
    return f"{what}_{selection.set}_{selection.split}.csv"


def _colours() -> dict[str, str]:
    names = list(current_context().variants)
    return {name: variant_css(name, names) for name in names}

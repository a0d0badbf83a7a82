"""Data: who is in the pictures, which are used, and how are they changed in training?

Labels come from the names in the committed split (pictures/utkface.py), so that the first section needs no
data set.
"""

from collections.abc import Mapping
from typing import Any

import dash
import dash_mantine_components as dmc
from dash import html

from dashboard.context import AppContext, current_context
from dashboard.pages.data import ids
from dashboard.pages.data.augmentation_samples import augmentation_section
from dashboard.pages.data.callbacks import DISTRIBUTION_CARDS, EVERYBODY
from dashboard.pages.data.distributions import DISTRIBUTIONS, counts_table
from dashboard.pages.data.figures import COUNTS, FRACTIONS
from dashboard.pages.data.samples import GROUPS_A_PAGE, differing_groups, pages_of, rejected_table
from dashboard.pictures.utkface import GENDERS, SPLITS, age_groups
from dashboard.shared.alerts import alert, page_heading
from dashboard.shared.url_params import integer_in, one_of
from faces.errors import DataMissing

dash.register_page(__name__, path="/data", name="Data", title="Data · Age and gender workbench", order=5)

QUESTION = "Who is in the pictures, which of them are used, and how are they changed in training?"
MAX_PAGES = 10_000  # of a URL; those that there are follow with the pictures


def layout(**query: str) -> html.Div:
    """The page; filters, page, picture, recipe, part and seed come from the URL."""
    context = current_context()
    has_pictures = not context.pictures.utkface.missing
    return html.Div(
        [
            page_heading("Data", QUESTION),
            *_distributions(context),
            *augmentation_section(context, query),
            *(_pictures(context, query) if has_pictures else _no_pictures(context)),
        ],
        className="data",
    )


def _distributions(context: AppContext) -> list[Any]:
    names = context.pictures.utkface.names
    switch = dmc.SegmentedControl(
        id=ids.FRACTIONS,
        value=FRACTIONS,
        data=[{"value": FRACTIONS, "label": "Shares"}, {"value": COUNTS, "label": "Counts"}],
        size="xs",
        **{"aria-label": "Heights of the bars"},
    )
    text = f"{len(names):,} pictures of UTKFace, labelled by their file names. Near copies share a split."
    rows = [
        html.Div(
            [
                DISTRIBUTION_CARDS.card(key, distribution.about),
                html.Div(counts_table(distribution.table(names), key), className="counts"),
            ],
            className="distribution",
        )
        for key, distribution in DISTRIBUTIONS.items()
    ]
    return [
        html.H2("Who is in the pictures"),
        html.Div([html.P(text, className="quiet"), switch], className="switch-row"),
        *rows,
    ]


def _no_pictures(context: AppContext) -> list[Any]:
    command = html.Code("python -m dashboard --data-dir DIR")
    text = [context.pictures.utkface.missing, " Then start the server with ", command, "."]
    return [html.H2("The pictures"), alert("The pictures themselves are not here.", text)]


def _pictures(context: AppContext, query: Mapping[str, str]) -> list[Any]:
    filters = [
        dmc.Select(
            id=id_,
            label=label,
            value=one_of(query.get(name), values, EVERYBODY),
            data=[EVERYBODY, *values],
            allowDeselect=False,
            w=150,
        )
        for id_, name, label, values in (
            (ids.AGES, "ages", "Age", age_groups()),
            (ids.GENDER, "gender", "Gender", list(GENDERS)),
            (ids.SPLIT, "split", "Split", list(SPLITS)),
        )
    ]
    page = integer_in(query.get("page"), 1, MAX_PAGES, 1)
    return [
        html.H2("The pictures"),
        html.Div(filters, className="data-controls"),
        html.P(id=ids.PICTURES_COUNT, className="quiet", **{"aria-live": "polite"}),
        html.Div(id=ids.PICTURES_URL_PARAMS, hidden=True),
        html.Div(id=ids.PICTURES, className="samples-area"),
        _pagination(ids.PAGE, page, max(page, 1)),
        *_duplicates(context),
        *_rejected(context),
    ]


def _duplicates(context: AppContext) -> list[Any]:
    heading = html.H2("The same photograph more than once")
    try:
        groups = context.pictures.utkface.duplicate_groups
    except DataMissing as error:
        return [heading, alert("Duplicates have not been searched for yet.", str(error))]
    names = context.pictures.utkface.names
    text = (
        f"{len(groups):,} photographs come more than once, in {sum(map(len, groups)):,} pictures. "
        f"{differing_groups(groups, names):,} of them have two ages or two genders: labels are no better "
        "than that. A group lies in one split, so that no test picture was trained on."
    )
    return [
        heading,
        html.P(text),
        html.Div(id=ids.GROUPS, className="groups-area"),
        _pagination(ids.GROUP_PAGE, 1, pages_of(len(groups), GROUPS_A_PAGE)),
    ]


def _rejected(context: AppContext) -> list[Any]:
    rejected = context.pictures.utkface.rejected
    text = f"{len(rejected)} files of the folder carry no usable labels in their names and are not used."
    return [html.H2("Refused names"), html.P(text), rejected_table(rejected) if rejected else None]


def _pagination(id_: str, page: int, total: int) -> dmc.Pagination:
    return dmc.Pagination(id=id_, value=page, total=total, color="gray", size="sm")

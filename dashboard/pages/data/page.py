"""Data: who is in the pictures, which are used, and how are they changed in training?

The callbacks are thin: labels come from the names in the committed split (pictures/utkface.py), so that the
first section needs no data set; augmented frames are drawn under their addresses (data_routes.py).
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import dash
import dash_mantine_components as dmc
from dash import (
    MATCH,
    ClientsideFunction,
    Input,
    Output,
    State,
    callback,
    clientside_callback,
    ctx,
    dcc,
    html,
)

from dashboard.context import AppContext, current_context
from dashboard.pages.data.augmentation import augmentations_of, strengths_in_words
from dashboard.pages.data.augmentation_samples import MOST_SEEDS, draws_view, recipe_folders
from dashboard.pages.data.distributions import DISTRIBUTIONS, counts_table
from dashboard.pages.data.figures import COUNTS, FRACTIONS, distribution_figure
from dashboard.pages.data.samples import (
    GROUPS_A_PAGE,
    SAMPLES_A_PAGE,
    differing_groups,
    group_page,
    pages_of,
    rejected_table,
    sample_page,
)
from dashboard.pictures.store import FIRST_SAMPLE, SAMPLE_PREFIX
from dashboard.pictures.utkface import ANY, GENDERS, SPLITS, age_groups
from dashboard.shared import ids
from dashboard.shared.alerts import PROBLEM, notice, page_heading
from dashboard.shared.figure_cards import figure_card
from dashboard.shared.url_params import whole_number
from faces.errors import DataMissing, RecipeError
from recipes.recipe import read_recipe

dash.register_page(__name__, path="/data", name="Data", title="Data · Age and gender workbench", order=5)

QUESTION = "Who is in the pictures, which of them are used, and how are they changed in training?"
EVERYBODY = "all"  # a Select has no empty value
LISTED_TEST_PICTURES = 40
MOST_PAGES = 10_000  # of an address; those that there are follow with the pictures


def layout(**query: str) -> html.Div:
    """The page; filters, page, picture, recipe, part and seed come from the address."""
    context = current_context()
    return html.Div(
        [
            page_heading("Data", QUESTION),
            *_distributions(context),
            *_augmentation(context, query),
            *(_pictures(context, query) if not context.pictures.utkface.missing else _no_pictures(context)),
        ],
        className="data",
    )


# --- Who is in the pictures -----------------------------------------------------------------------------
def _distributions(context: AppContext) -> list[Any]:
    names = context.pictures.utkface.names
    switch = dmc.SegmentedControl(
        id=ids.DATA_FRACTIONS,
        value=FRACTIONS,
        data=[{"value": FRACTIONS, "label": "Shares"}, {"value": COUNTS, "label": "Counts"}],
        size="xs",
        **{"aria-label": "Heights of the bars"},
    )
    words = f"{len(names):,} pictures of UTKFace, labelled by their file names. Near copies share a split."
    rows = [
        html.Div(
            [
                figure_card(partial(ids.data_chart, chart=key), key, one.about),
                html.Div(counts_table(one.table(names), key), className="counts"),
            ],
            className="distribution",
        )
        for key, one in DISTRIBUTIONS.items()
    ]
    return [
        html.H2("Who is in the pictures"),
        html.Div([html.P(words, className="quiet"), switch], className="matrix-head"),
        *rows,
    ]


@callback(
    Output(ids.data_chart(ids.FIGURE, MATCH), "figure"),
    Output(ids.data_chart(ids.TITLE, MATCH), "children"),
    Input(ids.DATA_FRACTIONS, "value"),
    Input(ids.COLOUR_SCHEME, "data"),
    State(ids.data_chart(ids.FIGURE, MATCH), "id"),
)
def show_distribution(what: str, scheme: str, card: dict[str, str]) -> tuple[Any, str]:
    names, one = current_context().pictures.utkface.names, DISTRIBUTIONS[card["chart"]]
    title = one.title(names)
    return distribution_figure(one.table(names), title, scheme, axis=one.axis, what=what), title


@callback(
    Output(ids.data_chart(ids.FILE, MATCH), "data"),
    Input(ids.data_chart(ids.SAVE, MATCH), "n_clicks"),
    State(ids.data_chart(ids.SAVE, MATCH), "id"),
    prevent_initial_call=True,
)
def save_distribution(_clicks: int, button: dict[str, str]) -> dict[str, Any]:
    table = DISTRIBUTIONS[button["chart"]].table(current_context().pictures.utkface.names)
    return dcc.send_data_frame(table.to_csv, f"{button['chart']}_by_split.csv", index=False)


# --- How they are changed in training -------------------------------------------------------------------
def _augmentation(context: AppContext, query: Mapping[str, str]) -> list[Any]:
    recipes = list(recipe_folders(context))
    heading = html.H2("How they are changed in training")
    if not recipes:
        return [heading, notice("No recipe is here.", "No folder of a variant or run has a recipe.toml.")]
    pictures = _picture_options(context)
    known = [option["value"] for group in pictures for option in group["items"]]
    choices = [
        dmc.Select(
            id=ids.DATA_PICTURE,
            label="Picture",
            value=_one_of(query.get("picture"), known, FIRST_SAMPLE),
            data=pictures,
            allowDeselect=False,
            searchable=True,
            w=280,
        ),
        dmc.Select(
            id=ids.DATA_RECIPE,
            label="Recipe",
            value=_one_of(query.get("recipe"), recipes, recipes[0]),
            data=recipes,
            allowDeselect=False,
            w=200,
        ),
        dmc.Select(id=ids.DATA_PHASE, label="Part", value=query.get("part"), allowDeselect=False, w=120),
        html.Button("Draw again", id=ids.DATA_DRAW_AGAIN, className="button"),
    ]
    return [
        heading,
        html.P(
            "Every epoch sees other draws. The network is to answer the same whichever it is shown.",
            className="quiet",
        ),
        html.Div(choices, className="data-controls"),
        dcc.Store(id=ids.DATA_SEED, data=whole_number(query.get("seed"), 1, MOST_SEEDS, 1)),
        html.Div(id=ids.DATA_DRAWS_ADDRESS, hidden=True),
        html.Div(id=ids.DATA_DRAWS, className="draws-place"),
        html.P(id=ids.DATA_STRENGTHS, className="quiet draws-strengths"),
    ]


def _picture_options(context: AppContext) -> list[dict[str, Any]]:
    samples = [
        {"value": SAMPLE_PREFIX + sample.file, "label": f"{sample.title} ({sample.file})"}
        for sample in context.pictures.samples.values()
    ]
    tests = [
        {"value": key, "label": context.pictures.labelled.label(key)}
        for key in context.pictures.labelled.sampled_keys(LISTED_TEST_PICTURES)
    ]
    groups = {"Samples": samples, "Test pictures": tests}
    return [{"group": name, "items": items} for name, items in groups.items() if items]


@callback(
    Output(ids.DATA_SEED, "data"),
    Input(ids.DATA_DRAW_AGAIN, "n_clicks"),
    State(ids.DATA_SEED, "data"),
    prevent_initial_call=True,
)
def draw_again(_clicks: int, seed: int) -> int:
    return seed % MOST_SEEDS + 1


@callback(
    Output(ids.DATA_DRAWS, "children"),
    Output(ids.DATA_STRENGTHS, "children"),
    Output(ids.DATA_PHASE, "data"),
    Output(ids.DATA_PHASE, "value"),
    Input(ids.DATA_PICTURE, "value"),
    Input(ids.DATA_RECIPE, "value"),
    Input(ids.DATA_PHASE, "value"),
    Input(ids.DATA_SEED, "data"),
)
def show_draws(picture: str, recipe: str, part: str | None, seed: int) -> tuple[Any, ...]:
    """The frames of a picture under a recipe; one without the part that was shown begins with its first."""
    try:
        folder = recipe_folders(current_context())[recipe]
        augmentations = augmentations_of(read_recipe(folder / "recipe.toml"))
    except (RecipeError, KeyError) as error:
        return notice("This recipe cannot be shown.", str(error), tone=PROBLEM), "", [], None
    parts = list(augmentations)
    part = _one_of(part, parts, parts[0])
    words = strengths_in_words(augmentations[part])
    return (
        draws_view(picture, recipe, part, seed),
        f"Up to: {', '.join(words)}." if words else "This recipe changes nothing.",
        parts,
        part,
    )


clientside_callback(
    ClientsideFunction("data", "drawsAddress"),
    Output(ids.DATA_DRAWS_ADDRESS, "children"),
    Input(ids.DATA_PICTURE, "value"),
    Input(ids.DATA_RECIPE, "value"),
    Input(ids.DATA_PHASE, "value"),
    Input(ids.DATA_SEED, "data"),
    prevent_initial_call=True,
)


# --- The pictures themselves ----------------------------------------------------------------------------
def _no_pictures(context: AppContext) -> list[Any]:
    command = html.Code("python -m dashboard --data-dir DIR")
    text = [context.pictures.utkface.missing, " Then start the server with ", command, "."]
    return [html.H2("The pictures"), notice("The pictures themselves are not here.", text)]


def _pictures(context: AppContext, query: Mapping[str, str]) -> list[Any]:
    filters = [
        dmc.Select(
            id=id_,
            label=label,
            value=_one_of(query.get(name), values, EVERYBODY),
            data=[EVERYBODY, *values],
            allowDeselect=False,
            w=150,
        )
        for id_, name, label, values in (
            (ids.DATA_AGES, "ages", "Age", age_groups()),
            (ids.DATA_GENDER, "gender", "Gender", list(GENDERS)),
            (ids.DATA_SPLIT, "split", "Split", list(SPLITS)),
        )
    ]
    page = whole_number(query.get("page"), 1, MOST_PAGES, 1)
    return [
        html.H2("The pictures"),
        html.Div(filters, className="data-controls"),
        html.P(id=ids.DATA_SAMPLES_COUNT, className="quiet", **{"aria-live": "polite"}),
        html.Div(id=ids.DATA_SAMPLES_ADDRESS, hidden=True),
        html.Div(id=ids.DATA_SAMPLES, className="samples-place"),
        dmc.Pagination(id=ids.DATA_PAGE, value=page, total=max(page, 1), color="gray", size="sm"),
        *_duplicates(context),
        *_rejected(context),
    ]


@callback(
    Output(ids.DATA_SAMPLES, "children"),
    Output(ids.DATA_SAMPLES_COUNT, "children"),
    Output(ids.DATA_PAGE, "total"),
    Output(ids.DATA_PAGE, "value"),
    Input(ids.DATA_AGES, "value"),
    Input(ids.DATA_GENDER, "value"),
    Input(ids.DATA_SPLIT, "value"),
    Input(ids.DATA_PAGE, "value"),
)
def show_samples(ages: str, gender: str, split: str, page: int) -> tuple[Any, ...]:
    """A page of the pictures with these labels; another filter begins with its first page."""
    chosen = [ANY if one == EVERYBODY else one for one in (split, ages, gender)]
    samples = current_context().pictures.utkface.samples(*chosen)
    pages = pages_of(len(samples), SAMPLES_A_PAGE)
    if ctx.triggered_id in (ids.DATA_AGES, ids.DATA_GENDER, ids.DATA_SPLIT):
        page = 1
    page = min(max(page, 1), pages)
    return sample_page(samples, page), f"{len(samples):,} pictures", pages, page


clientside_callback(
    ClientsideFunction("data", "samplesAddress"),
    Output(ids.DATA_SAMPLES_ADDRESS, "children"),
    Input(ids.DATA_AGES, "value"),
    Input(ids.DATA_GENDER, "value"),
    Input(ids.DATA_SPLIT, "value"),
    Input(ids.DATA_PAGE, "value"),
    prevent_initial_call=True,
)


def _duplicates(context: AppContext) -> list[Any]:
    heading = html.H2("The same photograph more than once")
    try:
        groups = context.pictures.utkface.duplicate_groups
    except DataMissing as error:
        return [heading, notice("Nobody has searched for duplicates yet.", str(error))]
    names = context.pictures.utkface.names
    words = (
        f"{len(groups):,} photographs come more than once, in {sum(map(len, groups)):,} pictures. "
        f"{differing_groups(groups, names):,} of them have two ages or two genders: labels are no better "
        "than that. A group lies in one split, so that no test picture was trained on."
    )
    return [
        heading,
        html.P(words),
        html.Div(id=ids.DATA_GROUPS, className="groups-place"),
        dmc.Pagination(
            id=ids.DATA_GROUP_PAGE,
            value=1,
            total=pages_of(len(groups), GROUPS_A_PAGE),
            color="gray",
            size="sm",
        ),
    ]


@callback(Output(ids.DATA_GROUPS, "children"), Input(ids.DATA_GROUP_PAGE, "value"))
def show_groups(page: int) -> list[Any]:
    pictures = current_context().pictures.utkface
    return group_page(pictures.duplicate_groups, pictures.names, page)


def _rejected(context: AppContext) -> list[Any]:
    rejected = context.pictures.utkface.rejected
    words = f"{len(rejected)} files of the folder carry no usable labels in their names and are not used."
    return [html.H2("Refused names"), html.P(words), rejected_table(rejected) if rejected else None]


def _one_of(wanted: str | None, known: list[str], otherwise: str) -> str:
    return wanted if wanted in known else otherwise  # type: ignore[return-value]

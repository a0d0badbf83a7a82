"""The callbacks of the Data page."""

from typing import Any

import pandas as pd
import plotly.graph_objects as go
from dash import Input, Output, State, ctx

from dashboard.context import current_context
from dashboard.pages.data import ids
from dashboard.pages.data.augmentation import augmentations_of, severities_in_words
from dashboard.pages.data.augmentation_samples import MAX_SEED, recipe_folders, samples_view
from dashboard.pages.data.distributions import DISTRIBUTIONS
from dashboard.pages.data.figures import distribution_figure
from dashboard.pages.data.samples import SAMPLES_A_PAGE, group_page, pages_of, sample_page
from dashboard.pictures.utkface import ANY
from dashboard.shared.alerts import PROBLEM, alert
from dashboard.shared.callbacks import Callbacks
from dashboard.shared.figure_cards import FigureCards
from dashboard.shared.url_params import one_of
from faces.errors import RecipeError
from recipes.recipe import read_recipe

DISTRIBUTION_CARDS = FigureCards("data-distribution")
EVERYBODY = "all"  # a Select has no empty value
# What a section shows follows from these, and so does its URL.
AUGMENTATION_INPUTS = (
    Input(ids.PICTURE, "value"),
    Input(ids.RECIPE, "value"),
    Input(ids.PART, "value"),
    Input(ids.SEED, "data"),
)
PICTURES_INPUTS = (
    Input(ids.AGES, "value"),
    Input(ids.GENDER, "value"),
    Input(ids.SPLIT, "value"),
    Input(ids.PAGE, "value"),
)

callbacks = Callbacks()


# --- Who is in the pictures -----------------------------------------------------------------------------
def _distribution_figure(key: str, scheme: str, heights: str) -> go.Figure:
    names, distribution = current_context().pictures.utkface.names, DISTRIBUTIONS[key]
    title, table = distribution.title(names), distribution.table(names)
    return distribution_figure(table, title, scheme, axis=distribution.axis, heights=heights)


def _distribution_table(key: str, _heights: str) -> tuple[pd.DataFrame, str]:
    return DISTRIBUTIONS[key].table(current_context().pictures.utkface.names), f"{key}_by_split.csv"


DISTRIBUTION_CARDS.register(
    callbacks,
    [Input(ids.FRACTIONS, "value")],
    figure=_distribution_figure,
    table=_distribution_table,
)


# --- How they are changed in training -------------------------------------------------------------------
@callbacks.server(
    Output(ids.SEED, "data"),
    Input(ids.SAMPLE_AGAIN, "n_clicks"),
    State(ids.SEED, "data"),
    prevent_initial_call=True,
)
def next_seed(_clicks: int, seed: int) -> int:
    return seed % MAX_SEED + 1


@callbacks.server(
    Output(ids.AUGMENTATION_SAMPLES, "children"),
    Output(ids.AUGMENTATION_SEVERITIES, "children"),
    Output(ids.PART, "data"),
    Output(ids.PART, "value"),
    *AUGMENTATION_INPUTS,
)
def show_augmentation(picture: str, recipe: str, part: str | None, seed: int) -> tuple[Any, ...]:
    """The inputs of a picture under a recipe; one without the part that was shown begins with its first."""
    try:
        folder = recipe_folders(current_context())[recipe]
        augmentations = augmentations_of(read_recipe(folder / "recipe.toml"))
    except (RecipeError, KeyError) as error:
        return alert("This recipe cannot be shown.", str(error), tone=PROBLEM), "", [], None
    parts = list(augmentations)
    part = one_of(part, parts)
    severities = severities_in_words(augmentations[part])
    return (
        samples_view(picture, recipe, part, seed),
        f"Up to: {', '.join(severities)}." if severities else "This recipe changes nothing.",
        parts,
        part,
    )


callbacks.browser(
    "data",
    "augmentationUrlParams",
    Output(ids.AUGMENTATION_URL_PARAMS, "children"),
    *AUGMENTATION_INPUTS,
    prevent_initial_call=True,
)


# --- The pictures themselves ----------------------------------------------------------------------------
@callbacks.server(
    Output(ids.PICTURES, "children"),
    Output(ids.PICTURES_COUNT, "children"),
    Output(ids.PAGE, "total"),
    Output(ids.PAGE, "value"),
    *PICTURES_INPUTS,
)
def show_pictures(ages: str, gender: str, split: str, page: int) -> tuple[Any, ...]:
    """A page of the pictures with these labels; another filter begins with its first page."""
    chosen = [ANY if value == EVERYBODY else value for value in (split, ages, gender)]
    samples = current_context().pictures.utkface.samples(*chosen)
    pages = pages_of(len(samples), SAMPLES_A_PAGE)
    if ctx.triggered_id in (ids.AGES, ids.GENDER, ids.SPLIT):
        page = 1
    page = min(max(page, 1), pages)
    return sample_page(samples, page), f"{len(samples):,} pictures", pages, page


callbacks.browser(
    "data",
    "picturesUrlParams",
    Output(ids.PICTURES_URL_PARAMS, "children"),
    *PICTURES_INPUTS,
    prevent_initial_call=True,
)


@callbacks.server(Output(ids.GROUPS, "children"), Input(ids.GROUP_PAGE, "value"))
def show_groups(page: int) -> list[Any]:
    utkface = current_context().pictures.utkface
    return group_page(utkface.duplicate_groups, utkface.names, page)

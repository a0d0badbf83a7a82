"""The augmentation section of the Data page: an input as it is, and nine samples of its augmentation."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import dash_mantine_components as dmc
from dash import dcc, html

from dashboard.context import AppContext
from dashboard.pages.data import ids
from dashboard.pictures.store import FIRST_SAMPLE, SAMPLE_PREFIX
from dashboard.shared.alerts import alert
from dashboard.shared.url_params import integer_in, one_of, path_of
from evaluation.runs import named, run_folders

SAMPLES = 9
MAX_SEED = 10_000
LISTED_TEST_PICTURES = 40


def recipe_folders(context: AppContext) -> dict[str, Path]:
    """Folders with a recipe.toml by name, as `python -m training run` knows them: the variants' first."""
    folders: dict[str, Path] = {}
    for folder in run_folders(context.tables.run_roots):
        if (folder / "recipe.toml").is_file():
            folders[named(folder.name, folder, list(folders))] = folder
    return folders


def augmentation_section(context: AppContext, query: Mapping[str, str]) -> list[Any]:
    """Controls, and the places that a callback fills; an alert where there is no recipe."""
    recipes = list(recipe_folders(context))
    heading = html.H2("How they are changed in training")
    if not recipes:
        return [heading, alert("No recipe is here.", "No folder of a variant or run has a recipe.toml.")]
    pictures = _picture_options(context)
    keys = [option["value"] for group in pictures for option in group["items"]]
    picture = dmc.Select(
        id=ids.PICTURE,
        label="Picture",
        value=one_of(query.get("picture"), keys, FIRST_SAMPLE),
        data=pictures,
        allowDeselect=False,
        searchable=True,
        w=280,
    )
    recipe = dmc.Select(
        id=ids.RECIPE,
        label="Recipe",
        value=one_of(query.get("recipe"), recipes),
        data=recipes,
        allowDeselect=False,
        w=200,
    )
    part = dmc.Select(id=ids.PART, label="Part", value=query.get("part"), allowDeselect=False, w=120)
    again = html.Button("Sample again", id=ids.SAMPLE_AGAIN, className="button")
    text = "Every epoch gets other samples. The network is to answer the same, whichever it is given."
    return [
        heading,
        html.P(text, className="quiet"),
        html.Div([picture, recipe, part, again], className="data-controls"),
        dcc.Store(id=ids.SEED, data=integer_in(query.get("seed"), 1, MAX_SEED, 1)),
        html.Div(id=ids.AUGMENTATION_URL_PARAMS, hidden=True),
        html.Div(id=ids.AUGMENTATION_SAMPLES, className="augmentation-samples-area"),
        html.P(id=ids.AUGMENTATION_SEVERITIES, className="quiet"),
    ]


def samples_view(picture: str, recipe: str, part: str, seed: int) -> html.Ul:
    """Ten inputs, the unchanged one first; the server makes each under its URL."""
    unchanged = {"picture": picture, "recipe": recipe}
    sampled = unchanged | {"part": part, "seed": seed}
    return html.Ul(
        [
            _input(unchanged, "As it is"),
            *(_input(sampled | {"sample": index}, f"Sample {index + 1}") for index in range(SAMPLES)),
        ],
        className="augmentation-samples",
    )


def _input(params: Mapping[str, Any], caption: str) -> html.Li:
    source = path_of(f"/data/input.jpg?{urlencode(params)}")
    image = html.Img(src=source, alt=caption, width=160, height=160)
    return html.Li(html.Figure([image, html.Figcaption(caption)]))


def _picture_options(context: AppContext) -> list[dict[str, Any]]:
    samples = [
        {"value": SAMPLE_PREFIX + sample.file, "label": f"{sample.title} ({sample.file})"}
        for sample in context.pictures.samples.values()
    ]
    labelled = context.pictures.labelled
    tests = [
        {"value": key, "label": labelled.label(key)} for key in labelled.sampled_keys(LISTED_TEST_PICTURES)
    ]
    groups = {"Samples": samples, "Test pictures": tests}
    return [{"group": name, "items": items} for name, items in groups.items() if items]

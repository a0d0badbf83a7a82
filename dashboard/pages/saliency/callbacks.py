"""The callbacks of the Saliency page: they choose picture and face, and lay out the grid.

What happens to a map after that (fetching it, colours, opacity, zoom, hover, agreement) happens in the
browser, in assets/saliency/saliency.js, so that none of it waits for the server.
"""

from random import SystemRandom
from typing import Any

from dash import Input, Output, State, no_update

from dashboard.context import current_context
from dashboard.pages.saliency import ids
from dashboard.pages.saliency.controls import picture_options
from dashboard.pages.saliency.grid import ExplainedFace, face_choices, saliency_grid
from dashboard.pages.saliency.rows import existing_face, rows_of
from dashboard.pictures.labelled import SET_PREFIX
from dashboard.pictures.store import SAMPLE_PREFIX
from dashboard.shared import ids as shell_ids
from dashboard.shared.alerts import PROBLEM, alert
from dashboard.shared.callbacks import Callbacks
from dashboard.shared.variant_choice import VariantChoice
from faces.errors import PictureExpired, VariantError

VARIANT_CHOICE = VariantChoice(ids.COMPARISON)

callbacks = Callbacks()
VARIANT_CHOICE.register(callbacks)


@callbacks.server(
    Output(ids.PICTURE, "data"), Input(shell_ids.FILMSTRIP, "data"), Input(ids.PICTURE, "value")
)
def list_pictures(filmstrip: list[dict[str, Any]] | None, key: str | None) -> list[dict[str, Any]]:
    return picture_options(current_context(), filmstrip or [], key)


@callbacks.server(
    Output(ids.PICTURE, "value"), Input(ids.ANOTHER_PICTURE, "n_clicks"), prevent_initial_call=True
)
def choose_another(clicks: int | None) -> str | Any:
    keys = current_context().pictures.labelled.test_keys()
    return SystemRandom().choice(keys) if clicks and keys else no_update


@callbacks.server(
    Output(ids.ROWS, "children"),
    Input(ids.PICTURE, "value"),
    Input(ids.FACE, "data"),
    Input(ids.COMPARISON, "data"),
)
def show_rows(key: str | None, chosen: dict[str, Any], comparison: list[str]) -> Any:
    """The grid for a picture and a face of it; a new picture begins with its first face."""
    if key is None:
        return no_update
    context = current_context()
    try:
        upload = context.pictures.upload(key, comparison)
    except VariantError as error:
        return alert("One of the two variants cannot be loaded.", str(error), tone=PROBLEM)
    except PictureExpired as error:
        return alert("This picture cannot be explained.", [str(error), " ", _upload_hint(key)], tone=PROBLEM)
    index = existing_face(upload, chosen["face"] if chosen["key"] == key else 0)
    explained = ExplainedFace(key, upload, index)
    rows = rows_of([context.variants[name] for name in comparison], upload, index)
    return [
        face_choices(explained),
        None if upload.answer.faces else _no_face(),
        saliency_grid(explained, rows, context.palette.css_colours()),
    ]


def _no_face() -> Any:
    text = "Every variant was given the whole picture: there is no face box to measure by."
    return alert("No face found.", text)


def _upload_hint(key: str) -> str:
    if key.startswith((SAMPLE_PREFIX, SET_PREFIX)):
        return ""
    return "Uploaded pictures are never stored, so a link to one works only while this server remembers it."


# No picture named: the one that Predict shows, or the first sample.
callbacks.browser(
    "saliency",
    "firstPicture",
    Output(ids.PICTURE, "value", allow_duplicate=True),
    Input(shell_ids.SHOWN, "data"),
    State(ids.PICTURE, "value"),
    State(ids.DEFAULT_PICTURE, "data"),
    prevent_initial_call="initial_duplicate",
)
callbacks.browser(
    "saliency",
    "load",
    Output(ids.MEANING, "children"),
    Input(ids.ROWS, "children"),
    Input(ids.METHOD, "value"),
    Input(ids.ENGINE, "value"),
    State(ids.MEANINGS, "data"),
)
callbacks.browser(
    "saliency",
    "paint",
    Output(ids.LEGEND, "data-scale"),
    Input(ids.OPACITY, "value"),
    Input(ids.SCALE, "value"),
    Input(ids.VIEW, "value"),
    Input(ids.ROWS, "children"),
)

"""Saliency: which pixels made the variants say so, and can the map be trusted?

The callbacks here choose picture and face. What happens to a map after that (fetching it, colours, opacity,
zoom, hover, the note) happens in the browser, in assets/saliency.js, so that none of it waits for the server.
"""

from random import SystemRandom
from typing import Any

import dash
import dash_mantine_components as dmc
from dash import (
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

from dashboard.context import AppContext, current_context
from dashboard.pages.saliency.grid import existing_face, face_strip, looks_of, looks_view
from dashboard.pages.saliency.reference_engine import is_offered
from dashboard.pages.saliency.routes import ONNX_RUNTIME, TF_KERAS_VIS
from dashboard.pictures.labelled import SET_PREFIX
from dashboard.pictures.store import SAMPLE_PREFIX
from dashboard.shared import ids
from dashboard.shared.alerts import PROBLEM, notice, page_heading
from dashboard.shared.theme import variant_css
from dashboard.shared.url_params import whole_number
from dashboard.shared.variant_choice import pair_chooser, pair_in
from faces.errors import PictureExpired, VariantError
from faces.saliency.explain import METHODS
from faces.variants import Variant

dash.register_page(
    __name__, path="/saliency", name="Saliency", title="Saliency · Age and gender workbench", order=2
)

QUESTION = "Which pixels made the variants say so, and can you trust the map?"
SCALES = ("inferno", "viridis", "cividis", "grey")
DEFAULT_METHOD, DEFAULT_SCALE, DEFAULT_OPACITY = "gradcam", "inferno", 65
WHOLE, NEAR = "whole", "near"
LISTED_TEST_PICTURES = 40


def layout(**query: str) -> html.Div:
    """The page; picture (or sample, or set), face, method, engine and drawing come from the address."""
    context = current_context()
    key = key_in(query)
    names = list(context.variants)
    pair = pair_in(query, names)
    method = query.get("method") if query.get("method") in METHODS else DEFAULT_METHOD
    return html.Div(
        [
            page_heading("Saliency", QUESTION),
            dcc.Store(
                id=ids.SALIENCY_FACE, data={"key": key, "face": whole_number(query.get("face"), 0, 10_000, 0)}
            ),
            dcc.Store(id=ids.SALIENCY_MEANINGS, data={one.name: one.meaning for one in METHODS.values()}),
            pair_chooser(ids.ON_SALIENCY, pair, names),
            html.Div(
                [
                    _picture_choice(context, key),
                    _method_choice([context.variants[name] for name in pair], str(method), query),
                    _drawing_choice(query),
                ],
                className="saliency-bar",
            ),
            html.Div(
                [
                    html.Div(_placeholder(len(pair)), id=ids.SALIENCY_LOOKS),
                    _aside(METHODS[str(method)].meaning),
                ],
                className="saliency-body",
            ),
        ],
        className="saliency",
    )


def key_in(query: dict[str, str]) -> str | None:
    """The key of the picture that an address names; None where it names none."""
    if query.get("sample"):
        return SAMPLE_PREFIX + query["sample"]
    if query.get("set"):
        return SET_PREFIX + query["set"]
    return query.get("picture") or None


def _picture_choice(context: AppContext, key: str | None) -> html.Div:
    choice = dmc.Select(
        id=ids.SALIENCY_PICTURE,
        label="Picture",
        value=key,
        data=picture_options(context, [], key),
        allowDeselect=False,
        searchable=True,
        limit=200,
        nothingFoundMessage="No picture of that name",
        w="100%",
    )
    another = None
    if context.pictures.labelled.has_data:
        another = html.Button(
            "Another test picture",
            id=ids.SALIENCY_ANOTHER,
            className="button-link",
            title="One of the test split, by chance",
        )
    return html.Div([choice, another], className="saliency-picture")


def _method_choice(variants: list[Variant], method: str, query: dict[str, str]) -> html.Div:
    offered = is_offered(variants)
    engines = [{"value": ONNX_RUNTIME, "label": "ONNX Runtime"}]
    if offered:
        engines.append({"value": TF_KERAS_VIS, "label": "tf-keras-vis"})
    names = [engine["value"] for engine in engines]
    engine = query.get("engine") if query.get("engine") in names else ONNX_RUNTIME
    methods = [{"value": one.name, "label": one.title} for one in METHODS.values()]
    engine_choice = _labelled(
        "Engine",
        dmc.SegmentedControl(id=ids.SALIENCY_ENGINE, value=engine, data=engines),
        title="ONNX Runtime is fast; tf-keras-vis is the published reference, in a process of its own",
    )
    return html.Div(
        [
            _labelled("Method", dmc.SegmentedControl(id=ids.SALIENCY_METHOD, value=method, data=methods)),
            # A choice of one is no choice, but the callbacks read it.
            html.Div(engine_choice, hidden=not offered),
        ],
        className="saliency-how",
    )


def _drawing_choice(query: dict[str, str]) -> html.Div:
    scale = query.get("scale") if query.get("scale") in SCALES else DEFAULT_SCALE
    view = query.get("view") if query.get("view") in (WHOLE, NEAR) else None
    return html.Div(
        [
            _labelled(
                "Show",
                dmc.SegmentedControl(
                    id=ids.SALIENCY_VIEW,
                    value=view,
                    data=[{"value": WHOLE, "label": "Whole picture"}, {"value": NEAR, "label": "The face"}],
                ),
            ),
            _labelled(
                "Colours",
                dmc.Select(
                    id=ids.SALIENCY_SCALE,
                    value=scale,
                    data=[{"value": name, "label": name.capitalize()} for name in SCALES],
                    allowDeselect=False,
                    w=130,
                    **{"aria-label": "Colour scale"},
                ),
            ),
            _labelled(
                "Opacity",
                dmc.Slider(
                    id=ids.SALIENCY_OPACITY,
                    value=whole_number(query.get("opacity"), 0, 100, DEFAULT_OPACITY),
                    min=0,
                    max=100,
                    step=5,
                    color="gray",
                    w=150,
                    updatemode="drag",
                    **{"aria-label": "Opacity of the maps in per cent"},
                ),
            ),
        ],
        className="saliency-drawing",
    )


def _labelled(label: str, control: Any, title: str = "") -> html.Div:
    children = [html.Span(label, className="control-label"), control]
    return html.Div(children, className="control", title=title, role="group", **{"aria-label": label})


def _aside(meaning: str) -> html.Aside:
    """What the maps say, and how to read them."""
    alone = len(current_context().variants) == 1
    return html.Aside(
        [
            html.H2("Do they agree?", hidden=alone),
            html.Div(
                id=ids.SALIENCY_NOTE, className="saliency-note", hidden=alone, **{"aria-live": "polite"}
            ),
            html.H2("How to read the maps"),
            html.P(meaning, id=ids.SALIENCY_MEANING, className="saliency-meaning"),
            html.Div(
                [html.Span("least"), html.Span(className="legend-bar"), html.Span("most")],
                id=ids.SALIENCY_LEGEND,
                className="saliency-legend",
                title="From the least to the most telling pixel of each map; the top 0.5 % share a colour",
            ),
            html.P("Trust what several methods show; a single map may mislead.", className="quiet"),
        ],
        className="saliency-aside",
    )


def _placeholder(variants: int) -> html.Div:
    """The grid before the first answer, in its final size."""
    rows = [
        html.Div(
            [
                html.Div(className="look-label"),
                html.Div([html.Div(className="panel skeleton-panel") for _ in range(3)], className="panels"),
            ],
            className="look",
        )
        for _ in range(variants)
    ]
    return html.Div(rows, className="looks is-empty", **{"aria-hidden": "true"})


def picture_options(
    context: AppContext, strip: list[dict[str, Any]], key: str | None
) -> list[dict[str, Any]]:
    """What the list offers: this visit's pictures, the samples, some test pictures, and `key` itself."""
    visit = [
        {"value": entry["key"], "label": entry["name"]}
        for entry in strip
        if entry.get("state") == "answered" and not entry["key"].startswith(SAMPLE_PREFIX)
    ]
    titles = [sample.title for sample in context.pictures.samples.values()]
    samples = [
        {
            "value": SAMPLE_PREFIX + sample.file,
            "label": sample.title if titles.count(sample.title) == 1 else f"{sample.title} ({sample.file})",
        }
        for sample in context.pictures.samples.values()
    ]
    labelled = context.pictures.labelled
    tests = labelled.sampled_keys(LISTED_TEST_PICTURES)
    if key and key in labelled and key not in tests:
        tests.insert(0, key)
    groups = {
        "Your pictures": visit,
        "Samples": samples,
        "Test pictures": [{"value": test, "label": labelled.label(test)} for test in tests],
    }
    known = {item["value"] for items in groups.values() for item in items}
    if key and key not in known:
        groups["Your pictures"] = [{"value": key, "label": "Picture from a link"}, *visit]
    return [{"group": name, "items": items} for name, items in groups.items() if items]


@callback(
    Output(ids.SALIENCY_PICTURE, "data"),
    Input(ids.STRIP, "data"),
    Input(ids.SALIENCY_PICTURE, "value"),
)
def list_pictures(strip: list[dict[str, Any]] | None, key: str | None) -> list[dict[str, Any]]:
    return picture_options(current_context(), strip or [], key)


@callback(
    Output(ids.SALIENCY_PICTURE, "value"),
    Input(ids.SALIENCY_ANOTHER, "n_clicks"),
    prevent_initial_call=True,
)
def choose_another(clicks: int | None) -> str | Any:
    keys = current_context().pictures.labelled.test_keys()
    return SystemRandom().choice(keys) if clicks and keys else no_update


@callback(
    Output(ids.SALIENCY_LOOKS, "children"),
    Input(ids.SALIENCY_PICTURE, "value"),
    Input(ids.SALIENCY_FACE, "data"),
    Input(ids.pair(ids.PAIR, ids.ON_SALIENCY), "data"),
)
def show_looks(key: str | None, chosen: dict[str, Any], pair: list[str]) -> Any:
    """The grid for a picture and a face of it; a new picture begins with its first face."""
    if key is None:
        return no_update
    context = current_context()
    face_index = chosen["face"] if chosen["key"] == key else 0
    try:
        upload = context.pictures.upload(key, pair)
    except VariantError as error:
        return notice("One of the two variants cannot be loaded.", str(error), tone=PROBLEM)
    except PictureExpired as error:
        return notice("This picture cannot be explained.", [str(error), " ", _upload_hint(key)], tone=PROBLEM)
    face_index = existing_face(upload, face_index)
    variants = [context.variants[name] for name in pair]
    colours = {name: variant_css(name, list(context.variants)) for name in pair}
    missing = (
        None
        if upload.answer.faces
        else notice(
            "No face found.", "Every variant looked at the whole picture: there is no face box to measure by."
        )
    )
    return [
        face_strip(key, upload, face_index),
        missing,
        looks_view(key, upload, face_index, looks_of(variants, upload, face_index), colours),
    ]


def _upload_hint(key: str) -> str:
    if key.startswith((SAMPLE_PREFIX, SET_PREFIX)):
        return ""
    return "Uploaded pictures are never stored, so a link to one works only while this server remembers it."


# No picture named: the one that Predict shows, or the first sample.
clientside_callback(
    ClientsideFunction("saliency", "firstPicture"),
    Output(ids.SALIENCY_PICTURE, "value", allow_duplicate=True),
    Input(ids.SHOWN, "data"),
    State(ids.SALIENCY_PICTURE, "value"),
    prevent_initial_call="initial_duplicate",
)
clientside_callback(
    ClientsideFunction("saliency", "load"),
    Output(ids.SALIENCY_MEANING, "children"),
    Input(ids.SALIENCY_LOOKS, "children"),
    Input(ids.SALIENCY_METHOD, "value"),
    Input(ids.SALIENCY_ENGINE, "value"),
    State(ids.SALIENCY_MEANINGS, "data"),
)
clientside_callback(
    ClientsideFunction("saliency", "draw"),
    Output(ids.SALIENCY_LEGEND, "data-scale"),
    Input(ids.SALIENCY_OPACITY, "value"),
    Input(ids.SALIENCY_SCALE, "value"),
    Input(ids.SALIENCY_VIEW, "value"),
    Input(ids.SALIENCY_LOOKS, "children"),
)

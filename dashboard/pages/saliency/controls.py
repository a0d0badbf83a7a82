"""The bar of the Saliency page: which picture, by which method and engine, and how its maps are shown."""

from collections.abc import Mapping, Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import html

from dashboard.context import AppContext
from dashboard.pages.saliency import ids
from dashboard.pages.saliency.reference_engine import is_offered
from dashboard.pages.saliency.routes import ONNX_RUNTIME, TF_KERAS_VIS
from dashboard.pictures.labelled import SET_PREFIX
from dashboard.pictures.store import SAMPLE_PREFIX
from dashboard.shared.url_params import integer_in, one_of
from faces.saliency.explain import METHODS
from faces.variants import Variant

SCALES = ("inferno", "viridis", "cividis", "grey")
DEFAULT_METHOD, DEFAULT_OPACITY = "gradcam", 65
WHOLE, NEAR = "whole", "near"
LISTED_TEST_PICTURES = 40


def key_in(query: Mapping[str, str]) -> str | None:
    """The key of the picture that a URL names; None where it names none."""
    if query.get("sample"):
        return SAMPLE_PREFIX + query["sample"]
    if query.get("set"):
        return SET_PREFIX + query["set"]
    return query.get("picture") or None


def method_in(query: Mapping[str, str]) -> str:
    """The method that a URL names, or the default."""
    return one_of(query.get("method"), list(METHODS), DEFAULT_METHOD)


def picture_choice(context: AppContext, key: str | None) -> html.Div:
    """The list of pictures and, where there are data, a button for another test picture."""
    choice = dmc.Select(
        id=ids.PICTURE,
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
            id=ids.ANOTHER_PICTURE,
            className="button-link",
            title="One of the test split, by chance",
        )
    return html.Div([choice, another], className="saliency-picture")


def picture_options(
    context: AppContext, filmstrip: Sequence[Mapping[str, Any]], key: str | None
) -> list[dict[str, Any]]:
    """What the list offers: this visit's pictures, the samples, some test pictures, and `key` itself."""
    visit = [
        {"value": entry["key"], "label": entry["name"]}
        for entry in filmstrip
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


def method_choice(variants: Sequence[Variant], method: str, query: Mapping[str, str]) -> html.Div:
    """Method and, where TensorFlow is installed, engine."""
    offered = is_offered(list(variants))
    engines = [{"value": ONNX_RUNTIME, "label": "ONNX Runtime"}]
    if offered:
        engines.append({"value": TF_KERAS_VIS, "label": "tf-keras-vis"})
    engine = one_of(query.get("engine"), [engine["value"] for engine in engines])
    methods = [{"value": method.name, "label": method.title} for method in METHODS.values()]
    engine_choice = _labelled(
        "Engine",
        dmc.SegmentedControl(id=ids.ENGINE, value=engine, data=engines),
        title="ONNX Runtime is fast; tf-keras-vis is the published reference, in a process of its own",
    )
    return html.Div(
        [
            _labelled("Method", dmc.SegmentedControl(id=ids.METHOD, value=method, data=methods)),
            # A choice of one is no choice, but the callbacks need it.
            html.Div(engine_choice, hidden=not offered),
        ],
        className="saliency-how",
    )


def painting_choice(query: Mapping[str, str]) -> html.Div:
    """Zoom, colour scale and opacity; the browser alone acts on them."""
    view = query.get("view") if query.get("view") in (WHOLE, NEAR) else None
    views = [{"value": WHOLE, "label": "Whole picture"}, {"value": NEAR, "label": "The face"}]
    scale = dmc.Select(
        id=ids.SCALE,
        value=one_of(query.get("scale"), SCALES),
        data=[{"value": name, "label": name.capitalize()} for name in SCALES],
        allowDeselect=False,
        w=130,
        **{"aria-label": "Colour scale"},
    )
    opacity = dmc.Slider(
        id=ids.OPACITY,
        value=integer_in(query.get("opacity"), 0, 100, DEFAULT_OPACITY),
        min=0,
        max=100,
        step=5,
        color="gray",
        w=150,
        updatemode="drag",
        **{"aria-label": "Opacity of the maps in per cent"},
    )
    return html.Div(
        [
            _labelled("Show", dmc.SegmentedControl(id=ids.VIEW, value=view, data=views)),
            _labelled("Colours", scale),
            _labelled("Opacity", opacity),
        ],
        className="saliency-painting",
    )


def _labelled(label: str, control: Any, title: str = "") -> html.Div:
    children = [html.Span(label, className="control-label"), control]
    return html.Div(children, className="control", title=title, role="group", **{"aria-label": label})

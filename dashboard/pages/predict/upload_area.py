"""Where pictures come in: a large area at first, then a bar, and the filmstrip of the pictures."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from dash import html

from dashboard.pages.predict import ids
from dashboard.pages.predict.answer_view import faces_in_words
from dashboard.pictures.samples import Sample
from dashboard.shared.url_params import path_of
from faces.pictures import FORMATS, MAX_BYTES
from faces.variants import FACE, WHOLE_IMAGE, Variant

# The states of an entry, as assets/predict/pictures.js writes them.
WORKING, ANSWERED, REFUSED = "working", "answered", "refused"


def upload_area(
    samples: Sequence[Sample], variants: Sequence[Variant], colours: Mapping[str, str]
) -> html.Div:
    """Ways to bring a picture, samples to try, what happens to it.

    assets/predict/pictures.js acts on data-action.
    """
    return html.Div(
        [
            _welcome(variants, colours),
            html.Div(
                [
                    html.P("Drop pictures of people here", className="upload-title"),
                    html.Div(
                        [
                            _button("Choose pictures", "choose", "button button-strong"),
                            _button("Take a photo", "photograph", "button only-touch"),
                        ],
                        className="upload-buttons",
                    ),
                    html.P(
                        f"or paste one. {FORMATS}, at most {MAX_BYTES // 1_000_000} MB each.",
                        className="upload-formats",
                    ),
                ],
                className="upload-box",
            ),
            html.Div(
                [
                    html.Span("Try one", className="samples-title"),
                    html.Ul([html.Li(_sample_link(sample)) for sample in samples], className="samples"),
                ],
                className="samples-row",
            ),
            html.P(
                "Pictures stay in this server's memory and are forgotten when you leave, "
                "or after half an hour without use; sooner only when its memory is full.",
                className="privacy",
            ),
        ],
        id=ids.UPLOAD_AREA,
        className="upload-area",
        **{"data-max-bytes": str(MAX_BYTES)},
    )


def filmstrip(entries: Sequence[Mapping[str, Any]], shown_id: int | None) -> list[html.Li]:
    """The pictures of this visit in small, each with its state; refused ones are in `problems`."""
    return [
        html.Li(
            html.Button(
                [
                    _thumbnail(entry),
                    html.Span(
                        [html.Span(entry["name"], className="entry-name"), html.Span(_state(entry))],
                        className="entry-words",
                    ),
                ],
                className=f"entry entry-{entry['state']}",
                title=entry["name"],
                **{
                    "data-action": "show",
                    "data-entry": str(entry["id"]),
                    "aria-pressed": "true" if entry["id"] == shown_id else "false",
                },
            )
        )
        for entry in entries
        if entry["state"] != REFUSED
    ]


def problems(entries: Sequence[Mapping[str, Any]]) -> list[html.Div]:
    """A line for every refused picture: which it is, why, and what to do."""
    return [
        html.Div(
            [
                html.Span(entry["message"], className="problem-text"),
                html.Button(
                    "Dismiss",
                    className="button-link",
                    **{"data-action": "dismiss", "data-entry": str(entry["id"])},
                ),
            ],
            className="problem",
            role="alert",
        )
        for entry in entries
        if entry["state"] == REFUSED
    ]


def _welcome(variants: Sequence[Variant], colours: Mapping[str, str]) -> html.Div:
    """What this is, for a first visit: who answers, and what each of them takes."""
    takes = {WHOLE_IMAGE: "takes the whole picture", FACE: "takes each face that a detector finds"}
    return html.Div(
        [
            html.H1("Age and gender from a photograph"),
            html.P(
                [
                    html.Span(
                        [
                            html.Strong(variant.name, style={"color": colours[variant.name]}),
                            f" {takes[variant.input_mode]}",
                        ]
                    )
                    for variant in variants
                ],
                className="welcome-variants",
            ),
        ],
        className="welcome",
    )


def _button(text: str, action: str, class_name: str) -> html.Button:
    return html.Button(text, className=class_name, **{"data-action": action})


def _sample_link(sample: Sample) -> html.A:
    return html.A(
        [
            html.Img(src=path_of(f"/pictures/sample/{quote(sample.file)}/thumbnail.jpg"), alt=""),
            html.Span(sample.title),
        ],
        href=path_of(f"/?sample={quote(sample.file)}"),
        className="sample",
        title=sample.credit,
        **{"data-action": "sample", "data-file": sample.file},
    )


def _thumbnail(entry: Mapping[str, Any]) -> Any:
    if entry["state"] == ANSWERED:
        source = path_of(f"/pictures/{quote(entry['key'])}/thumbnail.jpg")
        return html.Img(src=source, alt="")
    return html.Span(className="entry-placeholder")


def _state(entry: Mapping[str, Any]) -> str:
    return faces_in_words(entry["faces"]) if entry["state"] == ANSWERED else "working …"

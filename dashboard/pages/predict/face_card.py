"""One answered face -> its card: the crop, the headline, the axis, the bar, and what one may ask about it."""

from collections.abc import Mapping, Sequence
from urllib.parse import quote, urlencode

import dash_mantine_components as dmc
from dash import dcc, html

from dashboard.pages.predict.axes import Row, age_axis, gender_bars
from dashboard.pictures.samples import KnownPerson
from dashboard.pictures.store import SAMPLE_PREFIX
from dashboard.shared import ids
from faces.answer import AnsweredFace
from faces.predictions import Prediction, age_in_words, gender_in_words

CLOSE_UP = "close up"
WHOLE_IMAGE = "whole picture"


def face_card(
    index: int,
    key: str,
    answered: AnsweredFace,
    whole_picture: Mapping[str, Prediction],
    colours: Mapping[str, str],
    *,
    pair: Sequence[str],
    may_ask: Sequence[str],
    alone: bool,
    attention_cxcys: Mapping[str, int | None],
    person: KnownPerson | None = None,
) -> html.Article:
    """The card of face `index` (its number on the page is one more) in the picture under `key`.

    Explain takes along `pair`, the variants that the page compares. `may_ask` names the variants of the whole
    picture, which can be asked about this face; `alone` tells that there is no other face, so that what they
    said about the picture is about this person; `attention_cxcys` tells at which face each of them looked.
    """
    number = index + 1
    rows = [Row(name, prediction, colours[name]) for name, prediction in answered.answers.items()]
    for name, prediction in whole_picture.items():
        face = attention_cxcys[name]
        of_what = WHOLE_IMAGE if face in (None, index) else f"read face {face + 1}"
        rows.append(Row(name, prediction, colours[name], "" if alone else of_what, hollow=not alone))
    return html.Article(
        [
            html.Div(
                [
                    html.Img(src=f"/pictures/{quote(key)}/face/{index}.jpg", alt="", className="crop"),
                    headline(rows[0], person),
                    html.Span(str(number), className="card-number", title=f"Face {number} in the picture"),
                ],
                className="card-head",
            ),
            html.Div(
                [
                    age_axis(
                        rows,
                        extra=html.Div(id=ids.of_face(ids.ASKED_AGE, index), className="asked"),
                        pin=_pin(index),
                    ),
                    gender_bars(
                        rows, extra=html.Div(id=ids.of_face(ids.ASKED_GENDER, index), className="asked")
                    ),
                ],
                className="readings",
            ),
            html.Div(id=ids.of_face(ids.TRUTH_MARKS, index), className="truth-marks"),
            dcc.Store(id=ids.of_face(ids.ASKED_PREDICTIONS, index)),
            html.Div(
                [
                    dcc.Link("Explain", href=saliency_address(key, index, pair), className="button"),
                    html.Button(
                        f"Ask {' and '.join(may_ask)} about this face",
                        id=ids.of_face(ids.ASK_FULL, index),
                        className="button ask",
                        title="Show it this face alone: the box times two, squared",
                    )
                    if may_ask
                    else None,
                ],
                className="card-actions",
            ),
            None if person else _truth_form(index),
        ],
        className="card face-card",
        id=f"face-{number}",
        tabIndex="-1",
        **{"data-face": str(number), "aria-label": f"Face {number}"},
    )


def whole_picture_card(
    whole_picture: Mapping[str, Prediction], colours: Mapping[str, str], headline_of: str
) -> html.Article:
    """The card of a picture without a face: every variant was shown all of it."""
    rows = [Row(name, prediction, colours[name]) for name, prediction in whole_picture.items()]
    rows.sort(key=lambda row: row.variant != headline_of)
    return html.Article(
        [
            html.Div(headline(rows[0]), className="card-head"),
            html.Div([age_axis(rows), gender_bars(rows)], className="readings"),
        ],
        className="card face-card",
    )


def headline(row: Row, person: KnownPerson | None = None) -> html.Div:
    """The age in large figures in the colour of the variant that says so, the gender, and who it truly is."""
    age = row.prediction.age_years
    told = (
        [html.Span(f"{age:.0f}", className="headline-age"), html.Span("years")] if age is not None else None
    )
    return html.Div(
        [
            html.P(_person_in_words(person), className="headline-person") if person else None,
            html.P(
                told or age_in_words(row.prediction), className="headline-line", style={"color": row.colour}
            ),
            html.P(gender_in_words(row.prediction), className="headline-gender"),
        ],
        className="headline",
    )


def _person_in_words(person: KnownPerson) -> str:
    truly = f"truly {person.age_years:g}"
    return f"{person.name}, {truly}" if person.name else truly.capitalize()


def saliency_address(key: str, index: int, pair: Sequence[str]) -> str:
    """Where the Saliency page explains a face for the variants of `pair`: two, or one alone."""
    if key.startswith(SAMPLE_PREFIX):
        source = {"sample": key.removeprefix(SAMPLE_PREFIX)}
    else:
        source = {"picture": key}
    chosen = dict(zip(("first", "second"), pair, strict=False))
    return "/saliency?" + urlencode(source | {"face": str(index)} | chosen)


def _pin(index: int) -> html.Span:
    """Where the truth stands on the age axis; hidden until it is known."""
    return html.Span(className="pin", id=ids.of_face(ids.TRUTH_PIN, index), style={"display": "none"})


def _truth_form(index: int) -> html.Details:
    return html.Details(
        [
            html.Summary("I know the truth", className="button-link"),
            html.Div(
                [
                    dmc.NumberInput(
                        id=ids.of_face(ids.TRUE_AGE, index),
                        placeholder="True age",
                        min=0,
                        max=120,
                        w=110,
                        debounce=300,
                        **{"aria-label": "True age in years"},
                    ),
                    dmc.SegmentedControl(
                        id=ids.of_face(ids.TRUE_GENDER, index),
                        data=[
                            {"value": "", "label": "?"},
                            {"value": "female", "label": "female"},
                            {"value": "male", "label": "male"},
                        ],
                        value="",
                    ),
                ],
                className="truth-form",
            ),
        ],
        className="truth",
    )

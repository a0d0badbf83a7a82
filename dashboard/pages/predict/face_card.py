"""One answered face -> its card: the crop, the headline, the axis, the bar, and what one may ask about it."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import dash_mantine_components as dmc
from dash import dcc, html

from dashboard.pages.predict import ids
from dashboard.pages.predict.answered_picture import AnsweredPicture
from dashboard.pages.predict.axes import Row, age_axis, gender_bars
from dashboard.pictures.samples import KnownPerson
from dashboard.pictures.store import SAMPLE_PREFIX
from dashboard.shared.url_params import path_of
from faces.notes import face_notes
from faces.predictions import age_in_words, gender_in_words


def face_card(shown: AnsweredPicture, index: int) -> html.Article:
    """The card of face `index`; its number on the page is one more."""
    number, person, rows = index + 1, shown.people.get(index), shown.rows_of_face(index)
    face = shown.answer.faces[index].face
    crop = html.Img(src=f"{shown.url}/face/{index}.jpg", alt="", className="crop")
    return html.Article(
        [
            html.Div(
                [
                    crop,
                    _headline(rows[0], person, face_notes(face, shown.answer.turned_degrees)),
                    html.Span(str(number), className="card-number", title=f"Face {number} in the picture"),
                ],
                className="card-head",
            ),
            html.Div([_ages(rows, index), _genders(rows, index)], className="predictions"),
            html.Div(id=ids.of_face(ids.MARKS, index), className="ground-truth-marks"),
            dcc.Store(id=ids.of_face(ids.CLOSE_UP_PREDICTIONS, index)),
            _actions(shown, index),
            None if person else _ground_truth_form(index),
        ],
        className="card face-card",
        id=f"face-{number}",
        tabIndex="-1",
        **{"data-face": str(number), "aria-label": f"Face {number}"},
    )


def whole_picture_card(shown: AnsweredPicture, headline_of: str) -> html.Article:
    """The card of a picture without a face: the ages that every variant predicts for all of it, in small."""
    rows = [
        Row(name, prediction, shown.colours[name]) for name, prediction in shown.answer.whole_picture.items()
    ]
    rows.sort(key=lambda row: row.variant != headline_of)
    return html.Article(
        [
            html.P("Age for the whole picture, without a face to judge by", className="quiet"),
            html.Div(age_axis(rows), className="predictions"),
        ],
        className="card face-card",
    )


def saliency_url(key: str, index: int, comparison: Sequence[str]) -> str:
    """The URL at which the Saliency page explains a face for the compared variants: two, or one alone."""
    if key.startswith(SAMPLE_PREFIX):
        source = {"sample": key.removeprefix(SAMPLE_PREFIX)}
    else:
        source = {"picture": key}
    chosen = dict(zip(("first", "second"), comparison, strict=False))
    return path_of("/saliency?" + urlencode(source | {"face": str(index)} | chosen))


def _headline(row: Row, person: KnownPerson | None, notes: Sequence[str]) -> html.Div:
    """The age in large figures in the colour of its variant, the gender, who it truly is, and `notes`."""
    age = row.prediction.age_years
    large: Any = age_in_words(row.prediction)
    if age is not None:
        large = [html.Span(f"{age:.0f}", className="headline-age"), html.Span("years")]
    return html.Div(
        [
            html.P(_person_in_words(person), className="headline-person") if person else None,
            html.P(large, className="headline-line", style={"color": row.colour}),
            html.P(gender_in_words(row.prediction), className="headline-gender"),
            html.P(", ".join(notes), className="headline-note") if notes else None,
        ],
        className="headline",
    )


def _person_in_words(person: KnownPerson) -> str:
    truly = f"truly {person.age_years:g}"
    return f"{person.name}, {truly}" if person.name else truly.capitalize()


def _ages(rows: Sequence[Row], index: int) -> html.Div:
    close_up = html.Div(id=ids.of_face(ids.CLOSE_UP_AGES, index), className="close-up-rows")
    # Where the true age stands on the axis; hidden until it is known.
    pin = html.Span(className="pin", id=ids.of_face(ids.PIN, index), style={"display": "none"})
    return age_axis(rows, extra=close_up, pin=pin)


def _genders(rows: Sequence[Row], index: int) -> html.Div:
    close_up = html.Div(id=ids.of_face(ids.CLOSE_UP_GENDERS, index), className="close-up-rows")
    return gender_bars(rows, extra=close_up)


def _actions(shown: AnsweredPicture, index: int) -> html.Div:
    """Explain, and for variants of the whole picture their prediction for this face alone."""
    explain = dcc.Link("Explain", href=saliency_url(shown.key, index, shown.comparison), className="button")
    close_up = None
    if shown.whole_picture_variants:
        close_up = html.Button(
            f"Ask {' and '.join(shown.whole_picture_variants)} about this face",
            id=ids.of_face(ids.CLOSE_UP, index),
            className="button close-up-button",
            title="Give it this face alone: the box times two, squared",
        )
    return html.Div([explain, close_up], className="card-actions")


def _ground_truth_form(index: int) -> html.Details:
    age = dmc.NumberInput(
        id=ids.of_face(ids.TRUE_AGE, index),
        placeholder="True age",
        min=0,
        max=120,
        w=110,
        debounce=300,
        **{"aria-label": "True age in years"},
    )
    gender = dmc.SegmentedControl(
        id=ids.of_face(ids.TRUE_GENDER, index),
        data=[
            {"value": "", "label": "?"},
            {"value": "female", "label": "female"},
            {"value": "male", "label": "male"},
        ],
        value="",
    )
    return html.Details(
        [
            html.Summary("I know the truth", className="button-link"),
            html.Div([age, gender], className="ground-truth-form"),
        ],
        className="ground-truth",
    )

"""An answered picture -> the picture with numbered boxes on the left, a card a face on the right."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import dash_mantine_components as dmc
from dash import dcc, html

from dashboard.pages.predict import ids
from dashboard.pages.predict.answered_picture import AnsweredPicture
from dashboard.pages.predict.face_card import face_card, whole_picture_card
from dashboard.pages.predict.ground_truth import DEFAULT_TOLERANCE_YEARS, TOLERANCES_YEARS
from dashboard.shared.alerts import alert
from faces.answer import Answer, AnsweredFace
from faces.notes import turn_in_words
from faces.predictions import AROUND_FACE, OFF_FACE, Prediction, age_in_words, gender_in_words

MANY_FACES = 8  # above, boxes and numbers are small


def answer_view(shown: AnsweredPicture) -> html.Div:
    """All about one picture, as the compared variants answered it."""
    turned = _turned_note(shown.answer)
    if shown.answer.faces:
        cards = [face_card(shown, index) for index, _ in enumerate(shown.answer.faces)]
        right = [
            turned,
            _whole_picture_lines(shown),
            _ground_truth_bar(len(shown.people)),
            html.Div(cards, className="cards"),
        ]
    else:
        headline_of = next(iter((*shown.face_variants, *shown.whole_picture_variants)))
        right = [
            alert("No face found.", _no_face_in_words(len(shown.answer.whole_picture))),
            html.Div(whole_picture_card(shown, headline_of), className="cards"),
        ]
    return html.Div(
        [
            html.Div([_picture(shown), _caption(shown)], className="answer-picture"),
            html.Div(right, className="answer-faces"),
            dcc.Store(id=ids.PREDICTIONS, data=_predictions(shown)),
        ],
        className="answer",
    )


def faces_in_words(count: int) -> str:
    """`no face`, `1 face`, `29 faces`."""
    return f"{count or 'no'} face{'s' if count > 1 else ''}"


def timings_in_words(timings_ms: Mapping[str, float]) -> str:
    """`decode 4 · detect 9 · crop 1 · networks 6 ms`."""
    names = {"network": "networks"}
    stages = [f"{names.get(stage, stage)} {ms:.0f}" for stage, ms in timings_ms.items()]
    return " · ".join(stages) + " ms"


def _turned_note(answer: Answer) -> html.Div | None:
    if not answer.turned_degrees:
        return None
    title = f"This picture lies {turn_in_words(answer.turned_degrees)}."
    return alert(title, "It was read upright; boxes and squares are drawn on the picture as it came.")


def _no_face_in_words(variants: int) -> str:
    if variants > 1:
        return "Both variants were given the whole picture: their ages say little, and no gender is given."
    return "The variant was given the whole picture: its age says little, and no gender is given."


def _picture(shown: AnsweredPicture) -> html.Div:
    answer = shown.answer
    attended = [
        html.Div(
            className="attended-square",
            style={"borderColor": shown.colours[name], **_position(prediction.attended_xyxy, answer)},
            title=f"The part of the picture that {name} attended to",
        )
        for name, prediction in answer.whole_picture.items()
        if prediction.attended_xyxy
    ]
    boxes = [_box(number, face, answer) for number, face in enumerate(answer.faces, start=1)]
    return html.Div(
        [html.Img(src=f"{shown.url}/picture.jpg", alt=answer.picture), *attended, *boxes],
        className="picture many" if len(boxes) > MANY_FACES else "picture",
        style={
            "aspectRatio": f"{answer.width} / {answer.height}",
            "--ratio": f"{answer.width / answer.height:.4f}",
        },
    )


def _box(number: int, answered: AnsweredFace, answer: Answer) -> html.Button:
    """The box of a face, a button that leads to its card."""
    predictions = "; ".join(
        f"{name} {age_in_words(prediction)}, {gender_in_words(prediction)}"
        for name, prediction in answered.answers.items()
    )
    return html.Button(
        html.Span(str(number), className="box-number"),
        className="box" if answered.face.is_likely else "box is-unlikely",
        style=_position(answered.face.box_xyxy, answer),
        title=f"Face {number}: {predictions}" if predictions else f"Face {number}",
        **{"data-face": str(number), "data-action": "to-face", "aria-label": f"Face {number}: to its card"},
    )


def _position(box_xyxy: Sequence[float], answer: Answer) -> dict[str, str]:
    """Where a box lies over the picture, in per cent of it; what reaches outside is cut off."""
    x0, x1 = (100 * min(max(value / answer.width, 0), 1) for value in box_xyxy[::2])
    y0, y1 = (100 * min(max(value / answer.height, 0), 1) for value in box_xyxy[1::2])
    edges = {"left": x0, "top": y0, "width": x1 - x0, "height": y1 - y0}
    return {edge: f"{value:.3f}%" for edge, value in edges.items()}


def _caption(shown: AnsweredPicture) -> html.Div:
    answer = shown.answer
    size = f" {answer.width} × {answer.height} px · {faces_in_words(len(answer.faces))}"
    if answer.faces_left_out:
        size += f", {answer.faces_left_out} more of lower confidence left out"
    variants = urlencode(
        [("variant", name) for name in (*shown.face_variants, *shown.whole_picture_variants)]
    )
    downloads = (("Picture", "annotated.jpg"), ("JSON", "answer.json"), ("CSV", "answer.csv"))
    links = [html.A(name, href=f"{shown.url}/{file}?{variants}", download="") for name, file in downloads]
    times = timings_in_words(answer.timings_ms)
    return html.Div(
        [
            html.P([html.Span(answer.picture, className="caption-name"), size]),
            html.P(shown.credit) if shown.credit else None,
            html.P(times, className="figures-align", title="Time of each stage"),
            html.P(["Download ", *links], className="downloads"),
        ],
        className="caption",
    )


def _whole_picture_lines(shown: AnsweredPicture) -> html.Div:
    lines = [
        html.P(
            [
                html.Span(name, className="whole-variant", style={"color": shown.colours[name]}),
                f" on {_input_in_words(shown, prediction)}: ",
                html.Strong(age_in_words(prediction)),
                f", {gender_in_words(prediction)}",
                " (it attended to something else than the face)" if prediction.doubt == OFF_FACE else None,
            ],
            className="figures-align",
        )
        for name, prediction in shown.answer.whole_picture.items()
    ]
    return html.Div(lines, className="whole-picture")


def _input_in_words(shown: AnsweredPicture, prediction: Prediction) -> str:
    if prediction.input_source == AROUND_FACE:
        return "the part around the face, which it had missed in the whole picture"
    return f"the whole picture{_attended_in_words(shown, prediction)}"


def _attended_in_words(shown: AnsweredPicture, prediction: Prediction) -> str:
    if prediction.attended_xyxy is None:
        return ""
    face = None if shown.is_alone else shown.attended_face(prediction)
    return f" (attended to {'the dashed square' if face is None else f'face {face + 1}'})"


def _ground_truth_bar(known: int) -> html.Div:
    """The tolerance and the count of right answers; hidden until something is known."""
    lowest, highest = TOLERANCES_YEARS
    tolerance = dmc.Slider(
        id=ids.TOLERANCE,
        value=DEFAULT_TOLERANCE_YEARS,
        min=lowest,
        max=highest,
        step=1,
        marks=[{"value": value, "label": str(value)} for value in (1, 5, 10, 15)],
        color="gray",
        className="tolerance",
        **{"aria-label": "Tolerance in years"},
    )
    return html.Div(
        [
            html.P(id=ids.SUMMARY, className="ground-truth-summary", **{"aria-live": "polite"}),
            html.Div([html.Span("Right within"), tolerance, html.Span("years")], className="tolerance-row"),
        ],
        id=ids.GROUND_TRUTH,
        className="ground-truth-bar",
        hidden=not known,
    )


def _predictions(shown: AnsweredPicture) -> list[dict[str, Any]]:
    """For each face what the marks need: its predictions and, where it is known, the ground truth."""
    of_all = shown.answer.whole_picture if shown.is_alone else {}
    faces = []
    for index, answered in enumerate(shown.answer.faces):
        person = shown.people.get(index)
        answers = {name: prediction.as_dict() for name, prediction in (answered.answers | of_all).items()}
        faces.append(
            {
                "answers": answers,
                "true_age": person.age_years if person else None,
                "true_gender": person.gender if person else None,
            }
        )
    return faces

"""An answered picture -> the picture with numbered boxes on the left, a card a face on the right."""

from collections.abc import Mapping, Sequence
from urllib.parse import quote, urlencode

import dash_mantine_components as dmc
from dash import dcc, html

from dashboard.pages.predict.face_card import face_card, whole_picture_card
from dashboard.pages.predict.ground_truth import DEFAULT_TOLERANCE_YEARS, TOLERANCES_YEARS
from dashboard.pictures.samples import KnownPerson
from dashboard.pictures.uploads import Upload
from dashboard.shared import ids
from dashboard.shared.alerts import notice
from faces.answer import Answer
from faces.predictions import Prediction, age_in_words, gender_in_words


def answer_view(
    key: str,
    upload: Upload,
    colours: Mapping[str, str],
    *,
    pair: Sequence[str],
    whole_picture_variants: Sequence[str],
    face_variants: Sequence[str],
    people: Mapping[int, KnownPerson],
    credit: str = "",
) -> html.Div:
    """All about the picture under `key`, as the variants of `pair` answered.

    `people`: index of a face -> who is known to be in it.
    """
    answer, variants = upload.answer, (*face_variants, *whole_picture_variants)
    if answer.faces:
        attention_cxcys = {
            name: answer.attended_face(prediction) for name, prediction in answer.whole_picture.items()
        }
        cards = [
            face_card(
                index,
                key,
                answered,
                answer.whole_picture,
                colours,
                pair=pair,
                may_ask=whole_picture_variants,
                alone=len(answer.faces) == 1,
                attention_cxcys=attention_cxcys,
                person=people.get(index),
            )
            for index, answered in enumerate(answer.faces)
        ]
        right = [
            _whole_picture_lines(answer, colours, attention_cxcys),
            _truth_bar(len(people)),
            html.Div(cards, className="cards"),
        ]
    else:
        headline_of = variants[0]
        right = [
            notice(
                "No face found.",
                "Both variants looked at the whole picture instead; take their answers with care."
                if len(colours) > 1
                else "The whole picture was looked at instead; take the answer with care.",
            ),
            html.Div(whole_picture_card(answer.whole_picture, colours, headline_of), className="cards"),
        ]
    return html.Div(
        [
            html.Div(
                [
                    _picture(key, answer, colours),
                    _caption(key, answer, credit, (*face_variants, *whole_picture_variants)),
                ],
                className="answer-picture",
            ),
            html.Div(right, className="answer-faces"),
            dcc.Store(id=ids.PREDICT_TABLE, data=_predictions(answer, people)),
        ],
        className="answer",
    )


def faces_in_words(count: int) -> str:
    """`no face`, `1 face`, `29 faces`."""
    return f"{count or 'no'} face{'s' if count > 1 else ''}"


def timings_in_words(timings_ms: Mapping[str, float]) -> str:
    """`decode 4 · detect 9 · frame 1 · networks 6 ms`."""
    names = {"network": "networks"}
    stages = [f"{names.get(stage, stage)} {ms:.0f}" for stage, ms in timings_ms.items()]
    return " · ".join(stages) + " ms"


def _picture(key: str, answer: Answer, colours: Mapping[str, str]) -> html.Div:
    looks = [
        html.Div(
            className="looked-at",
            style={"borderColor": colours[name], **_place(prediction.attended_xyxy, answer)},
            title=f"Where {name} looked in the whole picture",
        )
        for name, prediction in answer.whole_picture.items()
        if prediction.attended_xyxy
    ]
    boxes = []
    for number, answered in enumerate(answer.faces, start=1):
        said = "; ".join(
            f"{name} {age_in_words(prediction)}, {gender_in_words(prediction)}"
            for name, prediction in answered.answers.items()
        )
        boxes.append(
            html.Button(
                html.Span(str(number), className="box-number"),
                className="box",
                style=_place(answered.face.box_xyxy, answer),
                title=f"Face {number}: {said}" if said else f"Face {number}",
                **{
                    "data-face": str(number),
                    "data-action": "to-face",
                    "aria-label": f"Face {number}: to its card",
                },
            )
        )
    return html.Div(
        [html.Img(src=f"/pictures/{quote(key)}/picture.jpg", alt=answer.picture), *looks, *boxes],
        className="picture many" if len(boxes) > 8 else "picture",
        style={
            "aspectRatio": f"{answer.width} / {answer.height}",
            "--ratio": f"{answer.width / answer.height:.4f}",
        },
    )


def _place(box_xyxy: Sequence[float], answer: Answer) -> dict[str, str]:
    """Where a box lies over the picture, in shares of it; what reaches outside is cut off."""
    x0, x1 = (100 * min(max(value / answer.width, 0), 1) for value in box_xyxy[::2])
    y0, y1 = (100 * min(max(value / answer.height, 0), 1) for value in box_xyxy[1::2])
    edges = {"left": x0, "top": y0, "width": x1 - x0, "height": y1 - y0}
    return {edge: f"{value:.3f}%" for edge, value in edges.items()}


def _caption(key: str, answer: Answer, credit: str, variants: Sequence[str]) -> html.Div:
    address, said_by = f"/pictures/{quote(key)}", urlencode([("variant", name) for name in variants])
    downloads = (("Picture", "annotated.jpg"), ("JSON", "answer.json"), ("CSV", "answer.csv"))
    return html.Div(
        [
            html.P(
                [
                    html.Span(answer.picture, className="caption-name"),
                    f" {answer.width} × {answer.height} px · {faces_in_words(len(answer.faces))}",
                ]
            ),
            html.P(credit) if credit else None,
            html.P(
                timings_in_words(answer.timings_ms), className="figures-align", title="Time of each stage"
            ),
            html.P(
                [
                    "Download ",
                    *(
                        html.A(name, href=f"{address}/{file}?{said_by}", download="")
                        for name, file in downloads
                    ),
                ],
                className="downloads",
            ),
        ],
        className="caption",
    )


def _whole_picture_lines(
    answer: Answer, colours: Mapping[str, str], attention_cxcys: Mapping[str, int | None]
) -> html.Div:
    return html.Div(
        [
            html.P(
                [
                    html.Span(name, className="whole-variant", style={"color": colours[name]}),
                    " on the whole picture",
                    _looked_in_words(prediction, attention_cxcys[name] if len(answer.faces) > 1 else None),
                    html.Strong(age_in_words(prediction)),
                    f", {gender_in_words(prediction)}",
                ],
                className="figures-align",
            )
            for name, prediction in answer.whole_picture.items()
        ],
        className="whole-picture",
    )


def _looked_in_words(prediction: Prediction, face: int | None) -> str:
    if prediction.attended_xyxy is None:
        return ": "
    return f" (it looked at {'the dashed square' if face is None else f'face {face + 1}'}): "


def _truth_bar(known: int) -> html.Div:
    """The tolerance and the count of right answers; hidden until something is known."""
    least, most = TOLERANCES_YEARS
    return html.Div(
        [
            html.P(id=ids.PREDICT_TRUTH_SUMMARY, className="truth-summary", **{"aria-live": "polite"}),
            html.Div(
                [
                    html.Span("Right within", id="tolerance-label"),
                    dmc.Slider(
                        id=ids.PREDICT_TOLERANCE,
                        value=DEFAULT_TOLERANCE_YEARS,
                        min=least,
                        max=most,
                        step=1,
                        marks=[{"value": value, "label": str(value)} for value in (1, 5, 10, 15)],
                        color="gray",
                        className="tolerance",
                        **{"aria-label": "Tolerance in years"},
                    ),
                    html.Span("years"),
                ],
                className="tolerance-row",
            ),
        ],
        id=ids.PREDICT_TRUTH,
        className="truth-bar",
        hidden=not known,
    )


def _predictions(answer: Answer, people: Mapping[int, KnownPerson]) -> list[dict]:
    """For each face what the marks need: its answers and, where it is known, the truth.

    With one face alone, an answer about the whole picture is one about this person.
    """
    of_all = answer.whole_picture if len(answer.faces) == 1 else {}
    return [
        {
            "answers": {
                name: prediction.as_dict() for name, prediction in (answered.answers | of_all).items()
            },
            "true_age": people[index].age_years if index in people else None,
            "true_gender": people[index].gender if index in people else None,
        }
        for index, answered in enumerate(answer.faces)
    ]

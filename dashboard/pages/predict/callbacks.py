"""The callbacks of the Predict page; assets/predict/pictures.js keeps the pictures of this visit."""

from dataclasses import replace
from typing import Any

from dash import ALL, MATCH, Input, Output, State, html

from dashboard.context import current_context
from dashboard.pages.predict import ids
from dashboard.pages.predict.answer_view import answer_view
from dashboard.pages.predict.answered_picture import AnsweredPicture
from dashboard.pages.predict.axes import Row, age_row, gender_row
from dashboard.pages.predict.ground_truth import GroundTruth, marks, marks_in_words, summary
from dashboard.pages.predict.upload_area import WORKING, filmstrip, problems
from dashboard.pictures.samples import people_by_face
from dashboard.pictures.store import SAMPLE_PREFIX
from dashboard.shared import ids as shell_ids
from dashboard.shared.alerts import PROBLEM, alert, skeleton
from dashboard.shared.callbacks import Callbacks
from dashboard.shared.variant_choice import VariantChoice
from faces.boxes import square_around
from faces.errors import PictureExpired, VariantError
from faces.predictions import UNCLEAR_TURN

VARIANT_CHOICE = VariantChoice(ids.COMPARISON)
CLOSE_UP = "close up"
CLOSE_UP_SCALE = 2.0  # the face box times two

callbacks = Callbacks()
VARIANT_CHOICE.register(callbacks)
callbacks.browser(
    "predict", "openUrl", Output(ids.UPLOAD_AREA, "data-opened"), Input(shell_ids.LOCATION, "search")
)
callbacks.browser("predict", "shape", Output(ids.PREDICT, "className"), Input(shell_ids.FILMSTRIP, "data"))


@callbacks.server(
    Output(ids.FILMSTRIP, "children"),
    Output(ids.PROBLEMS, "children"),
    Input(shell_ids.FILMSTRIP, "data"),
    Input(shell_ids.SHOWN, "data"),
)
def show_filmstrip(
    entries: list[dict[str, Any]], shown: dict[str, Any] | None
) -> tuple[list[Any], list[Any]]:
    return filmstrip(entries, shown["id"] if shown else None), problems(entries)


@callbacks.server(
    Output(ids.ANSWER, "children"), Input(shell_ids.SHOWN, "data"), Input(ids.COMPARISON, "data")
)
def show_answer(shown: dict[str, Any] | None, comparison: list[str]) -> Any:
    if shown is None:
        return None
    if shown["state"] == WORKING:
        return html.Div([skeleton(520), html.Div([skeleton(40), skeleton(300)])], className="answer")
    context, key = current_context(), shown["key"]
    try:
        answer = context.pictures.upload(key, comparison).answer
    except PictureExpired as error:
        return alert(f"{shown['name']} has expired.", str(error), tone=PROBLEM)
    except VariantError as error:
        return alert("One of the two variants cannot be loaded.", str(error), tone=PROBLEM)
    sample = context.pictures.samples.get(key.removeprefix(SAMPLE_PREFIX))
    faces = [answered.face for answered in answer.faces]
    return answer_view(
        AnsweredPicture(
            key,
            answer,
            comparison,
            face_variants=context.workbench.face_variants(comparison),
            whole_picture_variants=context.workbench.whole_picture_variants(comparison),
            colours=context.palette.css_colours(),
            people=people_by_face(sample.people(), faces) if sample else {},
            credit=sample.credit if sample else "",
        )
    )


@callbacks.server(
    Output(ids.of_face(ids.CLOSE_UP_AGES, MATCH), "children"),
    Output(ids.of_face(ids.CLOSE_UP_GENDERS, MATCH), "children"),
    Output(ids.of_face(ids.CLOSE_UP_PREDICTIONS, MATCH), "data"),
    Output(ids.of_face(ids.CLOSE_UP, MATCH), "disabled"),
    Input(ids.of_face(ids.CLOSE_UP, MATCH), "n_clicks"),
    State(ids.of_face(ids.CLOSE_UP, MATCH), "id"),
    State(shell_ids.SHOWN, "data"),
    State(ids.COMPARISON, "data"),
    prevent_initial_call=True,
)
def show_close_up(
    _clicks: int, button: dict[str, Any], shown: dict[str, Any], comparison: list[str]
) -> tuple[Any, ...]:
    """The predictions of the variants of the whole picture for one face alone."""
    context = current_context()
    try:
        upload = context.pictures.upload(shown["key"], comparison)
    except PictureExpired as error:
        return html.P(str(error), className="card-problem", role="alert"), None, None, True
    face = upload.answer.faces[button["face"]].face
    degrees = upload.answer.turned_degrees if face.turned_degrees is None else face.turned_degrees
    square = square_around(face.box_xyxy, CLOSE_UP_SCALE)
    predictions = {
        name: context.workbench.predict_square(name, upload.picture, square, degrees)
        for name in context.workbench.whole_picture_variants(comparison)
    }
    if face.turned_degrees is None:
        predictions = {name: replace(one, doubt=UNCLEAR_TURN) for name, one in predictions.items()}
    palette = context.palette
    rows = [Row(name, prediction, palette.css(name), CLOSE_UP) for name, prediction in predictions.items()]
    as_data = {_close_up(name): prediction.as_dict() for name, prediction in predictions.items()}
    return [age_row(row) for row in rows], [gender_row(row) for row in rows], as_data, True


@callbacks.server(
    Output(ids.of_face(ids.MARKS, ALL), "children"),
    Output(ids.of_face(ids.PIN, ALL), "style"),
    Output(ids.SUMMARY, "children"),
    Output(ids.GROUND_TRUTH, "hidden"),
    Input(ids.PREDICTIONS, "data"),
    Input(ids.TOLERANCE, "value"),
    Input(ids.of_face(ids.TRUE_AGE, ALL), "value"),
    Input(ids.of_face(ids.TRUE_GENDER, ALL), "value"),
    Input(ids.of_face(ids.CLOSE_UP_PREDICTIONS, ALL), "data"),
    State(ids.of_face(ids.TRUE_AGE, ALL), "id"),
)
def mark_answers(
    predictions: list[dict[str, Any]],
    tolerance_years: float,
    typed_ages: list[Any],
    typed_genders: list[str],
    close_ups: list[dict[str, Any] | None],
    typed_ids: list[dict[str, Any]],
) -> tuple[list[Any], list[dict[str, str]], str, bool]:
    """Compare every face of which something is known, by its sample's table or by the visitor."""
    typed = {
        typed_id["face"]: GroundTruth(float(age) if age not in (None, "") else None, gender or None)
        for typed_id, age, gender in zip(typed_ids, typed_ages, typed_genders, strict=True)
    }
    truths = [
        typed.get(face, GroundTruth(prediction["true_age"], prediction["true_gender"]))
        for face, prediction in enumerate(predictions)
    ]
    by_face = [
        marks(prediction["answers"] | (close_up or {}), truth, tolerance_years)
        for prediction, close_up, truth in zip(predictions, close_ups, truths, strict=True)
    ]
    colours = current_context().palette.css_colours()
    colours |= {_close_up(name): colour for name, colour in colours.items()}
    pins = [
        {"display": "none"} if truth.age_years is None else {"left": f"{min(truth.age_years, 100):.2f}%"}
        for truth in truths
    ]
    all_marks = [mark for of_face in by_face for mark in of_face]
    lines = [marks_in_words(of_face, colours) for of_face in by_face]
    return lines, pins, summary(all_marks, tolerance_years), not any(truths)


def _close_up(name: str) -> str:
    return f"{name}, {CLOSE_UP}"

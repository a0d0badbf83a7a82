"""Predict: what does each variant say about this picture, how sure is it, and how long did it take?"""

from typing import Any

import dash
from dash import ALL, MATCH, ClientsideFunction, Input, Output, State, callback, clientside_callback, html

from dashboard.context import current_context
from dashboard.pages.predict.answer_view import answer_view
from dashboard.pages.predict.axes import Row, age_row, gender_row
from dashboard.pages.predict.face_card import CLOSE_UP
from dashboard.pages.predict.ground_truth import GroundTruth, marks, marks_in_words, summary
from dashboard.pages.predict.upload_area import WORKING, drop_area, problems, strip
from dashboard.pictures.samples import people_by_face
from dashboard.pictures.store import SAMPLE_PREFIX
from dashboard.shared import ids
from dashboard.shared.alerts import PROBLEM, notice, skeleton
from dashboard.shared.theme import variant_css
from dashboard.shared.variant_choice import pair_chooser, pair_in
from faces.boxes import square_around
from faces.errors import PictureExpired, VariantError

dash.register_page(__name__, path="/", name="Predict", title="Predict · Age and gender workbench", order=1)

CLOSE_UP_SCALE = 2.0  # "ask full about this face": the box times two


def layout(**query: str) -> html.Div:
    """The page; `?sample=FILE` is read in the browser, which keeps the pictures of this visit."""
    context = current_context()
    names = list(context.variants)
    pair = pair_in(query, names)
    return html.Div(
        [
            drop_area(
                list(context.pictures.samples.values()), [context.variants[name] for name in pair], _colours()
            ),
            pair_chooser(ids.ON_PREDICT, pair, names),
            html.Ul(
                id=ids.PREDICT_STRIP,
                className="strip",
                **{"aria-label": "Your pictures", "aria-live": "polite"},
            ),
            html.Div(id=ids.PREDICT_PROBLEMS, className="problems"),
            html.Div(id=ids.PREDICT_ANSWER),
        ],
        id=ids.PREDICT,
        className="predict",
    )


clientside_callback(
    ClientsideFunction("predict", "openAddress"),
    Output(ids.PREDICT_DROP, "data-opened"),
    Input(ids.LOCATION, "search"),
)
clientside_callback(
    ClientsideFunction("predict", "shape"), Output(ids.PREDICT, "className"), Input(ids.STRIP, "data")
)


@callback(
    Output(ids.PREDICT_STRIP, "children"),
    Output(ids.PREDICT_PROBLEMS, "children"),
    Input(ids.STRIP, "data"),
    Input(ids.SHOWN, "data"),
)
def show_strip(entries: list[dict[str, Any]], shown: dict[str, Any] | None) -> tuple[list[Any], list[Any]]:
    return strip(entries, shown["id"] if shown else None), problems(entries)


@callback(
    Output(ids.PREDICT_ANSWER, "children"),
    Input(ids.SHOWN, "data"),
    Input(ids.pair(ids.PAIR, ids.ON_PREDICT), "data"),
)
def show_answer(shown: dict[str, Any] | None, pair: list[str]) -> Any:
    if shown is None:
        return None
    if shown["state"] == WORKING:
        return html.Div([skeleton(520), html.Div([skeleton(40), skeleton(300)])], className="answer")
    context, key = current_context(), shown["key"]
    try:
        upload = context.pictures.upload(key, pair)
    except PictureExpired as error:
        return notice(f"{shown['name']} has expired.", str(error), tone=PROBLEM)
    except VariantError as error:
        return notice("One of the two variants cannot be loaded.", str(error), tone=PROBLEM)
    sample = context.pictures.samples.get(key.removeprefix(SAMPLE_PREFIX))
    faces = [answered.face for answered in upload.answer.faces]
    return answer_view(
        key,
        upload,
        _colours(),
        pair=pair,
        whole_picture_variants=context.workbench.whole_picture_variants(pair),
        face_variants=context.workbench.face_variants(pair),
        people=people_by_face(sample.people(), faces) if sample else {},
        credit=sample.credit if sample else "",
    )


@callback(
    Output(ids.of_face(ids.ASKED_AGE, MATCH), "children"),
    Output(ids.of_face(ids.ASKED_GENDER, MATCH), "children"),
    Output(ids.of_face(ids.ASKED_PREDICTIONS, MATCH), "data"),
    Output(ids.of_face(ids.ASK_FULL, MATCH), "disabled"),
    Input(ids.of_face(ids.ASK_FULL, MATCH), "n_clicks"),
    State(ids.of_face(ids.ASK_FULL, MATCH), "id"),
    State(ids.SHOWN, "data"),
    State(ids.pair(ids.PAIR, ids.ON_PREDICT), "data"),
    prevent_initial_call=True,
)
def ask_about_face(
    _clicks: int, button: dict[str, Any], shown: dict[str, Any], pair: list[str]
) -> tuple[Any, ...]:
    """What the variants of the whole picture say when they are shown one face alone."""
    context = current_context()
    try:
        upload = context.pictures.upload(shown["key"], pair)
    except PictureExpired as error:
        return html.P(str(error), className="card-problem", role="alert"), None, None, True
    square = square_around(upload.answer.faces[button["face"]].face.box_xyxy, CLOSE_UP_SCALE)
    predictions = {
        name: context.workbench.predict_square(name, upload.picture, square)
        for name in context.workbench.whole_picture_variants(pair)
    }
    rows = [Row(name, prediction, _colours()[name], CLOSE_UP) for name, prediction in predictions.items()]
    as_data = {_close_up(name): prediction.as_dict() for name, prediction in predictions.items()}
    return [age_row(row) for row in rows], [gender_row(row) for row in rows], as_data, True


@callback(
    Output(ids.of_face(ids.TRUTH_MARKS, ALL), "children"),
    Output(ids.of_face(ids.TRUTH_PIN, ALL), "style"),
    Output(ids.PREDICT_TRUTH_SUMMARY, "children"),
    Output(ids.PREDICT_TRUTH, "hidden"),
    Input(ids.PREDICT_TABLE, "data"),
    Input(ids.PREDICT_TOLERANCE, "value"),
    Input(ids.of_face(ids.TRUE_AGE, ALL), "value"),
    Input(ids.of_face(ids.TRUE_GENDER, ALL), "value"),
    Input(ids.of_face(ids.ASKED_PREDICTIONS, ALL), "data"),
    State(ids.of_face(ids.TRUE_AGE, ALL), "id"),
)
def mark_answers(
    predictions: list[dict[str, Any]],
    tolerance_years: float,
    typed_ages: list[Any],
    typed_genders: list[str],
    asked: list[dict[str, Any] | None],
    typed_ids: list[dict[str, Any]],
) -> tuple[list[Any], list[dict[str, str]], str, bool]:
    """Compare every face of which something is known, by its sample's table or by the visitor."""
    typed = {
        one["face"]: GroundTruth(float(age) if age not in (None, "") else None, gender or None)
        for one, age, gender in zip(typed_ids, typed_ages, typed_genders, strict=True)
    }
    truths = [
        typed.get(face, GroundTruth(prediction["true_age"], prediction["true_gender"]))
        for face, prediction in enumerate(predictions)
    ]
    by_face = [
        marks(prediction["answers"] | (close_up or {}), truth, tolerance_years)
        for prediction, close_up, truth in zip(predictions, asked, truths, strict=True)
    ]
    colours = _colours()
    colours |= {_close_up(name): colour for name, colour in colours.items()}
    pins = [
        {"display": "none"} if truth.age_years is None else {"left": f"{min(truth.age_years, 100):.2f}%"}
        for truth in truths
    ]
    everything = [mark for found in by_face for mark in found]
    words = [marks_in_words(found, colours) for found in by_face]
    return words, pins, summary(everything, tolerance_years), not any(truths)


def _close_up(name: str) -> str:
    return f"{name}, {CLOSE_UP}"


def _colours() -> dict[str, str]:
    names = list(current_context().variants)
    return {name: variant_css(name, names) for name in names}

"""HTTP routes of pictures: a picture in, its views and downloads out. All from memory, none cached.

A picture is named by its key (dashboard.pictures.store). A forgotten picture answers 410 with the sentence
that says so. Downloads hold the predictions of the variants named by `variant`, which may come several times;
without it, those of the first two.
"""

import csv
import io
import json

import cv2
import flask
import numpy as np

from dashboard.api.forms import form_parts
from dashboard.context import current_context
from dashboard.pictures.store import SAMPLE_PREFIX, is_key
from dashboard.pictures.uploads import Upload
from dashboard.shares import visitor_of
from faces.boxes import square_around
from faces.drawing import annotated
from faces.errors import (
    PictureBroken,
    PictureEmpty,
    PictureError,
    PictureExpired,
    PictureNotRecognised,
    PictureTooLarge,
    PictureTruncated,
)
from faces.input_crops import upright_pixels
from faces.pictures import shown_name

SHOWN_SIDE_PX = 1600
THUMBNAIL_HEIGHT_PX = 168
CROP_PX = 176
CROP_SCALE = 1.4
CROP_PAD_RGB = (127, 127, 127)
_JPEG_QUALITY = 90

WHAT_TO_DO = {
    PictureEmpty: "Please choose another file.",
    PictureTooLarge: "Please choose a smaller version of it.",
    PictureNotRecognised: "Please save it as JPEG or PNG and choose it again.",
    PictureTruncated: "Please copy or download it once more and choose it again.",
    PictureBroken: "Please choose another copy of it.",
}

blueprint = flask.Blueprint("pictures", __name__, url_prefix="/pictures")


@blueprint.post("")
def upload() -> flask.Response:
    """Answer the one file of a multipart form and remember it: an entry of the strip, as JSON.

    A refused picture is an entry as well, with status 200: that a file is broken is an answer.
    """
    picture = next((part for part in form_parts(flask.request) if not part.is_text), None)
    if picture is None or picture.data is None:
        return flask.jsonify(
            state="refused", name="picture", message="The browser sent no file. Please try again."
        )
    context = current_context()
    name = picture.file or "picture"
    try:
        answered = context.workbench.answered(picture.data, name, context.workbench.first_variants)
    except PictureError as error:
        return _refused(name, error)
    address = visitor_of(flask.request).address
    return _entry(context.pictures.uploads.add(answered, address), answered)


@blueprint.post("/forget")
def forget() -> flask.Response:
    """The visitor leaves: drop the pictures whose tokens come as a JSON list."""
    tokens = flask.request.get_json(force=True, silent=True)
    for token in tokens if isinstance(tokens, list) else []:
        current_context().pictures.uploads.forget(str(token))
    return flask.Response(status=204)


@blueprint.post("/sample/<file>")
def open_sample(file: str) -> flask.Response:
    """Answer a shipped picture: an entry of the strip, as JSON."""
    key = SAMPLE_PREFIX + file
    try:
        return _entry(key, current_context().pictures.upload(key, ()))
    except PictureExpired as error:
        return _refused(file, error)


@blueprint.get("/sample/<file>/thumbnail.jpg")
def sample_thumbnail(file: str) -> flask.Response:
    """A shipped picture in small; needs no network, so that the first page is complete at once."""
    pictures = current_context().pictures
    if file not in pictures.samples:
        flask.abort(404)
    rgb = pictures.picture(SAMPLE_PREFIX + file).rgb
    response = jpeg(_fitted(rgb, 2 * THUMBNAIL_HEIGHT_PX, 2 * THUMBNAIL_HEIGHT_PX))
    response.headers["Cache-Control"] = "max-age=3600"
    return response


@blueprint.get("/<path:key>/picture.jpg")
def picture(key: str) -> flask.Response:
    """The whole picture, at most SHOWN_SIDE_PX on its longer side."""
    return jpeg(_fitted(current_context().pictures.picture(key).rgb, SHOWN_SIDE_PX, SHOWN_SIDE_PX))


@blueprint.get("/<path:key>/thumbnail.jpg")
def thumbnail(key: str) -> flask.Response:
    """The whole picture in the size of the strip."""
    rgb = current_context().pictures.picture(key).rgb
    return jpeg(_fitted(rgb, 3 * THUMBNAIL_HEIGHT_PX, THUMBNAIL_HEIGHT_PX))


@blueprint.get("/<path:key>/face/<int:face>.jpg")
def crop(key: str, face: int) -> flask.Response:
    """One face with a margin, upright, as its card shows it."""
    upload = current_context().pictures.upload(key, ())
    if face >= len(upload.answer.faces):
        flask.abort(404)
    shown = upload.answer.faces[face].face
    degrees = upload.answer.turned_degrees if shown.turned_degrees is None else shown.turned_degrees
    square = square_around(shown.box_xyxy, CROP_SCALE)
    return jpeg(upright_pixels(upload.picture, square, degrees, CROP_PX, CROP_PAD_RGB))


@blueprint.get("/<path:key>/annotated.jpg")
def annotated_picture(key: str) -> flask.Response:
    """The picture with boxes, ages, intervals and genders drawn on it."""
    upload = _answered(key)
    return _download(jpeg(annotated(upload.picture, upload.answer)), upload, "annotated.jpg")


@blueprint.get("/<path:key>/answer.json")
def answer_json(key: str) -> flask.Response:
    """What `python -m faces predict --json` prints for this picture."""
    upload = _answered(key)
    text = json.dumps(upload.answer.as_dict(), indent=2, ensure_ascii=False)
    return _download(flask.Response(text, mimetype="application/json"), upload, "answer.json")


@blueprint.get("/<path:key>/answer.csv")
def answer_csv(key: str) -> flask.Response:
    """One row a face and variant; a prediction for the whole picture has no box."""
    upload = _answered(key)
    return _download(flask.Response(csv_of(upload), mimetype="text/csv"), upload, "answer.csv")


def csv_of(upload: Upload) -> str:
    """The answer as comma-separated values with a header."""
    answer = upload.answer
    columns = ("age_years", "age_low", "age_high", "gender", "female_probability", "input_source")
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(
        ["picture", "face", "x0", "y0", "x1", "y1", "confidence", "variant", *columns, "turned_degrees"]
    )
    for number, answered in enumerate(answer.faces, start=1):
        box = [round(edge, 1) for edge in answered.face.box_xyxy]
        for name, prediction in answered.answers.items():
            values = prediction.as_dict()
            row = [answer.picture, number, *box, round(answered.face.confidence, 4), name]
            turned = answered.face.turned_degrees
            table.writerow([*map(_plain, row), *(values[column] for column in columns), turned])
    for name, prediction in answer.whole_picture.items():
        values = prediction.as_dict()
        row = [answer.picture, "", "", "", "", "", "", name]
        table.writerow([*map(_plain, row), *(values[column] for column in columns), answer.turned_degrees])
    return text.getvalue()


@blueprint.errorhandler(PictureError)
def gone(error: PictureError) -> flask.Response:
    """Answer with the error's sentence: 410, or 404 under what no picture ever has as its key."""
    response = flask.jsonify(error={"name": type(error).__name__, "message": str(error)})
    key = (flask.request.view_args or {}).get("key", "")
    response.status_code = 410 if is_key(key) else 404
    return response


@blueprint.after_request
def keep_out_of_caches(response: flask.Response) -> flask.Response:
    # A browser's cache is a disk, too.
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def _answered(key: str) -> Upload:
    """The picture with the predictions of the variants that the URL names."""
    context = current_context()
    wanted = [name for name in flask.request.args.getlist("variant") if name in context.variants]
    return context.pictures.upload(key, wanted or context.workbench.first_variants)


def _entry(key: str, upload: Upload) -> flask.Response:
    return flask.jsonify(
        state="answered", key=key, name=upload.answer.picture, faces=len(upload.answer.faces)
    )


def _refused(name: str, error: PictureError) -> flask.Response:
    """The error's sentence and what to do about it, as JSON."""
    advice = WHAT_TO_DO.get(type(error), "")
    return flask.jsonify(state="refused", name=shown_name(name), message=f"{error} {advice}".strip())


def _fitted(rgb: np.ndarray, width_px: int, height_px: int) -> np.ndarray:
    """(h, w, 3) uint8, shrunk to fit into a rectangle; never enlarged."""
    height, width = rgb.shape[:2]
    scale = min(width_px / width, height_px / height)
    if scale >= 1:
        return rgb
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    return cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)


def jpeg(rgb: np.ndarray) -> flask.Response:
    """(h, w, 3) uint8 RGB as a JPEG response."""
    _, encoded = cv2.imencode(".jpg", rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return flask.Response(encoded.tobytes(), mimetype="image/jpeg")


def _download(response: flask.Response, upload: Upload, suffix: str) -> flask.Response:
    stem = upload.answer.picture.rsplit(".", 1)[0]
    response.headers.set("Content-Disposition", "attachment", filename=f"{stem}_{suffix}")
    return response


def _plain(value: object) -> object:
    """A text that a spreadsheet would run as a formula, made harmless."""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t")) else value

"""`POST /api/v1/predict` and `GET /healthz`: the same answers as the page, for programs.

    curl -F picture=@a.jpg -F picture=@b.jpg http://127.0.0.1:8050/api/v1/predict

answers a list of the objects that `python -m faces predict --json` prints, a refused picture among them.
"""

import io
from typing import IO

import flask
from werkzeug.exceptions import HTTPException

from dashboard.context import current_context
from dashboard.shares import one_picture
from faces.answer import refusal
from faces.errors import PictureError
from faces.pictures import MAX_BYTES, shown_name

MAX_PICTURES = 32
MAX_REQUEST_BYTES = 8 * MAX_BYTES  # of all pictures of one call together; a waiting call is held in memory

blueprint = flask.Blueprint("api", __name__)


class MemoryOnlyRequest(flask.Request):
    """A request whose files stay in memory: by default Werkzeug writes those over 500 kB to the disk."""

    max_content_length = MAX_REQUEST_BYTES
    max_form_parts = MAX_PICTURES + 8

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        return io.BytesIO()


@blueprint.get("/healthz")
def health() -> flask.Response:
    """Whether the networks are loaded; pages are served before."""
    return flask.jsonify(ready=current_context().workbench.ready)


@blueprint.post("/api/v1/predict")
def predict() -> flask.Response:
    """Answer every picture of a multipart form, whatever the fields are called."""
    files = [file for _, file in flask.request.files.items(multi=True)]
    if not files:
        return _wrong_call(400, "Send pictures as multipart form data, for example: curl -F picture=@a.jpg.")
    if len(files) > MAX_PICTURES:
        return _wrong_call(400, f"At most {MAX_PICTURES} pictures in one call. Received: {len(files)}.")
    workbench = current_context().workbench
    answers = []
    for file in files:
        name = shown_name(file.filename or "picture")
        with one_picture() as share:
            try:
                answer = workbench.answered(file.read(), name).answer
            except PictureError as error:
                answers.append(refusal(name, error))
                continue
            if share:
                share.picture_done(len(answer.faces))
            answers.append(answer.as_dict())
    return flask.jsonify(answers)


@blueprint.get("/api/v1/predict")
def predict_by_get() -> flask.Response:
    """Without this, Dash would answer with its page."""
    return _wrong_call(405, "Send pictures by POST, for example: curl -F picture=@a.jpg.")


@blueprint.errorhandler(HTTPException)
def wrong_call(error: HTTPException) -> flask.Response:
    """Answer in JSON a call that Flask itself refuses, for too many bytes for instance."""
    if error.code == 413:
        megabytes = MAX_REQUEST_BYTES // 1_000_000
        return _wrong_call(413, f"All pictures of one call together may have {megabytes} MB.")
    return _wrong_call(error.code or 400, error.description or error.name)


def _wrong_call(status: int, message: str) -> flask.Response:
    response = flask.jsonify(error={"name": "WrongCall", "message": message})
    response.status_code = status
    return response

"""`/healthz` and `/api/v1`: the same answers as the pages', for programs.

    curl -F picture=@a.jpg -F picture=@b.jpg http://127.0.0.1:8050/api/v1/predict

answers a list of the objects that `python -m faces predict --json` prints, a refused picture among them.
"""

from typing import Any

import flask

from dashboard.api.access import Access
from dashboard.api.calls import SentPicture, pictures_of
from dashboard.api.openapi import openapi_document, variant_objects
from dashboard.context import AppContext, current_context
from dashboard.shares import one_picture
from faces.answer import refusal
from faces.errors import PictureError

OPEN = "api.openapi"  # the endpoint that takes no key
ACCESS = "api access"  # under this name the keys and the rate hang on the Flask server

blueprint = flask.Blueprint("api", __name__)


@blueprint.get("/healthz")
def health() -> flask.Response:
    """Whether the networks are loaded; pages are served before."""
    return flask.jsonify(ready=current_context().workbench.ready)


@blueprint.post("/api/v1/predict")
def predict() -> flask.Response:
    """Answer every picture of a call, in its order."""
    context = current_context()
    return flask.jsonify([_answered(context, picture) for picture in pictures_of(flask.request)])


@blueprint.get("/api/v1/variants")
def variants() -> flask.Response:
    """The variants that are served, in the order in which pages show them."""
    return flask.jsonify(variant_objects(current_context()))


@blueprint.get("/api/v1/openapi.json")
def openapi() -> flask.Response:
    """The OpenAPI document of these addresses."""
    access: Access = flask.current_app.extensions[ACCESS]
    return flask.jsonify(openapi_document(flask.request.script_root, needs_key=access.needs_key))


@blueprint.before_request
def check_access() -> None:
    """Ask for a key and count the call, but for the question whether the server is well."""
    access: Access = flask.current_app.extensions[ACCESS]
    if flask.request.endpoint != "api.health":
        access.check(flask.request, is_open=flask.request.endpoint == OPEN)


def _answered(context: AppContext, picture: SentPicture) -> dict[str, Any]:
    with one_picture() as share:
        try:
            answer = context.workbench.answered(picture.read(), picture.name).answer
        except PictureError as error:
            return refusal(picture.name, error)
        if share:
            share.picture_done(len(answer.faces))
    return answer.as_dict()

"""HTTP errors -> JSON with a name and a sentence: {"error": {"name": …, "message": …}}."""

import flask
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.wrappers import Response

from dashboard.api.limits import MAX_REQUEST_BYTES

NAMES = {
    400: "WrongCall",
    401: "ApiKeyRefused",
    404: "AddressUnknown",
    405: "MethodNotAllowed",
    413: "WrongCall",
    415: "WrongCall",
    429: "TooManyCalls",
    500: "ServerError",
}
_OWN_WORDS = {
    413: f"All pictures of one call together may have {MAX_REQUEST_BYTES // 1_000_000} MB.",
    500: "Something went wrong on the server; its log says what.",
}


def as_json(error: HTTPException) -> Response:
    """Answer an error in JSON, with its headers (Allow, Retry-After); a redirection stays as it is."""
    if error.code is None or error.code < 400:
        return error.get_response()
    response: Response = error.get_response()
    message = error.description or error.name
    if message == type(error).description:
        message = _in_our_words(error.code, message)
    name = NAMES.get(error.code, error.name.replace(" ", ""))
    response.data = flask.json.dumps({"error": {"name": name, "message": message}})
    response.content_type = "application/json"
    return response


def _in_our_words(status: int, message: str) -> str:
    received = flask.request.content_length
    if status == RequestEntityTooLarge.code and received:
        return f"{_OWN_WORDS[status]} Received: {received / 1_000_000:.1f} MB."
    return _OWN_WORDS.get(status, message)

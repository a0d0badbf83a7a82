"""The limits of one call, and the request class and JSON reader that keep them."""

from collections.abc import Iterator
from typing import Any, NoReturn

import flask
from flask.json.provider import DefaultJSONProvider
from werkzeug.exceptions import BadRequest

from faces.pictures import MAX_BYTES

MAX_PICTURES = 32
MAX_FIELDS = 32  # texts of a form, pictures in base64 among them
MAX_REQUEST_BYTES = 8 * MAX_BYTES  # of all pictures of one call together; a waiting call is held in memory
MAX_JSON_DEPTH = 64  # a page sends about ten; recursion over some hundred ends Python's stack


class LimitedRequest(flask.Request):
    """A request of at most MAX_REQUEST_BYTES. Forms with files are read by dashboard.api.forms, in memory."""

    max_content_length = MAX_REQUEST_BYTES

    def on_json_loading_failed(self, e: ValueError | None) -> NoReturn:
        """Refuse a body that is no JSON, with the reason."""
        if e is None:
            raise BadRequest(f"The body is JSON. Received: {self.mimetype or 'no content type'}.")
        raise BadRequest(f"The body is no JSON that is read here: {e}.") from e


class BoundedJSON(DefaultJSONProvider):
    """Flask's JSON, up to MAX_JSON_DEPTH lists and objects inside each other."""

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """Parse a text. Raises ValueError for one that is no JSON, or nested too deeply."""
        try:
            value = super().loads(s, **kwargs)
        except RecursionError as error:
            raise ValueError("it is nested too deeply") from error
        layer, depth = [value], 0
        while layer:
            if depth > MAX_JSON_DEPTH:
                raise ValueError(f"it is nested more than {MAX_JSON_DEPTH} deep")
            if not all(_is_unicode(text) for text in layer if isinstance(text, str)):
                raise ValueError("it holds half of a surrogate pair")  # which no answer could repeat
            layer, depth = [inner for outer in layer for inner in _inside(outer)], depth + 1
        return value


def _inside(value: Any) -> Iterator[Any]:
    """What a list or an object holds, names included."""
    if isinstance(value, dict):
        yield from value
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def _is_unicode(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)

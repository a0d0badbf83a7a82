"""The limits of one call, and the request class that keeps them."""

import flask

from faces.pictures import MAX_BYTES

MAX_PICTURES = 32
MAX_FIELDS = 32  # texts of a form, pictures in base64 among them
MAX_REQUEST_BYTES = 8 * MAX_BYTES  # of all pictures of one call together; a waiting call is held in memory


class LimitedRequest(flask.Request):
    """A request of at most MAX_REQUEST_BYTES. Forms with files are read by dashboard.api.forms, in memory."""

    max_content_length = MAX_REQUEST_BYTES

"""Body of a call -> the pictures in it, in their order: files and fields of a form, or base64 in JSON.

Each limit of a call has its own sentence. What is wrong with one picture stays with that picture.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import flask
from pydantic import BaseModel, ConfigDict, Field, StrictStr, ValidationError
from werkzeug.exceptions import BadRequest

from dashboard.api.base64_text import bytes_of, is_meant_as_picture
from dashboard.api.forms import MAX_TEXT_BYTES, Part, form_parts
from dashboard.api.limits import MAX_FIELDS, MAX_PICTURES
from faces.errors import PictureTooLarge
from faces.pictures import shown_name

FORM, URL_ENCODED, JSON = "multipart/form-data", "application/x-www-form-urlencoded", "application/json"
HOW_TO_CALL = (
    "Send pictures as multipart form data, for example curl -F picture=@a.jpg, or in base64 as JSON, "
    '{"images": ["data:image/jpeg;base64,…"]}.'
)


class PredictCall(BaseModel):
    """Pictures in base64, answered in their order."""

    model_config = ConfigDict(extra="forbid")

    images: list[StrictStr] = Field(
        min_length=1,
        max_length=MAX_PICTURES,
        description="Pictures in base64, each a data URL or bare.",
        examples=[["data:image/jpeg;base64,/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA=="]],
    )


@dataclass(frozen=True)
class SentPicture:
    """A picture of a call. `read` gives its bytes, or raises a PictureError."""

    name: str
    read: Callable[[], bytes]


def pictures_of(request: flask.Request) -> list[SentPicture]:
    """The pictures of a call, one at least. Raises BadRequest and RequestEntityTooLarge."""
    if request.mimetype == JSON:
        return _of_json(request.get_json())
    if request.mimetype == FORM:
        return _of_parts(form_parts(request))
    if request.mimetype == URL_ENCODED:
        fields = request.form.items(multi=True)
        # A + that was not escaped has become a blank.
        return _of_parts([Part(name, None, "", text.replace(" ", "+").encode()) for name, text in fields])
    raise BadRequest(f"{HOW_TO_CALL} Received: {request.mimetype or 'no content type'}.")


def _of_json(body: Any) -> list[SentPicture]:
    images = body.get("images") if isinstance(body, dict) else None
    if isinstance(images, list):
        _refuse_too_many("pictures", len(images), MAX_PICTURES)
    try:
        call = PredictCall.model_validate(body)
    except ValidationError as error:
        raise BadRequest(f"{_in_words(error)} {HOW_TO_CALL}") from error
    return [_in_base64(text, f"image {number}") for number, text in enumerate(call.images, start=1)]


def _of_parts(parts: Sequence[Part]) -> list[SentPicture]:
    texts = [part for part in parts if part.is_text]
    _refuse_too_many("text fields", len(texts), MAX_FIELDS)
    pictures = [picture for part in parts if (picture := _picture_in(part))]
    _refuse_too_many("pictures", len(pictures), MAX_PICTURES)
    if not pictures:
        raise BadRequest(f"{HOW_TO_CALL} Received: {_fields_in_words(texts)}.")
    return pictures


def _picture_in(part: Part) -> SentPicture | None:
    """The picture that a part holds; None where it holds a note."""
    name = shown_name(part.file or part.field or "picture")
    if part.data is None:
        return SentPicture(name, lambda: _refuse_long_text(name))
    if not part.is_text:
        data = part.data
        return SentPicture(name, lambda: data)
    text = part.data.decode(errors="replace")
    return _in_base64(text, name) if is_meant_as_picture(text) else None


def _in_base64(text: str, name: str) -> SentPicture:
    return SentPicture(name, lambda: bytes_of(text, name))


def _refuse_long_text(name: str) -> bytes:
    raise PictureTooLarge(
        f"The text field {name} has more than {MAX_TEXT_BYTES / 1_000_000:.1f} MB, the most that one may "
        "have. Send a file: curl -F picture=@a.jpg."
    )


def _refuse_too_many(what: str, count: int, most: int) -> None:
    if count > most:
        raise BadRequest(f"At most {most} {what} in one call. Received: {count}.")


def _fields_in_words(texts: Sequence[Part]) -> str:
    if not texts:
        return "nothing"
    names = ", ".join(repr(shown_name(part.field)) for part in texts[:3])
    return f"text in {names}{' and more' if len(texts) > 3 else ''}, which is no picture"


def _in_words(error: ValidationError) -> str:
    """The first fault of a JSON body: `images.1: Input should be a valid string. Received: 7.`"""
    fault = error.errors(include_url=False)[0]
    place = ".".join(map(str, fault["loc"])) or "The body"
    return f"{place}: {fault['msg']}. Received: {str(fault['input'])[:80]}."

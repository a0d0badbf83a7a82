"""Multipart body -> its parts in the order of the call, in memory: no file ever reaches the disk."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

import flask
from werkzeug.datastructures import Headers
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Event, Field, File, MultipartDecoder, NeedData

from dashboard.api.file_names import decoded, file_name
from faces.pictures import MAX_BYTES

MAX_PARTS = 1000  # of any kind: each costs time, however small it is
MAX_TEXT_BYTES = 4 * MAX_BYTES // 3 + 200  # a picture of MAX_BYTES in base64 with its data URL
# How pictures begin, those in formats that are not read included.
_PICTURE = re.compile(
    rb"\xff\xd8\xff|\x89PNG|RIFF....WEBP|BM.{4}\0\0|GIF8[79]a|....ftyp|II\*\0|MM\0\*", re.DOTALL
)
_CHUNK_BYTES = 64 * 1024


@dataclass(frozen=True)
class Part:
    """A part of a form. `file` is the name of its file, None where it has none.

    `data` is None where the part is a text of more than MAX_TEXT_BYTES.
    """

    field: str
    file: str | None
    content_type: str
    data: bytes | None

    @property
    def is_text(self) -> bool:
        """Whether this is a field in which something was typed, not a file whose name was forgotten."""
        if self.file is not None or self.content_type.startswith(("image/", "application/octet-stream")):
            return False
        return not _PICTURE.match(self.data or b"")


def form_parts(request: flask.Request) -> list[Part]:
    """The parts of a request's multipart form. Raises as `parts_in` does."""
    return parts_in(request.stream, request.content_type or "")


def parts_in(stream: IO[bytes], content_type: str) -> list[Part]:
    """Read the parts of a multipart body.

    Raises BadRequest for a body that is no form, RequestEntityTooLarge for more than MAX_PARTS parts.
    """
    boundary = parse_options_header(content_type)[1].get("boundary", "")
    if not boundary or not boundary.isascii():
        raise BadRequest("The form cannot be read: its content type names no boundary of its parts.")
    try:
        return list(_parts(stream, boundary.encode()))
    except ValueError as error:
        raise BadRequest("The form cannot be read: it ends early, or a part of it has no name.") from error


class _Decoder(MultipartDecoder):
    """Werkzeug's decoder, but headers keep every byte, as Latin-1: a name may be in any code page."""

    def _parse_headers(self, data: bytes | bytearray) -> Headers:
        lines = re.sub(rb"(\r\n|\n|\r)[ \t]", b" ", data).splitlines()  # of text, it would split at 85, too
        split = [line.decode("latin-1").partition(":") for line in lines if line.strip()]
        return Headers([(name.strip(), value.strip()) for name, _, value in split])


def _parts(stream: IO[bytes], boundary: bytes) -> Iterator[Part]:
    head: Field | File | None = None
    count, data, is_whole = 0, bytearray(), True
    for event in _events(stream, boundary):
        if isinstance(event, Field | File):
            head, count, data, is_whole = event, count + 1, bytearray(), True
            if count > MAX_PARTS:
                raise RequestEntityTooLarge(f"A form may have at most {MAX_PARTS:,} parts. Received: more.")
        elif isinstance(event, Data) and head is not None:
            is_whole = is_whole and (isinstance(head, File) or len(data) + len(event.data) <= MAX_TEXT_BYTES)
            if is_whole:
                data += event.data
            if not event.more_data:
                yield _part(head, bytes(data) if is_whole else None)


def _events(stream: IO[bytes], boundary: bytes) -> Iterator[Event]:
    decoder, chunk = _Decoder(boundary), b"more"
    while chunk:
        chunk = stream.read(_CHUNK_BYTES)
        decoder.receive_data(chunk or None)
        while not isinstance(event := decoder.next_event(), NeedData | Epilogue):
            yield event


def _part(head: Field | File, data: bytes | None) -> Part:
    disposition = head.headers.get("content-disposition", "")
    content_type = parse_options_header(head.headers.get("content-type", ""))[0].lower()
    return Part(decoded((head.name or "").encode("latin-1")), file_name(disposition), content_type, data)

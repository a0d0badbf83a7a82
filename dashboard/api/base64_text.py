"""Base64, as a data URL or bare -> the bytes of a picture."""

import binascii
import re

from faces.errors import PictureNotRecognised, PictureTooLarge
from faces.pictures import MAX_BYTES

DATA_URL = re.compile(r"\s*data:[^,]{0,200},", re.IGNORECASE)
_ALPHABET = re.compile(r"[A-Za-z0-9+/]*={0,2}")
_ADDRESS = re.compile(r"\s*(https?|ftp|file):", re.IGNORECASE)
_WHITE_SPACE = str.maketrans("", "", " \t\r\n\f\v")
_URL_SAFE = str.maketrans("-_", "+/")
LONG_CHARACTERS = 100  # of one word: nobody types that as a note
_SHOWN_CHARACTERS = 24
HOW_TO_SEND = "Send the bytes of a picture in base64: data:image/jpeg;base64,…"


def bytes_of(text: str, name: str) -> bytes:
    """Decode the base64 of the picture called `name`.

    White space, the URL-safe alphabet and missing padding are taken. Raises PictureTooLarge and
    PictureNotRecognised.
    """
    if _ADDRESS.match(text):
        raise PictureNotRecognised(f"{name} is an address, and nothing is fetched here. {HOW_TO_SEND}.")
    if len(text) > 3 * MAX_BYTES:
        raise PictureTooLarge(f"{name} is larger than {MAX_BYTES / 1_000_000:g} MB, the most that is read.")
    head = DATA_URL.match(text)
    if head and "base64" not in head[0].lower():
        raise PictureNotRecognised(f"{name} is a data URL without base64. {HOW_TO_SEND}.")
    code = text[head.end() if head else 0 :].translate(_WHITE_SPACE).translate(_URL_SAFE)
    try:
        if not _ALPHABET.fullmatch(code):
            raise ValueError
        return binascii.a2b_base64(code.rstrip("=") + "=" * (-len(code.rstrip("=")) % 4))
    except ValueError as error:
        message = f"{name} is not base64. {HOW_TO_SEND}. Received: {_shown(text)}."
        raise PictureNotRecognised(message) from error


def is_meant_as_picture(text: str) -> bool:
    """Whether the text of a form's field is a picture, well encoded or not, and no note beside one."""
    beginning = text[:LONG_CHARACTERS].translate(_WHITE_SPACE).translate(_URL_SAFE)
    is_long = len(text) >= LONG_CHARACTERS and _ALPHABET.fullmatch(beginning) is not None
    return bool(DATA_URL.match(text) or _ADDRESS.match(text) or is_long)


def _shown(text: str) -> str:
    beginning = text[:_SHOWN_CHARACTERS] + ("…" if len(text) > _SHOWN_CHARACTERS else "")
    return f"{beginning!r} ({len(text):,} characters)"

"""Raw Content-Disposition of a part -> the name of its file, whatever encoded it.

Clients write names in UTF-8, as RFC 5987 or RFC 2047 ask, or in the code page of their computer, unnamed.
"""

import re
import unicodedata
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from urllib.parse import unquote

_EXTENDED = re.compile(r"""filename\*\s*=\s*"?([\w-]+)'[^']*'([^;"\s]*)""", re.IGNORECASE)
_QUOTED = re.compile(r"""filename\s*=\s*"((?:\\"|[^"])*)"\s*(?:;|$)""", re.IGNORECASE)
_BARE = re.compile(r"""filename\s*=\s*"?([^";]*)""", re.IGNORECASE)
_ENCODED_WORD = re.compile(r"=\?[\w-]+\?[BbQq]\?[^?]*\?=")
# Letters of a code page of one byte: from A0 on. Below it stand lead bytes of Shift-JIS and GBK.
_LEAD_BYTES = re.compile(rb"[\x80-\x9f]")
_WITH_LEAD_BYTES = ("cp932", "gb18030", "cp1252")
_WITHOUT_LEAD_BYTES = ("gb2312", "cp1252", "big5", "gb18030")


def file_name(disposition: str) -> str | None:
    """The name of the file in a header that was decoded as Latin-1, which keeps every byte.

    None where it names none. Of a path, Windows or POSIX, it is still the whole.
    """
    extended = _EXTENDED.search(disposition)
    if extended:
        try:
            return unquote(extended[2], extended[1], "replace")
        except LookupError:
            return unquote(extended[2], errors="replace")
    plain = _QUOTED.search(disposition) or _BARE.search(disposition)
    if plain is None:
        return None
    # A backslash is a part of a Windows path, but before a quote; browsers escape quotes as %22.
    name = plain[1].replace('\\"', '"').replace("%22", '"')
    return _encoded_word(decoded(name.encode("latin-1")))


def decoded(name: bytes) -> str:
    """A name as text: UTF-8, else the first code page in which all its letters are letters."""
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError:
        pass
    for code_page in _WITH_LEAD_BYTES if _LEAD_BYTES.search(name) else _WITHOUT_LEAD_BYTES:
        try:
            text = name.decode(code_page)
        except UnicodeDecodeError:
            continue
        if all(character.isascii() or unicodedata.category(character)[0] in "LMN" for character in text):
            return text
    return name.decode("cp1252", "replace")


def _encoded_word(name: str) -> str:
    if not _ENCODED_WORD.search(name):
        return name
    try:
        return str(make_header(decode_header(name)))
    except (HeaderParseError, LookupError, UnicodeDecodeError):
        return name

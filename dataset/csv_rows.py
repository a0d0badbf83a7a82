"""CSV file -> its columns and its rows, each with the line on which it begins, or why it is refused.

Tables of one's own come from spreadsheets, databases and notebooks: text in UTF-8, UTF-16 or Windows-1252,
fields between commas, semicolons, tabs or bars. A row that cannot be taken apart is refused alone.
"""

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from faces.errors import TableError

SEPARATORS = ",;\t|"
MAX_BYTES = 500_000_000
# An open quote is tried to the end of its file or to the longest field: so often, and no more.
MAX_BROKEN_QUOTES = 1000
_MARKS = (  # UTF-32's begins as UTF-16's does, so it comes first
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True)
class Row:
    """A row: its first line, counted from 1, its stripped text by column, and why it is refused, or ""."""

    line: int
    values: dict[str, str]
    problem: str = ""


def csv_rows(path: Path, needed: Sequence[str]) -> tuple[list[str], list[Row]]:
    """The columns of a CSV file, in lower case, and its rows. `needed` columns tell the separator.

    Raises TableError for a file that is no such table.
    """
    lines = list(io.StringIO(_text(path), newline=""))  # str.splitlines parts at U+2028 too
    if lines and lines[0].strip().strip('"').lower().startswith("sep="):
        lines[0] = "\n"  # Excel's note on the separator
    separator, columns, first = _header(lines, needed)
    if not any(columns):
        raise TableError(f"{path} is empty: it has no row of column names.")
    if missing := [name for name in needed if name not in columns]:
        raise TableError(f"{path} lacks {', '.join(missing)}. Received: {_shown(', '.join(columns))}.")
    if twice := sorted({name for name in columns if name and columns.count(name) > 1}):
        raise TableError(f"{path} has columns of one name. Received: {', '.join(twice)}, more than once.")
    rows = []
    for line, fields, problem in _records(lines, first, separator, path):
        problem = problem or _problem(fields, columns)
        # A refused row keeps what is known of it, such as its path.
        rows.append(Row(line, dict(zip(columns, fields, strict=False)), problem))
    return [name for name in columns if name], rows


def _text(path: Path) -> str:
    """The decoded content. Raises TableError where it is no text."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise TableError(f"{path} cannot be read: {error.strerror or error}.") from error
    if len(data) > MAX_BYTES:
        raise TableError(f"{path} is larger than {MAX_BYTES // 1_000_000} MB, the most that is read.")
    for encoding in _encodings(data):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise TableError(f"{path} is no CSV: its text is neither UTF-8 nor UTF-16 nor Windows-1252.")


def _encodings(data: bytes) -> Iterator[str]:
    marked = next((encoding for mark, encoding in _MARKS if data.startswith(mark)), None)
    if marked:
        yield marked
        return
    # Without a mark: of Latin letters in UTF-16 every other byte is zero.
    start = data[:200]
    for encoding, zeros, letters in (
        ("utf-16-le", start[1::2], start[::2]),
        ("utf-16-be", start[::2], start[1::2]),
    ):
        if len(start) > 3 and zeros.count(0) > 0.9 * len(zeros) and letters.count(0) < 0.1 * len(letters):
            yield encoding
    yield from ("utf-8-sig", "cp1252")


def _header(lines: list[str], needed: Sequence[str]) -> tuple[str, list[str], int]:
    """The separator, the column names ("" for a nameless one), and the index of the line after them."""
    first = next((number for number, line in enumerate(lines) if line.strip()), len(lines))
    headers = {}
    for separator in SEPARATORS:
        reader = csv.reader(islice(lines, first, None), delimiter=separator)
        try:
            names = [name.strip().lower() for name in next(reader, [])]
        except csv.Error:
            continue
        headers[separator] = _without_empty_end(names, 0), first + reader.line_num
    if not headers:
        return SEPARATORS[0], [], first
    best = max(headers, key=lambda separator: len(set(needed) & set(headers[separator][0])))
    return best, *headers[best]


def _records(
    lines: list[str], first: int, separator: str, path: Path
) -> Iterator[tuple[int, list[str], str]]:
    """First line, stripped fields and problem of every row from the line of index `first` on."""
    broken = 0
    while first < len(lines):
        start = first
        reader = csv.reader(islice(lines, first, None), delimiter=separator, strict=True)
        try:
            for fields in reader:
                stripped = [field.strip() for field in fields]
                if any(stripped):
                    yield start + 1, stripped, ""
                start = first + reader.line_num
            return
        except csv.Error:
            # Only the row with the quote is lost, not those that it swallowed.
            fields = [field.strip(' "\r\n') for field in lines[start].split(separator)]
            yield start + 1, fields, "a quotation mark in it is not closed, or not doubled"
            first = start + 1
            broken += 1
            if broken > MAX_BROKEN_QUOTES:
                raise TableError(
                    f"{path} is no CSV: quotation marks are wrong in more than {MAX_BROKEN_QUOTES:,} rows."
                ) from None


def _problem(fields: list[str], columns: list[str]) -> str:
    """Why a row cannot be used; a separator at its end is none."""
    if any("\0" in field for field in fields):
        return "it holds a NUL byte"
    count = len(_without_empty_end(fields, len(columns)))
    if count != len(columns):
        return f"it has {count} fields instead of {len(columns)}"
    return ""


def _without_empty_end(fields: list[str], least: int) -> list[str]:
    """The fields without the empty ones at their end, but `least` of them."""
    count = len(fields)
    while count > least and not fields[count - 1]:
        count -= 1
    return fields[:count]


def _shown(text: str) -> str:
    printable = "".join(character if character.isprintable() else "�" for character in text)
    return printable if len(printable) <= 200 else f"{printable[:200]}…"

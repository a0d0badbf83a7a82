"""A user's own CSV of pictures -> records: columns path, age, gender, and where known subject and split.

A row may lack the age or the gender. A row that cannot be used is printed with its line and the reason, and
left out.
"""

from __future__ import annotations

import math
import os
import re
from pathlib import Path

import pandas as pd

from dataset.csv_rows import Row, csv_rows
from dataset.labels import SPLITS
from dataset.subject_split import split_by_subject
from faces.errors import DataMissing, TableError

UNKNOWN_GENDER = -1
_UNKNOWN = frozenset(("", "nan", "na", "n/a", "<na>", "none", "null", "unknown"))
_GENDERS = {
    0: ("0", "0.0", "m", "male", "man", "boy"),
    1: ("1", "1.0", "f", "female", "w", "woman", "girl"),
    UNKNOWN_GENDER: ("-1", "-1.0", *_UNKNOWN),
}
GENDER_CODES = {word: code for code, words in _GENDERS.items() for word in words}
NO_SUBJECT = frozenset(("", "nan", "<na>", "none", "null"))
_NUMBER = re.compile(r"\d{1,9}([.,]\d*)?", re.ASCII)  # a decimal comma where semicolons part the fields
OLDEST_YEARS = 120
NEEDED = ("path", "age", "gender")


def records(table: Path) -> pd.DataFrame:
    """Columns path, file, age_years (NaN: unknown), gender (-1: unknown), race (empty), subject, split.

    A path is absolute or starts at the table's folder. The split is the column's where there is one, else by
    subject; a row without a subject is its own. Raises DataMissing without the table, TableError without the
    columns or any row.
    """
    if not table.is_file():
        raise DataMissing(f"There is no {table}: a CSV with the columns path, age and gender.")
    columns, rows = csv_rows(table, NEEDED)
    line_by_picture: dict[str, int] = {}
    usable = []
    for row in rows:
        if problem := row.problem or _problem(row, table.parent, line_by_picture):
            print(f"rejected: line {row.line}: {row.values.get('path', '')}: {problem}")
        else:
            usable.append(row.values)
    if not usable:
        raise TableError(f"{table} has no row that can be used. Received: {len(rows):,} rows.")
    paths = [row["path"] for row in usable]
    subjects = pd.Series([_subject(row) for row in usable])
    return pd.DataFrame(
        {
            "path": [str(table.parent / path) for path in paths],
            "file": paths,
            "age_years": [_age_years(row["age"]) for row in usable],
            "gender": [GENDER_CODES[row["gender"].lower()] for row in usable],
            "race": "",
            "subject": subjects,
            "split": [row["split"].lower() for row in usable]
            if "split" in columns
            else split_by_subject(subjects),
        }
    ).sort_values("file", ignore_index=True)


def _problem(row: Row, folder: Path, line_by_picture: dict[str, int]) -> str:
    """Why the row cannot be used, or ""; its picture is then added to those that have a line."""
    values = row.values
    path, age, gender = (values[name] for name in NEEDED)
    if not path:
        return "the path is empty"
    if (folder / path).is_dir():
        return "the path is that of a folder"
    if gender.lower() not in GENDER_CODES:
        return f"gender is male, female or empty. Received: {gender}"
    if age.lower() not in _UNKNOWN and not 0 <= _age_years(age) <= OLDEST_YEARS:
        return f"age is a number of years from 0 to {OLDEST_YEARS}. Received: {age}"
    if math.isnan(_age_years(age)) and GENDER_CODES[gender.lower()] == UNKNOWN_GENDER:
        return "neither age nor gender is given"
    if "split" in values and values["split"].lower() not in SPLITS:
        return f"split is {', '.join(SPLITS)}. Received: {values['split'] or 'nothing'}"
    line = line_by_picture.setdefault(os.path.normpath(folder / path), row.line)
    return "" if line == row.line else f"line {line} has this picture already"


def _age_years(text: str) -> float:
    """The number of years, NaN where it is none."""
    return float(text.replace(",", ".")) if _NUMBER.fullmatch(text) else math.nan


def _subject(values: dict[str, str]) -> str:
    subject = values.get("subject", "")
    # Rows without one have nothing in common: together they would all fall into one split.
    return values["path"] if subject.lower() in NO_SUBJECT else subject

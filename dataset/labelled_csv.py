"""A user's own CSV of pictures -> records: columns path, age, gender, and where known subject and split.

A row may lack the age or the gender. A row that cannot be used is printed with the reason and left out.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from dataset.labels import SPLITS
from dataset.subject_split import split_by_subject
from faces.errors import DataMissing, TableError

GENDER_CODES = {"0": 0, "m": 0, "male": 0, "1": 1, "f": 1, "female": 1, "": -1}


def records(table: Path) -> pd.DataFrame:
    """Columns path, file, age_years (NaN: unknown), gender (-1: unknown), race (empty), subject, split.

    A path is absolute or starts at the table's folder. The split is the column's where there is one, else by
    subject, else by file. Raises DataMissing without the table, TableError without the columns or any row.
    """
    if not table.is_file():
        raise DataMissing(f"There is no {table}: a CSV with the columns path, age and gender.")
    rows = pd.read_csv(table, dtype=str, keep_default_na=False)
    rows.columns = [name.strip().lower() for name in rows.columns]
    if missing := {"path", "age", "gender"} - set(rows.columns):
        raise TableError(f"{table} lacks {', '.join(sorted(missing))}. Received: {', '.join(rows.columns)}.")
    ages = pd.to_numeric(rows.age.where(rows.age.str.strip() != "", "nan"), errors="coerce")
    genders = rows.gender.str.strip().str.lower().map(GENDER_CODES)
    reasons = pd.Series("", index=rows.index)
    reasons[genders.isna()] = "gender is male, female or empty"
    reasons[(rows.age.str.strip() != "") & ~ages.between(0, 120)] = "age is a number of years"
    reasons[ages.isna() & (genders.fillna(-1) < 0) & (reasons == "")] = "neither age nor gender is given"
    if "split" in rows:
        reasons[~rows.split.isin(SPLITS)] = f"split is {', '.join(SPLITS)}"
    for path, reason in zip(rows.path[reasons != ""], reasons[reasons != ""], strict=True):
        print(f"rejected: {path}: {reason}")
    usable = reasons == ""
    if not usable.any():
        raise TableError(f"{table} has no row that can be used.")
    subjects = rows.get("subject", rows.path)[usable]
    return pd.DataFrame(
        {
            "path": [str(table.parent / path) for path in rows.path[usable]],
            "file": rows.path[usable],
            "age_years": ages[usable],
            "gender": genders[usable].astype(int),
            "race": "",
            "subject": subjects,
            "split": rows.split[usable] if "split" in rows else split_by_subject(subjects),
        }
    ).sort_values("file", ignore_index=True)

"""A user's own CSV of pictures -> records: columns path, age, gender, and where known subject and split.

An age or a gender may be missing; what is there is learnt from. A row that cannot be used is named with its
reason, and the others are.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from dataset.subject_split import split_by_subject
from faces.errors import DataMissing, TableError

GENDERS = {"0": 0, "m": 0, "male": 0, "1": 1, "f": 1, "female": 1, "": -1}
SPLITS = ("train", "validation", "test")


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
    genders = rows.gender.str.strip().str.lower().map(GENDERS)
    reasons = pd.Series("", index=rows.index)
    reasons[genders.isna()] = "gender is male, female or empty"
    reasons[(rows.age.str.strip() != "") & ~ages.between(0, 120)] = "age is a number of years"
    reasons[ages.isna() & (genders.fillna(-1) < 0) & (reasons == "")] = "neither age nor gender is told"
    if "split" in rows:
        reasons[~rows.split.isin(SPLITS)] = f"split is {', '.join(SPLITS)}"
    for path, reason in zip(rows.path[reasons != ""], reasons[reasons != ""], strict=True):
        print(f"rejected: {path}: {reason}")
    kept = reasons == ""
    if not kept.any():
        raise TableError(f"{table} has no row that can be used.")
    subjects = rows.get("subject", rows.path)[kept]
    return pd.DataFrame(
        {
            "path": [str(table.parent / path) for path in rows.path[kept]],
            "file": rows.path[kept],
            "age_years": ages[kept],
            "gender": genders[kept].astype(int),
            "race": "",
            "subject": subjects,
            "split": rows.split[kept] if "split" in rows else split_by_subject(subjects),
        }
    ).sort_values("file", ignore_index=True)

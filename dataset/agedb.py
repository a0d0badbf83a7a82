"""AgeDB folder -> records with ages, genders and subjects.

The published files are named NUMBER_Name_AGE_GENDER.jpg, such as `1001_TaylorSwift_21_f.jpg`.
"""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from dataset.subject_split import split_by_subject
from faces.errors import DataMissing

NAME = re.compile(r"\d+_(?P<subject>.+)_(?P<age>\d+)_(?P<gender>[mf])\.jpg", re.IGNORECASE)
HOW_TO_GET = "AgeDB is given out for research on request (Moschoglou et al. 2017); its pictures go there."


def records(data_dir: Path) -> pd.DataFrame:
    """Columns path, file, age_years, gender, race (empty), subject, split (by subject), sorted by file.

    A file with another name is printed and left out. Raises DataMissing without `data_dir/agedb`.
    """
    folder = Path(data_dir) / "agedb"
    rows = []
    for path in sorted(folder.rglob("*.jpg")):
        labels = NAME.fullmatch(path.name)
        if labels is None:
            print(f"rejected: {path.name} is not NUMBER_Name_AGE_GENDER.jpg")
            continue
        female = int(labels["gender"].lower() == "f")
        rows.append((str(path), path.name, float(labels["age"]), female, "", labels["subject"]))
    if not rows:
        raise DataMissing(f"No AgeDB pictures in {folder}. {HOW_TO_GET}")
    table = pd.DataFrame(rows, columns=["path", "file", "age_years", "gender", "race", "subject"])
    return table.assign(split=split_by_subject(table.subject)).sort_values("file", ignore_index=True)

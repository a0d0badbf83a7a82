"""AgeDB: its folder comes in, records with ages, genders and identities go out.

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

    A file with another name is named on the way and left out. Raises DataMissing without `data_dir/agedb`.
    """
    folder = Path(data_dir) / "agedb"
    rows = []
    for path in sorted(folder.rglob("*.jpg")):
        named = NAME.fullmatch(path.name)
        if named is None:
            print(f"rejected: {path.name} does not say NUMBER_Name_AGE_GENDER.jpg")
            continue
        female = int(named["gender"].lower() == "f")
        rows.append((str(path), path.name, float(named["age"]), female, "", named["subject"]))
    if not rows:
        raise DataMissing(f"No AgeDB pictures in {folder}. {HOW_TO_GET}")
    found = pd.DataFrame(rows, columns=["path", "file", "age_years", "gender", "race", "subject"])
    return found.assign(split=split_by_subject(found.subject)).sort_values("file", ignore_index=True)

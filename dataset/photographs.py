"""A folder of labelled photographs with labels.csv (file, age, gender, subject) -> records.

FG-NET and the portraits share this layout.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from faces.errors import DataMissing


def labelled_photographs(folder: Path, how_to_get: str) -> pd.DataFrame:
    """Columns path, file, age_years, gender, race (empty), subject, sorted by file.

    Raises DataMissing, with `how_to_get` as its second sentence, when `folder/labels.csv` is not there.
    """
    labels_path = Path(folder) / "labels.csv"
    if not labels_path.is_file():
        raise DataMissing(f"There is no {labels_path}. {how_to_get}")
    labels = pd.read_csv(labels_path, dtype={"subject": str}).sort_values("file", ignore_index=True)
    return pd.DataFrame(
        {
            "path": [str(folder / file) for file in labels.file],
            "file": [Path(file).name for file in labels.file],
            "age_years": labels.age.astype(float),
            "gender": labels.gender.astype(int),
            "race": "",
            "subject": labels.subject,
        }
    )

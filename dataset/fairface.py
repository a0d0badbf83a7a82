"""FairFace folder -> records with age bins; exact ages are unknown."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from faces.errors import DataMissing

# First and last year of each bin; the last bin is open, and 100 is the oldest age that the networks know.
AGE_BINS = {
    "0-2": (0, 2),
    "3-9": (3, 9),
    "10-19": (10, 19),
    "20-29": (20, 29),
    "30-39": (30, 39),
    "40-49": (40, 49),
    "50-59": (50, 59),
    "60-69": (60, 69),
    "more than 70": (70, 100),
}
HOW_TO_GET = "FairFace is published at https://github.com/joojs/fairface (CC BY 4.0); see the README."


def records(data_dir: Path) -> pd.DataFrame:
    """Columns path, file, age_years (empty), age_low, age_high (years of the bin), gender, race, subject.

    Raises DataMissing when `data_dir/fairface/labels.csv` is not there.
    """
    folder = Path(data_dir) / "fairface"
    if not (folder / "labels.csv").is_file():
        raise DataMissing(f"No FairFace labels at {folder / 'labels.csv'}. {HOW_TO_GET}")
    labels = pd.read_csv(folder / "labels.csv").sort_values("file", ignore_index=True)
    bins = labels.age_bin.map(AGE_BINS)
    return pd.DataFrame(
        {
            "path": [str(folder / "images" / file) for file in labels.file],
            "file": labels.file,
            "age_years": float("nan"),
            "age_low": [low for low, _ in bins],
            "age_high": [high for _, high in bins],
            "gender": labels.gender,
            "race": labels.race,
            "subject": "",
        }
    )

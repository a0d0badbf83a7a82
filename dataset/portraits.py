"""Official portraits of members of the US Congress, one a person, ages to a tenth of a year -> records.

Evaluation only, never training.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from dataset.photographs import labelled_photographs

HOW_TO_GET = "--data-dir holds the portraits as photographs/portraits, with labels.csv."


def records(data_dir: Path) -> pd.DataFrame:
    """Columns path, file, age_years, gender, race (empty), subject, sorted by file. Raises DataMissing."""
    return labelled_photographs(Path(data_dir) / "photographs" / "portraits", HOW_TO_GET)

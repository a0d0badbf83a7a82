"""FG-NET: scanned family pictures of 82 people, most of them children -> records.

Evaluation only, never training.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from dataset.photographs import labelled_photographs

HOW_TO_GET = "FG-NET is given out for research; --data-dir holds it as photographs/fgnet, with labels.csv."


def records(data_dir: Path) -> pd.DataFrame:
    """Columns path, file, age_years, gender, race (empty), subject, sorted by file. Raises DataMissing."""
    return labelled_photographs(Path(data_dir) / "photographs" / "fgnet", HOW_TO_GET)

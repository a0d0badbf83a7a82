"""The name of a set -> its records: one interface over all readers.

A room of its own so that training, prediction and evaluation ask for `fgnet` as they ask for `chips`, and
none of them knows where a set keeps its labels.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from dataset import agedb, fairface, fgnet, labelled_csv, portraits, utkface
from dataset.splits import FAIRFACE_SPLIT_CSV, read_split
from faces.errors import DataMissing

CHIPS, COMPOSITES, FGNET, PORTRAITS, FAIRFACE = "chips", "composites", "fgnet", "portraits", "fairface"
AGEDB = "agedb"
SETS = (CHIPS, COMPOSITES, FGNET, PORTRAITS, FAIRFACE, AGEDB)
RECORD_COLUMNS = ["path", "file", "age_years", "gender", "race", "subject", "split"]


def load_records(name: str, data_dir: Path, cache_dir: Path) -> pd.DataFrame:
    """Records of a set: RECORD_COLUMNS, a row a picture, sorted by file; `fairface` adds age_low, age_high.

    A name that ends in `.csv` is the path of a table of one's own (dataset.labelled_csv).
    `path` is where the picture lies, `file` its name within the set, `gender` 0 male or 1 female; `race` and
    `subject` are empty where the set does not say, `age_years` is null where only a bin is known; `split` is
    that of the committed split, "test" for the sets that are never trained on.

    Raises DataMissing when the set is not under `data_dir` (`context`: not prepared under `cache_dir`).
    """
    if name == CHIPS:
        labelled, _ = utkface.records(data_dir, cache_dir)
        return labelled.merge(read_split(), on="file")
    if name == COMPOSITES:
        return _context(Path(cache_dir))
    if name == FAIRFACE:
        return fairface.records(data_dir).merge(read_split(FAIRFACE_SPLIT_CSV), on="file")
    if name == AGEDB:
        return agedb.records(data_dir)
    if name.endswith(".csv"):
        return labelled_csv.records(Path(name))
    reader = {FGNET: fgnet, PORTRAITS: portraits}[name]
    return reader.records(data_dir).assign(split="test")


def _context(cache_dir: Path) -> pd.DataFrame:
    """Compositions carry the labels of the chip that was pasted: those are in its name."""
    table_path = cache_dir / "composites" / "composites.csv"
    if not table_path.is_file():
        raise DataMissing(f"No compositions at {table_path}; `python -m dataset prepare` makes them.")
    context = pd.read_csv(table_path)
    labels = [utkface.labels_in(file) for file in context.source_file]
    return pd.DataFrame(
        {
            "path": [str(cache_dir / path) for path in context.path],
            "file": context.file,
            "age_years": [float(one.age_years) for one in labels if isinstance(one, utkface.Labels)],
            "gender": [one.gender for one in labels if isinstance(one, utkface.Labels)],
            "race": [utkface.RACES[one.race] for one in labels if isinstance(one, utkface.Labels)],
            "subject": "",
            "split": context.split,
        }
    ).sort_values("file", ignore_index=True)

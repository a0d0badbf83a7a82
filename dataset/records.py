"""Name of a set -> its records: one interface over all readers."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from dataset import agedb, fairface, fgnet, labelled_csv, portraits, utkface
from dataset.labels import AGEDB, CHIPS, COMPOSITES, FAIRFACE, FGNET, PORTRAITS, TEST
from dataset.splits import FAIRFACE_SPLIT_CSV, read_split
from faces.errors import DataMissing

RECORD_COLUMNS = ["path", "file", "age_years", "gender", "race", "subject", "split"]


def load_records(name: str, data_dir: Path, cache_dir: Path) -> pd.DataFrame:
    """Records of a set: RECORD_COLUMNS, a row a picture, sorted by file; `fairface` adds age_low, age_high.

    A name that ends in `.csv` is the path of a user's own table (dataset.labelled_csv).
    `file` is unique within the set, `gender` 0 male or 1 female; `race` and `subject` are empty where the set
    does not say, `age_years` is null where only a bin is known; `split` is that of the committed split,
    "test" for the sets that are never trained on.

    Raises DataMissing when the set is not under `data_dir` (`composites`: not prepared under `cache_dir`).
    """
    if name == CHIPS:
        labelled, _ = utkface.records(data_dir, cache_dir)
        return labelled.merge(read_split(), on="file")
    if name == COMPOSITES:
        return _composites(Path(cache_dir))
    if name == FAIRFACE:
        return fairface.records(data_dir).merge(read_split(FAIRFACE_SPLIT_CSV), on="file")
    if name == AGEDB:
        return agedb.records(data_dir)
    if name.endswith(".csv"):
        return labelled_csv.records(Path(name))
    reader = {FGNET: fgnet, PORTRAITS: portraits}[name]
    return reader.records(data_dir).assign(split=TEST)


def _composites(cache_dir: Path) -> pd.DataFrame:
    """Records of the composites, which have the labels in the name of the pasted chip."""
    table_path = cache_dir / "composites" / "composites.csv"
    if not table_path.is_file():
        raise DataMissing(f"No composites at {table_path}; `python -m dataset prepare` makes them.")
    table = pd.read_csv(table_path)
    labels = [
        parsed for parsed in map(utkface.labels_in, table.source_file) if isinstance(parsed, utkface.Labels)
    ]
    return pd.DataFrame(
        {
            "path": [str(cache_dir / path) for path in table.path],
            "file": table.file,
            "age_years": [float(known.age_years) for known in labels],
            "gender": [known.gender for known in labels],
            "race": [utkface.RACES[known.race] for known in labels],
            "subject": "",
            "split": table.split,
        }
    ).sort_values("file", ignore_index=True)

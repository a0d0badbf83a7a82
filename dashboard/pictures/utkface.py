"""Data folder -> statistics of UTKFace for the Data page: labels by split, duplicates, refused names.

Labels come from the names in the committed split and need no data.
"""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import pandas as pd

from dataset import utkface
from dataset.duplicates import read_duplicate_groups
from dataset.labels import SPLITS
from dataset.splits import read_split
from faces.errors import DataMissing
from faces.predictions import GENDERS

OLDEST_GROUP_YEARS = 90
ANY = ""


def age_groups() -> list[str]:
    """`0–9` to `90 and over`, in order."""
    return [f"{low}–{low + 9}" for low in range(0, OLDEST_GROUP_YEARS, 10)] + [
        f"{OLDEST_GROUP_YEARS} and over"
    ]


def labelled_names(split: pd.DataFrame) -> pd.DataFrame:
    """Columns file, split, age_years, gender (its word), race (its word), age_group, of a split's names.

    `split` has the columns file and split; a name that carries no labels is left out.
    """
    groups = age_groups()
    rows = []
    for file, name in zip(split.file, split.split, strict=True):
        labels = utkface.labels_in(file)
        if isinstance(labels, utkface.Labels):
            group = groups[min(labels.age_years // 10, len(groups) - 1)]
            gender, race = GENDERS[labels.gender], utkface.RACES[labels.race]
            rows.append((file, name, labels.age_years, gender, race, group))
    return pd.DataFrame(rows, columns=["file", "split", "age_years", "gender", "race", "age_group"])


class UTKFace:
    """Statistics of UTKFace under `data_dir`; of its names alone where that is None or holds no UTKFace."""

    def __init__(self, data_dir: Path | None, cache_dir: Path) -> None:
        self._data_dir = data_dir
        self._cache_dir = cache_dir

    @cached_property
    def names(self) -> pd.DataFrame:
        """The labels of all pictures of the committed split, see `labelled_names`."""
        return labelled_names(read_split())

    @cached_property
    def missing(self) -> str:
        """Why there are no pictures to show, in a sentence; empty where there are."""
        try:
            self._folder()
        except DataMissing as error:
            return str(error)
        return ""

    @cached_property
    def rejected(self) -> list[utkface.Rejected]:
        """The files of the folder whose names carry no usable labels. Raises DataMissing."""
        _, rejected = utkface.records(self._folder())
        return rejected

    @cached_property
    def duplicate_groups(self) -> list[list[str]]:
        """File names that show the same photograph, the largest group first. Raises DataMissing."""
        return sorted(read_duplicate_groups(self._cache_dir), key=lambda files: (-len(files), files[0]))

    def samples(self, split: str = ANY, age_group: str = ANY, gender: str = ANY) -> pd.DataFrame:
        """The rows of `names` with this split, age group and gender, sorted by age; ANY asks for all."""
        names = self.names
        for column, wanted in (("split", split), ("age_group", age_group), ("gender", gender)):
            if wanted != ANY:
                names = names[names[column] == wanted]
        return names.sort_values(["age_years", "file"], ignore_index=True)

    def _folder(self) -> Path:
        if self._data_dir is None:
            raise DataMissing(f"The server was started without a data folder. {utkface.HOW_TO_GET}")
        return utkface.folder_in(self._data_dir, self._cache_dir)


def counts_by_split(names: pd.DataFrame, column: str, order: Sequence[str]) -> pd.DataFrame:
    """Columns value, split, count, fraction (of its split): a row a value of `column` and split, in order."""
    rows = []
    for split in SPLITS:
        of_split = names[names.split == split]
        counts = of_split[column].value_counts()
        for value in order:
            count = int(counts.get(value, 0))
            rows.append((value, split, count, count / len(of_split) if len(of_split) else 0.0))
    return pd.DataFrame(rows, columns=["value", "split", "count", "fraction"])

"""(set, file) -> path and labels of a picture of an evaluation set, keyed as the predictions tables are.

A set is read when it is first asked for; one whose data are not there has no pictures. Only pictures in the
records of a set have a path: a file name from outside never becomes part of one.
"""

import threading
from collections.abc import Iterator, Sequence
from operator import attrgetter
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd
from cachetools import cachedmethod

from dataset.labels import EVALUATION_SETS
from dataset.records import load_records
from faces.errors import DataMissing, PictureExpired
from faces.predictions import GENDERS

SET_PREFIX = "set:"  # the key of a labelled picture is this, its set, a slash and its file name
COLUMNS = ["set", "file", "path", "age_years", "age_low", "age_high", "gender", "split"]
_SEED = 1


def set_key(set_name: str, file: str) -> str:
    """The key of a labelled picture: `set:chips/34_1_2_20170112213500903.jpg`."""
    return f"{SET_PREFIX}{set_name}/{file}"


class LabelledPictures:
    """The labelled pictures under `data_dir`, composites under `cache_dir`; none where `data_dir` is None.

    Safe for several threads.
    """

    def __init__(self, data_dir: Path | None, cache_dir: Path, sets: Sequence[str] = EVALUATION_SETS) -> None:
        self.sets = tuple(sets)
        self._data_dir = data_dir
        self._cache_dir = cache_dir
        self._records: dict[str, pd.DataFrame] = {}
        self._loading = threading.Condition()

    @property
    def has_data(self) -> bool:
        """Whether the server was started with a data folder, whatever lies in it."""
        return self._data_dir is not None

    @cachedmethod(attrgetter("_records"), key=lambda _self, name: name, condition=attrgetter("_loading"))
    def records(self, name: str) -> pd.DataFrame:
        """COLUMNS, a row a picture of a set, by file name; empty where the set is not there.

        `age_years` is null where only the bin from `age_low` to `age_high` is known, and the other way round.
        """
        table = pd.DataFrame(columns=COLUMNS)
        if self._data_dir is not None and name in self.sets:
            try:
                table = load_records(name, self._data_dir, self._cache_dir).assign(set=name)
            except DataMissing:
                pass
        return table.reindex(columns=COLUMNS).set_index("file", drop=False)

    def row(self, key: str) -> Any:
        """The record of the picture under a key, COLUMNS as attributes. Raises PictureExpired without one."""
        name, file = _set_and_file(key)
        if key not in self:
            reason = "it is not in the data folder" if self.has_data else "the server runs without --data-dir"
            raise PictureExpired(f"There is no labelled picture '{name[:20]}/{file[:80]}': {reason}.")
        return self.records(name).loc[file]

    def __contains__(self, key: object) -> bool:
        """Whether there is a picture under this key."""
        name, file = _set_and_file(key) if isinstance(key, str) else ("", "")
        return name in self.sets and file in self.records(name).index

    def path(self, key: str) -> Path:
        """Where the picture under a key lies. Raises PictureExpired where there is none."""
        return Path(self.row(key).path)

    def label(self, key: str) -> str:
        """`female, 34 (portraits, FILE)`. Raises PictureExpired where there is no such picture."""
        row = self.row(key)
        only_bin = pd.isna(row.age_years)
        age = f"{row.age_low:.0f}–{row.age_high:.0f}" if only_bin else f"{row.age_years:.0f}"
        return f"{GENDERS[int(row.gender)]}, {age} ({row.set}, {row.file[:24]})"

    def test_keys(self) -> list[str]:
        """Keys of all pictures of the test splits, set after set."""
        return list(self._test_keys())

    def sampled_keys(self, count: int) -> list[str]:
        """Keys of `count` pictures of the test splits, the same ones at every visit, sorted."""
        keys = self.test_keys()
        return sorted(Random(_SEED).sample(keys, min(count, len(keys))))

    def _test_keys(self) -> Iterator[str]:
        for name in self.sets:
            records = self.records(name)
            yield from (set_key(name, file) for file in records.file[records.split == "test"])


def _set_and_file(key: str) -> tuple[str, str]:
    name, _, file = key.removeprefix(SET_PREFIX).partition("/")
    return name, file

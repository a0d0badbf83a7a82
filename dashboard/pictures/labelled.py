"""Data folder + file name -> a labelled test picture with the answer of every variant.

A room of its own because only a server that was started with `--data-dir` has them, and because they are
pictures of others: they are read when asked for, and only the last few are remembered.
"""

from collections import OrderedDict
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from random import Random

import pandas as pd

from dashboard.pictures.uploads import Upload
from dataset.paths import default_cache_dir
from dataset.records import CHIPS, FGNET, PORTRAITS, load_records
from faces.errors import DataMissing, PictureExpired

SHOWN_SETS = (PORTRAITS, CHIPS, FGNET)
_REMEMBERED = 16


class TestPictures:
    """The test pictures under `data_dir`; none where it is None."""

    __test__ = False  # not a test class, whatever its name

    def __init__(self, data_dir: Path | None) -> None:
        self._data_dir = data_dir
        self._answered: OrderedDict[str, Upload] = OrderedDict()

    @cached_property
    def records(self) -> pd.DataFrame:
        """Columns set, file, path, age_years, gender: a row a test picture of every set that is there."""
        tables = []
        for name in SHOWN_SETS if self._data_dir else ():
            try:
                table = load_records(name, Path(str(self._data_dir)), default_cache_dir())
            except DataMissing:
                continue
            tables.append(table[table.split == "test"].assign(set=name))
        columns = ["set", "file", "path", "age_years", "gender"]
        return (
            pd.concat(tables)[columns].set_index("file", drop=False)
            if tables
            else pd.DataFrame(columns=columns)
        )

    def some(self, count: int) -> list[str]:
        """File names of `count` pictures, the same ones at every visit."""
        files = list(self.records.file)
        return sorted(Random(1).sample(files, min(count, len(files))))

    def label(self, file: str) -> str:
        """`female, 34 (portraits)`: what is known about a test picture."""
        row = self.records.loc[file]
        return f"{'female' if row.gender == 1 else 'male'}, {row.age_years:.0f} ({row.set}, {file[:24]})"

    def answered(self, file: str, answer: Callable[[bytes, str], Upload]) -> Upload:
        """The picture `file`, answered by `answer`. Raises PictureExpired when there is no such picture."""
        if file not in self.records.index:
            reason = (
                "it is not in the data folder"
                if self._data_dir
                else "the server was started without --data-dir"
            )
            raise PictureExpired(f"There is no test picture '{file[:80]}': {reason}.")
        if file not in self._answered:
            self._answered[file] = answer(Path(self.records.path[file]).read_bytes(), file)
            while len(self._answered) > _REMEMBERED:
                self._answered.popitem(last=False)
        return self._answered[file]

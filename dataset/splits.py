"""The committed splits: records and duplicate groups come in, one split a file goes out.

`split.csv` (file, split) divides UTKFace into train, validation and test; `fairface_split.csv` divides
FairFace into train, development and held. Both are stratified, keep pictures of one duplicate group together,
and depend on the pictures, their names and SEED, not on the order in which a file system lists them. A room
of its own because every table and card carries the SHA-256 of `split.csv`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from dataset.stable_hash import ALL_BITS, stable_hash
from dataset.tables.columns import SPLIT, read_csv_table
from faces.errors import DataMissing
from faces.files import sha256_of, whole_file

SPLIT_CSV = Path(__file__).with_name("split.csv")
FAIRFACE_SPLIT_CSV = Path(__file__).with_name("fairface_split.csv")

SEED = "age-gender 1"
FRACTIONS = {"train": 0.8, "validation": 0.1, "test": 0.1}
FAIRFACE_COUNTS = {"test": 1000, "validation": 500}


def read_split(path: Path = SPLIT_CSV) -> pd.DataFrame:
    """Columns file, split. Raises DataMissing when the file is not there, TableError when it is none."""
    _check_is_there(path)
    return read_csv_table(path, SPLIT)


def split_sha256(path: Path = SPLIT_CSV) -> str:
    """SHA-256 (hex) of the bytes of the committed split."""
    _check_is_there(path)
    return sha256_of(path)


def write_split(split_by_file: Mapping[str, str], path: Path) -> None:
    """Writes columns file, split, sorted by file: equal splits are equal bytes on every system."""
    lines = ["file,split", *(f"{file},{split_by_file[file]}" for file in sorted(split_by_file))]
    with whole_file(path) as unfinished:
        unfinished.write_bytes(("\n".join(lines) + "\n").encode())


def utkface_split(records: pd.DataFrame, groups: Sequence[Sequence[int]]) -> dict[str, str]:
    """Split by file, for `records` (file, age_years, gender) and groups of their rows that stay together."""
    pairs = zip(records.age_years, records.gender, strict=True)
    strata = [f"{decade(age_years)} {gender}" for age_years, gender in pairs]
    return divided(list(records.file), strata, groups, FRACTIONS)


def fairface_split(
    records: pd.DataFrame, groups: Sequence[Sequence[int]], seen_elsewhere: Sequence[int] = ()
) -> dict[str, str]:
    """Split by file for FairFace `records` (file, age_low, gender).

    Rows in `seen_elsewhere` are copies of UTKFace validation or test pictures: their groups get no split.
    """
    banned = set(seen_elsewhere)
    clean = [group for group in groups if not banned.intersection(group)]
    strata = [f"{low} {gender}" for low, gender in zip(records.age_low, records.gender, strict=True)]
    count = sum(len(group) for group in clean)
    fractions = {split: wanted / count for split, wanted in FAIRFACE_COUNTS.items()}
    fractions = {"train": 1.0 - sum(fractions.values()), **fractions}
    return divided(list(records.file), strata, clean, fractions)


def divided(
    files: Sequence[str],
    strata: Sequence[str],
    groups: Sequence[Sequence[int]],
    fractions: Mapping[str, float],
) -> dict[str, str]:
    """Split by file: whole groups are dealt to the splits so that every stratum comes nearest to `shares`.

    A group belongs to the stratum of its first file by name. Strata are walked from the smallest to the
    largest, and what a small one could not divide the next ones make good, so that the totals fit as well.
    The order within a stratum is that of a seeded hash of the name, whatever order the files came in.
    """
    by_stratum: dict[str, list[list[str]]] = defaultdict(list)
    for group in groups:
        first = min(group, key=lambda row: files[row])
        by_stratum[strata[first]].append(sorted(files[row] for row in group))
    split_by_file: dict[str, str] = {}
    owed = dict.fromkeys(fractions, 0.0)
    for stratum in sorted(by_stratum, key=lambda name: (len(by_stratum[name]), name)):
        # Large groups first: the single pictures after them even the counts out.
        dealt = sorted(
            by_stratum[stratum], key=lambda names: (-len(names), stable_hash(f"{SEED} {names[0]}", ALL_BITS))
        )
        count = sum(len(names) for names in dealt)
        for split, fraction in fractions.items():
            owed[split] += fraction * count
        for names in dealt:
            # Relative to its share: by the plain count every large group would go to the largest split.
            neediest = max(fractions, key=lambda split: owed[split] / fractions[split])
            owed[neediest] -= len(names)
            split_by_file.update(dict.fromkeys(names, neediest))
    return split_by_file


def decade(age_years: float) -> int:
    """First year of the age's decade; 90 and above are one stratum, for they are few."""
    return min(int(age_years) // 10 * 10, 90)


def _check_is_there(path: Path) -> None:
    if not path.is_file():
        raise DataMissing(f"No split at {path}; `python -m dataset prepare --write-split` creates it.")

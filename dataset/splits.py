"""The committed splits: records + duplicate groups -> the split of every file.

`split.csv` divides UTKFace and `fairface_split.csv` FairFace into train, validation and test. Both are
stratified, keep pictures of one duplicate group together, and depend on the pictures, their names and SEED,
not on the order in which a file system lists them. Every table and card carries the SHA-256 of `split.csv`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from dataset.labels import SPLIT_FRACTIONS, TEST, TRAIN, VALIDATION, decade_of
from dataset.stable_hash import ALL_BITS, stable_hash
from dataset.tables.columns import SPLIT
from dataset.tables.schema import read_csv_table
from faces.errors import DataMissing
from faces.files import sha256_of, whole_file

SPLIT_CSV = Path(__file__).with_name("split.csv")
FAIRFACE_SPLIT_CSV = Path(__file__).with_name("fairface_split.csv")

SEED = "age-gender 1"  # enters the hashes that order the files: every byte of the splits depends on it
FAIRFACE_COUNTS = {TEST: 1000, VALIDATION: 500}


def read_split(path: Path = SPLIT_CSV) -> pd.DataFrame:
    """Columns file, split. Raises DataMissing when the file is not there, TableError when it is none."""
    _check_is_there(path)
    return read_csv_table(path, SPLIT)


def split_sha256(path: Path = SPLIT_CSV) -> str:
    """SHA-256 (hex) of the bytes of the committed split."""
    _check_is_there(path)
    return sha256_of(path)


def write_split(split_by_file: Mapping[str, str], path: Path) -> None:
    """Write columns file, split, sorted by file: equal splits are equal bytes on every system."""
    lines = ["file,split", *(f"{file},{split_by_file[file]}" for file in sorted(split_by_file))]
    with whole_file(path) as unfinished:
        unfinished.write_bytes(("\n".join(lines) + "\n").encode())


def utkface_split(records: pd.DataFrame, groups: Sequence[Sequence[int]]) -> dict[str, str]:
    """Split by file, for `records` (file, age_years, gender) and groups of their rows that stay together."""
    labels = zip(decade_of(records.age_years), records.gender, strict=True)
    strata = [f"{decade} {gender}" for decade, gender in labels]
    return divided(list(records.file), strata, groups, SPLIT_FRACTIONS)


def fairface_split(
    records: pd.DataFrame, groups: Sequence[Sequence[int]], evaluated_copies: Sequence[int] = ()
) -> dict[str, str]:
    """Split by file for FairFace `records` (file, age_low, gender).

    Rows in `evaluated_copies` are copies of UTKFace validation or test pictures: their groups get no split.
    """
    banned = set(evaluated_copies)
    clean = [group for group in groups if not banned.intersection(group)]
    strata = [f"{low} {gender}" for low, gender in zip(records.age_low, records.gender, strict=True)]
    count = sum(len(group) for group in clean)
    fractions = {split: wanted / count for split, wanted in FAIRFACE_COUNTS.items()}
    fractions = {TRAIN: 1.0 - sum(fractions.values()), **fractions}
    return divided(list(records.file), strata, clean, fractions)


def divided(
    files: Sequence[str],
    strata: Sequence[str],
    groups: Sequence[Sequence[int]],
    fractions: Mapping[str, float],
) -> dict[str, str]:
    """Split by file: deal whole groups to the splits so that every stratum comes nearest to `fractions`.

    A group belongs to the stratum of its first file by name. Strata are dealt from the smallest to the
    largest; the remainder of a small one is balanced by the next ones, so that the totals fit as well. The
    order within a stratum is that of a seeded hash of the name, whatever order the files came in.
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
            # Relative to its fraction: by the plain count every large group would go to the largest split.
            neediest = max(fractions, key=lambda split: owed[split] / fractions[split])
            owed[neediest] -= len(names)
            split_by_file.update(dict.fromkeys(names, neediest))
    return split_by_file


def _check_is_there(path: Path) -> None:
    if not path.is_file():
        raise DataMissing(f"No split at {path}; `python -m dataset prepare --write-split` creates it.")

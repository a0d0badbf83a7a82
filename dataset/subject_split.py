"""Split by subject: no person in two splits, the same on every machine."""

import pandas as pd

from dataset.labels import SPLIT_FRACTIONS, SPLITS
from dataset.stable_hash import stable_hash


def split_by_subject(subjects: pd.Series) -> pd.Series:
    """`train`, `validation` or `test` for each row, by the hash of its subject: about 80, 10 and 10 %."""
    return subjects.map({subject: _split_of(str(subject)) for subject in subjects.unique()})


def _split_of(subject: str) -> str:
    position = stable_hash(subject) / 2**32
    for split, fraction in SPLIT_FRACTIONS.items():
        if position < fraction:
            return split
        position -= fraction
    return SPLITS[-1]

"""Subjects -> a split in which nobody stands on two sides, the same on every machine.

A room of its own because every set that knows who is in a picture is split in this one way.
"""

import pandas as pd

from dataset.stable_hash import stable_hash

FRACTIONS = (("train", 0.8), ("validation", 0.1), ("test", 0.1))


def split_by_subject(subjects: pd.Series) -> pd.Series:
    """`train`, `validation` or `test` for each row, by the hash of its subject: about 80, 10 and 10 %."""
    return subjects.map({subject: _side(str(subject)) for subject in subjects.unique()})


def _side(subject: str) -> str:
    place = stable_hash(subject) / 2**32
    for name, fraction in FRACTIONS:
        if place < fraction:
            return name
        place -= fraction
    return FRACTIONS[-1][0]

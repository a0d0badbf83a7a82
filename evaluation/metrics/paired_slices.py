"""Two variants' rows on the same pictures -> paired differences in slices of them, corrected together.

A cut divides the pictures into slices: by the size of the face, decade, gender or race. All slices that are
stated together are one family of Holm's correction; those of fewer than MIN_PICTURES pictures are in none.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from dataset.labels import decade_name, decade_of
from evaluation.metrics.age_bins import predicted_groups, true_groups
from evaluation.metrics.differences import NAN, Difference, both_with, corrected, difference_of_means
from evaluation.metrics.rows import (
    gender_is_correct,
    subjects_of,
    with_ages,
    with_bins_alone,
    with_genders,
)
from evaluation.metrics.slices import MIN_PICTURES, face_fraction_slices
from faces.predictions import GENDERS

SMALL_FACE = 0.2  # of the picture's side; the two sides of it were fixed before they were compared
SMALL, LARGE = (f"under {100 * SMALL_FACE:.0f} %", f"from {100 * SMALL_FACE:.0f} % on")
SIZE, AGE_CUT, GENDER_CUT, RACE_CUT = "face size", "age", "gender", "race"

Names = pd.Series  # slice of each row; NaN where it is in none
Cut = Callable[[pd.DataFrame], Names]


@dataclass(frozen=True)
class SliceDifference:
    """The difference of one metric in one slice of a cut, and that of the second trainings, if there are."""

    cut: str
    name: str
    difference: Difference
    second_training: Difference | None = None


def by_small_face(rows: pd.DataFrame) -> Names:
    """SMALL or LARGE by `face_fraction`."""
    names = np.where(rows.face_fraction < SMALL_FACE, SMALL, LARGE)
    return pd.Series(names, rows.index).where(rows.face_fraction.notna())


def by_decade(rows: pd.DataFrame) -> Names:
    """Decade of the true age, where it is exact."""
    starts = pd.Series(decade_of(rows.age_years.fillna(0)), rows.index)
    return starts.map(decade_name).where(rows.age_years.notna())


def by_gender(rows: pd.DataFrame) -> Names:
    """True gender."""
    return rows.gender.map(dict(enumerate(GENDERS)))


def by_race(rows: pd.DataFrame) -> Names:
    """Race in the words of the set."""
    races = rows.race.fillna("").astype(str)
    return races.where(races != "")


def by_face_fraction(rows: pd.DataFrame) -> Names:
    """The ranges of `error_by_face_fraction`."""
    return face_fraction_slices(rows)[0]


CUTS: dict[str, Cut] = {SIZE: by_small_face, AGE_CUT: by_decade, GENDER_CUT: by_gender, RACE_CUT: by_race}


def slice_differences(
    first: pd.DataFrame, second: pd.DataFrame, cuts: dict[str, Cut], keys: Sequence[str]
) -> list[SliceDifference]:
    """Differences of the metrics `keys` in every slice of `cuts`, in one family of Holm's correction.

    `keys` are of "mae", "bias", "bin_accuracy" and "accuracy"; both tables' rows match. A cut with one slice
    of MIN_PICTURES pictures or none is left out: it says what the total says.
    """
    listed = [
        one
        for key in keys
        for cut, names_of in cuts.items()
        for one in _in_cut(first, second, cut, names_of, key)
    ]
    large = [one for one in listed if one.difference.count >= MIN_PICTURES]
    differences = corrected([one.difference for one in large])
    return [replace(one, difference=difference) for one, difference in zip(large, differences, strict=True)]


def with_second_training(
    slices: Sequence[SliceDifference], second_trainings: Sequence[SliceDifference]
) -> list[SliceDifference]:
    """The slices, each with the same slice of the second trainings."""
    by_slice = {(one.cut, one.name, one.difference.key): one.difference for one in second_trainings}
    return [
        replace(one, second_training=by_slice.get((one.cut, one.name, one.difference.key))) for one in slices
    ]


def deltas_of(key: str, first: pd.DataFrame, second: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray]:
    """The rows of `first` that a metric counts, and (n,) its part of the mean less that in `second`."""
    rows_of, addend = {
        "mae": (with_ages, _absolute_errors),
        "bias": (with_ages, _errors),
        "bin_accuracy": (with_bins_alone, _bin_hits),
        "accuracy": (with_genders, gender_is_correct),
    }[key]
    first, second = both_with(rows_of, first, second)
    return first, addend(first).astype(float) - addend(second).astype(float)


def _in_cut(
    first: pd.DataFrame, second: pd.DataFrame, cut: str, names_of: Cut, key: str
) -> list[SliceDifference]:
    rows, deltas = deltas_of(key, first, second)
    # Ranges are those of all pictures, whatever the metric counts.
    slices = names_of(first.reset_index(drop=True)).loc[rows.index].to_numpy(object)
    counts = pd.Series(slices).value_counts(sort=False)
    if (counts >= MIN_PICTURES).sum() < 2:
        return []
    names = sorted(counts.index)
    columns = np.column_stack([np.where(slices == name, deltas, NAN) for name in names])
    differences = difference_of_means(key, columns, subjects_of(rows))
    return [SliceDifference(cut, name, one) for name, one in zip(names, differences, strict=True)]


def _errors(rows: pd.DataFrame) -> np.ndarray:
    return (rows.predicted_age_years - rows.age_years).to_numpy(float)


def _absolute_errors(rows: pd.DataFrame) -> np.ndarray:
    return np.abs(_errors(rows))


def _bin_hits(rows: pd.DataFrame) -> np.ndarray:
    return predicted_groups(rows) == true_groups(rows)

"""Predictions -> confusion matrices of genders and of age groups, and how those of two variants differ."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from sklearn.metrics import confusion_matrix

from evaluation.metrics.age_bins import AGE_GROUPS, predicted_groups, true_groups
from evaluation.metrics.differences import NAN, Difference, both_with, corrected, difference_of_means
from evaluation.metrics.rows import predicted_female, subjects_of, with_age_groups, with_genders
from faces.predictions import AGE, GENDER, GENDERS


def gender_confusion(predictions: pd.DataFrame) -> pd.DataFrame:
    """Counts (2, 2): rows are true genders, columns predicted ones, in the order of GENDERS."""
    rows = with_genders(predictions)
    return _matrix(_true_genders(rows), _predicted_genders(rows), GENDERS)


def age_group_confusion(predictions: pd.DataFrame) -> pd.DataFrame:
    """Counts (9, 9): rows are the groups of true ages, columns of predicted ones, as in AGE_GROUPS."""
    rows = with_age_groups(predictions)
    return _matrix(true_groups(rows), predicted_groups(rows), AGE_GROUPS)


def confusion_differences(
    output: str, first: pd.DataFrame, second: pd.DataFrame
) -> tuple[Difference, pd.DataFrame]:
    """Paired difference of the fractions on the diagonal, and by cell (bool) whether one is detected.

    `output` is AGE or GENDER; both tables' rows match. The cells are corrected together.
    """
    rows_of, true_of, predicted_of, names, key = {
        GENDER: (with_genders, _true_genders, _predicted_genders, GENDERS, "accuracy"),
        AGE: (with_age_groups, true_groups, predicted_groups, AGE_GROUPS, "bin_accuracy"),
    }[output]
    first, second = both_with(rows_of, first, second)
    if first.empty:
        return Difference(key, NAN, NAN, NAN, 0), pd.DataFrame(False, names, names)
    true, subjects = true_of(first), subjects_of(first)
    cells = np.arange(len(names) ** 2)
    chosen = [(true * len(names) + predicted_of(rows))[:, None] == cells for rows in (first, second)]
    right = [(true == predicted_of(rows)).astype(float)[:, None] for rows in (first, second)]
    (total,) = difference_of_means(key, right[0] - right[1], subjects)
    by_cell = corrected(difference_of_means(key, chosen[0].astype(float) - chosen[1], subjects))
    is_real = np.array([difference.is_real for difference in by_cell])
    return total, pd.DataFrame(is_real.reshape(len(names), len(names)), names, names)


def _true_genders(rows: pd.DataFrame) -> np.ndarray:
    return rows.gender.to_numpy(int)


def _predicted_genders(rows: pd.DataFrame) -> np.ndarray:
    return predicted_female(rows.female_probability).astype(int)


def _matrix(true: np.ndarray, predicted: np.ndarray, names: Sequence[str]) -> pd.DataFrame:
    """Counts of (n,) true and predicted indices into `names`; zeros where n is 0."""
    labels = list(range(len(names)))
    # scikit-learn refuses empty arrays.
    counts = (
        confusion_matrix(true, predicted, labels=labels) if len(true) else np.zeros((len(names),) * 2, int)
    )
    return pd.DataFrame(counts, index=pd.Index(names, name="true"), columns=pd.Index(names, name="predicted"))

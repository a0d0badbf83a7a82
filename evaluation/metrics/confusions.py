"""Predictions of one variant -> confusion matrices of genders and of age groups."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from sklearn.metrics import confusion_matrix

from evaluation.metrics.age_bins import AGE_GROUPS, predicted_groups, true_groups
from evaluation.metrics.rows import predicted_female, with_age_groups, with_genders
from faces.predictions import GENDERS


def gender_confusion(predictions: pd.DataFrame) -> pd.DataFrame:
    """Counts (2, 2): rows are true genders, columns predicted ones, in the order of GENDERS."""
    rows = with_genders(predictions)
    return _matrix(rows.gender.to_numpy(int), predicted_female(rows.female_probability).astype(int), GENDERS)


def age_group_confusion(predictions: pd.DataFrame) -> pd.DataFrame:
    """Counts (9, 9): rows are the groups of true ages, columns of predicted ones, as in AGE_GROUPS."""
    rows = with_age_groups(predictions)
    return _matrix(true_groups(rows), predicted_groups(rows), AGE_GROUPS)


def _matrix(true: np.ndarray, predicted: np.ndarray, names: Sequence[str]) -> pd.DataFrame:
    """Counts of (n,) true and predicted indices into `names`; zeros where n is 0."""
    labels = list(range(len(names)))
    # scikit-learn refuses empty arrays.
    counts = (
        confusion_matrix(true, predicted, labels=labels) if len(true) else np.zeros((len(names),) * 2, int)
    )
    return pd.DataFrame(counts, index=pd.Index(names, name="true"), columns=pd.Index(names, name="predicted"))

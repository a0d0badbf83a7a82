"""Predictions on pictures of every condition -> MAE and gender accuracy of each, with paired intervals."""

import numpy as np
import pandas as pd

from evaluation.metrics.bootstrap import interval, resample_weights, weighted_means
from evaluation.metrics.metrics import is_female, subjects_of


def robustness_rows(
    pictures: pd.DataFrame, age_years: np.ndarray, female_probability: np.ndarray
) -> pd.DataFrame:
    """One row per condition: count, then mae and gender_accuracy, each with its 95 % interval _low, _high.

    `pictures` are n records (file, subject, age_years, gender), both predictions (n, conditions). Pictures
    that lack a label, or a prediction under any condition, are left out. All conditions share the resamples.
    """
    labelled = pictures.age_years.notna() & pictures.gender.isin((0, 1))
    known = labelled.to_numpy() & np.isfinite(age_years).all(axis=1)
    rows = pictures[known]
    errors = np.abs(age_years[known] - rows.age_years.to_numpy(float)[:, None])
    correct = (female_probability[known] >= 0.5) == is_female(rows)[:, None]
    weights = resample_weights(subjects_of(rows))
    table = pd.DataFrame({"count": [len(rows)] * age_years.shape[1]})
    for name, values in (("mae", errors), ("gender_accuracy", correct.astype(float))):
        low, high = np.array([interval(means) for means in weighted_means(weights, values).T]).T
        table = table.assign(**{name: values.mean(axis=0), f"{name}_low": low, f"{name}_high": high})
    return table

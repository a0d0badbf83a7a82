"""Rows whose age is known as a bin -> how often the predicted age lies in it, and the bin of every age.

FairFace labels nine age bins and no years. Exact ages fall into the same bins, so every set has true and
predicted age groups; but only sets without exact ages are scored by them.

Columns used: age_years, age_first_years, predicted_age_years.
"""

import numpy as np
import pandas as pd

from evaluation.metrics.bootstrap import weighted_means
from evaluation.metrics.definitions import BIN_KEYS
from evaluation.metrics.metric_set import MetricSet
from evaluation.metrics.rows import NO_AGE_HEAD, heads, with_ages, with_bins_alone
from faces.predictions import GENDER

# First year of each age group; the groups are FairFace's bins.
AGE_GROUP_STARTS = (0, 3, 10, 20, 30, 40, 50, 60, 70)
AGE_GROUPS = ("0–2", "3–9", "10–19", "20–29", "30–39", "40–49", "50–59", "60–69", "70+")


def age_group(whole_years: pd.Series | np.ndarray) -> np.ndarray:
    """(n,) ages in whole years -> (n,) indices into AGE_GROUPS."""
    return np.searchsorted(AGE_GROUP_STARTS, np.asarray(whole_years, float), side="right") - 1


def true_groups(rows: pd.DataFrame) -> np.ndarray:
    """(n,) indices into AGE_GROUPS of rows `with_true_age_group`; a true age of 39.7 is in the thirties."""
    return age_group(np.floor(rows.age_first_years))


def predicted_groups(rows: pd.DataFrame) -> np.ndarray:
    """(n,) indices into AGE_GROUPS of the predicted ages; one of 39.7 is shown as 40, and counts as that."""
    return age_group(np.floor(rows.predicted_age_years + 0.5))


def bin_values(rows: pd.DataFrame) -> tuple[dict[str, float], dict[str, str]]:
    """Values by key of n >= 1 rows `with_bins_alone`; no value is ever missing."""
    return {key: float(hits.mean()) for key, hits in _hits(rows).items()}, {}


def resampled_bin_values(rows: pd.DataFrame, weights: np.ndarray) -> dict[str, np.ndarray]:
    """(resamples, n) weights of n rows `with_bins_alone` -> (resamples,) values by key."""
    hits = _hits(rows)
    means = weighted_means(weights, np.column_stack(list(hits.values())))
    return dict(zip(hits, means.T, strict=True))


def _absence(predictions: pd.DataFrame) -> str:
    if len(with_ages(predictions)):
        return "exact ages"
    return NO_AGE_HEAD if heads(predictions) == (GENDER,) else "no pictures with an age bin"


def _hits(rows: pd.DataFrame) -> dict[str, np.ndarray]:
    """(n,) by key: 1 where the predicted age lies in the true bin, or at most one bin beside it."""
    apart = np.abs(predicted_groups(rows) - true_groups(rows))
    return {"bin_accuracy": (apart == 0).astype(float), "bin_off_by_one": (apart <= 1).astype(float)}


BIN_METRIC_SET = MetricSet(BIN_KEYS, with_bins_alone, bin_values, resampled_bin_values, _absence)

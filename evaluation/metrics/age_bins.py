"""Rows of a predictions table -> the age groups that they show and were read as, and how often both agree.

A room of its own because FairFace knows no ages, only in which of nine bins one lies: every set can be read
in these bins, exact ages included, but only sets with bins alone are scored by them.

Columns used: age_years, age_first_years, age_last_years, predicted_age_years.
"""

import numpy as np
import pandas as pd

from evaluation.metrics.bootstrap import weighted_means
from evaluation.metrics.estimates import BIN_KEYS

# First year of each age group; the groups are FairFace's bins.
AGE_GROUP_STARTS = (0, 3, 10, 20, 30, 40, 50, 60, 70)
AGE_GROUPS = ("0–2", "3–9", "10–19", "20–29", "30–39", "40–49", "50–59", "60–69", "70+")


def of_known_age_groups(predictions: pd.DataFrame) -> pd.DataFrame:
    """The rows whose true age group is known, from an exact age or a bin."""
    return predictions[predictions.age_first_years.notna()]


def with_age_groups(predictions: pd.DataFrame) -> pd.DataFrame:
    """The rows whose true age group is known, from an exact age or a bin, and that have a predicted age."""
    known = of_known_age_groups(predictions)
    return known[known.predicted_age_years.notna()]


def with_bins_alone(predictions: pd.DataFrame) -> pd.DataFrame:
    """The rows whose true age is known as a bin alone, and that have a predicted age."""
    rows = with_age_groups(predictions)
    return rows[rows.age_years.isna()]


def age_group(whole_years: pd.Series | np.ndarray) -> np.ndarray:
    """(n,) ages in whole years -> (n,) indices into AGE_GROUPS."""
    return np.searchsorted(AGE_GROUP_STARTS, np.asarray(whole_years, float), side="right") - 1


def true_groups(rows: pd.DataFrame) -> np.ndarray:
    """(n,) indices into AGE_GROUPS of rows `of_known_age_groups`; whoever is 39.7 is in the thirties."""
    return age_group(np.floor(rows.age_first_years))


def predicted_groups(rows: pd.DataFrame) -> np.ndarray:
    """(n,) indices into AGE_GROUPS of the predicted ages; one of 39.7 is shown as 40, and counts as that."""
    return age_group(np.floor(rows.predicted_age_years + 0.5))


def bin_values(rows: pd.DataFrame) -> tuple[dict[str, float], dict[str, str]]:
    """Values by key of rows `with_bins_alone`, and for those that have none the reasons why."""
    if rows.empty:
        return {}, dict.fromkeys(BIN_KEYS, "no pictures with an age bin")
    return {key: float(held.mean()) for key, held in _held(rows).items()}, {}


def bin_statistics(rows: pd.DataFrame, weights: np.ndarray) -> dict[str, np.ndarray]:
    """(draws, n) weights of n rows `with_bins_alone` -> (draws,) values by key."""
    held = _held(rows)
    means = weighted_means(weights, np.column_stack(list(held.values())))
    return dict(zip(held, means.T, strict=True))


def _held(rows: pd.DataFrame) -> dict[str, np.ndarray]:
    """(n,) by key: 1 where the predicted age lies in the bin, or at most one bin beside it."""
    apart = np.abs(predicted_groups(rows) - true_groups(rows))
    return {"bin_accuracy": (apart == 0).astype(float), "bin_off_by_one": (apart <= 1).astype(float)}

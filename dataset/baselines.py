"""Errors of a constant prediction: the median age, the commoner gender of the training labels."""

import numpy as np

from faces.predictions import EVEN


def median_age_mae(training_ages: np.ndarray, ages: np.ndarray) -> float:
    """Mean absolute error, in years, of the median of (n,) training ages on (m,) ages; NaN without any."""
    if not len(training_ages) or not len(ages):
        return float("nan")
    return float(np.abs(np.asarray(ages, float) - np.median(training_ages)).mean())


def majority_gender_accuracy(training_genders: np.ndarray, genders: np.ndarray) -> float:
    """Fraction of (m,) genders (0, 1) that are the commoner one of (n,) training genders; NaN without any."""
    if not len(training_genders) or not len(genders):
        return float("nan")
    commoner = np.mean(training_genders) >= EVEN
    return float((np.asarray(genders).astype(bool) == commoner).mean())

"""Labels -> what is reached by answering the same for everyone: the median age, the commoner gender.

A room of its own because the card of a run and the page of recipes hold networks against the same guesses.
"""

import numpy as np


def median_age_mae(training_ages: np.ndarray, ages: np.ndarray) -> float:
    """Mean absolute error, in years, of the median of (n,) training ages on (m,) ages; NaN without any."""
    if not len(training_ages) or not len(ages):
        return float("nan")
    return float(np.abs(np.asarray(ages, float) - np.median(training_ages)).mean())


def majority_gender_accuracy(training_genders: np.ndarray, genders: np.ndarray) -> float:
    """Share of (m,) genders (0, 1) that are the commoner one of (n,) training genders; NaN without any."""
    if not len(training_genders) or not len(genders):
        return float("nan")
    commoner = np.mean(training_genders) >= 0.5
    return float((np.asarray(genders).astype(bool) == commoner).mean())

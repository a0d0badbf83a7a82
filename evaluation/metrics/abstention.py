"""Gender probabilities -> the threshold below which a prediction abstains, and the accuracy that it gains.

Selective prediction: El-Yaniv and Wiener, On the Foundations of Noise-free Selective Classification (2010);
Geifman and El-Yaniv, Selective Classification for Deep Neural Networks (2017).
"""

import numpy as np
import pandas as pd

from evaluation.metrics.rows import gender_is_correct
from faces.predictions import EVEN

MAX_ABSTAINED_ACCURACY = 0.6  # hardly better than a coin
THRESHOLDS = np.round(np.arange(0.51, 0.96, 0.01), 2)
CURVE_THRESHOLDS = np.round(np.arange(0.5, 1.0, 0.01), 2)
CURVE_COLUMNS = ["abstention_threshold", "fraction", "accuracy", "count"]


def likelier_probability(female_probability: np.ndarray) -> np.ndarray:
    """(n,) female probabilities -> (n,) probabilities of the likelier gender, 0.5 to 1."""
    return np.maximum(female_probability, 1 - female_probability)


def abstention_threshold_for(female_probability: np.ndarray) -> float:
    """The largest threshold at which the expected accuracy of abstained predictions is at most 0.6.

    `female_probability` (n,) calibrated. That accuracy is the mean of their probabilities, not a count: on a
    hundred pictures a count has 5 % of doubt, enough for no abstention at all. EVEN, which never abstains,
    where no threshold meets MAX_ABSTAINED_ACCURACY.
    """
    probability = likelier_probability(female_probability)
    for threshold in THRESHOLDS[::-1]:
        abstained = probability < threshold
        if abstained.any() and probability[abstained].mean() <= MAX_ABSTAINED_ACCURACY:
            return float(threshold)
    return EVEN


def accuracy_by_answer_rate(rows: pd.DataFrame) -> pd.DataFrame:
    """CURVE_COLUMNS, one row per threshold: the answered fraction of n rows `with_genders`, and its accuracy.

    Columns used: gender (0 male, 1 female), female_probability.
    """
    probability, correct = (
        likelier_probability(rows.female_probability.to_numpy(float)),
        gender_is_correct(rows),
    )
    by_threshold = [(threshold, probability >= threshold) for threshold in CURVE_THRESHOLDS]
    return pd.DataFrame(
        [
            (threshold, answered.mean(), correct[answered].mean(), int(answered.sum()))
            for threshold, answered in by_threshold
            if answered.any()
        ],
        columns=CURVE_COLUMNS,
    )

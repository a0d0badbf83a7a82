"""Gender probabilities -> how honest they are, and what it brings to tell only the probable ones.

A room of its own because it judges probabilities where the other gender measures judge decisions: the
expected calibration error, the rule under which a gender is told, and the accuracy that the rule buys.
"""

import numpy as np
import pandas as pd

from faces.predictions import EVEN, UNCERTAIN

CALIBRATION_BINS = 15
# A withheld answer would have been right hardly more often than a toss of a coin.
HARDLY_BETTER_THAN_A_COIN = 0.6
THRESHOLDS = np.round(np.arange(0.51, 0.96, 0.01), 2)
CURVE_THRESHOLDS = np.round(np.arange(0.5, 1.0, 0.01), 2)
CURVE_COLUMNS = ["abstention_threshold", "fraction", "accuracy", "count"]


def likelier_probability(female_probability: np.ndarray) -> np.ndarray:
    """(n,) female probabilities -> (n,) probabilities of the likelier gender, 0.5 to 1."""
    return np.maximum(female_probability, 1 - female_probability)


def calibration_error(surplus: np.ndarray, bins: np.ndarray) -> float:
    """Expected calibration error, 0 to 1: mean over pictures of the absolute mean `surplus` of their bin.

    `surplus` (n,) is probability less being right, `bins` (n,) of `calibration_bins`. As Guo et al. (On
    Calibration of Modern Neural Networks, 2017) with bins of equal mass as Nixon et al. (Measuring
    Calibration in Deep Learning, 2019).
    """
    return float(np.abs(np.bincount(bins, surplus, CALIBRATION_BINS)).sum() / len(surplus))


def calibration_bins(probability: np.ndarray) -> np.ndarray:
    """(n,) probabilities of the likelier gender -> (n,) indices of 15 bins of equal mass, the least first."""
    bins = np.empty(len(probability), int)
    for number, members in enumerate(
        np.array_split(np.argsort(probability, kind="stable"), CALIBRATION_BINS)
    ):
        bins[members] = number
    return bins


def resampled_calibration_errors(weights: np.ndarray, surplus: np.ndarray, bins: np.ndarray) -> np.ndarray:
    """(draws, n) counts -> (draws,) expected calibration errors, in the bins of the whole.

    The absolute value of each bin turns the noise of a draw into error; so all draws are moved by as much as
    their mean lies beside the error of the whole.
    """
    in_bin = np.zeros((len(surplus), CALIBRATION_BINS))
    in_bin[np.arange(len(surplus)), bins] = surplus
    drawn = np.abs(weights @ in_bin).sum(axis=1) / weights.sum(axis=1)
    return np.maximum(drawn - (drawn.mean() - calibration_error(surplus, bins)), 0.0)


def abstention_threshold_for(female_probability: np.ndarray) -> float:
    """The rule: the largest least probability under which the withheld genders are hardly more than guesses.

    `female_probability` (n,) calibrated. How many of the withheld would be right is the mean of their
    probabilities, not a count: a hundred pictures leave a count 5 % of doubt, enough for none to be withheld.
    0.5, under which every gender is told, where nobody's is as improbable as HARDLY_BETTER_THAN_A_COIN.
    """
    probability = likelier_probability(female_probability)
    for least in THRESHOLDS[::-1]:
        withheld = probability < least
        if withheld.any() and probability[withheld].mean() <= HARDLY_BETTER_THAN_A_COIN:
            return float(least)
    return EVEN


def is_answered(rows: pd.DataFrame) -> np.ndarray:
    """(n,) bool: whether the served answer told a gender."""
    return (rows.predicted_gender != UNCERTAIN).to_numpy()


def accuracy_by_answer_rate(rows: pd.DataFrame) -> pd.DataFrame:
    """CURVE_COLUMNS, a row a least probability: of n rows with genders, the share told and right of those.

    Columns used: gender (0 male, 1 female), female_probability.
    """
    female_probability = rows.female_probability.to_numpy(float)
    probability = likelier_probability(female_probability)
    right = (female_probability >= EVEN) == (rows.gender.to_numpy() == 1)
    told = [(least, probability >= least) for least in CURVE_THRESHOLDS]
    return pd.DataFrame(
        [(least, one.mean(), right[one].mean(), int(one.sum())) for least, one in told if one.any()],
        columns=CURVE_COLUMNS,
    )

"""Probabilities of the likelier gender -> expected calibration error (ECE), and its resampled values.

Defined by Guo et al. (On Calibration of Modern Neural Networks, 2017), here with bins of equal mass as by
Nixon et al. (Measuring Calibration in Deep Learning, 2019).
"""

import numpy as np

CALIBRATION_BINS = 15


def calibration_error(overconfidence: np.ndarray, bins: np.ndarray) -> float:
    """Expected calibration error, 0 to 1: the mean over pictures of |mean overconfidence| of their bin.

    `overconfidence` (n,) is probability minus correctness (0 or 1), `bins` (n,) of `calibration_bins`.
    """
    return float(np.abs(np.bincount(bins, overconfidence, CALIBRATION_BINS)).sum() / len(overconfidence))


def calibration_bins(probability: np.ndarray) -> np.ndarray:
    """(n,) probabilities -> (n,) indices of 15 bins of equal mass, the lowest probabilities first."""
    bins = np.empty(len(probability), int)
    parts = np.array_split(np.argsort(probability, kind="stable"), CALIBRATION_BINS)
    for index, members in enumerate(parts):
        bins[members] = index
    return bins


def resampled_calibration_errors(
    weights: np.ndarray, overconfidence: np.ndarray, bins: np.ndarray
) -> np.ndarray:
    """(resamples, n) counts -> (resamples,) expected calibration errors, in the bins of the whole sample.

    The absolute value turns the noise of a resample into error: all are shifted by the same amount, so that
    their mean is the error of the whole sample.
    """
    in_bin = np.zeros((len(overconfidence), CALIBRATION_BINS))
    in_bin[np.arange(len(overconfidence)), bins] = overconfidence
    errors = np.abs(weights @ in_bin).sum(axis=1) / weights.sum(axis=1)
    return np.maximum(errors - (errors.mean() - calibration_error(overconfidence, bins)), 0.0)

"""Subjects of rows -> resampling weights; a statistic of every resample -> its 95 % interval.

Clustered bootstrap (Davison and Hinkley, Bootstrap Methods and their Application, 1997): whole subjects
are resampled with replacement, so that the many pictures of one person count as one piece of evidence. A
resample is a row of weights (how often it holds each picture): weighted statistics are matrix products.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

RESAMPLES = 2000
SEED = 20_161  # published intervals follow from it: never changed
INTERVAL_PERCENTILES = (2.5, 97.5)
EQUALITY_PERCENTILES = (5.0, 95.0)  # two one-sided tests at 5 % each


def resample_weights(
    subjects: Sequence | np.ndarray, resamples: int = RESAMPLES, seed: int = SEED
) -> np.ndarray:
    """`subjects` (n,), equal where two rows are the same person -> (resamples, n) float64 counts of each row.

    The same subjects in the same order give the same weights: two variants on the same pictures are paired.
    """
    names, subject_of_row = np.unique(np.asarray(subjects), return_inverse=True)
    if not len(names):
        return np.zeros((resamples, 0))
    return _weights_of(len(names), subject_of_row.astype(np.int64).tobytes(), resamples, seed)


# The metrics of a page ask for the same weights a dozen times; each is 38 MB for 2,400 pictures.
@lru_cache(maxsize=2)
def _weights_of(count: int, subject_of_row: bytes, resamples: int, seed: int) -> np.ndarray:
    """Weights of `count` subjects; `subject_of_row` are the bytes of (n,) int64 indices."""
    subjects = np.random.default_rng(seed).integers(0, count, size=(resamples, count), dtype=np.int64)
    subjects += np.arange(resamples, dtype=np.int64)[:, None] * count
    counts = np.bincount(subjects.ravel(), minlength=resamples * count).reshape(resamples, count)
    weights = counts[:, np.frombuffer(subject_of_row, np.int64)].astype(np.float64)
    weights.flags.writeable = False
    return weights


def interval(
    values: np.ndarray, percentiles: tuple[float, float] = INTERVAL_PERCENTILES
) -> tuple[float, float]:
    """(resamples,) values of a statistic -> its percentile interval; NaN and infinities are left out."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        return float("nan"), float("nan")
    low, high = np.percentile(finite, percentiles)
    return float(low), float(high)


def mean_with_interval(values: np.ndarray, subjects: np.ndarray) -> tuple[float, float, float]:
    """Mean of `values` (n,) with its 95 % interval, resampled by `subjects` (n,); NaN where n is 0."""
    if not len(values):
        return (float("nan"),) * 3
    means = weighted_means(resample_weights(subjects), values[:, None])[:, 0]
    return float(values.mean()), *interval(means)


def weighted_means(weights: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """(resamples, n) weights and (n, k) columns -> (resamples, k) means of each resample."""
    totals = weights.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        return (weights @ columns) / totals


def weighted_medians(weights: np.ndarray, values: np.ndarray) -> np.ndarray:
    """(resamples, n) counts and (n,) values -> (resamples,) medians, the middle two averaged as by numpy."""
    order = np.argsort(values, kind="stable")
    ranked = values[order]
    cumulative = np.cumsum(weights[:, order], axis=1)
    total = cumulative[:, -1]
    lower = (cumulative > np.floor((total - 1) / 2)[:, None]).argmax(axis=1)
    upper = (cumulative > np.floor(total / 2)[:, None]).argmax(axis=1)
    return (ranked[lower] + ranked[upper]) / 2


def weighted_aucs(weights: np.ndarray, positive: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """(resamples, n) counts, (n,) bool, (n,) scores -> (resamples,) ROC AUCs; a tie counts one half."""
    order = np.argsort(scores, kind="stable")
    starts = np.unique(scores[order], return_index=True)[1]
    ranked = weights[:, order]
    # One column per distinct score: the counts of positives and negatives at it.
    positives = np.add.reduceat(ranked * positive[order], starts, axis=1)
    negatives = np.add.reduceat(ranked, starts, axis=1) - positives
    below = np.cumsum(negatives, axis=1) - negatives
    concordant = (positives * (below + negatives / 2)).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return concordant / (positives.sum(axis=1) * negatives.sum(axis=1))

"""Rows that belong to subjects -> resampling weights; a statistic of each draw -> its 95 % interval.

A room of its own because every interval of the project comes from here: whole subjects are drawn with
replacement, so that the many pictures of one person count as one piece of evidence. A draw is a row of
weights (how often each picture was drawn), so that any number of statistics are matrix products.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

DRAWS = 2000
SEED = 20_161
INTERVAL_PERCENTILES = (2.5, 97.5)


def resample_weights(subjects: Sequence | np.ndarray, draws: int = DRAWS, seed: int = SEED) -> np.ndarray:
    """`subjects` (n,), equal where two rows are the same person -> (draws, n) float64 counts of each row.

    The same subjects in the same order give the same weights: two variants on the same pictures are paired.
    """
    names, subject_of_row = np.unique(np.asarray(subjects), return_inverse=True)
    if not len(names):
        return np.zeros((draws, 0))
    return _weights_of(len(names), subject_of_row.astype(np.int64).tobytes(), draws, seed)


# The measures of a page ask for the same weights a dozen times; each is 38 MB for 2,400 pictures.
@lru_cache(maxsize=2)
def _weights_of(count: int, subject_of_row: bytes, draws: int, seed: int) -> np.ndarray:
    """Draw `count` subjects with replacement; `subject_of_row` are the bytes of (n,) int64 indices."""
    drawn = np.random.default_rng(seed).integers(0, count, size=(draws, count), dtype=np.int64)
    drawn += np.arange(draws, dtype=np.int64)[:, None] * count
    counts = np.bincount(drawn.ravel(), minlength=draws * count).reshape(draws, count)
    weights = counts[:, np.frombuffer(subject_of_row, np.int64)].astype(np.float64)
    weights.flags.writeable = False
    return weights


def interval(values: np.ndarray) -> tuple[float, float]:
    """(draws,) values of a statistic -> its 95 % percentile interval; draws without a value are left out."""
    known = values[np.isfinite(values)]
    if not known.size:
        return float("nan"), float("nan")
    low, high = np.percentile(known, INTERVAL_PERCENTILES)
    return float(low), float(high)


def weighted_means(weights: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """(draws, n) weights and (n, k) columns -> (draws, k) means of each draw."""
    totals = weights.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        return (weights @ columns) / totals


def weighted_medians(weights: np.ndarray, values: np.ndarray) -> np.ndarray:
    """(draws, n) counts and (n,) values -> (draws,) medians, the middle two averaged as numpy does."""
    order = np.argsort(values, kind="stable")
    ranked = values[order]
    reached = np.cumsum(weights[:, order], axis=1)
    total = reached[:, -1]
    lower = (reached > np.floor((total - 1) / 2)[:, None]).argmax(axis=1)
    upper = (reached > np.floor(total / 2)[:, None]).argmax(axis=1)
    return (ranked[lower] + ranked[upper]) / 2


def weighted_aucs(weights: np.ndarray, positive: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """(draws, n) counts, (n,) bool, (n,) scores -> (draws,) areas under the ROC curve; a tie is one half."""
    order = np.argsort(scores, kind="stable")
    starts = np.unique(scores[order], return_index=True)[1]
    ranked = weights[:, order]
    # One column a distinct score: how many positives and negatives were drawn at it.
    positives = np.add.reduceat(ranked * positive[order], starts, axis=1)
    negatives = np.add.reduceat(ranked, starts, axis=1) - positives
    below = np.cumsum(negatives, axis=1) - negatives
    won = (positives * (below + negatives / 2)).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return won / (positives.sum(axis=1) * negatives.sum(axis=1))

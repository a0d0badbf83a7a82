"""Predictions of one variant -> estimates of a family of metrics that count the same rows."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaluation.metrics.bootstrap import interval, resample_weights
from evaluation.metrics.estimates import Estimate
from evaluation.metrics.rows import subjects_of

NAN = float("nan")


@dataclass(frozen=True)
class MetricSet:
    """Metrics of METRICS that count the same rows of a predictions table.

    `rows` selects those rows. `values` takes n >= 1 of them and returns values by key, and for the keys that
    may lack one the reasons. `resampled` takes them with (resamples, n) weights and returns (resamples,)
    values by key. `absence` takes all predictions and returns the reason why no row counts.
    """

    keys: tuple[str, ...]
    rows: Callable[[pd.DataFrame], pd.DataFrame]
    values: Callable[[pd.DataFrame], tuple[dict[str, float], dict[str, str]]]
    resampled: Callable[[pd.DataFrame, np.ndarray], dict[str, np.ndarray]]
    absence: Callable[[pd.DataFrame], str]

    def estimates(self, predictions: pd.DataFrame) -> dict[str, Estimate]:
        """Every metric of the set with its 95 % bootstrap interval, in the order of `keys`.

        A metric that cannot be computed (no row, one gender, one age) is NaN with its reason.
        """
        rows = self.rows(predictions)
        if rows.empty:
            reason = self.absence(predictions)
            return {key: Estimate(key, NAN, NAN, NAN, 0, reason) for key in self.keys}
        values, reasons = self.values(rows)
        resampled = self.resampled(rows, resample_weights(subjects_of(rows)))
        return {
            key: Estimate(key, float(values[key]), *interval(resampled[key]), len(rows))
            if math.isfinite(values.get(key, NAN))
            else Estimate(key, NAN, NAN, NAN, len(rows), reasons.get(key, "cannot be computed"))
            for key in self.keys
        }

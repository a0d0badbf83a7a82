"""Two variants' rows on the same pictures -> paired differences of metrics with intervals.

A paired difference is not the difference of two intervals: both variants share the resamples, and genders are
tested where exactly one of them is correct. A difference is always first minus second, in the metric's unit.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from evaluation.metrics.bootstrap import interval, resample_weights
from evaluation.metrics.definitions import FRACTION, HIGHER, LOWER, METRICS, YEARS
from evaluation.metrics.estimates import formatted
from evaluation.metrics.metric_set import NAN, MetricSet
from evaluation.metrics.rows import answered, gender_is_correct, subjects_of, with_genders

SIGNIFICANCE = 0.05
KEY_COLUMNS = ["set", "split", "file"]


@dataclass(frozen=True)
class Difference:
    """first minus second of one metric on `count` pictures, with its 95 % paired bootstrap interval."""

    key: str
    value: float
    low: float
    high: float
    count: int
    p_value: float | None = None  # exact McNemar test; for the gender accuracy alone

    @property
    def is_real(self) -> bool:
        """Whether chance is an unlikely cause: 0 is outside the interval, and McNemar's test, if any, agrees.

        Both, because the test takes pictures of one person for independent and the interval does not.
        """
        without_zero = math.isfinite(self.low) and (self.low > 0 or self.high < 0)
        return without_zero and (self.p_value is None or self.p_value < SIGNIFICANCE)

    @property
    def first_is_better(self) -> bool | None:
        """None where the difference is not real, or the metric has no better direction for a difference."""
        better = METRICS[self.key].better
        if not self.is_real or better not in (LOWER, HIGHER):
            return None
        return (self.value < 0) == (better == LOWER)

    @property
    def text(self) -> str:
        """`−0.31 years (−0.40 to −0.22)`; differences of fractions are percentage points."""
        unit = METRICS[self.key].unit
        if not math.isfinite(self.value):
            return "–"
        value = formatted(self.value, unit, with_unit=False, signed=True)
        low, high = (
            formatted(edge, unit, with_unit=False, signed=True, never_zero=self.is_real)
            for edge in (self.low, self.high)
        )
        name = {FRACTION: " points", YEARS: " years"}.get(unit, "")
        return f"{value}{name} ({low} to {high})"


@dataclass(frozen=True)
class Disagreements:
    """How often exactly one of two variants predicts the gender correctly, of `count` pictures."""

    only_first_right: int
    only_second_right: int
    count: int

    @property
    def p_value(self) -> float:
        """McNemar's exact two-sided test; 1 where the variants never disagree."""
        either = self.only_first_right + self.only_second_right
        return float(binomtest(self.only_first_right, either).pvalue) if either else 1.0


def paired(predictions: pd.DataFrame, first: str, second: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of two variants on the pictures that both answered, in the same order."""
    rows = answered(predictions)
    tables = [
        rows[rows.variant == name].set_index(KEY_COLUMNS, drop=False).rename_axis(KEY_COLUMNS)
        for name in (first, second)
    ]
    shared = tables[0].index.intersection(tables[1].index).sort_values()
    return tables[0].loc[shared].reset_index(drop=True), tables[1].loc[shared].reset_index(drop=True)


def both_with(
    rows: Callable[[pd.DataFrame], pd.DataFrame], first: pd.DataFrame, second: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Of two matching tables, the rows that `rows` selects in both; none where a network lacks the head."""
    tables = [table.reset_index(drop=True) for table in (first, second)]
    shared = rows(tables[0]).index.intersection(rows(tables[1]).index)
    return tables[0].loc[shared], tables[1].loc[shared]


def differences(metric_set: MetricSet, first: pd.DataFrame, second: pd.DataFrame) -> dict[str, Difference]:
    """Paired differences of every metric of a set, in the order of its keys; both tables' rows match."""
    first, second = both_with(metric_set.rows, first, second)
    if first.empty:
        return {key: Difference(key, NAN, NAN, NAN, 0) for key in metric_set.keys}
    weights = resample_weights(subjects_of(first))
    (first_values, _), (second_values, _) = metric_set.values(first), metric_set.values(second)
    resampled = metric_set.resampled(first, weights), metric_set.resampled(second, weights)
    by_key = {}
    for key in metric_set.keys:
        value = first_values.get(key, NAN) - second_values.get(key, NAN)
        low, high = NAN, NAN
        if math.isfinite(value):
            with np.errstate(invalid="ignore"):  # R² of a resample with one age is infinite in both
                low, high = interval(resampled[0][key] - resampled[1][key])
        by_key[key] = Difference(key, float(value), low, high, len(first))
    return by_key


def gender_disagreements(first: pd.DataFrame, second: pd.DataFrame) -> Disagreements:
    """Counts for McNemar's test; the rows of both tables match."""
    first, second = both_with(with_genders, first, second)
    first_right, second_right = gender_is_correct(first), gender_is_correct(second)
    return Disagreements(
        int((first_right & ~second_right).sum()), int((~first_right & second_right).sum()), len(first)
    )

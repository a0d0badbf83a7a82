"""Two variants' rows on the same pictures -> paired differences of metrics with intervals.

A paired difference is not the difference of two intervals: both variants share the resamples, and genders are
tested where exactly one of them is correct. A difference is always first minus second, in the metric's unit.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.stats import binomtest, norm

from evaluation.metrics.bootstrap import EQUALITY_PERCENTILES, interval, resample_weights
from evaluation.metrics.definitions import FRACTION, HIGHER, LOWER, METRICS, YEARS
from evaluation.metrics.estimates import formatted
from evaluation.metrics.metric_set import NAN, MetricSet
from evaluation.metrics.rows import answered, gender_is_correct, subjects_of, with_genders

SIGNIFICANCE = 0.05
# Standard errors between 0 and the smallest difference that a test at 5 % finds four times in five.
DETECTABLE_ERRORS = 1.96 + 0.84
# Differences without a practical meaning, by unit: the margins of the two one-sided tests.
MARGINS = {YEARS: 0.25, FRACTION: 0.01}
KEY_COLUMNS = ["set", "split", "file"]


@dataclass(frozen=True)
class Difference:
    """first minus second of one metric on `count` pictures, with its 95 % paired bootstrap interval.

    `standard_error` is that of the resamples, `equal_low` to `equal_high` their 90 % interval, `p_corrected`
    the p-value after Holm's correction for the differences that are stated together.
    """

    key: str
    value: float
    low: float
    high: float
    count: int
    p_value: float | None = None  # exact McNemar test; for genders alone
    standard_error: float = NAN
    equal_low: float = NAN
    equal_high: float = NAN
    p_corrected: float | None = None

    @property
    def p(self) -> float:
        """Two-sided p-value before correction, the larger of value over standard error and McNemar's test.

        Both, because McNemar's test takes pictures of one person for independent and resamples do not.
        """
        if not self.standard_error > 0:
            # Every resample is the same: all pictures differ alike, or none does.
            by_resamples = 0.0 if self.value else 1.0
        else:
            by_resamples = 2 * float(norm.sf(abs(self.value) / self.standard_error))
        return by_resamples if self.p_value is None else max(by_resamples, self.p_value)

    @property
    def excludes_zero(self) -> bool:
        """Whether 0 lies outside the 95 % paired interval."""
        return math.isfinite(self.low) and (self.low > 0 or self.high < 0)

    @property
    def is_real(self) -> bool:
        """Whether the chance of the pictures is an unlikely cause: interval and corrected test agree."""
        p = self.p if self.p_corrected is None else self.p_corrected
        return self.excludes_zero and p < SIGNIFICANCE

    @property
    def first_is_better(self) -> bool | None:
        """None where the difference is not real, or the metric has no better direction for a difference."""
        better = METRICS[self.key].better
        if not self.is_real or better not in (LOWER, HIGHER):
            return None
        return (self.value < 0) == (better == LOWER)

    @property
    def margin(self) -> float:
        """The difference without a practical meaning, in the metric's unit; NaN where none is named."""
        return MARGINS.get(METRICS[self.key].unit, NAN)

    @property
    def is_equal(self) -> bool:
        """Whether two one-sided tests at 5 % put the difference within the margin on both sides."""
        return -self.margin < self.equal_low and self.equal_high < self.margin

    @property
    def smallest_detectable(self) -> float:
        """The true difference that such pictures would show four times in five; NaN where nothing varies."""
        return DETECTABLE_ERRORS * self.standard_error if self.standard_error > 0 else NAN

    @property
    def text(self) -> str:
        """`−0.31 years (−0.40 to −0.22)`; differences of fractions are percentage points."""
        unit = METRICS[self.key].unit
        if not math.isfinite(self.value):
            return "–"
        value = formatted(self.value, unit, with_unit=False, signed=True)
        low, high = (
            formatted(edge, unit, with_unit=False, signed=True, never_zero=self.excludes_zero)
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


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values corrected for being tested together (Holm, 1979); each is at most 1."""
    order = np.argsort(p_values, kind="stable")
    factors = np.arange(len(p_values), 0, -1)
    corrected = np.empty(len(p_values))
    corrected[order] = np.minimum(np.maximum.accumulate(np.asarray(p_values)[order] * factors), 1.0)
    return corrected.tolist()


def corrected(differences: Sequence[Difference]) -> list[Difference]:
    """The differences with Holm's correction for those among them that have a value."""
    known = [index for index, difference in enumerate(differences) if math.isfinite(difference.low)]
    p_values = dict(zip(known, holm([differences[index].p for index in known]), strict=True))
    return [replace(one, p_corrected=p_values.get(index)) for index, one in enumerate(differences)]


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
    subjects = subjects_of(first)
    weights = resample_weights(subjects)
    (first_values, _), (second_values, _) = metric_set.values(first), metric_set.values(second)
    resampled = metric_set.resampled(first, weights), metric_set.resampled(second, weights)
    by_key = {}
    for key in metric_set.keys:
        value = first_values.get(key, NAN) - second_values.get(key, NAN)
        if math.isfinite(value):
            with np.errstate(invalid="ignore"):  # R² of a resample with one age is infinite in both
                spread = resampled[0][key] - resampled[1][key]
            by_key[key] = difference_of(key, value, spread, len(first), len(np.unique(subjects)))
        else:
            by_key[key] = Difference(key, value, NAN, NAN, len(first))
    return by_key


def difference_of(key: str, value: float, resampled: np.ndarray, count: int, subjects: int) -> Difference:
    """The difference of `value` whose (resamples,) resampled values are those of `subjects` people."""
    finite = resampled[np.isfinite(resampled)]
    standard_error = float(finite.std()) if finite.size else NAN
    equal_low, equal_high = interval(resampled, EQUALITY_PERCENTILES)
    if METRICS[key].unit == FRACTION and not standard_error > 0 and not value:
        # Nobody was judged differently: up to 3 in `subjects` may be (rule of three, Hanley 1983).
        equal_low, equal_high = -3 / subjects, 3 / subjects
    return Difference(
        key,
        float(value),
        *interval(resampled),
        count,
        standard_error=standard_error,
        equal_low=equal_low,
        equal_high=equal_high,
    )


def difference_of_means(key: str, deltas: np.ndarray, subjects: np.ndarray) -> list[Difference]:
    """Paired differences of k means over parts of n pictures: slices, conditions, cells of a matrix.

    `deltas` (n, k) is what each picture adds to the first variant's mean less that to the second's, NaN where
    it is not of the part; `subjects` (n,). Where all deltas are −1, 0 or 1, McNemar's test comes with them.
    """
    is_part = np.isfinite(deltas)
    known = np.where(is_part, deltas, 0.0)
    weights = resample_weights(subjects)
    with np.errstate(invalid="ignore", divide="ignore"):
        resampled = (weights @ known) / (weights @ is_part.astype(float))
    listed = []
    for column, values in enumerate(resampled.T):
        part = deltas[is_part[:, column], column]
        if not part.size:
            listed.append(Difference(key, NAN, NAN, NAN, 0))
            continue
        people = len(np.unique(subjects[is_part[:, column]]))
        difference = difference_of(key, part.mean(), values, len(part), people)
        if METRICS[key].unit == FRACTION:
            p_value = Disagreements(int((part > 0).sum()), int((part < 0).sum()), len(part)).p_value
            difference = replace(difference, p_value=p_value)
        listed.append(difference)
    return listed


def gender_disagreements(first: pd.DataFrame, second: pd.DataFrame) -> Disagreements:
    """Counts for McNemar's test; the rows of both tables match."""
    first, second = both_with(with_genders, first, second)
    first_right, second_right = gender_is_correct(first), gender_is_correct(second)
    return Disagreements(
        int((first_right & ~second_right).sum()), int((~first_right & second_right).sum()), len(first)
    )

"""Two variants' predictions on the same pictures -> differences with intervals, and one plain sentence.

A room of its own because a difference is not the difference of two intervals: both variants are read on the
same pictures, hence resampled together, and genders are compared where just one variant is right. What one
of the two does not tell is not compared, and the sentence says so.
A difference is always first minus second, in the unit of its measure.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from dataset.tables.columns import FACE_FOUND
from evaluation.metrics.age_bins import bin_statistics, bin_values, with_bins_alone
from evaluation.metrics.bootstrap import interval, resample_weights
from evaluation.metrics.estimates import (
    AGE_KEYS,
    BIN_KEYS,
    FRACTION,
    GENDER_KEYS,
    HIGHER,
    LOWER,
    METRICS,
    YEARS,
    Estimate,
    formatted,
)
from evaluation.metrics.metrics import (
    age_statistics,
    age_values,
    answered,
    gender_statistics,
    gender_values,
    is_female,
    predicted_female,
    subjects_of,
    with_ages,
    with_genders,
)

CERTAIN_P = 0.05
HEADLINE_KEYS = ("mae", "cs_5", "accuracy", "auc")
BIN_HEADLINE_KEYS = ("bin_accuracy", "bin_off_by_one", "accuracy", "auc")  # where only age bins are known
KEY_COLUMNS = ["set", "split", "file"]


@dataclass(frozen=True)
class Difference:
    """first minus second of one measure on `count` pictures, with its 95 % paired bootstrap interval."""

    key: str
    value: float
    low: float
    high: float
    count: int
    p_value: float | None = None  # exact McNemar test; for the gender accuracy alone

    @property
    def is_real(self) -> bool:
        """Whether chance is an unlikely cause: no 0 in the interval, and McNemar's test, where done, agrees.

        Both, because the test takes pictures of one person for independent and the interval does not.
        """
        without_zero = math.isfinite(self.low) and (self.low > 0 or self.high < 0)
        return without_zero and (self.p_value is None or self.p_value < CERTAIN_P)

    @property
    def first_is_better(self) -> bool | None:
        """None where the difference is not real, or the measure has no better direction for a difference."""
        better = METRICS[self.key].better
        if not self.is_real or better not in (LOWER, HIGHER):
            return None
        return (self.value < 0) == (better == LOWER)

    @property
    def text(self) -> str:
        """`−0.31 years (−0.40 to −0.22)`; differences of shares are percentage points."""
        unit = METRICS[self.key].unit
        if not math.isfinite(self.value):
            return "–"
        value = formatted(self.value, unit, with_unit=False, signed=True)
        low, high = (
            formatted(edge, unit, with_unit=False, signed=True, never_zero=self.is_real)
            for edge in (self.low, self.high)
        )
        name = {"fraction": " points", YEARS: " years"}.get(unit, "")
        return f"{value}{name} ({low} to {high})"


@dataclass(frozen=True)
class Disagreements:
    """How often just one of two variants reads the gender right, with McNemar's exact two-sided p."""

    only_first_right: int
    only_second_right: int
    count: int

    @property
    def p_value(self) -> float:
        either = self.only_first_right + self.only_second_right
        return float(binomtest(self.only_first_right, either).pvalue) if either else 1.0


@dataclass(frozen=True)
class Comparison:
    """Everything that is said about two variants on the same `count` pictures."""

    first: str
    second: str
    count: int
    differences: dict[str, Difference]
    disagreements: Disagreements
    better: str | None  # the variant to ship; None where no difference was detected or the two jobs disagree
    sentence: str

    @property
    def is_real(self) -> bool:
        judged = ("mae", "bin_accuracy", "accuracy")
        return any(self.differences[key].first_is_better is not None for key in judged)


def headline_keys(estimates: Mapping[str, Estimate]) -> tuple[str, ...]:
    """The four measures that are told first: HEADLINE_KEYS, or those of bins where no age is exact."""
    return BIN_HEADLINE_KEYS if estimates["bin_accuracy"].known else HEADLINE_KEYS


def paired(predictions: pd.DataFrame, first: str, second: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of two variants on the pictures that both answered, in the same order."""
    rows = answered(predictions)
    tables = [
        rows[rows.variant == name].set_index(KEY_COLUMNS, drop=False).rename_axis(KEY_COLUMNS)
        for name in (first, second)
    ]
    shared = tables[0].index.intersection(tables[1].index).sort_values()
    return tables[0].loc[shared].reset_index(drop=True), tables[1].loc[shared].reset_index(drop=True)


def fallback_fraction(predictions: pd.DataFrame) -> float:
    """Share of the answered pictures on which no face was found; NaN where nothing was answered."""
    rows = answered(predictions)
    return float((rows.status != FACE_FOUND).mean()) if len(rows) else float("nan")


def fallback_text(fraction: float | None) -> str:
    """`0.04 %`: a fallback share for people; one picture never reads as none. A dash for None and NaN."""
    return "–" if fraction is None else formatted(fraction, FRACTION, never_zero=True)


def both_with(
    kept: Callable[[pd.DataFrame], pd.DataFrame], one: pd.DataFrame, other: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Of two tables whose rows match, the rows that `kept` keeps in both; none where one lacks the task."""
    tables = [table.reset_index(drop=True) for table in (one, other)]
    shared = kept(tables[0]).index.intersection(kept(tables[1]).index)
    return tables[0].loc[shared], tables[1].loc[shared]


def found_only(predictions: pd.DataFrame) -> pd.DataFrame:
    """The rows of pictures on which the detector found a face: the same pictures for every variant."""
    return predictions[predictions.status == FACE_FOUND]


def compared(predictions: pd.DataFrame, first: str, second: str) -> Comparison:
    """Compare two variants on the pictures of `predictions` that both answered."""
    one, other = paired(predictions, first, second)
    disagreements = gender_disagreements(one, other)
    differences = (
        age_differences(one, other)
        | bin_differences(one, other)
        | gender_differences(one, other, disagreements)
    )
    better, sentence = _verdict(first, second, differences, len(one))
    return Comparison(first, second, len(one), differences, disagreements, better, sentence)


def age_differences(one: pd.DataFrame, other: pd.DataFrame) -> dict[str, Difference]:
    """Paired differences of all age measures; the rows of both tables match."""
    return _differences(AGE_KEYS, *both_with(with_ages, one, other), age_values, age_statistics)


def bin_differences(one: pd.DataFrame, other: pd.DataFrame) -> dict[str, Difference]:
    """Paired differences of the measures of age bins; the rows of both tables match."""
    return _differences(BIN_KEYS, *both_with(with_bins_alone, one, other), bin_values, bin_statistics)


def gender_differences(
    one: pd.DataFrame, other: pd.DataFrame, disagreements: Disagreements
) -> dict[str, Difference]:
    """Paired differences of all gender measures, the accuracy's with McNemar's p; the rows match."""
    differences = _differences(
        GENDER_KEYS, *both_with(with_genders, one, other), gender_values, gender_statistics
    )
    accuracy = replace(differences["accuracy"], p_value=disagreements.p_value)
    return differences | {"accuracy": accuracy}


def gender_disagreements(one: pd.DataFrame, other: pd.DataFrame) -> Disagreements:
    """Counts for McNemar's test; rows of both tables match."""
    one, other = both_with(with_genders, one, other)
    female = is_female(one)
    first_right, second_right = predicted_female(one) == female, predicted_female(other) == female
    return Disagreements(
        int((first_right & ~second_right).sum()), int((~first_right & second_right).sum()), len(one)
    )


def _differences(
    keys: Sequence[str],
    one: pd.DataFrame,
    other: pd.DataFrame,
    values_of: Callable[[pd.DataFrame], tuple[dict[str, float], dict[str, str]]],
    statistics_of: Callable[[pd.DataFrame, np.ndarray], dict[str, np.ndarray]],
) -> dict[str, Difference]:
    """Differences of values and, draw by draw on the same pictures, of their bootstrap statistics."""
    if one.empty:
        return {key: Difference(key, math.nan, math.nan, math.nan, 0) for key in keys}
    weights = resample_weights(subjects_of(one))
    (first, _), (second, _) = values_of(one), values_of(other)
    first_drawn, second_drawn = statistics_of(one, weights), statistics_of(other, weights)
    differences = {}
    for key in keys:
        value = first.get(key, math.nan) - second.get(key, math.nan)
        low, high = math.nan, math.nan
        if math.isfinite(value):
            low, high = interval(first_drawn[key] - second_drawn[key])
        differences[key] = Difference(key, float(value), low, high, len(one))
    return differences


def _verdict(
    first: str, second: str, differences: dict[str, Difference], pictures: int
) -> tuple[str | None, str]:
    """The variant to ship (or None) and the sentence that says so; `pictures` were answered by both."""
    in_bins = not differences["mae"].count and differences["bin_accuracy"].count > 0
    age, gender = differences["bin_accuracy" if in_bins else "mae"], differences["accuracy"]
    if not age.count and not gender.count:
        what = "tell nothing in common about these" if pictures else "share no"
        return None, f"{first} and {second} {what} pictures, so nothing can be compared."
    age_winner, gender_winner = (
        None if one.first_is_better is None else (first if one.first_is_better else second)
        for one in (age, gender)
    )
    winners = {winner for winner in (age_winner, gender_winner) if winner}
    if not age.count or not gender.count:
        return _verdict_on_one(first, second, age if age.count else gender, age_winner or gender_winner)
    if not winners:
        return None, (
            f"No detectable difference between {first} and {second}: their "
            f"{'shares of ages in the right bin' if in_bins else 'mean age errors'} differ by "
            f"{_bare(age, 'points' if in_bins else 'years')}, "
            f"their gender accuracies by {_bare(gender, 'points')} "
            f"on {max(age.count, gender.count):,} pictures."
        )
    if len(winners) == 2:
        return None, (
            f"{age_winner} is better at age by {_amount(age)} and {gender_winner} at gender by "
            f"{_amount(gender)} on {age.count:,} pictures: ship the one whose job matters more."
        )
    winner = winners.pop()
    if not age_winner:
        return winner, (
            f"{winner} is better at gender by {_amount(gender)} on {gender.count:,} pictures; "
            f"at age there is no detectable difference."
        )
    of_what = " of ages in the right bin" if in_bins else ""
    sentence = f"{winner} is better by {_amount(age)}{of_what} on {age.count:,} pictures"
    if gender_winner:
        return winner, f"{sentence}, and reads {_amount(gender)} more genders right."
    return winner, f"{sentence}; at gender there is no detectable difference."


def _verdict_on_one(first: str, second: str, told: Difference, winner: str | None) -> tuple[str | None, str]:
    """The verdict where only ages, or only genders, are told by both variants and known."""
    of_gender = told.key in GENDER_KEYS
    job, other = ("gender", "ages") if of_gender else ("age", "genders")
    rest = f"{other} cannot be compared here."
    if winner:
        return winner, (f"{winner} is better at {job} by {_amount(told)} on {told.count:,} pictures; {rest}")
    what = {"mae": "mean age errors", "bin_accuracy": "shares of ages in the right bin"}.get(told.key)
    by = _bare(told, "years" if told.key == "mae" else "points")
    return None, (
        f"No detectable difference between {first} and {second} at {job}: their "
        f"{what or 'gender accuracies'} differ by {by} on {told.count:,} pictures; {rest}"
    )


def _amount(difference: Difference) -> str:
    """`0.31 years (0.22–0.40)`: the size without the sign, for a sentence that names the better one."""
    unit = METRICS[difference.key].unit
    value = formatted(abs(difference.value), unit, with_unit=False)
    low, high = (
        formatted(edge, unit, with_unit=False, never_zero=True)
        for edge in sorted((abs(difference.low), abs(difference.high)))
    )
    return f"{value} {'years' if unit == YEARS else 'percentage points'} ({low}–{high})"


def _bare(difference: Difference, unit_word: str) -> str:
    value = formatted(abs(difference.value), METRICS[difference.key].unit, with_unit=False)
    return f"{value} {unit_word}"

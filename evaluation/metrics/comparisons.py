"""Predictions of two variants -> their comparison on the same pictures: differences and one sentence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from dataset.tables.columns import FACE_FOUND
from evaluation.metrics.bootstrap import resample_weights, weighted_means
from evaluation.metrics.definitions import FRACTION
from evaluation.metrics.differences import (
    KEY_COLUMNS,
    NAN,
    Difference,
    Disagreements,
    both_with,
    corrected,
    difference_of,
    differences,
    gender_disagreements,
    paired,
)
from evaluation.metrics.estimates import Estimate, formatted
from evaluation.metrics.paired_slices import (
    CUTS,
    SliceDifference,
    slice_differences,
    with_second_training,
)
from evaluation.metrics.registry import METRIC_SETS
from evaluation.metrics.rows import answered, subjects_of, with_ages
from evaluation.metrics.states import state_of
from evaluation.metrics.verdict import Evidence, Verdict, judged_keys, verdict

HEADLINE_KEYS = ("mae", "cs_5", "accuracy", "auc")
BIN_HEADLINE_KEYS = ("bin_accuracy", "bin_off_by_one", "accuracy", "auc")  # where only age bins are known


class SecondTrainings:
    """Second trainings of two variants on the compared pictures; a difference is computed when asked for."""

    def __init__(self, first: pd.DataFrame, second: pd.DataFrame) -> None:
        self._tables = first, second
        self._computed: dict[str, Difference] = {}

    def difference(self, key: str) -> Difference:
        """The difference of one metric; its interval counts, so that it is not corrected."""
        if key not in self._computed:
            metric_set = next(metric_set for metric_set in METRIC_SETS if key in metric_set.keys)
            self._computed |= differences(metric_set, *self._tables)
        return self._computed[key]

    @property
    def bias_size(self) -> Difference:
        return _bias_size(*self._tables)

    def slices(self, keys: Sequence[str]) -> list[SliceDifference]:
        return slice_differences(*self._tables, CUTS, keys)


@dataclass(frozen=True)
class Comparison:
    """Differences of two variants on the same `count` pictures, in all and in slices, and the verdict.

    Differences are corrected by Holm in families: see `_differences`, and all slices together.
    """

    first: str
    second: str
    count: int
    differences: dict[str, Difference]
    second_trainings: SecondTrainings | None  # None where a variant has none
    slices: list[SliceDifference]
    disagreements: Disagreements
    verdict: Verdict

    @property
    def better(self) -> str | None:
        """The variant to ship; None without a detected difference or with one winner per job."""
        return self.verdict.better

    @property
    def sentence(self) -> str:
        return self.verdict.sentence

    @property
    def is_real(self) -> bool:
        """Whether the verdict names any difference."""
        return self.verdict.is_real

    def better_by(self, key: str) -> str | None:
        """The variant that a metric detects to be better over all pictures."""
        return {True: self.first, False: self.second, None: None}[self.differences[key].first_is_better]

    def state(self, key: str) -> str:
        """One of evaluation.metrics.states.STATES for a metric over all pictures."""
        return _state(self.differences[key], self.second_trainings)


def compared(
    predictions: pd.DataFrame, first: str, second: str, second_trainings: pd.DataFrame | None = None
) -> Comparison:
    """Compare two variants on the pictures of `predictions` that both answered.

    `second_trainings` are predictions of their second trainings for the same pictures, under the same names.
    """
    tables = paired(predictions, first, second)
    disagreements = gender_disagreements(*tables)
    by_key, bias_size = _differences(*tables, disagreements.p_value)
    keys = judged_keys(by_key)
    slices = slice_differences(*tables, CUTS, keys)
    again = _second_trainings(second_trainings, tables[0], first, second)
    if again and any(one.difference.is_real for one in slices):
        slices = with_second_training(slices, again.slices(keys))
    evidence = Evidence(
        first,
        second,
        by_key,
        slices,
        bias_size,
        state_of(bias_size, again.bias_size if again and bias_size.is_real else None),
        lambda difference: _state(difference, again),
        len(tables[0]),
    )
    return Comparison(
        first,
        second,
        len(tables[0]),
        by_key,
        again,
        slices,
        disagreements,
        verdict(evidence),
    )


def _state(difference: Difference, again: SecondTrainings | None) -> str:
    # What is not detected stays so, whatever another training says.
    return state_of(difference, again.difference(difference.key) if again and difference.is_real else None)


def _second_trainings(
    predictions: pd.DataFrame | None, rows: pd.DataFrame, first: str, second: str
) -> SecondTrainings | None:
    """Those of both variants on the pictures of `rows`, and no others."""
    if predictions is None or predictions.empty:
        return None
    tables = paired(_same_pictures(predictions, rows), first, second)
    return SecondTrainings(*tables) if len(tables[0]) else None


def _differences(
    first: pd.DataFrame, second: pd.DataFrame, mcnemar_p_value: float
) -> tuple[dict[str, Difference], Difference]:
    """Differences by metric and that of `_bias_size`, in three families of Holm's correction.

    Judged together are ages and genders, together what may point elsewhere than MAE, together all others.
    """
    by_key = {
        key: difference
        for metric_set in METRIC_SETS
        for key, difference in differences(metric_set, first, second).items()
    }
    by_key["accuracy"] = replace(by_key["accuracy"], p_value=mcnemar_p_value)
    judged = judged_keys(by_key)
    others = [key for key in by_key if key not in (*judged, "rmse")]
    for family in (judged, others):
        by_key |= dict(zip(family, corrected([by_key[key] for key in family]), strict=True))
    by_key["rmse"], bias_size = corrected([by_key["rmse"], _bias_size(first, second)])
    return by_key, bias_size


def _bias_size(first: pd.DataFrame, second: pd.DataFrame) -> Difference:
    """Difference of the distances of both age biases from 0, which is better the lower it is."""
    rows, _ = both_with(with_ages, first, second)
    if rows.empty:
        return Difference("bias", NAN, NAN, NAN, 0)
    errors = [
        (table.predicted_age_years - table.age_years).to_numpy(float)
        for table in both_with(with_ages, first, second)
    ]
    subjects = subjects_of(rows)
    means = np.abs(weighted_means(resample_weights(subjects), np.column_stack(errors)))
    value = abs(errors[0].mean()) - abs(errors[1].mean())
    return difference_of("bias", value, means[:, 0] - means[:, 1], len(rows), len(np.unique(subjects)))


def _same_pictures(predictions: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    shared = pd.MultiIndex.from_frame(rows[KEY_COLUMNS])
    return predictions[pd.MultiIndex.from_frame(predictions[KEY_COLUMNS]).isin(shared)]


def headline_keys(estimates: Mapping[str, Estimate]) -> tuple[str, ...]:
    """The four metrics that are shown first: HEADLINE_KEYS, or those of bins where no age is exact."""
    return BIN_HEADLINE_KEYS if estimates["bin_accuracy"].known else HEADLINE_KEYS


def found_only(predictions: pd.DataFrame) -> pd.DataFrame:
    """The rows of pictures on which the detector found a face: the same pictures for every variant."""
    return predictions[predictions.status == FACE_FOUND]


def fallback_fraction(predictions: pd.DataFrame) -> float:
    """Fraction of the answered pictures on which no face was found; NaN where nothing was answered."""
    rows = answered(predictions)
    return float((rows.status != FACE_FOUND).mean()) if len(rows) else float("nan")


def fallback_text(fraction: float | None) -> str:
    """`0.04 %`: a fallback fraction for people, never 0 for one picture. A dash for None and NaN."""
    return "–" if fraction is None else formatted(fraction, FRACTION, never_zero=True)

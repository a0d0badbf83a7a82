"""Predictions of two variants -> their comparison on the same pictures: differences and one sentence."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from dataset.tables.columns import FACE_FOUND
from evaluation.metrics.definitions import FRACTION
from evaluation.metrics.differences import (
    Difference,
    Disagreements,
    differences,
    gender_disagreements,
    paired,
)
from evaluation.metrics.estimates import Estimate, formatted
from evaluation.metrics.registry import METRIC_SETS
from evaluation.metrics.rows import answered
from evaluation.metrics.verdict import verdict

HEADLINE_KEYS = ("mae", "cs_5", "accuracy", "auc")
BIN_HEADLINE_KEYS = ("bin_accuracy", "bin_off_by_one", "accuracy", "auc")  # where only age bins are known


@dataclass(frozen=True)
class Comparison:
    """Differences of two variants on the same `count` pictures, and the verdict."""

    first: str
    second: str
    count: int
    differences: dict[str, Difference]
    disagreements: Disagreements
    better: str | None  # the variant to ship; None without a detected difference or with one winner per job
    sentence: str

    @property
    def is_real(self) -> bool:
        """Whether any of the differences that the verdict judges is."""
        judged = ("mae", "bin_accuracy", "accuracy")
        return any(self.differences[key].first_is_better is not None for key in judged)


def compared(predictions: pd.DataFrame, first: str, second: str) -> Comparison:
    """Compare two variants on the pictures of `predictions` that both answered."""
    tables = paired(predictions, first, second)
    disagreements = gender_disagreements(*tables)
    by_key = {
        key: difference
        for metric_set in METRIC_SETS
        for key, difference in differences(metric_set, *tables).items()
    }
    by_key["accuracy"] = replace(by_key["accuracy"], p_value=disagreements.p_value)
    count = len(tables[0])
    better, sentence = verdict(first, second, by_key, count)
    return Comparison(first, second, count, by_key, disagreements, better, sentence)


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

"""A number with what it must travel with: unit, count, interval, better direction, or why it is missing.

A room of its own because cards, tables and pages all print measures, and none may decide again whether a
higher one is better or how many digits it deserves.
"""

import math
from dataclasses import dataclass
from typing import Any

YEARS, SQUARE_YEARS, FRACTION, NONE = "years", "years²", "fraction", ""
LOWER, HIGHER, NEAR_ZERO, NEAR_80 = "lower", "higher", "nearer to 0", "nearer to 80 %"
CS_YEARS = tuple(range(1, 16))


@dataclass(frozen=True)
class Metric:
    """What a measure is, whatever its value: its key, its words, its unit and which way is better."""

    key: str
    label: str
    unit: str
    better: str
    meaning: str


AGE_METRICS = (
    Metric("mae", "Age MAE", YEARS, LOWER, "Mean absolute difference of predicted and true age"),
    Metric("median_error", "Median age error", YEARS, LOWER, "Half of the pictures are off by less"),
    Metric("bias", "Age bias", YEARS, NEAR_ZERO, "Mean of predicted minus true age; above 0 is too old"),
    Metric("mse", "Age MSE", SQUARE_YEARS, LOWER, "Mean squared age error"),
    Metric("rmse", "Age RMSE", YEARS, LOWER, "Root of the mean squared age error; large errors weigh more"),
    Metric("r2", "Age R²", NONE, HIGHER, "Share of the variance of true ages that is explained"),
    *(
        Metric(
            f"cs_{years}",
            f"Within {years} year{'s' * (years > 1)}",
            FRACTION,
            HIGHER,
            f"CS@{years}: share of pictures whose age is off by at most {years}",
        )
        for years in CS_YEARS
    ),
    Metric(
        "coverage",
        "80 % intervals that hold the age",
        FRACTION,
        NEAR_80,
        "Share of 80 % intervals that hold the true age",
    ),
    Metric(
        "interval_width",
        "Width of the 80 % interval",
        YEARS,
        LOWER,
        "Mean width of the 80 % interval; only fair between variants with equal coverage",
    ),
)
BIN_METRICS = (
    Metric(
        "bin_accuracy",
        "Age in the right bin",
        FRACTION,
        HIGHER,
        "Where only age bins are known: share of ages, rounded to years, that lie in the true one of nine",
    ),
    Metric(
        "bin_off_by_one",
        "Age at most one bin off",
        FRACTION,
        HIGHER,
        "Where only age bins are known: share of ages, rounded to years, in the true bin or one beside it",
    ),
)
GENDER_METRICS = (
    Metric("accuracy", "Gender accuracy", FRACTION, HIGHER, "Share of pictures whose gender was read right"),
    Metric(
        "auc",
        "Gender ROC AUC",
        NONE,
        HIGHER,
        "Chance that a woman gets a higher female probability than a man",
    ),
    Metric("mcc", "Gender MCC", NONE, HIGHER, "Matthews correlation of read and true gender"),
    Metric(
        "precision_female", "Precision, women", FRACTION, HIGHER, "Share of women among those read as female"
    ),
    Metric("recall_female", "Recall, women", FRACTION, HIGHER, "Share of women who are read as female"),
    Metric("f1_female", "F1, women", NONE, HIGHER, "Harmonic mean of precision and recall of women"),
    Metric("precision_male", "Precision, men", FRACTION, HIGHER, "Share of men among those read as male"),
    Metric("recall_male", "Recall, men", FRACTION, HIGHER, "Share of men who are read as male"),
    Metric("f1_male", "F1, men", NONE, HIGHER, "Harmonic mean of precision and recall of men"),
    Metric(
        "ece",
        "Gender calibration error",
        FRACTION,
        LOWER,
        "Expected calibration error: by how much the probability of the likelier gender differs from the "
        "share that is right, in 15 bins of equal mass",
    ),
    Metric(
        "answer_rate",
        "Genders told",
        FRACTION,
        HIGHER,
        "Share of pictures whose gender is told instead of called uncertain",
    ),
    Metric(
        "selective_accuracy",
        "Gender accuracy where told",
        FRACTION,
        HIGHER,
        "Share of the told genders that are right; read it beside the share told",
    ),
)
METRICS = {metric.key: metric for metric in AGE_METRICS + BIN_METRICS + GENDER_METRICS}
AGE_KEYS = tuple(metric.key for metric in AGE_METRICS)
BIN_KEYS = tuple(metric.key for metric in BIN_METRICS)
GENDER_KEYS = tuple(metric.key for metric in GENDER_METRICS)


@dataclass(frozen=True)
class Estimate:
    """The value of one definition on `count` pictures with its 95 % bootstrap interval.

    Where there is no value it is NaN, and `reason` is a clause for people that says why.
    """

    key: str
    value: float
    low: float
    high: float
    count: int
    reason: str = ""

    @property
    def metric(self) -> Metric:
        return METRICS[self.key]

    @property
    def known(self) -> bool:
        return math.isfinite(self.value)

    @property
    def text(self) -> str:
        """The value alone: `4.31 years`, `69.8 %`, or a dash."""
        return formatted(self.value, self.metric.unit)

    @property
    def text_with_interval(self) -> str:
        """`4.31 years (4.17–4.46)`, or a dash with the reason."""
        if not self.known:
            return f"– ({self.reason})"
        unit = self.metric.unit
        low, high = (formatted(edge, unit, with_unit=False) for edge in (self.low, self.high))
        return f"{self.text} ({low}–{high})" if self.low >= 0 else f"{self.text} ({low} to {high})"

    def as_dict(self) -> dict[str, Any]:
        """For metrics.json: six digits, null for what is missing."""
        metric = self.metric
        row: dict[str, Any] = {
            "value": _rounded(self.value),
            "low": _rounded(self.low),
            "high": _rounded(self.high),
            "count": self.count,
            "unit": metric.unit,
            "better": metric.better,
        }
        return row | ({"reason": self.reason} if self.reason else {})


def estimate_from(key: str, row: dict[str, Any]) -> Estimate:
    """The measure that `as_dict` wrote."""
    value, low, high = (float("nan") if row[name] is None else row[name] for name in ("value", "low", "high"))
    return Estimate(key, value, low, high, row["count"], row.get("reason", ""))


def formatted(
    value: float, unit: str, *, with_unit: bool = True, signed: bool = False, never_zero: bool = False
) -> str:
    """Shares in per cent with one decimal, years with two, bare numbers with three; a dash for NaN.

    With `never_zero`, what is something and would round to nothing gets one decimal more.
    """
    if not math.isfinite(value):
        return "–"
    factor, decimals, suffix = {
        FRACTION: (100, 1, " %"),
        YEARS: (1, 2, " years"),
        SQUARE_YEARS: (1, 1, " years²"),
    }.get(unit, (1, 3, ""))
    sign = "+" if signed else ""
    text = f"{factor * value:{sign}.{decimals}f}"
    if never_zero and value and not text.strip("+-0."):
        text = f"{factor * value:{sign}.{decimals + 1}f}"
    if not text.strip("+-0."):
        text = text.lstrip("+-")  # neither plus nor minus nothing
    return text.replace("-", "−") + (suffix if with_unit else "")


def is_better(key: str, first: float, second: float) -> bool:
    """Whether `first` is a better value of the measure than `second`."""
    badness = {
        LOWER: lambda value: value,
        HIGHER: lambda value: -value,
        NEAR_ZERO: abs,
        NEAR_80: lambda value: abs(value - 0.8),
    }[METRICS[key].better]
    return badness(first) < badness(second)


def _rounded(value: float) -> float | None:
    return round(value, 6) if math.isfinite(value) else None

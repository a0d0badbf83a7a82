"""A metric's value -> the estimate that carries its count, 95 % interval or reason, and its text.

In: value, interval and count. Out: text for people, and the row of metrics.json and back.
"""

import math
from dataclasses import dataclass
from typing import Any

from evaluation.metrics.definitions import FRACTION, METRICS, SQUARE_YEARS, YEARS, Metric


@dataclass(frozen=True)
class Estimate:
    """The value of one metric on `count` pictures with its 95 % bootstrap interval.

    A missing value is NaN, and `reason` a clause for people that says why.
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
        """The row of metrics.json: six digits, null for a missing value."""
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
    """The estimate of a row that `as_dict` wrote."""
    value, low, high = (float("nan") if row[name] is None else row[name] for name in ("value", "low", "high"))
    return Estimate(key, value, low, high, row["count"], row.get("reason", ""))


def formatted(
    value: float, unit: str, *, with_unit: bool = True, signed: bool = False, never_zero: bool = False
) -> str:
    """Fractions in per cent with one decimal, years with two, bare numbers with three; a dash for NaN.

    With `never_zero`, a value other than 0 that would round to 0 gets one decimal more.
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
        text = text.lstrip("+-")  # a zero has no sign
    return text.replace("-", "−") + (suffix if with_unit else "")


def _rounded(value: float) -> float | None:
    return round(value, 6) if math.isfinite(value) else None

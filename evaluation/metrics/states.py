"""A paired difference and that of the second trainings -> the state of the statement, in the same words."""

import math

from evaluation.metrics.definitions import FRACTION, METRICS
from evaluation.metrics.differences import Difference
from evaluation.metrics.estimates import formatted

STATES = NO_DIFFERENCE, UNREPEATED, UNCONFIRMED, REAL = (
    "no detectable difference",
    "real on these pictures, no second training",
    "real on these pictures, not confirmed",
    "real",
)
TWO_TRAININGS = "Two trainings are a check, not an estimate of the variance."


def state_of(difference: Difference, second_training: Difference | None) -> str:
    """One of STATES; `second_training` is the same difference between the two variants' second trainings.

    It confirms where it has the same sign and its own paired 95 % interval excludes 0.
    """
    if not difference.is_real:
        return NO_DIFFERENCE
    if second_training is None or not second_training.count:
        return UNREPEATED
    agrees = second_training.excludes_zero and (second_training.value > 0) == (difference.value > 0)
    return REAL if agrees else UNCONFIRMED


def equal_in_words(difference: Difference) -> str:
    """`equal within 0.25 years`; empty where the margin is not met."""
    if not difference.is_equal:
        return ""
    if METRICS[difference.key].unit == FRACTION:
        return f"equal within {100 * difference.margin:g} point"
    return f"equal within {difference.margin:g} years"


def detectable_in_words(difference: Difference) -> str:
    """`0.09 years`: the smallest difference that the pictures could have shown; empty where none is known."""
    size = difference.smallest_detectable
    return bare_size(difference.key, size) if math.isfinite(size) else ""


def bare_size(key: str, value: float) -> str:
    """`0.03 years`, `0.4 points`: a size without its sign."""
    unit = METRICS[key].unit
    name = {FRACTION: "points"}.get(unit, unit)
    return f"{formatted(abs(value), unit, with_unit=False)} {name}".strip()


def size_with_interval(difference: Difference, state: str = "") -> str:
    """`0.31 years (0.22–0.40)`, or `0.31 years (0.22–0.40; real)`: the size without its sign."""
    unit = METRICS[difference.key].unit
    low, high = (
        formatted(edge, unit, with_unit=False, never_zero=True)
        for edge in sorted((abs(difference.low), abs(difference.high)))
    )
    return f"{bare_size(difference.key, difference.value)} ({low}–{high}{f'; {state}' if state else ''})"

"""Paired differences of two variants -> the variant to ship, and the sentence that says so."""

from collections.abc import Mapping

from evaluation.metrics.definitions import GENDER_KEYS, METRICS, YEARS
from evaluation.metrics.differences import Difference
from evaluation.metrics.estimates import formatted


def verdict(
    first: str, second: str, differences: Mapping[str, Difference], pictures: int
) -> tuple[str | None, str]:
    """The variant to ship (or None) and a sentence; `pictures` is how many both variants answered.

    Judged are the gender accuracy and the age MAE, or the bin accuracy where no age is exact.
    """
    in_bins = not differences["mae"].count and differences["bin_accuracy"].count > 0
    age, gender = differences["bin_accuracy" if in_bins else "mae"], differences["accuracy"]
    if not age.count and not gender.count:
        what = "have no estimate in common on these" if pictures else "share no"
        return None, f"{first} and {second} {what} pictures, so nothing can be compared."
    age_winner, gender_winner = (_winner(first, second, difference) for difference in (age, gender))
    if not age.count or not gender.count:
        return _verdict_on_one(first, second, age if age.count else gender, age_winner or gender_winner)
    if age_winner and gender_winner and age_winner != gender_winner:
        return None, (
            f"{age_winner} is better at age by {_size(age)} and {gender_winner} at gender by "
            f"{_size(gender)} on {age.count:,} pictures: ship the one whose job matters more."
        )
    if age_winner:
        of_what = " of ages in the right bin" if in_bins else ""
        also = (
            f", and predicts {_size(gender)} more genders correctly."
            if gender_winner
            else "; at gender there is no detectable difference."
        )
        size = _size(age)
        return age_winner, f"{age_winner} is better by {size}{of_what} on {age.count:,} pictures{also}"
    if gender_winner:
        return gender_winner, (
            f"{gender_winner} is better at gender by {_size(gender)} on {gender.count:,} "
            f"pictures; at age there is no detectable difference."
        )
    return None, (
        f"No detectable difference between {first} and {second}: "
        f"their {_plural(age)} differ by {_bare_size(age)}, their {_plural(gender)} by {_bare_size(gender)} "
        f"on {max(age.count, gender.count):,} pictures."
    )


def _winner(first: str, second: str, difference: Difference) -> str | None:
    return {True: first, False: second, None: None}[difference.first_is_better]


def _verdict_on_one(
    first: str, second: str, difference: Difference, winner: str | None
) -> tuple[str | None, str]:
    """The verdict where only ages, or only genders, can be compared."""
    job, other = ("gender", "ages") if difference.key in GENDER_KEYS else ("age", "genders")
    rest = f"on {difference.count:,} pictures; {other} cannot be compared here."
    if winner:
        return winner, f"{winner} is better at {job} by {_size(difference)} {rest}"
    return None, (
        f"No detectable difference between {first} and {second} at {job}: their "
        f"{_plural(difference)} differ by {_bare_size(difference)} {rest}"
    )


def _plural(difference: Difference) -> str:
    return {
        "mae": "mean age errors",
        "bin_accuracy": "shares of ages in the right bin",
        "accuracy": "gender accuracies",
    }[difference.key]


def _size(difference: Difference) -> str:
    """`0.31 years (0.22–0.40)`: the size without the sign, for a sentence that names the better one."""
    unit = METRICS[difference.key].unit
    value = formatted(abs(difference.value), unit, with_unit=False)
    low, high = (
        formatted(edge, unit, with_unit=False, never_zero=True)
        for edge in sorted((abs(difference.low), abs(difference.high)))
    )
    return f"{value} {'years' if unit == YEARS else 'percentage points'} ({low}–{high})"


def _bare_size(difference: Difference) -> str:
    """`0.03 years`, `0.4 points`: the size without sign and interval."""
    unit = METRICS[difference.key].unit
    value = formatted(abs(difference.value), unit, with_unit=False)
    return f"{value} {'years' if unit == YEARS else 'points'}"

"""What a network says about one frame, what it does not tell, and when it says no gender.

A room of its own because tables and metrics need these words where no network runs.
"""

from dataclasses import dataclass
from typing import Any

AGE, GENDER = OUTPUTS = ("age", "gender")
UNCERTAIN = "uncertain"
NOT_TOLD = "not told"
EVEN = 0.5  # the likelier gender always has at least this


@dataclass(frozen=True)
class Reading:
    """What a network says about one frame. `age_low`-`age_high` is the 80 % interval, in years.

    What a network of one task does not tell is None: the three ages, or the female probability and with it
    the gender. `least_gender_probability` is the rule under which `gender` is told: the likelier gender must
    have it. `looked_at` is the square that the network took from its frame, where it does not read all of it:
    (centre x, centre y, side) in shares of the frame's side; once the frame's place in a picture is known,
    `looked_at_xyxy` is that square in its pixels.
    """

    age_years: float | None
    age_low: float | None
    age_high: float | None
    female_probability: float | None
    framed_from: str = "face"
    least_gender_probability: float = EVEN
    looked_at: tuple[float, float, float] | None = None
    looked_at_xyxy: tuple[float, float, float, float] | None = None

    @property
    def tells(self) -> tuple[str, ...]:
        """Those of OUTPUTS that the network has, however uncertain."""
        values = {AGE: self.age_years, GENDER: self.female_probability}
        return tuple(output for output, value in values.items() if value is not None)

    @property
    def age_and_interval(self) -> tuple[float, float, float] | None:
        """Age, lower and upper end of its 80 % interval, in years; None where no age is told."""
        if self.age_years is None or self.age_low is None or self.age_high is None:
            return None
        return self.age_years, self.age_low, self.age_high

    @property
    def likelier_gender_probability(self) -> float | None:
        """0.5 to 1; None where the network tells no gender."""
        probability = self.female_probability
        return None if probability is None else max(probability, 1 - probability)

    @property
    def gender(self) -> str | None:
        """`female` or `male`; `uncertain` where the likelier one is not probable enough; None if not told."""
        if self.female_probability is None:
            return None
        likelier = "female" if self.female_probability >= EVEN else "male"
        probability = max(self.female_probability, 1 - self.female_probability)
        return likelier if probability >= self.least_gender_probability else UNCERTAIN

    def as_dict(self) -> dict[str, Any]:
        """The reading in the JSON answer: always the same keys, null for what the network does not tell."""
        return {
            "age_years": _rounded(self.age_years, 2),
            "age_low": _rounded(self.age_low, 2),
            "age_high": _rounded(self.age_high, 2),
            "gender": self.gender,
            "female_probability": _rounded(self.female_probability, 4),
            "framed_from": self.framed_from,
            "looked_at_xyxy": self.looked_at_xyxy and [round(value, 1) for value in self.looked_at_xyxy],
        }


def age_in_words(reading: Reading) -> str:
    """`34 (28–40)`: the age with its 80 % interval."""
    if reading.age_and_interval is None:
        return f"age {NOT_TOLD}"
    age, low, high = reading.age_and_interval
    return f"{age:.0f} ({low:.0f}–{high:.0f})"


def gender_in_words(reading: Reading) -> str:
    """`female 93 %`: the likelier gender with its own probability.

    `gender uncertain` where it is not probable enough, without a number that would tell it after all.
    """
    probability = reading.likelier_gender_probability
    if probability is None:
        return f"gender {NOT_TOLD}"
    if reading.gender == UNCERTAIN:
        return f"gender {UNCERTAIN}"
    return f"{reading.gender} {100 * probability:.0f} %"


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)

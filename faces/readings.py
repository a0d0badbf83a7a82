"""What a network says about one frame, and when it says no gender.

A room of its own because tables and metrics need these words where no network runs.
"""

from dataclasses import dataclass

UNCERTAIN = "uncertain"
EVEN = 0.5  # the likelier gender always has at least this


@dataclass(frozen=True)
class Reading:
    """What a network says about one frame. `age_low`-`age_high` is the 80 % interval, in years.

    `least_gender_probability` is the rule under which `gender` is told: the likelier gender must have it.
    """

    age_years: float
    age_low: float
    age_high: float
    female_probability: float
    framed_from: str = "face"
    least_gender_probability: float = EVEN

    @property
    def likelier_gender(self) -> str:
        return "female" if self.female_probability >= EVEN else "male"

    @property
    def likelier_gender_probability(self) -> float:
        """0.5 to 1."""
        return max(self.female_probability, 1 - self.female_probability)

    @property
    def gender(self) -> str:
        """`female` or `male`; `uncertain` where the likelier one is not probable enough."""
        is_told = self.likelier_gender_probability >= self.least_gender_probability
        return self.likelier_gender if is_told else UNCERTAIN

    def as_dict(self) -> dict[str, float | str]:
        return {
            "age_years": round(self.age_years, 2),
            "age_low": round(self.age_low, 2),
            "age_high": round(self.age_high, 2),
            "gender": self.gender,
            "female_probability": round(self.female_probability, 4),
            "framed_from": self.framed_from,
        }

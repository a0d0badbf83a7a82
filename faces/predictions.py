"""One prediction: age with its interval, gender with its probability, and both in words."""

from dataclasses import dataclass
from typing import Any

AGE, GENDER = OUTPUTS = ("age", "gender")
UNCERTAIN = "uncertain"
NOT_PREDICTED = "not predicted"
NO_GENDER = "no gender without a face"
EVEN = 0.5  # the likelier gender always has at least this
AROUND_FACE = "around_face"  # an input source: the square around a face that the attention crop had missed
# Doubts about an input, for which no gender is given.
NO_FACE = "no_face"  # none was found: the whole picture was the input
UNCLEAR_TURN = "unclear_turn"  # it is not clear which way up the face is
OFF_FACE = "off_face"  # the attention crop does not lie on the only face
GENDERS = ("male", "female")  # the index is the code in tables
AGES = 101  # 0 to 100 years: the classes of an age distribution


@dataclass(frozen=True)
class Prediction:
    """The output of a network for one input. `age_low`-`age_high` is the 80 % interval, in years.

    Without an age head the three ages are None, without a gender head the female probability and the gender.
    The network abstains from a gender whose probability is below `abstention_threshold`. `attended_xyxy` is
    the attention crop in pixels of the picture; None where the network has none. `doubt` is one of NO_FACE,
    UNCLEAR_TURN and OFF_FACE, or empty; with one the gender is withheld.
    """

    age_years: float | None
    age_low: float | None
    age_high: float | None
    female_probability: float | None
    input_source: str = "face"
    abstention_threshold: float = EVEN
    attended_xyxy: tuple[float, float, float, float] | None = None
    doubt: str = ""

    @property
    def heads(self) -> tuple[str, ...]:
        """Those of OUTPUTS that the network has, however uncertain."""
        values = {AGE: self.age_years, GENDER: self.female_probability}
        return tuple(output for output, value in values.items() if value is not None)

    @property
    def age_and_interval(self) -> tuple[float, float, float] | None:
        """Age, lower and upper end of its 80 % interval, in years; None without an age head."""
        if self.age_years is None or self.age_low is None or self.age_high is None:
            return None
        return self.age_years, self.age_low, self.age_high

    @property
    def likelier_gender_probability(self) -> float | None:
        """0.5 to 1; None without a gender head."""
        probability = self.female_probability
        return None if probability is None else max(probability, 1 - probability)

    @property
    def gender(self) -> str | None:
        """`female` or `male`; `uncertain` below the abstention threshold, and with a doubt about the face.

        None without a gender head, and without a face.
        """
        if self.female_probability is None or self.doubt == NO_FACE:
            return None
        if self.doubt:
            return UNCERTAIN
        likelier = GENDERS[self.female_probability >= EVEN]
        probability = max(self.female_probability, 1 - self.female_probability)
        return likelier if probability >= self.abstention_threshold else UNCERTAIN

    def as_dict(self) -> dict[str, Any]:
        """The prediction in the JSON answer: always the same keys, null where there is no value."""
        return {
            "age_years": _rounded(self.age_years, 2),
            "age_low": _rounded(self.age_low, 2),
            "age_high": _rounded(self.age_high, 2),
            "gender": self.gender,
            # A probability would give away what is withheld.
            "female_probability": None if self.doubt else _rounded(self.female_probability, 4),
            "input_source": self.input_source,
            "attended_xyxy": self.attended_xyxy and [round(value, 1) for value in self.attended_xyxy],
            "doubt": self.doubt or None,
        }


def age_in_words(prediction: Prediction) -> str:
    """`34 (28–40)`: the age with its 80 % interval."""
    if prediction.age_and_interval is None:
        return f"age {NOT_PREDICTED}"
    age, low, high = prediction.age_and_interval
    return f"{age:.0f} ({low:.0f}–{high:.0f})"


def gender_in_words(prediction: Prediction) -> str:
    """`female 93 %`: the likelier gender with its own probability.

    `gender uncertain` where the network abstains, without a number that would give it away.
    """
    probability = prediction.likelier_gender_probability
    if probability is None:
        return f"gender {NOT_PREDICTED}"
    if prediction.gender is None:
        return NO_GENDER
    if prediction.gender == UNCERTAIN:
        return f"gender {UNCERTAIN}"
    return f"{prediction.gender} {100 * probability:.0f} %"


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)

"""Readings + what is true -> right and wrong, within a tolerance that the visitor sets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dash import html

from faces.predictions import UNCERTAIN

DEFAULT_TOLERANCE_YEARS = 5
TOLERANCES_YEARS = (1, 15)  # least and most


@dataclass(frozen=True)
class GroundTruth:
    """What is known about one face; None is unknown."""

    age_years: float | None = None
    gender: str | None = None

    def __bool__(self) -> bool:
        return self.age_years is not None or self.gender is not None


@dataclass(frozen=True)
class Mark:
    """Whether one variant is right about one thing, and by how many years it is off."""

    variant: str
    of: str  # "age" or "gender"
    right: bool | None  # None where it said "uncertain"
    off_years: float | None = None


def marks(answers: Mapping[str, Mapping[str, Any]], truth: GroundTruth, tolerance_years: float) -> list[Mark]:
    """`answers`: variant -> a reading as in the JSON answer. A mark for each thing that is known and told."""
    found = []
    if truth.age_years is not None:
        for variant, answer in answers.items():
            if answer["age_years"] is not None:
                off = float(answer["age_years"]) - truth.age_years
                found.append(Mark(variant, "age", abs(off) <= tolerance_years, off))
    if truth.gender is not None:
        for variant, answer in answers.items():
            if answer["gender"] is not None:
                is_answered = answer["gender"] != UNCERTAIN
                found.append(
                    Mark(variant, "gender", answer["gender"] == truth.gender if is_answered else None)
                )
    return found


def marks_in_words(found: Sequence[Mark], colours: Mapping[str, str]) -> list[html.P]:
    """A line a variant: "cropped ✓ 3 years under ✓ gender"; "? gender" where it was uncertain."""
    return [
        html.P(
            [
                html.Span(
                    variant, className="truth-variant", style={"color": colours.get(variant, "inherit")}
                ),
                *(_mark_in_words(mark) for mark in found if mark.variant == variant),
            ],
            className="truth-mark",
        )
        for variant in dict.fromkeys(mark.variant for mark in found)
    ]


def summary(found: Sequence[Mark], tolerance_years: float) -> str:
    """`cropped: 17 of 29 ages within 5 years, 27 of 29 genders right`, a sentence for each variant.

    Genders that were not told are counted apart. Empty for one face, whose marks say it all.
    """
    if len(found) == len({(mark.variant, mark.of) for mark in found}):
        return ""
    sentences = []
    for variant in dict.fromkeys(mark.variant for mark in found):
        ages = [mark for mark in found if mark.variant == variant and mark.of == "age"]
        genders = [mark for mark in found if mark.variant == variant and mark.of == "gender"]
        parts = []
        if ages:
            right = sum(mark.right is True for mark in ages)
            parts.append(f"{right} of {len(ages)} ages within {tolerance_years:g} years")
        if genders:
            right = sum(mark.right is True for mark in genders)
            uncertain = sum(mark.right is None for mark in genders)
            apart = f" ({uncertain} uncertain)" if uncertain else ""
            parts.append(f"{right} of {len(genders)} genders right{apart}")
        sentences.append(f"{variant}: {', '.join(parts)}")
    return ". ".join(sentences)


VERDICTS = {
    True: ("✓", "mark-right", "right"),
    False: ("✗", "mark-wrong", "wrong"),
    None: ("?", "", UNCERTAIN),
}


def _mark_in_words(mark: Mark) -> html.Span:
    sign, class_name, words = VERDICTS[mark.right]
    return html.Span(
        [html.Span(sign, className=class_name), _distance(mark)],
        className="truth-verdict",
        title=f"{mark.of} {words}",
    )


def _distance(mark: Mark) -> str:
    if mark.off_years is None:
        return " gender"
    years = round(abs(mark.off_years))
    if not years:
        return " to the year"
    return f" {years} year{'s' if years > 1 else ''} {'over' if mark.off_years > 0 else 'under'}"

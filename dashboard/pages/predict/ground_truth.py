"""Predictions + ground truth -> right and wrong, within a tolerance that the visitor sets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dash import html

from faces.predictions import AGE, GENDER, UNCERTAIN

DEFAULT_TOLERANCE_YEARS = 5
TOLERANCES_YEARS = (1, 15)  # lowest and highest


@dataclass(frozen=True)
class GroundTruth:
    """What is known about one face; None is unknown."""

    age_years: float | None = None
    gender: str | None = None

    def __bool__(self) -> bool:
        return self.age_years is not None or self.gender is not None


@dataclass(frozen=True)
class Mark:
    """Whether one output of one variant is right, and by how many years an age is off."""

    variant: str
    output: str  # AGE or GENDER
    right: bool | None  # None where the gender is uncertain
    off_years: float | None = None


def marks(answers: Mapping[str, Mapping[str, Any]], truth: GroundTruth, tolerance_years: float) -> list[Mark]:
    """A mark for each output that is both known and predicted.

    `answers`: variant -> a prediction as in the JSON answer.
    """
    result = []
    if truth.age_years is not None:
        for variant, answer in answers.items():
            if answer["age_years"] is not None:
                off = float(answer["age_years"]) - truth.age_years
                result.append(Mark(variant, AGE, abs(off) <= tolerance_years, off))
    if truth.gender is not None:
        for variant, answer in answers.items():
            if answer["gender"] is not None:
                right = None if answer["gender"] == UNCERTAIN else answer["gender"] == truth.gender
                result.append(Mark(variant, GENDER, right))
    return result


def marks_in_words(face_marks: Sequence[Mark], colours: Mapping[str, str]) -> list[html.P]:
    """A line a variant: "cropped ✓ 3 years under ✓ gender"; "? gender" where it is uncertain."""
    return [
        html.P(
            [
                html.Span(
                    variant,
                    className="ground-truth-variant",
                    style={"color": colours.get(variant, "inherit")},
                ),
                *(_mark_in_words(mark) for mark in face_marks if mark.variant == variant),
            ],
            className="ground-truth-mark",
        )
        for variant in dict.fromkeys(mark.variant for mark in face_marks)
    ]


def summary(all_marks: Sequence[Mark], tolerance_years: float) -> str:
    """`cropped: 17 of 29 ages within 5 years, 27 of 29 genders right`, a sentence for each variant.

    Uncertain genders are counted apart. Empty for one face, whose marks say it all.
    """
    if len(all_marks) == len({(mark.variant, mark.output) for mark in all_marks}):
        return ""
    sentences = []
    for variant in dict.fromkeys(mark.variant for mark in all_marks):
        ages, genders = (
            [mark.right for mark in all_marks if (mark.variant, mark.output) == (variant, output)]
            for output in (AGE, GENDER)
        )
        parts = []
        if ages:
            parts.append(f"{ages.count(True)} of {len(ages)} ages within {tolerance_years:g} years")
        if genders:
            uncertain = genders.count(None)
            apart = f" ({uncertain} uncertain)" if uncertain else ""
            parts.append(f"{genders.count(True)} of {len(genders)} genders right{apart}")
        sentences.append(f"{variant}: {', '.join(parts)}")
    return ". ".join(sentences)


VERDICTS = {
    True: ("✓", "mark-right", "right"),
    False: ("✗", "mark-wrong", "wrong"),
    None: ("?", "", UNCERTAIN),
}


def _mark_in_words(mark: Mark) -> html.Span:
    sign, class_name, verdict = VERDICTS[mark.right]
    return html.Span(
        [html.Span(sign, className=class_name), _distance_in_words(mark)],
        className="ground-truth-verdict",
        title=f"{mark.output} {verdict}",
    )


def _distance_in_words(mark: Mark) -> str:
    if mark.off_years is None:
        return " gender"
    years = round(abs(mark.off_years))
    if not years:
        return " to the year"
    return f" {years} year{'s' if years > 1 else ''} {'over' if mark.off_years > 0 else 'under'}"

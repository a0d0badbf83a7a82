"""The component ids of the Metrics page. The cards of figures have their own, see cards.py."""

from typing import Any

SET = "metrics-set"
SPLIT = "metrics-split"
PICTURES = "metrics-pictures"
FIRST = "metrics-first"
SECOND = "metrics-second"
SELECTION = "metrics-selection"  # Store: what is shown, as in the URL
URL_PARAMS = "metrics-url-params"
HEADLINE = "metrics-headline"
TILES = "metrics-tiles"
TABLE = "metrics-table"

GENDER_FRACTIONS = "metrics-gender-fractions"  # counts or shares in the matrices of genders
AGE_FRACTIONS = "metrics-age-fractions"

FAIRNESS_TABLE = "metrics-fairness-table"
FAIRNESS_NO_RACES = "metrics-fairness-no-races"
FAIRNESS_SHOWN = "metrics-fairness-shown"

ROBUSTNESS_METRIC = "metrics-robustness-metric"
ROBUSTNESS_NOTE = "metrics-robustness-note"
ROBUSTNESS_PANELS = "metrics-robustness-panels"

SECTION_BODY = "metrics-section-body"
SECTION_NEAR = "metrics-section-near"  # Store: whether the section came near the screen, see metrics.js


def of_section(part: str, section: Any) -> dict[str, Any]:
    """The id of SECTION_BODY or SECTION_NEAR; `section` is the anchor of a section, or MATCH."""
    return {"type": part, "section": section}

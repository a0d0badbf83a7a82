"""The ids of all components, in one place, so that a callback and its component cannot drift apart.

Plain ids are strings; functions return the dict ids of components that stand many times on a page.
"""

from typing import Any

# --- Shell: on every page -------------------------------------------------------------------------------
PROVIDER = "provider"
COLOUR_SCHEME = "colour-scheme"  # Store: "light" or "dark". An Input of every callback that returns a figure
COLOUR_SCHEME_SWITCH = "colour-scheme-switch"
SHELL = "shell"
BURGER = "burger"
LOCATION = "_pages_location"  # Dash's own Location on apps with pages
STRIP = "strip"  # Store: the pictures of this visit, see assets/pictures.js
SHOWN = "shown"  # Store: key of the picture that Predict shows, or None

# --- Predict --------------------------------------------------------------------------------------------
PREDICT_DROP = "predict-drop"
PREDICT_STRIP = "predict-strip"
PREDICT_ANSWER = "predict-answer"
PREDICT_READINGS = "predict-readings"  # Store: what the marks compare with the truth
PREDICT_TOLERANCE = "predict-tolerance"
PREDICT_TRUTH_SUMMARY = "predict-truth-summary"


def ask_full_button(face: Any) -> dict[str, Any]:
    return {"type": "ask-full", "face": face}


def close_up_reading(face: Any) -> dict[str, Any]:
    return {"type": "close-up", "face": face}


def true_age(face: Any) -> dict[str, Any]:
    return {"type": "true-age", "face": face}


def true_gender(face: Any) -> dict[str, Any]:
    return {"type": "true-gender", "face": face}


def truth_marks(face: Any) -> dict[str, Any]:
    return {"type": "truth-marks", "face": face}


# --- Saliency -------------------------------------------------------------------------------------------

# --- Metrics --------------------------------------------------------------------------------------------

# --- About ----------------------------------------------------------------------------------------------

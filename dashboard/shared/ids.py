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


# --- The pair of variants that a page compares ----------------------------------------------------------
def pair(part: str, page: Any) -> dict[str, Any]:
    """The id of one part of a page's pair chooser; `page` is "predict" or "saliency", or MATCH."""
    return {"type": part, "page": page}


PAIR = "pair"  # Store: the names of the two variants
PAIR_FIRST = "pair-first"
PAIR_SECOND = "pair-second"
PAIR_ADDRESS = "pair-address"
ON_PREDICT, ON_SALIENCY = "predict", "saliency"

# --- Predict --------------------------------------------------------------------------------------------
PREDICT = "predict"
PREDICT_DROP = "predict-drop"
PREDICT_STRIP = "predict-strip"
PREDICT_PROBLEMS = "predict-problems"
PREDICT_ANSWER = "predict-answer"
PREDICT_TABLE = "predict-readings"  # Store: what the marks compare with the truth
PREDICT_TRUTH = "predict-truth"
PREDICT_TOLERANCE = "predict-tolerance"
PREDICT_TRUTH_SUMMARY = "predict-truth-summary"


def of_face(part: str, face: Any) -> dict[str, Any]:
    """The id of one part of a face's card; `face` is its index, or MATCH or ALL."""
    return {"type": part, "face": face}


ASK_FULL = "ask-full"
ASKED_AGE = "asked-age"
ASKED_GENDER = "asked-gender"
ASKED_PREDICTIONS = "asked-readings"  # Store: variant -> reading of the box x 2
TRUE_AGE = "true-age"
TRUE_GENDER = "true-gender"
TRUTH_MARKS = "truth-marks"
TRUTH_PIN = "truth-pin"

# --- Saliency -------------------------------------------------------------------------------------------
SALIENCY_PICTURE = "saliency-picture"  # Select: the key of the picture
SALIENCY_ANOTHER = "saliency-another"
SALIENCY_FACE = "saliency-face"  # Store: {"key": picture, "face": index}
SALIENCY_METHOD = "saliency-method"
SALIENCY_MEANING = "saliency-meaning"
SALIENCY_MEANINGS = "saliency-meanings"  # Store: method -> its line
SALIENCY_ENGINE = "saliency-engine"
SALIENCY_OPACITY = "saliency-opacity"
SALIENCY_SCALE = "saliency-scale"
SALIENCY_VIEW = "saliency-view"
SALIENCY_LEGEND = "saliency-legend"
SALIENCY_LOOKS = "saliency-looks"
SALIENCY_NOTE = "saliency-note"

# --- Metrics --------------------------------------------------------------------------------------------

METRICS_SET = "metrics-set"
METRICS_SPLIT = "metrics-split"
METRICS_PICTURES = "metrics-pictures"
METRICS_FIRST = "metrics-first"
METRICS_SECOND = "metrics-second"
METRICS_SELECTION = "metrics-selection"  # Store: what is shown, as in the address
METRICS_HEADLINE = "metrics-headline"
METRICS_TILES = "metrics-tiles"
METRICS_TABLE = "metrics-table"
METRICS_TABLE_CSV = "metrics-table-csv"
FAIRNESS_TABLE = "fairness-table"
FAIRNESS_NO_RACES = "fairness-no-races"
FAIRNESS_SHOWN = "fairness-shown"
FAIRNESS_TABLE_CSV = "fairness-table-csv"
METRICS_ADDRESS = "metrics-address"


def metrics_chart(part: str, chart: Any) -> dict[str, Any]:
    """The id of one part of a chart's card; `chart` is its key, or MATCH or ALL."""
    return {"type": f"metrics-{part}", "chart": chart}


def metrics_matrix(part: str, about: Any, of: Any) -> dict[str, Any]:
    """The id of one part of a confusion matrix: `about` gender or age, `of` first, second or difference."""
    return {"type": f"matrix-{part}", "about": about, "of": of}


def metrics_fractions(about: Any) -> dict[str, Any]:
    """The id of the switch between counts and shares of all matrices about one thing."""
    return {"type": "metrics-shares", "about": about}


def metrics_section(part: str, section: Any) -> dict[str, Any]:
    """The id of one part of a section; `section` is its anchor, or MATCH."""
    return {"type": part, "section": section}


def robustness_panel(part: str, section: Any, corruption: Any) -> dict[str, Any]:
    """The id of one part of the panel of a kind of change; `corruption` is its key, or MATCH or ALL."""
    return {"type": f"robustness-{part}", "section": section, "corruption": corruption}


SECTION_BODY = "metrics-section-body"
SECTION_NEAR = "metrics-section-near"  # Store: whether the section came near the screen
ROBUSTNESS_SHOWN = "robustness-shown"  # these three are parts of a section
ROBUSTNESS_WORDS = "robustness-words"
ROBUSTNESS_PANELS = "robustness-panels"

# --- Training -------------------------------------------------------------------------------------------
TRAINING_RUNS = "training-runs"  # Store: a mark that changes when anything about the runs did
TRAINING_LIVE = "training-live"  # Interval: while a run trains
TRAINING_NOW = "training-now"
TRAINING_TABLE = "training-table"
TRAINING_TABLE_CSV = "training-table-csv"
TRAINING_CHOSEN = "training-chosen"  # names of the runs whose curves are drawn
TRAINING_ADDRESS = "training-address"


def training_chart(part: str, chart: Any) -> dict[str, Any]:
    """The id of one part of a curve's card; `chart` is its key, or MATCH."""
    return {"type": f"training-{part}", "chart": chart}


# --- Data -----------------------------------------------------------------------------------------------
DATA_FRACTIONS = "data-shares"
DATA_SPLIT = "data-split"
DATA_AGES = "data-ages"
DATA_GENDER = "data-gender"
DATA_PAGE = "data-page"
DATA_SAMPLES = "data-samples"
DATA_SAMPLES_COUNT = "data-samples-count"
DATA_SAMPLES_ADDRESS = "data-samples-address"
DATA_GROUP_PAGE = "data-group-page"
DATA_GROUPS = "data-groups"
DATA_PICTURE = "data-picture"
DATA_RECIPE = "data-recipe"
DATA_PHASE = "data-phase"
DATA_SEED = "data-seed"
DATA_DRAW_AGAIN = "data-draw-again"
DATA_DRAWS = "data-draws"
DATA_STRENGTHS = "data-strengths"
DATA_DRAWS_ADDRESS = "data-draws-address"


def data_chart(part: str, chart: Any) -> dict[str, Any]:
    """The id of one part of a distribution's card; `chart` is its key, or MATCH."""
    return {"type": f"data-{part}", "chart": chart}


# --- Parts of a card with a figure, on every page --------------------------------------------------------
FIGURE, TITLE, SAVE, FILE = "figure", "title", "save", "file"

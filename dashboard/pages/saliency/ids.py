"""The component ids of the Saliency page."""

COMPARISON = "saliency-comparison"  # Store: the names of the compared variants
PICTURE = "saliency-picture"  # Select: the key of the picture
ANOTHER_PICTURE = "saliency-another-picture"
DEFAULT_PICTURE = "saliency-default-picture"  # Store: the key of what is shown where nothing is named
FACE = "saliency-face"  # Store: {"key": picture, "face": index}
METHOD = "saliency-method"
MEANING = "saliency-meaning"
MEANINGS = "saliency-meanings"  # Store: method -> its line
ENGINE = "saliency-engine"
OPACITY = "saliency-opacity"
SCALE = "saliency-scale"
VIEW = "saliency-view"
LEGEND = "saliency-legend"
ROWS = "saliency-rows"
AGREEMENT = "saliency-agreement"

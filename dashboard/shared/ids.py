"""The component ids of the shell, which stands around every page; a page's own are in its ids.py."""

PROVIDER = "provider"
COLOUR_SCHEME = "colour-scheme"  # Store: "light" or "dark". An Input of every callback that returns a figure
COLOUR_SCHEME_SWITCH = "colour-scheme-switch"
SHELL = "shell"
BURGER = "burger"
CONTENT = "content"
LOCATION = "_pages_location"  # Dash's own Location on apps with pages
FILMSTRIP = "filmstrip"  # Store: the pictures of this visit, see assets/predict/pictures.js
SHOWN = "shown"  # Store: the entry of the filmstrip that Predict shows, or None

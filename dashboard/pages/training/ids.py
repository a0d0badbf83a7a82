"""The component ids of the Training page. The cards of curves have their own, see callbacks.py."""

RUNS = "training-runs"  # Store: a mark that changes when anything about the runs did
LIVE = "training-live"  # Interval: while a run trains
PROGRESS = "training-progress"
TABLE = "training-table"
CHOSEN = "training-chosen"  # names of the runs whose curves are shown
URL_PARAMS = "training-url-params"

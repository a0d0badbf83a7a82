"""Every scoring of a test set -> a row of docs/score_log.csv, and how often each set was scored.

A test set that is scored often has been chosen by: the count says how much its figures can be trusted.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from dataset.tables.columns import SCORE_LOG
from dataset.tables.schema import read_csv_table
from evaluation.sets import PUBLISHED_SPLIT, SETS
from faces.files import whole_file
from faces.variants import Variant

PATH = Path(__file__).resolve().parent.parent.parent / "docs" / "score_log.csv"


def log_scores(
    predictions: pd.DataFrame,
    variants: Sequence[Variant],
    detector_sha256: str,
    why: str,
    path: Path = PATH,
    *,
    now: datetime | None = None,
) -> int:
    """Append a row for each variant and test set of `predictions` that is scored now; returns how many."""
    test = predictions[predictions.split == PUBLISHED_SPLIT]
    date = (now or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
    rows = pd.DataFrame(
        [
            (date, name, one.name, one.network_sha256, one.split_sha256, detector_sha256, why)
            for one in variants
            for name in sorted(set(test.set[test.variant == one.name]))
        ],
        columns=SCORE_LOG.column_names,
    )
    log = pd.concat([read_score_log(path), rows], ignore_index=True) if path.is_file() else rows
    with whole_file(path) as unfinished:
        log.to_csv(unfinished, index=False, lineterminator="\n")
    return len(rows)


def read_score_log(path: Path = PATH) -> pd.DataFrame:
    """The log, columns of SCORE_LOG. Raises TableError where it has others."""
    return read_csv_table(path, SCORE_LOG)


def run_counts(path: Path = PATH) -> dict[str, int]:
    """How many runs scored each test set, in the order of SETS; empty where nothing was logged."""
    if not path.is_file():
        return {}
    dates = read_score_log(path).groupby("set").date.nunique()
    return {name: int(dates[name]) for name in SETS if name in dates.index}

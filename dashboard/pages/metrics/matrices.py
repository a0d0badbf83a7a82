"""The confusion matrices of the Metrics page: their counts, their headings, and what their CSV holds."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from dashboard.pages.metrics.numbers import Numbers
from dashboard.pages.metrics.selection import Selection
from evaluation.metrics.confusions import age_group_confusion, gender_confusion
from evaluation.metrics.estimates import formatted

MATRICES = {"gender": gender_confusion, "age": age_group_confusion}


def matrix_counts(numbers: Numbers, selection: Selection, about: str) -> list[pd.DataFrame]:
    """The confusion matrices of the selected variants; of two, on the pictures that both answered."""
    confusion = MATRICES[about]
    if selection.second:
        return [confusion(rows) for rows in numbers.pair(selection)]
    return [confusion(numbers.rows(selection, selection.first))]


def matrix_titles(counts: Sequence[pd.DataFrame], selection: Selection, about: str) -> list[str]:
    """What to see in each matrix: how many pictures stand on its diagonal, and how that differs.

    A variant may have read nothing: it does not tell it, or the set does not know it.
    """
    right = [int(np.trace(one.to_numpy())) for one in counts]
    totals = [int(one.to_numpy().sum()) for one in counts]
    where = "read right" if about == "gender" else "in the right group"
    titles = [
        f"{name}: {formatted(number / total, 'fraction')} {where}" if total else f"{name}: no {about}s read"
        for name, number, total in zip(selection.names, right, totals, strict=True)
    ]
    if len(counts) == 2 and not all(totals):
        titles.append(f"{selection.second} minus {selection.first}: nothing to compare")
    elif len(counts) == 2:
        change = right[1] - right[0]
        more = "more" if change > 0 else "fewer"
        words = f"{abs(change):,} {more} {where}" if change else f"as many {where}"
        titles.append(f"{selection.second} minus {selection.first}: {words}")
    return titles


def matrix_table(numbers: Numbers, selection: Selection, about: str) -> pd.DataFrame:
    """Columns true, predicted and a count for each variant: what the CSV of the matrices holds."""
    counts = matrix_counts(numbers, selection, about)
    columns = {name: one.stack() for name, one in zip(selection.names, counts, strict=True)}
    return pd.DataFrame(columns).reset_index()

"""The confusion matrices of the Metrics page: their counts, their headings, and what their CSV holds."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.pages.metrics.matrix_figures import confusion_difference_figure, confusion_figure
from dashboard.pages.metrics.numbers import Numbers
from dashboard.pages.metrics.selection import Selection
from evaluation.metrics.confusions import age_group_confusion, confusion_differences, gender_confusion
from evaluation.metrics.differences import Difference
from evaluation.metrics.estimates import formatted
from evaluation.metrics.states import NO_DIFFERENCE

CONFUSIONS = {"gender": gender_confusion, "age": age_group_confusion}
FIRST, SECOND, DIFFERENCE = KEYS = ("first", "second", "difference")  # of the matrices about one output


def matrix_counts(numbers: Numbers, selection: Selection, output: str) -> list[pd.DataFrame]:
    """The confusion matrices of the selected variants; of two, on the pictures that both answered."""
    confusion = CONFUSIONS[output]

    def counts() -> list[pd.DataFrame]:
        if selection.second:
            return [confusion(rows) for rows in numbers.paired_rows(selection)]
        return [confusion(numbers.rows(selection, selection.first))]

    return numbers.once(("matrices", output, selection), counts)


def matrix_differences(
    numbers: Numbers, selection: Selection, output: str
) -> tuple[Difference, pd.DataFrame] | None:
    """Paired difference of the diagonals, and by cell whether it is detected; None of one variant."""
    if not selection.second:
        return None
    return numbers.once(
        ("matrix differences", output, selection),
        lambda: confusion_differences(output, *numbers.paired_rows(selection)),
    )


def matrix_titles(
    counts: Sequence[pd.DataFrame], selection: Selection, output: str, total: Difference | None = None
) -> list[str]:
    """What to see in each matrix: the fraction on its diagonal, and how the diagonals differ.

    A variant may have predicted nothing: it lacks the head, or the set lacks the label. `total` is the paired
    difference of the diagonals.
    """
    right = [int(np.trace(matrix.to_numpy())) for matrix in counts]
    totals = [int(matrix.to_numpy().sum()) for matrix in counts]
    where = "right" if output == "gender" else "in the right group"
    titles = [
        f"{name}: {formatted(number / total, 'fraction')} {where}"
        if total
        else f"{name}: no {output}s predicted"
        for name, number, total in zip(selection.names, right, totals, strict=True)
    ]
    if len(counts) == 2 and not all(totals):
        titles.append(f"{selection.second} minus {selection.first}: nothing to compare")
    elif len(counts) == 2:
        change = right[1] - right[0]
        more = "more" if change > 0 else "fewer"
        text = f"{abs(change):,} {more} {where}" if change else f"as many {where}"
        if total is not None and not total.is_real:
            text += f", {NO_DIFFERENCE}"
        titles.append(f"{selection.second} minus {selection.first}: {text}")
    return titles


def matrix_figure(
    numbers: Numbers, selection: Selection, output: str, key: str, scheme: str | None, *, fractions: str
) -> go.Figure:
    """The matrix under one of KEYS, of counts or fractions."""
    counts = matrix_counts(numbers, selection, output)
    index = KEYS.index(key)
    differences = matrix_differences(numbers, selection, output)
    title = matrix_titles(counts, selection, output, differences[0] if differences else None)[index]
    if key == DIFFERENCE and differences:
        first, second = counts
        return confusion_difference_figure(
            first, second, title, selection.names, scheme, fractions=fractions, is_real=differences[1]
        )
    return confusion_figure(counts[index], title, scheme, fractions=fractions)


def matrix_table(numbers: Numbers, selection: Selection, output: str) -> pd.DataFrame:
    """Columns true, predicted and a count for each variant: what the CSV of the matrices holds."""
    counts = matrix_counts(numbers, selection, output)
    columns = {name: matrix.stack() for name, matrix in zip(selection.names, counts, strict=True)}
    return pd.DataFrame(columns).reset_index()

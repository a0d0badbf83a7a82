"""Predictions -> the numbers of the Metrics page, each computed once for a selection.

Twenty figures and tables ask for the same few bootstraps at the same moment: the first one computes, the
others wait for it.
"""

import threading
from collections.abc import Callable, Hashable, Mapping
from operator import attrgetter
from typing import Any

import flask
import pandas as pd
from cachetools import LRUCache, cachedmethod

from dashboard.context import AppContext
from dashboard.pages.metrics.selection import ALL_PICTURES, Selection
from dataset.tables.columns import FAIRNESS
from evaluation.metrics.comparisons import Comparison, compared
from evaluation.metrics.differences import Difference, paired
from evaluation.metrics.estimates import Estimate
from evaluation.metrics.fairness import fairness_groups
from evaluation.metrics.paired_slices import (
    Cut,
    SliceDifference,
    slice_differences,
    with_second_training,
)
from evaluation.metrics.registry import all_estimates
from evaluation.metrics.robustness import condition_differences
from evaluation.reports.baseline_release import baseline_fairness
from evaluation.runs import Run

EXTENSION = "metrics-numbers"
MOST_RESULTS = 600  # a selection has about thirty, so twenty selections stay warm
_building = threading.Lock()


class Numbers:
    """All that the page computes from one predictions table. Safe for several threads.

    `runs` are the trainings by variant, `earlier` the fairness figures of the release before
    (dataset.tables.columns.FAIRNESS), `second_trainings` predictions like the others, under the same names.
    """

    def __init__(
        self,
        predictions: pd.DataFrame,
        runs: Mapping[str, Run] | None = None,
        earlier: pd.DataFrame | None = None,
        second_trainings: pd.DataFrame | None = None,
    ) -> None:
        self.second_trainings = second_trainings
        self.predictions = predictions
        self.earlier = pd.DataFrame(columns=FAIRNESS.column_names) if earlier is None else earlier
        self.runs = dict(runs or {})
        self._results: LRUCache[Hashable, Any] = LRUCache(MOST_RESULTS)
        self._computing = threading.Condition()

    @cachedmethod(
        attrgetter("_results"), key=lambda _self, key, _compute: key, condition=attrgetter("_computing")
    )
    def once(self, _key: Hashable, compute: Callable[[], Any]) -> Any:
        """The result under a key, computed by the first thread that asks; others wait for it."""
        return compute()

    def rows(self, selection: Selection, name: str) -> pd.DataFrame:
        """The selected rows of one variant."""
        rows = selection.rows(self.predictions)
        return rows[rows.variant == name]

    def paired_rows(self, selection: Selection) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The selected rows of both variants on the pictures that both have predictions for."""
        return paired(selection.rows(self.predictions), selection.first, selection.second)

    def fairness(self, selection: Selection, name: str) -> pd.DataFrame:
        """Selected rows of one variant by gender, race and age group, with GROUP_COLUMNS."""
        key = ("fairness", selection.set, selection.split, selection.pictures, name)
        return self.once(key, lambda: fairness_groups(self.rows(selection, name)))

    def before(self, selection: Selection, name: str) -> pd.DataFrame:
        """Fairness figures of the release before: one variant, all pictures of the selected set and split."""
        rows = self.earlier
        same = (rows.set == selection.set) & (rows.split == selection.split) & (rows.variant == name)
        return rows[same & (selection.pictures == ALL_PICTURES)]

    def estimates(self, selection: Selection, name: str) -> dict[str, Estimate]:
        """All metrics of one variant on the selected rows, by metric."""
        key = ("metrics", selection.set, selection.split, selection.pictures, name)
        return self.once(key, lambda: all_estimates(self.rows(selection, name)))

    def comparison(self, selection: Selection) -> Comparison | None:
        """The paired comparison of both variants; None where one is selected alone."""
        if not selection.second:
            return None
        return self.once(
            ("comparison", selection),
            lambda: compared(
                selection.rows(self.predictions), selection.first, selection.second, self.second_trainings
            ),
        )

    def paired_slices(self, selection: Selection, cut: str, names_of: Cut, key: str) -> list[SliceDifference]:
        """Paired differences of a metric in the slices of a cut, corrected together; none of one variant."""
        if not selection.second:
            return []

        def slices() -> list[SliceDifference]:
            listed = slice_differences(*self.paired_rows(selection), {cut: names_of}, [key])
            again = self._second_training_rows(selection)
            return (
                with_second_training(listed, slice_differences(*again, {cut: names_of}, [key]))
                if again
                else listed
            )

        return self.once(("paired slices", selection, cut, key), slices)

    def conditions(
        self, selection: Selection, predictions: pd.DataFrame
    ) -> dict[tuple[str, str, int], Difference]:
        """Paired differences by (metric, corruption, severity); `predictions` are those under conditions."""
        if not selection.second:
            return {}
        of_set = predictions[predictions.set == selection.set]
        return self.once(
            ("conditions", selection.set, selection.first, selection.second),
            lambda: condition_differences(of_set, selection.first, selection.second),
        )

    def _second_training_rows(self, selection: Selection) -> tuple[pd.DataFrame, pd.DataFrame] | None:
        """The selected rows of both second trainings; None where a variant has none."""
        if self.second_trainings is None:
            return None
        rows = paired(selection.rows(self.second_trainings), selection.first, selection.second)
        return rows if len(rows[0]) else None


def numbers_of(context: AppContext) -> Numbers:
    """The numbers of the served app, kept with it. Raises TableError as `Tables.predictions` does."""
    extensions = flask.current_app.extensions
    with _building:  # two first visitors share one
        if EXTENSION not in extensions:
            runs = {run.name: run for run in context.tables.runs() if run.name in context.variants}
            earlier = baseline_fairness(list(context.variants.values()))
            extensions[EXTENSION] = Numbers(
                context.tables.predictions, runs, earlier, context.tables.second_trainings
            )
        return extensions[EXTENSION]

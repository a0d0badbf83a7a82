"""Variants -> the tables that pages show: predictions, robustness, and all runs as they are now."""

import logging
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from operator import attrgetter
from pathlib import Path
from typing import Any

import pandas as pd
from cachetools import cachedmethod

from evaluation.runs import Run, runs_in
from faces.detection import DEFAULT_DETECTOR
from faces.errors import ProjectError
from faces.variants import Variant

log = logging.getLogger(__name__)


class Tables:
    """The tables of the served variants, each read when it is first asked for. Safe for several threads."""

    def __init__(
        self,
        variants: Mapping[str, Variant],
        detector_path: Path = DEFAULT_DETECTOR,
        *,
        run_names: Collection[str] = (),
        runs_folder: Path | None = None,
    ) -> None:
        self._variants = variants
        self._detector_path = detector_path
        self._run_names = frozenset(run_names)
        self._runs_folder = runs_folder
        self._read: dict[Any, pd.DataFrame] = {}
        self._loading = threading.Condition()

    @property
    def variant_folders(self) -> list[Path]:
        """The folders that hold the variants' networks, each once: of a composite variant, both."""
        folders = [part.folder for variant in self._variants.values() for part in variant.networks]
        return list(dict.fromkeys(folders))

    @property
    def run_roots(self) -> list[Path]:
        """Folders under which runs lie: those of the variants, then that of the runs."""
        return [*self.variant_folders, *([self._runs_folder] if self._runs_folder else [])]

    def runs(self) -> list[Run]:
        """All trainings as they are now: those of the variants, then the others."""
        return runs_in(self.run_roots)

    @property
    def predictions(self) -> pd.DataFrame:
        """The predictions tables of all variants, under the names of this server.

        Raises TableError when the table of a given variant belongs to another network; a found one is then
        left out.
        """
        return self._predictions()

    @property
    def robustness(self) -> pd.DataFrame:
        """The robustness tables of all variants, under the names of this server; no rows if none is measured.

        Raises TableError as `predictions` does.
        """
        return self._robustness()

    @property
    def robustness_predictions(self) -> pd.DataFrame:
        """Predictions of all variants under every condition, under the names of this server; may be empty.

        Raises TableError as `predictions` does.
        """
        return self._robustness_predictions()

    @property
    def second_trainings(self) -> pd.DataFrame:
        """Predictions of the variants' second trainings, under the names of this server; most have none.

        Those that were made by another split, network or detector count as none.
        """
        return self._second_trainings()

    @cachedmethod(attrgetter("_read"), key=lambda _self: "predictions", condition=attrgetter("_loading"))
    def _predictions(self) -> pd.DataFrame:
        from evaluation.predictions import read_predictions  # brings pyarrow: only pages that need it wait

        return self._table(read_predictions)

    @cachedmethod(attrgetter("_read"), key=lambda _self: "robustness", condition=attrgetter("_loading"))
    def _robustness(self) -> pd.DataFrame:
        from evaluation.predictions import read_robustness

        return self._table(read_robustness)

    @cachedmethod(
        attrgetter("_read"), key=lambda _self: "robustness predictions", condition=attrgetter("_loading")
    )
    def _robustness_predictions(self) -> pd.DataFrame:
        from evaluation.predictions import read_robustness_predictions

        return self._table(read_robustness_predictions)

    @cachedmethod(attrgetter("_read"), key=lambda _self: "second trainings", condition=attrgetter("_loading"))
    def _second_trainings(self) -> pd.DataFrame:
        from evaluation.second_trainings import second_training_predictions

        tables = [second_training_predictions([])]
        for name, variant in self._variants.items():
            try:
                tables.append(second_training_predictions([variant], self._detector_path))
            except ProjectError as error:
                log.warning("%s goes without its second training: %s", name, error)
        with_rows = [table for table in tables if len(table)]
        return pd.concat(with_rows or tables[:1], ignore_index=True)

    def _table(self, read: Callable[[Sequence[Path], Path], pd.DataFrame]) -> pd.DataFrame:
        """The tables of all variants, read one by one, under the names of this server."""
        tables = []
        for name, variant in self._variants.items():
            try:
                table = read([variant.folder], self._detector_path)
            except ProjectError as error:
                if name not in self._run_names:
                    raise
                log.warning("Metrics go without %s: %s", name, error)
            else:
                tables.append(table.assign(variant=name))
        with_rows = [table for table in tables if len(table)]
        return pd.concat(with_rows or tables[:1], ignore_index=True)

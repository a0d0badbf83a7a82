"""What the app shows, in three fields. A test hands `create_app` small fakes of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import flask

from dashboard.pictures.labelled import LabelledPictures
from dashboard.pictures.store import Pictures
from dashboard.pictures.utkface import UTKFace
from dashboard.shared.theme import Palette
from dashboard.tables import Tables
from dashboard.workbench import Workbench, variants_in
from dataset.paths import default_cache_dir
from faces.detection import DEFAULT_DETECTOR
from faces.variants import Variant

EXTENSION = "context"  # under this name the context hangs on the Flask server


@dataclass(frozen=True)
class AppContext:
    """What `create_app` is given: networks, tables and pictures."""

    workbench: Workbench
    tables: Tables
    pictures: Pictures

    @property
    def variants(self) -> dict[str, Variant]:
        """The served variants by name, in the order in which they were given."""
        return self.workbench.variants

    @property
    def palette(self) -> Palette:
        """The colours of the served variants."""
        return Palette(self.variants)


def load_context(
    variant_folders: Sequence[Path],
    *,
    detector_path: Path = DEFAULT_DETECTOR,
    data_dir: Path | None = None,
    cache_dir: Path | None = None,
    runs_folder: Path | None = None,
    serve_runs: bool = False,
) -> AppContext:
    """Read the variants now, load the networks of the first two in a background thread.

    With `serve_runs` every complete run under `runs_folder` is served as well; without `cache_dir`,
    `default_cache_dir()` holds prepared data. Raises VariantError as `variants_in` does; a network that
    cannot be loaded raises later, from `Workbench.predictor`.
    """
    variants, run_names = variants_in(variant_folders, runs_folder if serve_runs else None)
    cache_dir = cache_dir or default_cache_dir()
    workbench = Workbench(variants, detector_path, run_names=run_names)
    return AppContext(
        workbench,
        Tables(variants, detector_path, run_names=run_names, runs_folder=runs_folder),
        Pictures(
            workbench, labelled=LabelledPictures(data_dir, cache_dir), utkface=UTKFace(data_dir, cache_dir)
        ),
    )


def current_context() -> AppContext:
    """The context of the app that is answering the present request."""
    return flask.current_app.extensions[EXTENSION]

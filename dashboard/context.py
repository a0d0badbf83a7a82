"""Variant folders -> everything that the pages show, one object for the whole server.

A room of its own because pages must not know how things are loaded: the app answers at once while the
networks warm up in a background thread, and a page that needs them asks for `context.workbench` and waits.
"""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import flask
import pandas as pd

from dashboard.sample_pictures import Sample, shipped_samples
from dashboard.test_pictures import TestPictures
from dashboard.uploads import Upload, Uploads
from faces.answer import Workbench
from faces.detection import DEFAULT_DETECTOR
from faces.errors import PictureExpired, VariantError
from faces.pictures import decode
from faces.variants import FACE, Variant, read_variant

EXTENSION = "workbench"  # under this name the context hangs on the Flask server
SAMPLE_PREFIX = "sample:"  # the key of a shipped picture is this and its file name; of an upload, its token
TEST_PREFIX = "test:"  # and of a picture of the evaluation sets, where --data-dir is given


@dataclass
class AppContext:
    """What `create_app` is given. `served` is the workbench, or the promise of one still warming up."""

    variants: dict[str, Variant]  # by name, in the order in which they were given
    served: "Future[Workbench]"
    data_dir: Path | None = None
    detector_path: Path = DEFAULT_DETECTOR
    uploads: Uploads = field(default_factory=Uploads)
    samples: dict[str, Sample] = field(default_factory=lambda: {one.file: one for one in shipped_samples()})
    _answered_samples: dict[str, Upload] = field(default_factory=dict, repr=False)

    @property
    def ready(self) -> bool:
        """Whether the networks are loaded and warm."""
        return self.served.done() and self.served.exception() is None

    @property
    def workbench(self) -> Workbench:
        """The networks. Waits for them; raises VariantError or DetectorError when they cannot be loaded."""
        return self.served.result()

    @property
    def variant_folders(self) -> list[Path]:
        return [variant.folder for variant in self.variants.values()]

    @property
    def face_variants(self) -> list[str]:
        """Names of the variants that look at one face at a time."""
        return [name for name, variant in self.variants.items() if variant.framing == FACE]

    @property
    def whole_picture_variants(self) -> list[str]:
        """Names of the variants that look at the whole picture."""
        return [name for name, variant in self.variants.items() if variant.framing != FACE]

    @cached_property
    def predictions(self) -> pd.DataFrame:
        """The predictions tables of all variants. Raises TableError when one belongs to another network."""
        from evaluation.store import read_predictions  # brings pyarrow: only the pages that need it wait

        return read_predictions(self.variant_folders, self.detector_path)

    @cached_property
    def robustness(self) -> pd.DataFrame:
        """The robustness tables of all variants; no rows where none was measured.

        Raises TableError when one belongs to another network.
        """
        from evaluation.robustness_report import read_robustness

        return read_robustness(self.variant_folders, self.detector_path)

    @cached_property
    def test_pictures(self) -> TestPictures:
        """The labelled pictures that may be looked at; none without a data folder."""
        return TestPictures(self.data_dir)

    def upload(self, key: str) -> Upload:
        """The picture under a key with its answer: a token, or "sample:" or "test:" and a file name.

        Raises PictureExpired when it was forgotten, or when there is no such sample or test picture.
        """
        if key.startswith(TEST_PREFIX):
            return self.test_pictures.answered(key.removeprefix(TEST_PREFIX), self.answered)
        if not key.startswith(SAMPLE_PREFIX):
            return self.uploads.upload(key)
        file = key.removeprefix(SAMPLE_PREFIX)
        if file not in self.samples:
            raise PictureExpired(f"There is no sample picture '{file[:80]}'. Please choose another one.")
        if file not in self._answered_samples:
            data = self.samples[file].path.read_bytes()
            self._answered_samples[file] = self.answered(data, file)
        return self._answered_samples[file]

    def answered(self, data: bytes, name: str) -> Upload:
        """Decode a file and have all variants answer. Raises PictureError when it is refused."""
        started = time.perf_counter()
        picture = decode(data, name)
        decode_ms = (time.perf_counter() - started) * 1000
        return Upload(picture, self.workbench.answer(picture, {"decode": decode_ms}))


def load_context(
    variant_folders: Sequence[Path],
    *,
    detector_path: Path = DEFAULT_DETECTOR,
    data_dir: Path | None = None,
) -> AppContext:
    """Read the variants now, load their networks in a background thread.

    Raises VariantError at once for a folder that is none, or when two variants share a name; a network that
    cannot be loaded is raised by `AppContext.workbench`.
    """
    variants: dict[str, Variant] = {}
    for folder in variant_folders:
        variant = read_variant(folder)
        if variant.name in variants:
            raise VariantError(
                f"Two variants are named '{variant.name}': {variants[variant.name].folder} and {folder}."
            )
        variants[variant.name] = variant
    if not variants:
        raise VariantError("The dashboard needs at least one variant folder. Received: none.")
    return AppContext(variants, _loading(list(variant_folders), detector_path), data_dir, detector_path)


def _loading(variant_folders: list[Path], detector_path: Path) -> "Future[Workbench]":
    served: Future[Workbench] = Future()

    def load() -> None:
        try:
            workbench = Workbench(variant_folders, detector_path)
            workbench.warm_up()
        except Exception as error:
            served.set_exception(error)
        else:
            served.set_result(workbench)

    threading.Thread(target=load, name="load-networks", daemon=True).start()
    return served


def current_context() -> AppContext:
    """The context of the app that is answering the present request."""
    return flask.current_app.extensions[EXTENSION]

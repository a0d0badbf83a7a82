"""Variant folders -> everything that the pages show, one object for the whole server.

A room of its own because pages must not know how things are loaded: the app answers at once while the
networks of the first two variants warm up in a background thread, and a page that needs them asks for
`context.workbench` and waits. Any further network is loaded when it is first asked for.
"""

import logging
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import flask
import numpy as np
import pandas as pd

from dashboard.pictures.labelled import TestPictures
from dashboard.pictures.samples import Sample, shipped_samples
from dashboard.pictures.uploads import Upload, Uploads
from dashboard.pictures.utkface import DataPictures
from dataset.paths import default_cache_dir
from evaluation.runs import Run, is_complete, named, run_folders, runs_in
from faces.answer import Predictor
from faces.detection import DEFAULT_DETECTOR
from faces.errors import PictureExpired, ProjectError, VariantError
from faces.files import sha256_of
from faces.networks import Network
from faces.variants import FACE, Variant, read_variant

EXTENSION = "workbench"  # under this name the context hangs on the Flask server
SAMPLE_PREFIX = "sample:"  # the key of a shipped picture is this and its file name; of an upload, its token
TEST_PREFIX = "test:"  # and of a picture of the evaluation sets, where --data-dir is given
SHOWN_AT_ONCE = 2  # variants; pages compare two
MEASURED_RUNS = 5

log = logging.getLogger(__name__)


@dataclass
class AppContext:
    """What `create_app` is given. `served` is the workbench, or the promise of one still warming up."""

    variants: dict[str, Variant]  # by name, in the order in which they were given
    served: "Future[Predictor]"
    data_dir: Path | None = None
    detector_path: Path = DEFAULT_DETECTOR
    uploads: Uploads = field(default_factory=Uploads)
    samples: dict[str, Sample] = field(default_factory=lambda: {one.file: one for one in shipped_samples()})
    found: frozenset[str] = frozenset()  # names of variants that nobody gave: they lay under `runs_folder`
    runs_folder: Path | None = None
    ms_a_picture: dict[str, float] = field(default_factory=dict)  # of the networks that are loaded, by name
    _answered_samples: dict[str, Upload] = field(default_factory=dict, repr=False)
    _prediction: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def ready(self) -> bool:
        """Whether the networks are loaded and warm."""
        return self.served.done() and self.served.exception() is None

    @property
    def predictor(self) -> Predictor:
        """The networks. Waits for them; raises VariantError or DetectorError when they cannot be loaded."""
        return self.served.result()

    def network(self, name: str) -> Network:
        """The network of a variant, loaded if it is asked for the first time. Raises VariantError."""
        predictor = self.predictor
        with self._prediction:
            if name not in predictor.networks:
                predictor.add(self.variants[name])
                self.ms_a_picture[name] = _ms_a_picture(predictor.networks[name])
        return predictor.networks[name]

    @property
    def variant_folders(self) -> list[Path]:
        """The folders that hold the variants' networks, each once: of a pair, both."""
        return list(
            dict.fromkeys(one.folder for variant in self.variants.values() for one in variant.networks)
        )

    @property
    def given(self) -> list[str]:
        """Names of the variants that the server was told to serve."""
        return [name for name in self.variants if name not in self.found]

    @property
    def first_variants(self) -> tuple[str, ...]:
        """Names of the variants that pages show unless they are told otherwise."""
        return tuple(self.variants)[:SHOWN_AT_ONCE]

    def face_variants(self, names: Sequence[str]) -> list[str]:
        """Those of these variants that look at one face at a time."""
        return [name for name in names if self.variants[name].input_mode == FACE]

    def whole_picture_variants(self, names: Sequence[str]) -> list[str]:
        """Those of these variants that look at the whole picture."""
        return [name for name in names if self.variants[name].input_mode != FACE]

    @cached_property
    def predictions(self) -> pd.DataFrame:
        """The predictions tables of all variants, under the names of this server.

        Raises TableError when the table of a given variant belongs to another network; a found one is then
        left out.
        """
        from evaluation.predictions import (
            read_predictions,  # brings pyarrow: only the pages that need it wait
        )

        tables = []
        for name, variant in self.variants.items():
            try:
                table = read_predictions([variant.folder], self.detector_path)
            except ProjectError as error:
                if name not in self.found:
                    raise
                log.warning("Metrics go without %s: %s", name, error)
            else:
                tables.append(table.assign(variant=name))
        with_rows = [table for table in tables if len(table)]
        return pd.concat(with_rows or tables[:1], ignore_index=True)

    def runs(self) -> list[Run]:
        """All trainings as they are now: those of the variants, then the others under `runs_folder`."""
        return runs_in([*self.variant_folders, *([self.runs_folder] if self.runs_folder else [])])

    @cached_property
    def data_pictures(self) -> DataPictures:
        """What is known about UTKFace, with its pictures where there is a data folder."""
        return DataPictures(self.data_dir, default_cache_dir())

    @cached_property
    def robustness(self) -> pd.DataFrame:
        """The robustness tables of all variants; no rows where none was measured.

        Raises TableError when one belongs to another network.
        """
        from evaluation.reports.robustness import read_robustness

        return read_robustness(self.variant_folders, self.detector_path)

    @cached_property
    def test_pictures(self) -> TestPictures:
        """The labelled pictures that may be looked at; none without a data folder."""
        return TestPictures(self.data_dir)

    def upload(self, key: str, names: Sequence[str] | None = None) -> Upload:
        """The picture under a key with its answer: a token, or "sample:" or "test:" and a file name.

        The answer is that of the variants of these names, or of all given ones. Raises PictureExpired when
        the picture was forgotten, or when there is no such sample or test picture, and VariantError.
        """
        return self._completed(self._remembered(key), names)

    def answered(self, data: bytes, name: str, names: Sequence[str] | None = None) -> Upload:
        """Decode a file and have variants answer as in `upload`. Raises PictureError when it is refused."""
        picture, answer = self.predictor.answer_bytes(data, name, names=())
        return self._completed(Upload(picture, answer), names)

    def _completed(self, upload: Upload, names: Sequence[str] | None) -> Upload:
        """The picture with what the variants of these names say; who was not asked yet is asked now."""
        names = self.given if names is None else names
        for name in names:
            self.network(name)
        with self._prediction:
            for name in names:
                upload.answer = self.predictor.add_predictions(name, upload.picture, upload.answer)
            return Upload(upload.picture, upload.answer.of(names))

    def _remembered(self, key: str) -> Upload:
        if key.startswith(TEST_PREFIX):
            return self.test_pictures.answered(key.removeprefix(TEST_PREFIX), self._unasked)
        if not key.startswith(SAMPLE_PREFIX):
            return self.uploads.upload(key)
        file = key.removeprefix(SAMPLE_PREFIX)
        if file not in self.samples:
            raise PictureExpired(f"There is no sample picture '{file[:80]}'. Please choose another one.")
        if file not in self._answered_samples:
            self._answered_samples[file] = self._unasked(self.samples[file].path.read_bytes(), file)
        return self._answered_samples[file]

    def _unasked(self, data: bytes, name: str) -> Upload:
        return self.answered(data, name, names=())


def load_context(
    variant_folders: Sequence[Path],
    *,
    detector_path: Path = DEFAULT_DETECTOR,
    data_dir: Path | None = None,
    runs_folder: Path | None = None,
    serve_runs: bool = False,
) -> AppContext:
    """Read the variants now, load the networks of the first two in a background thread.

    Of two variants with one name the later is named after its folder. With `serve_runs` every complete run
    under `runs_folder` is served as well; one that cannot be is logged and left out. Raises VariantError at
    once for a given folder that is none; a network that cannot be loaded is raised by `AppContext.workbench`.
    """
    variants: dict[str, Variant] = {}
    for folder in {folder.resolve(): folder for folder in variant_folders}.values():
        _add(read_variant(folder), variants)
    given = list(variants)
    if serve_runs and runs_folder is not None:
        for folder in run_folders([runs_folder]):
            if is_complete(folder):
                try:
                    _add(_whole_variant(folder), variants)
                except ProjectError as error:
                    log.warning("%s is not served: %s", folder, error)
    if not variants:
        raise VariantError("The dashboard needs at least one variant folder. Received: none.")
    ms_a_picture: dict[str, float] = {}
    return AppContext(
        variants,
        _loading(list(variants.values())[:SHOWN_AT_ONCE], detector_path, ms_a_picture),
        data_dir,
        detector_path,
        found=frozenset(variants) - frozenset(given),
        runs_folder=runs_folder,
        ms_a_picture=ms_a_picture,
    )


def _ms_a_picture(network: Network) -> float:
    """The median time that a network takes to read one frame, framing and detection left out."""
    variant = network.variant
    crop = np.full((1, variant.input_px, variant.input_px, 3), 127, np.uint8)
    times = []
    for _ in range(MEASURED_RUNS):
        started = time.perf_counter()
        network.predictions(crop)
        times.append((time.perf_counter() - started) * 1000)
    return float(np.median(times))


def _add(variant: Variant, variants: dict[str, Variant]) -> None:
    name = named(variant.name, variant.folder, list(variants))
    variants[name] = replace(variant, name=name)


def _whole_variant(folder: Path) -> Variant:
    """A variant whose network is the one that it describes. Raises VariantError."""
    variant = read_variant(folder)
    if sha256_of(variant.network_path) != variant.network_sha256:
        raise VariantError(f"{variant.network_path} is not the network that variant.toml describes.")
    return variant


def _loading(
    variants: Sequence[Variant], detector_path: Path, ms_a_picture: dict[str, float]
) -> "Future[Predictor]":
    """The promise of a warm workbench; `ms_a_picture` is filled right after it is kept."""
    served: Future[Predictor] = Future()

    def load() -> None:
        try:
            predictor = Predictor([], detector_path)
            for variant in variants:
                predictor.add(variant)
            predictor.warm_up()
        except Exception as error:
            served.set_exception(error)
        else:
            served.set_result(predictor)
            for name, network in predictor.networks.copy().items():
                ms_a_picture[name] = _ms_a_picture(network)

    threading.Thread(target=load, name="load-networks", daemon=True).start()
    return served


def current_context() -> AppContext:
    """The context of the app that is answering the present request."""
    return flask.current_app.extensions[EXTENSION]

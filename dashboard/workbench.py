"""Variant folders -> their networks, loaded, warm and timed; pictures -> their answers.

The first two variants are loaded in a background thread, so that pages are served at once; any further
network is loaded when it is first asked for.
"""

import logging
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import numpy as np

from dashboard.pictures.uploads import PictureFile, Upload
from evaluation.runs import is_complete, named, run_folders
from faces.answer import Predictor
from faces.boxes import Square
from faces.detection import DEFAULT_DETECTOR
from faces.errors import ProjectError, VariantError
from faces.files import sha256_of
from faces.networks import Network
from faces.pictures import Picture
from faces.predictions import Prediction
from faces.variants import FACE, Variant, read_variant

SHOWN_AT_ONCE = 2  # variants; pages compare two
TIMED_RUNS = 5

log = logging.getLogger(__name__)


class Workbench:
    """The networks of the served variants. Safe for several threads.

    `variants` come in the order in which they were given; `found` are the names of those that nobody gave:
    they lay under the folder of runs. `ms_a_picture` is filled as networks are loaded.
    """

    def __init__(
        self,
        variants: Mapping[str, Variant],
        detector_path: Path = DEFAULT_DETECTOR,
        *,
        run_names: Collection[str] = (),
    ) -> None:
        self.variants = dict(variants)
        self.run_names = frozenset(run_names)
        self.ms_a_picture: dict[str, float] = {}
        self._detector_path = detector_path
        self._loading = threading.Lock()
        self._predictor: Future[Predictor] = Future()
        # No daemon: ONNX Runtime aborts an interpreter that ends while a network is loaded (exit code 134).
        threading.Thread(target=self._load, name="load-networks").start()

    @property
    def ready(self) -> bool:
        """Whether the networks are loaded and warm."""
        return self._predictor.done() and self._predictor.exception() is None

    @property
    def predictor(self) -> Predictor:
        """The networks. Waits for them; raises VariantError or DetectorError when they cannot be loaded."""
        return self._predictor.result()

    @property
    def given(self) -> list[str]:
        """Names of the variants that the server was started with."""
        return [name for name in self.variants if name not in self.run_names]

    @property
    def first_variants(self) -> tuple[str, ...]:
        """Names of the variants that pages show by default."""
        return tuple(self.variants)[:SHOWN_AT_ONCE]

    def face_variants(self, names: Sequence[str]) -> list[str]:
        """Those of these variants whose input is one face."""
        return [name for name in names if self.variants[name].input_mode == FACE]

    def whole_picture_variants(self, names: Sequence[str]) -> list[str]:
        """Those of these variants whose input is the whole picture."""
        return [name for name in names if self.variants[name].input_mode != FACE]

    def network(self, name: str) -> Network:
        """The network of a variant, loaded if it is asked for the first time. Raises VariantError."""
        predictor = self.predictor
        with self._loading:
            if name not in predictor.networks:
                predictor.add(self.variants[name])
                self.ms_a_picture[name] = _ms_a_picture(predictor.networks[name])
        return predictor.networks[name]

    def answered(self, data: bytes, name: str, names: Sequence[str] | None = None) -> Upload:
        """Decode a file and answer it as `completed` does. Raises PictureError when it is refused.

        The upload holds its pixels until it is stored.
        """
        picture, answer = self.predictor.answer_bytes(data, name, names=())
        return self.completed(Upload(PictureFile(data, picture.name), answer, _picture=picture), names)

    def completed(self, upload: Upload, names: Sequence[str] | None = None) -> Upload:
        """The picture with the predictions of the variants of these names, or of all given ones.

        Predictions that the answer lacks are computed now and kept with the picture. Raises VariantError.
        """
        names = self.given if names is None else names
        for name in names:
            self.network(name)
        with upload.answering:
            for name in names:
                if not upload.answer.has(name):
                    upload.answer = self.predictor.add_predictions(name, upload.picture, upload.answer)
            return replace(upload, answer=upload.answer.of(names))

    def predict_square(
        self, name: str, picture: Picture, square: Square, turned_degrees: int = 0
    ) -> Prediction:
        """The prediction of one variant for the pixels under a square, turned back. Raises VariantError."""
        self.network(name)
        return self.predictor.predict_square(name, picture, square, turned_degrees)

    def _load(self) -> None:
        try:
            predictor = Predictor([], self._detector_path)
            for variant in list(self.variants.values())[:SHOWN_AT_ONCE]:
                predictor.add(variant)
            predictor.warm_up()
        except Exception as error:
            self._predictor.set_exception(error)
        else:
            self._predictor.set_result(predictor)
            for name, network in predictor.networks.copy().items():
                self.ms_a_picture[name] = _ms_a_picture(network)


def variants_in(
    folders: Sequence[Path], runs_folder: Path | None = None
) -> tuple[dict[str, Variant], frozenset[str]]:
    """The variants of these folders by name, then every complete run under `runs_folder`; names of the runs.

    Of two variants with one name the later is named after its folder. A run that cannot be served is logged
    and left out. Raises VariantError for a given folder that is none, and where there is no variant at all.
    """
    variants: dict[str, Variant] = {}
    for folder in {folder.resolve(): folder for folder in folders}.values():
        _add(read_variant(folder), variants)
    given = list(variants)
    for folder in run_folders([runs_folder]) if runs_folder else ():
        if is_complete(folder):
            try:
                _add(_whole_variant(folder), variants)
            except ProjectError as error:
                log.warning("%s is not served: %s", folder, error)
    if not variants:
        raise VariantError("The dashboard needs at least one variant folder. Received: none.")
    return variants, frozenset(variants) - frozenset(given)


def _add(variant: Variant, variants: dict[str, Variant]) -> None:
    name = named(variant.name, variant.folder, list(variants))
    variants[name] = replace(variant, name=name)


def _whole_variant(folder: Path) -> Variant:
    """Read a variant and check the hash of its network. Raises VariantError."""
    variant = read_variant(folder)
    if sha256_of(variant.network_path) != variant.network_sha256:
        raise VariantError(f"{variant.network_path} is not the network that variant.toml describes.")
    return variant


def _ms_a_picture(network: Network) -> float:
    """Median milliseconds of a prediction for one input, cropping and detection left out."""
    variant = network.variant
    crop = np.full((1, variant.input_px, variant.input_px, 3), 127, np.uint8)
    times = []
    for _ in range(TIMED_RUNS):
        started = time.perf_counter()
        network.predictions(crop)
        times.append((time.perf_counter() - started) * 1000)
    return float(np.median(times))

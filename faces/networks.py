"""Frames + network -> readings: an age with its 80 % interval and a gender probability for each frame.

A network may tell the age alone or the gender alone; a pair of such networks answers as one.

Served by ONNX Runtime. The graph reads one frame at a time (its gradient path needs a static batch), so a
picture with twenty faces is twenty runs. Calibration moves the interval and the gender probability, never
the age: the age is the expectation of the network's own distribution. It also says how probable a gender has
to be to be told: below that the answer is "uncertain".
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Gt, Le

from faces.errors import VariantError
from faces.files import sha256_of
from faces.graph_names import current_name
from faces.predictions import AGE, EVEN, GENDER, OUTPUTS, Prediction
from faces.sessions import onnx_session
from faces.toml import STRICT, checked, read_table, write_toml
from faces.variants import Variant

AGES = 101  # 0 to 100
CALIBRATION_TOML = "calibration.toml"
CALIBRATION_HEAD = """\
Written by `python -m evaluation calibrate`; not to be edited.
Below abstention_threshold the answer to a gender is "uncertain"."""
INTERVAL_QUANTILES = (0.1, 0.9)
ATTENTION = "attention_cxcys"  # (1, 3) where a network looks that does not read the whole frame
TENSORS = {AGE: "age_probabilities", GENDER: "female_probability"}  # as network.onnx calls them


@dataclass(frozen=True)
class FittedOn:
    """The pictures and the network of a calibration, and what it changed there.

    A figure of a head that the network lacks is None, as is `abstained_accuracy` where no gender is abstained
    from.
    """

    __pydantic_config__: ClassVar = STRICT

    set: str
    split: str
    count: Annotated[int, Ge(0)]
    split_sha256: str
    network_sha256: str
    coverage_before: float | None = None
    coverage_after: float | None = None
    gender_log_loss_before: float | None = None
    gender_log_loss_after: float | None = None
    answer_rate: float | None = None
    selective_accuracy: float | None = None
    abstained_accuracy: float | None = None


@dataclass(frozen=True)
class Calibration:
    """Fitted on validation: two temperatures, and the least probability with which a gender is predicted.

    A temperature above 1 widens the age distribution, moves genders to a half.
    """

    __pydantic_config__: ClassVar = STRICT

    age_temperature: Annotated[float, Gt(0)] = 1.0
    gender_temperature: Annotated[float, Gt(0)] = 1.0
    abstention_threshold: Annotated[float, Ge(0), Le(1)] = EVEN
    fitted_on: FittedOn | None = field(default=None, compare=False)


def read_calibration(folder: Path) -> Calibration:
    """`folder`/calibration.toml, or no calibration where there is none. Raises VariantError when broken."""
    path = folder / CALIBRATION_TOML
    if not path.exists():
        return Calibration()
    # Without a file nothing is calibrated; in one, a temperature that is absent is none.
    temperatures = {"age_temperature": None, "gender_temperature": None}
    return checked(temperatures | read_table(path, VariantError), Calibration, VariantError, path)


def write_calibration_toml(folder: Path, calibration: Calibration) -> None:
    """Write `folder`/calibration.toml whole."""
    write_toml(folder / CALIBRATION_TOML, calibration, head=CALIBRATION_HEAD)


def age_expectations(age_probabilities: np.ndarray) -> np.ndarray:
    """(n, 101) probabilities of the ages 0 to 100 -> (n,) expected ages in years."""
    return age_probabilities @ np.arange(age_probabilities.shape[1], dtype=np.float64)


def tempered(age_probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """(n, 101) probabilities with their logarithms divided by `temperature`, normalised again."""
    logits = np.log(np.maximum(age_probabilities.astype(np.float64), 1e-12)) / temperature
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def age_quantiles(age_probabilities: np.ndarray, quantiles: Sequence[float]) -> np.ndarray:
    """(n, 101) probabilities -> (n, len(quantiles)) ages in years.

    The mass of age k lies evenly between k - 0.5 and k + 0.5; ages below 0 are reported as 0.
    """
    cumulative = np.concatenate(
        [np.zeros((len(age_probabilities), 1)), np.cumsum(age_probabilities, axis=1)], axis=1
    )
    edges = np.arange(cumulative.shape[1]) - 0.5
    ages = [np.interp(quantiles, row / row[-1], edges) for row in cumulative]
    return np.maximum(np.array(ages).reshape(len(ages), len(quantiles)), 0.0)


def ages_and_intervals(age_probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """(n, 101) probabilities -> (n, 3) ages with the ends of their 80 % intervals, in years.

    The temperature moves the interval, never the age, and the interval always holds the age.
    """
    ages = age_expectations(age_probabilities)
    low, high = age_quantiles(tempered(age_probabilities, temperature), INTERVAL_QUANTILES).T
    return np.column_stack([ages, np.minimum(low, ages), np.maximum(high, ages)])


def tempered_probability(probability: np.ndarray | float, temperature: float) -> np.ndarray:
    """One probability, or (n,) of them, with the log odds divided by `temperature`."""
    clipped = np.clip(np.asarray(probability, np.float64), 1e-7, 1 - 1e-7)
    return 1 / (1 + np.exp(-np.log(clipped / (1 - clipped)) / temperature))


class Graph:
    """One network.onnx in ONNX Runtime. Raises VariantError where it is not the network of `variant`."""

    def __init__(self, variant: Variant, *, threads: int) -> None:
        path = variant.network_path
        if not path.is_file():
            raise VariantError(f"{variant.folder} has no network.onnx.")
        found = sha256_of(path)
        if found != variant.network_sha256:
            raise VariantError(
                f"{path} is not the network that variant.toml describes ({variant.network_sha256[:12]}). "
                f"Received: {found[:12]}."
            )
        try:
            self.session = onnx_session(path, threads)
        except Exception as error:  # ONNX Runtime's own errors share no base class
            raise VariantError(f"{path} cannot be loaded: {error}") from error
        # Today's name of each tensor -> its name in the file.
        self.tensors = {
            current_name(node.name): node.name
            for node in (*self.session.get_inputs(), *self.session.get_outputs())
        }
        names = [current_name(node.name) for node in self.session.get_outputs()]
        self.heads = tuple(output for output in OUTPUTS if TENSORS[output] in names)
        if not self.heads:
            raise VariantError(f"{path} tells neither age nor gender. Received: the outputs {names}.")
        self.has_attention = ATTENTION in names
        # The gradient path has inputs of its own; fed with zeros, none is computed.
        self.no_target = {
            node.name: np.zeros(node.shape, np.float32)
            for node in self.session.get_inputs()
            if current_name(node.name) != "inputs"
        }

    def outputs(self, crop: np.ndarray, told: Sequence[str]) -> list[np.ndarray]:
        """(px, px, 3) RGB 0-255 -> for each of `told` (some of OUTPUTS) (1, 101) or (1, 1) probabilities.

        A network that takes a glimpse adds its place, (1, 3).
        """
        fetches = [TENSORS[output] for output in told] + [ATTENTION] * self.has_attention
        return self.run(fetches, {"inputs": crop[None].astype(np.float32), **self.no_target})

    def run(self, fetches: Sequence[str], feed: Mapping[str, np.ndarray]) -> list[np.ndarray]:
        """Run the graph: today's tensor names in `fetches` and as keys of `feed` -> an array for each fetch."""
        named = {self.tensors[name]: value for name, value in feed.items()}
        return self.session.run([self.tensors[name] for name in fetches], named)


class Network:
    """The served network of one variant; of a pair both networks, which read the same frame.

    `tells` are those of OUTPUTS that it has. Raises VariantError where a network cannot be loaded, or where a
    pair lacks the age in its first or the gender in its second.
    """

    def __init__(self, variant: Variant, *, threads: int = 2) -> None:
        self.variant = variant
        by_folder = {one.folder: Graph(one, threads=threads) for one in variant.networks}
        graphs = {output: by_folder[variant.part_with_head(output).folder] for output in OUTPUTS}
        for output, graph in graphs.items():
            if variant.parts and output not in graph.heads:
                raise VariantError(
                    f"A pair takes the age from its first folder and the gender from its second, and "
                    f"{variant.part_with_head(output).folder} tells no {output}. Received: {variant.folder}."
                )
        self._graphs = {output: graph for output, graph in graphs.items() if output in graph.heads}
        self.heads = tuple(self._graphs)
        of_age, of_gender = (read_calibration(variant.part_with_head(output).folder) for output in OUTPUTS)
        self.calibration = replace(of_gender, age_temperature=of_age.age_temperature)

    def graph(self, output: str) -> Graph:
        """The network that tells one of OUTPUTS. Raises VariantError where none does."""
        if output not in self._graphs:
            raise VariantError(
                f"{self.variant.name} tells no {output}. Received: {' and '.join(self.heads)}."
            )
        return self._graphs[output]

    def outputs(self, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(n, px, px, 3) uint8 RGB -> (n, 101) age probabilities and (n,) female probabilities, float32.

        A face and its mirror image are one person: both are read, and the mean is the answer. What the
        network does not tell is NaN.
        """
        ages, female, _ = self._mean_outputs(inputs)
        return ages, female

    def _mean_outputs(self, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What `outputs` gives, and the places (n, 3) that the network looked at; NaN where in no glimpse."""
        places = np.full((len(inputs), 3), np.nan)
        said = {
            AGE: np.full((len(inputs), AGES), np.nan, np.float32),
            GENDER: np.full((len(inputs), 1), np.nan, np.float32),
        }
        for graph in dict.fromkeys(self._graphs.values()):
            told = [output for output, teller in self._graphs.items() if teller is graph]
            for row, crop in enumerate(inputs):
                views = [graph.outputs(view, told) for view in (crop, crop[:, ::-1])]
                for output, seen, mirrored in zip(told, *views, strict=False):
                    said[output][row] = (seen[0] + mirrored[0]) / 2
                if graph.has_attention:
                    places[row] = views[0][-1][0]
        return said[AGE], said[GENDER][:, 0], places

    def predictions(self, inputs: np.ndarray, input_source: str = "face") -> list[Prediction]:
        """(n, px, px, 3) uint8 RGB -> n readings, calibrated."""
        if not len(inputs):
            return []
        probabilities, female, places = self._mean_outputs(inputs)
        predictions = predictions_from(probabilities, female, self.calibration, input_source)
        return [
            prediction if np.isnan(place[0]) else replace(prediction, attention_cxcys=tuple(place.tolist()))
            for prediction, place in zip(predictions, places, strict=True)
        ]


def predictions_from(
    age_probabilities: np.ndarray, female: np.ndarray, calibration: Calibration, input_source: str = "face"
) -> list[Prediction]:
    """(n, 101) and (n,) network outputs, NaN where not told -> n readings, calibrated."""
    ages = ages_and_intervals(age_probabilities, calibration.age_temperature)
    probabilities = tempered_probability(female, calibration.gender_temperature)
    return [
        Prediction(
            _or_none(age),
            _or_none(low),
            _or_none(high),
            _or_none(probability),
            input_source,
            calibration.abstention_threshold,
        )
        for (age, low, high), probability in zip(ages.tolist(), probabilities.tolist(), strict=True)
    ]


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else value

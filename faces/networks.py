"""Inputs + network -> predictions: an age with its 80 % interval and a gender probability for each input.

A network has an age head, a gender head or both; a composite variant takes each from another network.

Served by ONNX Runtime. The graph takes one input at a time (its gradient path needs a static batch), so a
picture with twenty faces is twenty runs. Calibration changes the interval and the gender probability, never
the age: the age is the expectation of the network's own distribution. Below the abstention threshold, also
calibrated, the gender is "uncertain".
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from faces.boxes import Square
from faces.calibration import Calibration, read_calibration
from faces.errors import VariantError
from faces.files import sha256_of
from faces.graph_names import current_name
from faces.predictions import AGE, AGES, GENDER, OUTPUTS, Prediction
from faces.sessions import onnx_session, outputs_of
from faces.variants import VARIANT_TOML, Variant

INTERVAL_QUANTILES = (0.1, 0.9)
ATTENTION = "attention_cxcys"  # (1, 3) attention crop in its input, of a network that has one
TENSORS = {AGE: "age_probabilities", GENDER: "female_probability"}  # as network.onnx calls them


def age_expectations(age_probabilities: np.ndarray) -> np.ndarray:
    """(n, 101) probabilities of the ages 0 to 100 -> (n,) expected ages in years."""
    return age_probabilities @ np.arange(age_probabilities.shape[1], dtype=np.float64)


def tempered(age_probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """(n, 101) probabilities with their logarithms divided by `temperature`, normalised again (Guo 2017)."""
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

    The temperature changes the interval, never the age, and the interval always contains the age.
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
        sha256 = sha256_of(path)
        if sha256 != variant.network_sha256:
            raise VariantError(
                f"{path} is not the network that variant.toml describes ({variant.network_sha256[:12]}). "
                f"Received: {sha256[:12]}."
            )
        try:
            self.session = onnx_session(path, threads)
        except Exception as error:  # ONNX Runtime's own errors share no base class
            raise VariantError(f"{path} cannot be loaded: {error}") from error
        # Name of each tensor in the code -> its name in the file.
        self.tensors = {
            current_name(node.name): node.name
            for node in (*self.session.get_inputs(), *self.session.get_outputs())
        }
        shapes = {current_name(node.name): list(node.shape) for node in self.session.get_inputs()}
        shape = shapes.get("inputs", [])
        if shape[1:] != [variant.input_px, variant.input_px, 3]:
            raise VariantError(
                f"{variant.folder / VARIANT_TOML}: input_px: The network takes inputs of {_sides(shape)}. "
                f"Received: {variant.input_px}."
            )
        names = [current_name(node.name) for node in self.session.get_outputs()]
        self.heads = tuple(output for output in OUTPUTS if TENSORS[output] in names)
        if not self.heads:
            raise VariantError(f"{path} has neither an age nor a gender head. Received: the outputs {names}.")
        self.has_attention = ATTENTION in names
        # Further inputs belong to the gradient path; fed with zeros, no gradient is computed.
        self.no_target = {
            name: np.zeros(node.shape, np.float32)
            for node in self.session.get_inputs()
            if (name := current_name(node.name)) != "inputs"
        }

    def outputs(self, crop: np.ndarray, heads: Sequence[str]) -> list[np.ndarray]:
        """(px, px, 3) RGB 0-255 -> for each of `heads` (some of OUTPUTS) (1, 101) or (1, 1) probabilities.

        A network with an attention crop adds that, (1, 3) cxcys.
        """
        fetches = [TENSORS[output] for output in heads] + [ATTENTION] * self.has_attention
        return self.run(fetches, {"inputs": crop[None].astype(np.float32), **self.no_target})

    def run(self, fetches: Sequence[str], feed: Mapping[str, np.ndarray]) -> list[np.ndarray]:
        """Run the graph; `fetches` and the keys of `feed` are tensor names of the code. An array a fetch."""
        named = {self.tensors[name]: value for name, value in feed.items()}
        return outputs_of(self.session, [self.tensors[name] for name in fetches], named)


class Network:
    """The served network of one variant; of a composite variant both networks, which share one input.

    `heads` are those of OUTPUTS that it has. Raises VariantError where a network cannot be loaded, or where
    the first part of a composite variant has no age head or the second no gender head.
    """

    def __init__(self, variant: Variant, *, threads: int = 2) -> None:
        self.variant = variant
        by_folder = {network.folder: Graph(network, threads=threads) for network in variant.networks}
        graphs = {output: by_folder[variant.part_with_head(output).folder] for output in OUTPUTS}
        for output, graph in graphs.items():
            if variant.parts and output not in graph.heads:
                raise VariantError(
                    "A composite variant takes the age from its first folder and the gender from its second: "
                    f"{variant.part_with_head(output).folder} has no {output} head. "
                    f"Received: {variant.folder}."
                )
        self._graphs = {output: graph for output, graph in graphs.items() if output in graph.heads}
        self.heads = tuple(self._graphs)
        of_age, of_gender = (read_calibration(variant.part_with_head(output).folder) for output in OUTPUTS)
        self.calibration = replace(of_gender, age_temperature=of_age.age_temperature)

    def graph(self, output: str) -> Graph:
        """The network with the head of one of OUTPUTS. Raises VariantError where there is none."""
        if output not in self._graphs:
            raise VariantError(
                f"{self.variant.name} has no {output} head. Received: {' and '.join(self.heads)}."
            )
        return self._graphs[output]

    def outputs(self, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(n, px, px, 3) uint8 RGB -> (n, 101) age probabilities and (n,) female probabilities, float32.

        The mean over an input and its mirror image, which show one person. NaN where there is no head.
        """
        ages, female, _ = self._mean_outputs(inputs)
        return ages, female

    def _mean_outputs(self, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The arrays of `outputs`, and (n, 3) attention crops as cxcys; NaN where the network has none."""
        attention_cxcys = np.full((len(inputs), 3), np.nan)
        means = {
            AGE: np.full((len(inputs), AGES), np.nan, np.float32),
            GENDER: np.full((len(inputs), 1), np.nan, np.float32),
        }
        for graph in dict.fromkeys(self._graphs.values()):
            heads = [output for output, owner in self._graphs.items() if owner is graph]
            for row, crop in enumerate(inputs):
                views = [graph.outputs(view, heads) for view in (crop, crop[:, ::-1])]
                for output, upright, mirrored in zip(heads, *views, strict=False):
                    means[output][row] = (upright[0] + mirrored[0]) / 2
                if graph.has_attention:
                    attention_cxcys[row] = views[0][-1][0]
        return means[AGE], means[GENDER][:, 0], attention_cxcys

    def predictions(
        self, inputs: np.ndarray, input_source: str = "face", squares: Sequence[Square] | None = None
    ) -> list[Prediction]:
        """(n, px, px, 3) uint8 RGB -> n predictions, calibrated.

        `squares` are those of the inputs in their picture; without them no `attended_xyxy` is known.
        """
        if not len(inputs):
            return []
        probabilities, female, attention_cxcys = self._mean_outputs(inputs)
        predictions = predictions_from(probabilities, female, self.calibration, input_source)
        if squares is None:
            return predictions
        return [
            prediction if math.isnan(cxcys[0]) else replace(prediction, attended_xyxy=square.part(cxcys).xyxy)
            for prediction, square, cxcys in zip(predictions, squares, attention_cxcys.tolist(), strict=True)
        ]


def predictions_from(
    age_probabilities: np.ndarray, female: np.ndarray, calibration: Calibration, input_source: str = "face"
) -> list[Prediction]:
    """(n, 101) and (n,) network outputs, NaN without the head -> n predictions, calibrated."""
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


def _sides(shape: Sequence[int | str]) -> str:
    """(1, 160, 160, 3) -> "160 × 160 × 3"."""
    return " × ".join(map(str, shape[1:])) or "another name"


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else value

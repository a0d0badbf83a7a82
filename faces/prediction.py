"""Frames + network -> readings: an age with its 80 % interval and a gender probability for each frame.

Served by ONNX Runtime. The graph reads one frame at a time (its gradient path needs a static batch), so a
picture with twenty faces is twenty runs. Calibration moves the interval and the gender probability, never
the age: the age is the expectation of the network's own distribution. It also says how probable a gender has
to be to be told: below that the answer is "uncertain".
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from faces.errors import VariantError
from faces.files import sha256_of
from faces.readings import EVEN, Reading
from faces.sessions import quiet_session
from faces.variants import Variant

INTERVAL_QUANTILES = (0.1, 0.9)


@dataclass(frozen=True)
class Calibration:
    """Fitted on validation: two temperatures, and the least probability with which a gender is told.

    A temperature above 1 widens the age distribution, moves genders to a half.
    """

    age_temperature: float = 1.0
    gender_temperature: float = 1.0
    least_gender_probability: float = EVEN


def read_calibration(folder: Path) -> Calibration:
    """`folder`/calibration.toml, or no calibration where there is none. Raises VariantError when broken."""
    path = folder / "calibration.toml"
    if not path.exists():
        return Calibration()
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        return Calibration(
            float(table["age_temperature"]),
            float(table["gender_temperature"]),
            float(table.get("least_gender_probability", EVEN)),
        )
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise VariantError(f"{path} cannot be read: {error!r}") from error


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


def tempered_probability(probability: np.ndarray | float, temperature: float) -> np.ndarray:
    """One probability, or (n,) of them, with the log odds divided by `temperature`."""
    clipped = np.clip(np.asarray(probability, np.float64), 1e-7, 1 - 1e-7)
    return 1 / (1 + np.exp(-np.log(clipped / (1 - clipped)) / temperature))


class Network:
    """The served network of one variant."""

    def __init__(self, variant: Variant, *, threads: int = 2) -> None:
        if not variant.network_path.is_file():
            raise VariantError(f"{variant.folder} has no network.onnx.")
        found = sha256_of(variant.network_path)
        if found != variant.network_sha256:
            raise VariantError(
                f"{variant.network_path} is not the network that variant.toml describes "
                f"({variant.network_sha256[:12]}). Received: {found[:12]}."
            )
        self.variant = variant
        self.calibration = read_calibration(variant.folder)
        try:
            self.session = quiet_session(variant.network_path, threads)
        except Exception as error:  # ONNX Runtime's own errors share no base class
            raise VariantError(f"{variant.network_path} cannot be loaded: {error}") from error
        # The gradient path has inputs of its own; a prediction feeds them zeros, and the graph leaves it out.
        self._unused_inputs = {
            node.name: np.zeros(node.shape, np.float32)
            for node in self.session.get_inputs()
            if node.name != "frames"
        }

    def outputs(self, frames: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(n, px, px, 3) uint8 RGB -> (n, 101) age probabilities and (n,) female probabilities, float32.

        A face and its mirror image are one person: both are read, and the mean is the answer.
        """
        ages = np.zeros((len(frames), 101), np.float32)
        female = np.zeros(len(frames), np.float32)
        for row, frame in enumerate(frames):
            for view in (frame, frame[:, ::-1]):
                feed = {"frames": view[None].astype(np.float32), **self._unused_inputs}
                probabilities, probability = self.session.run(
                    ["age_probabilities", "female_probability"], feed
                )
                ages[row] += probabilities[0] / 2
                female[row] += probability.reshape(-1)[0] / 2
        return ages, female

    def readings(self, frames: np.ndarray, framed_from: str = "face") -> list[Reading]:
        """(n, px, px, 3) uint8 RGB -> n readings, calibrated."""
        if not len(frames):
            return []
        probabilities, female = self.outputs(frames)
        return readings_from(probabilities, female, self.calibration, framed_from)


def readings_from(
    age_probabilities: np.ndarray, female: np.ndarray, calibration: Calibration, framed_from: str = "face"
) -> list[Reading]:
    """(n, 101) and (n,) network outputs -> n readings, calibrated."""
    expectations = age_expectations(age_probabilities)
    intervals = age_quantiles(tempered(age_probabilities, calibration.age_temperature), INTERVAL_QUANTILES)
    probabilities = tempered_probability(female, calibration.gender_temperature)
    return [
        Reading(
            age_years=float(age),
            age_low=float(min(low, age)),
            age_high=float(max(high, age)),
            female_probability=float(probability),
            framed_from=framed_from,
            least_gender_probability=calibration.least_gender_probability,
        )
        for age, (low, high), probability in zip(expectations, intervals, probabilities, strict=True)
    ]

"""Raw outputs on validation -> temperatures and the rule for telling a gender, in `calibration.toml`.

A room of its own because it is the only fit after training. The age temperature is chosen so that the 80 %
interval holds 80 % of the true ages; it moves the interval alone, never the age. The gender temperature
minimises the negative log likelihood (Guo et al., On Calibration of Modern Neural Networks, 2017). A gender
is told from the probability on under which the answers would be hardly better than guesses.
"""

import math
import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import minimize_scalar
from sklearn.metrics import log_loss

from dataset.sets import CHIPS
from dataset.splits import split_sha256
from dataset.tables import UNREADABLE
from evaluation.outputs import RawOutputs, raw_outputs
from evaluation.samples import scored_pictures
from evaluation.told_genders import least_probability_for, likelier_probability
from faces.detection import Detector
from faces.errors import VariantError
from faces.files import whole_file
from faces.prediction import Calibration, Network, readings_from, tempered_probability
from faces.readings import EVEN
from faces.variants import Variant

WANTED_COVERAGE = 0.8
TEMPERATURES = (0.2, 5.0)
STEPS = 24  # halvings of the bracket: far below what one picture can move


@dataclass(frozen=True)
class Fit:
    """A calibration with what it was fitted on and what it changed."""

    calibration: Calibration
    count: int
    coverage_before: float
    coverage_after: float
    log_loss_before: float
    log_loss_after: float
    told_share: float  # of the genders, under the rule
    told_right: float  # share of the told ones
    withheld_right: float  # share of the others that would have been right; NaN where every gender is told


def fitted(outputs: RawOutputs, age_years: np.ndarray, female: np.ndarray) -> Fit:
    """Fit temperatures and rule on n readable pictures; `age_years` (n,) years, `female` (n,) 0 or 1."""
    age_temperature = age_temperature_for(outputs.age_probabilities, age_years)
    gender_temperature = gender_temperature_for(outputs.female_probability, female)
    probabilities = outputs.female_probability
    calibrated = tempered_probability(probabilities, gender_temperature)
    least = least_probability_for(calibrated, female)
    right, told = (calibrated >= EVEN) == (female == 1), likelier_probability(calibrated) >= least
    return Fit(
        Calibration(round(age_temperature, 4), round(gender_temperature, 4), least),
        len(age_years),
        coverage(outputs.age_probabilities, age_years, 1.0),
        coverage(outputs.age_probabilities, age_years, age_temperature),
        log_loss(female, tempered_probability(probabilities, 1.0)),
        log_loss(female, calibrated),
        float(told.mean()),
        float(right[told].mean()),
        float(right[~told].mean()) if not told.all() else math.nan,
    )


def age_temperature_for(age_probabilities: np.ndarray, age_years: np.ndarray) -> float:
    """The temperature at which 80 % of the intervals hold the true age; coverage grows with it: bisection."""
    low, high = TEMPERATURES
    for _ in range(STEPS):
        middle = math.sqrt(low * high)
        if coverage(age_probabilities, age_years, middle) < WANTED_COVERAGE:
            low = middle
        else:
            high = middle
    return math.sqrt(low * high)


def gender_temperature_for(female_probability: np.ndarray, female: np.ndarray) -> float:
    """The temperature with the smallest negative log likelihood."""
    best = minimize_scalar(
        lambda logarithm: log_loss(female, tempered_probability(female_probability, math.exp(logarithm))),
        bounds=tuple(math.log(edge) for edge in TEMPERATURES),
        method="bounded",
    )
    return math.exp(best.x)


def coverage(age_probabilities: np.ndarray, age_years: np.ndarray, temperature: float) -> float:
    """Share of the 80 % intervals, as they are served, that hold the true age."""
    genders = np.full(len(age_years), 0.5, np.float32)
    readings = readings_from(age_probabilities, genders, Calibration(age_temperature=temperature))
    held = [one.age_low <= true <= one.age_high for one, true in zip(readings, age_years, strict=True)]
    return float(np.mean(held))


def write_calibrations(
    networks: list[Network], detector: Detector, data_dir: Path, cache_dir: Path
) -> dict[str, Fit]:
    """Fit every variant on the validation split of `chips` and write its calibration.toml; fits by name."""
    pictures = scored_pictures(CHIPS, data_dir, cache_dir)
    outputs = raw_outputs(pictures, networks, detector, cache_dir, title=CHIPS)
    fits = {}
    for network in networks:
        one = outputs[network.variant.name]
        chosen = ((pictures.split == "validation") & (one.boxes.status != UNREADABLE)).to_numpy()
        labels = pictures[chosen]
        fit = fitted(one.rows(chosen), labels.age_years.to_numpy(), labels.gender.to_numpy())
        write_calibration(network.variant, fit)
        fits[network.variant.name] = fit
    return fits


def write_calibration(variant: Variant, fit: Fit) -> None:
    """Write `calibration.toml` whole, with what it was fitted on."""
    text = f"""\
# Written by `python -m evaluation calibrate`; not to be edited.
age_temperature = {fit.calibration.age_temperature}
gender_temperature = {fit.calibration.gender_temperature}
# A gender is told from this probability on; below it the answer is "uncertain".
least_gender_probability = {fit.calibration.least_gender_probability}

[fitted_on]
set = "{CHIPS}"
split = "validation"
count = {fit.count}
split_sha256 = "{split_sha256()}"
network_sha256 = "{variant.network_sha256}"
coverage_before = {fit.coverage_before:.4f}
coverage_after = {fit.coverage_after:.4f}
gender_log_loss_before = {fit.log_loss_before:.4f}
gender_log_loss_after = {fit.log_loss_after:.4f}
genders_told = {fit.told_share:.4f}
genders_told_right = {fit.told_right:.4f}
genders_withheld_right = {fit.withheld_right:.4f}
"""
    with whole_file(variant.folder / "calibration.toml") as path:
        path.write_text(text, encoding="utf-8")


def refuse_stale_calibration(variant: Variant) -> None:
    """Raise VariantError where calibration.toml was fitted on another network than the variant's."""
    path = variant.folder / "calibration.toml"
    if not path.is_file():
        return
    told = tomllib.loads(path.read_text(encoding="utf-8")).get("fitted_on", {})
    fitted_sha256 = told.get("network_sha256", variant.network_sha256)
    if fitted_sha256 != variant.network_sha256:
        raise VariantError(
            f"{path} was fitted on another network than {variant.network_sha256[:12]}…: "
            f"run `python -m evaluation calibrate` first. Received: {fitted_sha256[:12]}…."
        )

"""Raw outputs on validation -> temperatures and the abstention threshold, in `calibration.toml`.

The only fit after training. The age temperature is chosen so that the 80 % interval holds 80 % of the true
ages; it moves the interval alone, never the age. The gender temperature minimises the negative log likelihood
(Guo et al., On Calibration of Modern Neural Networks, 2017). The abstention threshold is the probability
below which genders are expected to be hardly better than guesses.
"""

import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.optimize import minimize_scalar
from sklearn.metrics import log_loss

from dataset.labels import CHIPS, VALIDATION
from dataset.splits import split_sha256
from dataset.tables.columns import UNREADABLE
from evaluation.inference.outputs import RawOutputs, raw_outputs
from evaluation.inference.subsets import scored_pictures
from evaluation.metrics.abstention import abstention_threshold_for, likelier_probability
from evaluation.metrics.rows import predicted_female
from faces.calibration import (
    CALIBRATION_TOML,
    Calibration,
    FittedOn,
    read_calibration,
    write_calibration_toml,
)
from faces.detection import Detector
from faces.errors import VariantError
from faces.networks import Network, ages_and_intervals, tempered_probability
from faces.variants import Variant

WANTED_COVERAGE = 0.8
TEMPERATURES = (0.2, 5.0)
STEPS = 24  # halvings of the bracket: far below what one picture can move


@dataclass(frozen=True)
class AgeFit:
    """The age temperature, and the coverage of the 80 % intervals without and with it."""

    temperature: float
    coverage_before: float
    coverage_after: float


@dataclass(frozen=True)
class GenderFit:
    """The gender temperature and the abstention threshold, and what both change."""

    temperature: float
    abstention_threshold: float
    log_loss_before: float
    log_loss_after: float
    answer_rate: float  # fraction of genders that reach the threshold
    selective_accuracy: float  # of those
    abstained_accuracy: float  # of the others, had they been answered; NaN where there are none


@dataclass(frozen=True)
class Fit:
    """Fits on `count` pictures; None for a head that the network lacks."""

    count: int
    age: AgeFit | None
    gender: GenderFit | None

    @property
    def calibration(self) -> Calibration:
        """As it is served: what was not fitted stays as it is without a calibration."""
        of_age = Calibration(self.age.temperature) if self.age else Calibration()
        if self.gender is None:
            return of_age
        return Calibration(of_age.age_temperature, self.gender.temperature, self.gender.abstention_threshold)


def fitted(outputs: RawOutputs, age_years: np.ndarray, female: np.ndarray) -> Fit:
    """Fit temperatures and threshold on n readable pictures; `age_years` (n,), `female` (n,) 0 or 1."""
    has_age = not np.isnan(outputs.age_probabilities).any()
    has_gender = not np.isnan(outputs.female_probability).any()
    return Fit(
        len(age_years),
        _fitted_age(outputs.age_probabilities, age_years) if has_age else None,
        _fitted_gender(outputs.female_probability, female) if has_gender else None,
    )


def _fitted_age(age_probabilities: np.ndarray, age_years: np.ndarray) -> AgeFit:
    temperature = age_temperature_for(age_probabilities, age_years)
    return AgeFit(
        round(temperature, 4),
        coverage(age_probabilities, age_years, 1.0),
        coverage(age_probabilities, age_years, temperature),
    )


def _fitted_gender(female_probability: np.ndarray, female: np.ndarray) -> GenderFit:
    temperature = gender_temperature_for(female_probability, female)
    calibrated = tempered_probability(female_probability, temperature)
    threshold = abstention_threshold_for(calibrated)
    correct = predicted_female(calibrated) == (female == 1)
    answered = likelier_probability(calibrated) >= threshold
    return GenderFit(
        round(temperature, 4),
        threshold,
        log_loss(female, tempered_probability(female_probability, 1.0)),
        log_loss(female, calibrated),
        float(answered.mean()),
        float(correct[answered].mean()),
        float(correct[~answered].mean()) if not answered.all() else math.nan,
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
    """Fraction of the 80 % intervals, as they are served, that hold the true age."""
    _, low, high = ages_and_intervals(age_probabilities, temperature).T
    return float(((low <= age_years) & (age_years <= high)).mean())


def write_calibrations(
    networks: list[Network], detector: Detector, data_dir: Path, cache_dir: Path
) -> dict[str, Fit]:
    """Fit every variant on the validation split of `chips` and write its calibration.toml; fits by name."""
    pictures = scored_pictures(CHIPS, data_dir, cache_dir)
    outputs = raw_outputs(pictures, networks, detector, cache_dir, title=CHIPS)
    fits = {}
    for network in networks:
        of_network = outputs[network.variant.name]
        chosen = ((pictures.split == VALIDATION) & (of_network.boxes.status != UNREADABLE)).to_numpy()
        labels = pictures[chosen]
        fit = fitted(of_network.rows(chosen), labels.age_years.to_numpy(), labels.gender.to_numpy())
        write_calibration(network.variant, fit)
        fits[network.variant.name] = fit
    return fits


def write_calibration(variant: Variant, fit: Fit) -> None:
    """Write `calibration.toml` whole, with what it was fitted on; without figures of absent heads."""
    age, gender = fit.age, fit.gender
    fitted_on = FittedOn(CHIPS, VALIDATION, fit.count, split_sha256(), variant.network_sha256)
    if age:
        fitted_on = replace(
            fitted_on,
            coverage_before=round(age.coverage_before, 4),
            coverage_after=round(age.coverage_after, 4),
        )
    if gender:
        abstains = not math.isnan(gender.abstained_accuracy)
        fitted_on = replace(
            fitted_on,
            gender_log_loss_before=round(gender.log_loss_before, 4),
            gender_log_loss_after=round(gender.log_loss_after, 4),
            answer_rate=round(gender.answer_rate, 4),
            selective_accuracy=round(gender.selective_accuracy, 4),
            abstained_accuracy=round(gender.abstained_accuracy, 4) if abstains else None,
        )
    write_calibration_toml(variant.folder, replace(fit.calibration, fitted_on=fitted_on))


def refuse_stale_calibration(variant: Variant) -> None:
    """Raise VariantError where calibration.toml was fitted on another network than the variant's."""
    fitted_on = read_calibration(variant.folder).fitted_on
    if fitted_on is not None and fitted_on.network_sha256 != variant.network_sha256:
        raise VariantError(
            f"{variant.folder / CALIBRATION_TOML} was fitted on another network than "
            f"{variant.network_sha256[:12]}…: run `python -m evaluation calibrate` first. "
            f"Received: {fitted_on.network_sha256[:12]}…."
        )

"""Trained network + ages of its training + validation inputs -> the same network with adjusted age logits.

Label distributions of two years and averaged weights leave a network under-confident, and the many young
adults of a training set bias every age towards theirs. Both are corrected in the last layer, not in the
calibration, so that the point estimate, its interval and the saliency maps are of one distribution: logits
are divided by a temperature (Guo et al. 2017) and lowered by a fraction of the logarithm of the training
prior of each age (logit adjustment, Menon et al. 2021).
"""

from dataclasses import dataclass
from itertools import product

import keras
import numpy as np

from faces.networks import age_expectations
from faces.predictions import AGES
from recipes.recipe import AGE_PROBABILITIES
from training.pipeline import Labelled
from training.validation import outputs_of

TEMPERATURES = np.round(np.arange(0.5, 1.01, 0.05), 2)
PRIOR_FRACTIONS = np.round(np.arange(0, 0.51, 0.05), 2)
PRIOR_SIGMA_YEARS = 3.0
RAREST_FRACTION = 0.02  # of the prior of the commonest age: bounds how far a rare age is raised
FEWEST_IN_DECADE = 20
ALLOWED_FRACTION = 0.01  # by which the error may rise: a quarter of its 95 % interval on validation


@dataclass(frozen=True)
class LogitAdjustment:
    """Adjusted logits are logits / `temperature` - `prior_fraction` × log(prior)."""

    temperature: float = 1.0
    prior_fraction: float = 0.0


def adjust_logits(model: keras.Model, train_ages: np.ndarray, validation: Labelled) -> LogitAdjustment:
    """Choose the adjustment on exact validation ages, fold it into the last layer in place, and return it.

    Of all whose mean absolute error (years) is at most 1 % above that of the network as it is, the one with
    the smallest bias by true decade (mean of the absolute biases, decades of 20 pictures at least).
    `train_ages` (n,) in years are those of the training.
    """
    log_prior = np.log(age_prior(train_ages))
    known = validation.ages[:, 0] >= 0
    ages = validation.ages[known, 0]
    logits = np.log(np.maximum(outputs_of(model, validation)[AGE_PROBABILITIES][known], 1e-9))

    def errors(temperature: float, prior_fraction: float) -> np.ndarray:
        return _expected_ages(logits / temperature - prior_fraction * log_prior) - ages

    most_error = (1 + ALLOWED_FRACTION) * np.abs(errors(1.0, 0.0)).mean()
    best, least_bias = LogitAdjustment(), np.inf
    # From the mildest on: of equal biases the first stays.
    for temperature, fraction in product(TEMPERATURES[::-1], PRIOR_FRACTIONS):
        adjusted = errors(temperature, fraction)
        bias = _bias_by_decade(adjusted, ages)
        if np.abs(adjusted).mean() <= most_error and bias < least_bias:
            best, least_bias = LogitAdjustment(float(temperature), float(fraction)), bias
    layer = model.get_layer(AGE_PROBABILITIES)
    kernel, biases = layer.get_weights()
    layer.set_weights(
        [kernel / best.temperature, biases / best.temperature - best.prior_fraction * log_prior]
    )
    return best


def age_prior(ages: np.ndarray) -> np.ndarray:
    """Smoothed frequency of the ages 0 to 100: (101,), sums to 1, none below 2 % of the largest.

    `ages` (n,) in years are smoothed by a normal kernel of PRIOR_SIGMA_YEARS.
    """
    counts = np.bincount(np.clip(np.rint(ages), 0, AGES - 1).astype(int), minlength=AGES)
    years = np.arange(AGES)
    kernel = np.exp(-0.5 * ((years[:, None] - years) / PRIOR_SIGMA_YEARS) ** 2)
    prior = kernel @ counts / kernel.sum(axis=1)
    prior = np.maximum(prior, RAREST_FRACTION * prior.max())
    return prior / prior.sum()


def _bias_by_decade(errors: np.ndarray, ages: np.ndarray) -> float:
    """Mean absolute bias of the decades with FEWEST_IN_DECADE pictures; 0 where none has so many."""
    decades = (ages // 10).astype(int)
    large = [decade for decade in np.unique(decades) if (decades == decade).sum() >= FEWEST_IN_DECADE]
    return float(np.mean([abs(errors[decades == decade].mean()) for decade in large])) if large else 0.0


def _expected_ages(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return age_expectations(powers / powers.sum(axis=1, keepdims=True))

"""A trained network + the ages it saw + validation frames -> the same network, leaning less to the middle.

A room of its own because it is the one change after training. Label distributions of two years and averaged
weights leave a network less sure than it is right, and the many young adults of a training set draw every age
towards theirs. Both are mended in the last layer, not in the calibration, so that the point estimate, its
interval and the saliency maps speak of one distribution: logits are divided by a temperature (sharpening,
Guo et al. 2017) and lowered by a part of the logarithm of how often an age was seen (logit adjustment,
Menon et al. 2021).
"""

from dataclasses import dataclass
from itertools import product

import keras
import numpy as np

from recipes.recipe import AGE_PROBABILITIES
from training.networks.losses import AGES
from training.pipeline import Labelled
from training.validation import outputs_of

TEMPERATURES = np.round(np.arange(0.5, 1.01, 0.05), 2)
PRIOR_FRACTIONS = np.round(np.arange(0, 0.51, 0.05), 2)
PRIOR_SIGMA_YEARS = 3.0
RAREST_FRACTION = 0.02  # of the commonest age: what was hardly seen is not raised without end
FEWEST_IN_DECADE = 20
ALLOWED_FRACTION = 0.01  # of the error: a quarter of its 95 % interval on validation


@dataclass(frozen=True)
class LogitAdjustment:
    """The logits of the ages are divided by `temperature`, less `prior_fraction` × log of the prior."""

    temperature: float = 1.0
    prior_fraction: float = 0.0


def adjust_logits(model: keras.Model, seen_ages: np.ndarray, validation: Labelled) -> LogitAdjustment:
    """Choose the readout on exact validation ages, fold it into the last layer in place, and return it.

    Of all that err by 1 % more than the network as it is at most (mean absolute error, years), the one with
    the smallest bias by true decade (mean of the absolute biases, decades of 20 pictures at least).
    `seen_ages` (n,) in years are those of the training.
    """
    prior = age_prior(seen_ages)
    known = validation.ages[:, 0] >= 0
    ages = validation.ages[known, 0]
    probabilities = outputs_of(model, validation)[AGE_PROBABILITIES][known]
    logits = np.log(np.maximum(probabilities, 1e-9))
    best, least_bias, most_error = LogitAdjustment(), np.inf, np.inf
    for temperature, fraction in sorted(
        product(TEMPERATURES, PRIOR_FRACTIONS), key=lambda one: (-one[0], one[1])
    ):
        errors = _expected(logits / temperature - fraction * np.log(prior)) - ages
        if most_error == np.inf:  # the first is the network as it is
            most_error = (1 + ALLOWED_FRACTION) * np.abs(errors).mean()
        bias = _bias_by_decade(errors, ages)
        if np.abs(errors).mean() <= most_error and bias < least_bias:
            best, least_bias = LogitAdjustment(float(temperature), float(fraction)), bias
    layer = model.get_layer(AGE_PROBABILITIES)
    kernel, bias_weights = layer.get_weights()
    layer.set_weights(
        [kernel / best.temperature, bias_weights / best.temperature - best.prior_fraction * np.log(prior)]
    )
    return best


def age_prior(seen_ages: np.ndarray) -> np.ndarray:
    """How likely each age of 0-100 was in training: (101,), smoothed, none below 2 % of the likeliest."""
    counts = np.bincount(np.clip(np.rint(seen_ages), 0, AGES - 1).astype(int), minlength=AGES)
    years = np.arange(AGES)
    kernel = np.exp(-0.5 * ((years[:, None] - years) / PRIOR_SIGMA_YEARS) ** 2)
    prior = kernel @ counts / kernel.sum(axis=1)
    prior = np.maximum(prior, RAREST_FRACTION * prior.max())
    return prior / prior.sum()


def _bias_by_decade(errors: np.ndarray, ages: np.ndarray) -> float:
    decades = (ages // 10).astype(int)
    told = [one for one in np.unique(decades) if (decades == one).sum() >= FEWEST_IN_DECADE]
    return float(np.mean([abs(errors[decades == one].mean()) for one in told])) if told else 0.0


def _expected(logits: np.ndarray) -> np.ndarray:
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    return weights @ np.arange(AGES) / weights.sum(axis=1)

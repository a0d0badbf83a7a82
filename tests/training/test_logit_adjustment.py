"""Logit adjustment of the ages after a training."""

import keras
import numpy as np
import pytest

from faces.predictions import AGES
from recipes.recipe import AGE_PROBABILITIES
from training.logit_adjustment import LogitAdjustment, adjust_logits, age_prior
from training.pipeline import Labelled

YEARS = np.arange(AGES)
SEEN = np.concatenate([np.repeat(np.arange(20, 36), 60), YEARS])  # many young adults, one of each other age


def network_of_levels(width_years: float, prior: np.ndarray) -> keras.Model:
    """A network whose age is the input's level, with a deviation of `width_years` and a `prior`."""
    inputs = keras.Input((8, 8, 3), name="inputs")
    level = keras.layers.GlobalAveragePooling2D()(inputs)
    dense = keras.layers.Dense(AGES, "softmax", name=AGE_PROBABILITIES)
    network = keras.Model(inputs, {AGE_PROBABILITIES: dense(level)})
    precision = 1 / width_years**2
    dense.set_weights([np.tile(precision * YEARS / 3, (3, 1)), -0.5 * precision * YEARS**2 + np.log(prior)])
    return network


def inputs_of(ages: np.ndarray, labels: np.ndarray) -> Labelled:
    inputs = np.broadcast_to(ages[:, None, None, None], (len(ages), 8, 8, 3)).astype(np.uint8)
    intervals = np.stack([labels, labels], axis=1).astype(np.float32)
    return Labelled(inputs, intervals, np.full((len(ages), 1), -1.0))


def expected(model: keras.Model, source: Labelled) -> np.ndarray:
    return model.predict(source.inputs.astype(np.float32), verbose=0)[AGE_PROBABILITIES] @ YEARS


def test_a_bias_towards_the_ages_of_the_training_is_corrected_in_the_last_layer() -> None:
    model = network_of_levels(8.0, age_prior(SEEN))
    ages = np.repeat(np.arange(5, 96, 10), 25)
    validation = inputs_of(ages, ages)
    before = expected(model, validation) - ages
    adjustment = adjust_logits(model, SEEN, validation)
    after = expected(model, validation) - ages
    assert adjustment.prior_fraction > 0
    assert np.abs(after).mean() < 0.7 * np.abs(before).mean()
    old = ages > 60
    assert before[old].mean() < after[old].mean() <= 0.5


def test_an_unbiased_network_is_left_as_it_is() -> None:
    model = network_of_levels(2.0, np.full(AGES, 1 / AGES))
    ages = np.repeat(np.arange(15, 86, 10), 25)
    validation = inputs_of(ages, ages)
    before = expected(model, validation)
    assert adjust_logits(model, SEEN, validation).prior_fraction == 0
    np.testing.assert_allclose(expected(model, validation), before, atol=0.05)


def test_unknown_ages_are_left_out() -> None:
    ages = np.repeat(np.arange(5, 96, 10), 25)
    known, unknown = inputs_of(ages, ages), inputs_of(ages[::-1], np.full(len(ages), -1))
    both = Labelled(
        np.concatenate([known.inputs, unknown.inputs]),
        np.concatenate([known.ages, unknown.ages]),
        np.concatenate([known.genders, unknown.genders]),
    )
    chosen = [adjust_logits(network_of_levels(8.0, age_prior(SEEN)), SEEN, one) for one in (known, both)]
    assert chosen[0] == chosen[1] != LogitAdjustment()


def test_the_prior_is_smooth_sums_to_one_and_bounds_rare_ages() -> None:
    prior = age_prior(SEEN)
    assert prior.sum() == pytest.approx(1)
    assert prior.argmax() in range(22, 34)
    assert prior[90] >= 0.0199 * prior.max()
    assert np.abs(np.diff(prior)).max() < 0.2 * prior.max()

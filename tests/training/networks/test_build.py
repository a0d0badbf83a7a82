"""Networks at their start."""

import keras
import numpy as np
import pytest

from recipes.recipe import AGE_YEARS
from tests.builders import face_network
from training.networks.build import (
    SERVED_SIGMA_YEARS,
    measure_batch_norm,
    served_network,
)


def test_a_network_whose_batch_norm_is_measured_predicts_as_before_with_the_statistics_of_its_inputs() -> (
    None
):
    model = face_network(64)
    inputs = np.random.default_rng(0).integers(0, 256, (40, 64, 64, 3)).astype(np.float32)
    before = model.predict(inputs, verbose=0)
    measure_batch_norm(model, inputs)
    after = model.predict(inputs, verbose=0)
    for name, values in before.items():
        np.testing.assert_allclose(after[name], values, atol=1e-4)
    first = model.get_layer("conv1_bn")
    outputs = model.get_layer("conv1")(model.get_layer("centred")(inputs)).numpy()
    np.testing.assert_allclose(first.moving_mean, outputs.mean((0, 1, 2)), atol=1e-2)


def test_an_age_in_years_is_served_as_a_distribution_around_it() -> None:
    inputs = keras.Input((8, 8, 3), name="inputs")
    pooled = keras.layers.GlobalAveragePooling2D()(inputs)
    years = keras.layers.Dense(1, name=AGE_YEARS, kernel_initializer="ones")(pooled)
    served = served_network(keras.Model(inputs, {AGE_YEARS: years}))
    ages = np.array([2.0, 20.4, 33.0, 64.6, 99.0], np.float32)
    values = np.broadcast_to((ages / 3)[:, None, None, None], (5, 8, 8, 3))
    probabilities = served.predict(values, verbose=0)["age_probabilities"]
    expected = probabilities @ np.arange(101)
    np.testing.assert_allclose(expected[1:4], ages[1:4], atol=0.01)
    assert expected[0] == pytest.approx(2.0, abs=0.8)  # the distribution is cut at 0
    deviations = np.sqrt(probabilities @ np.arange(101) ** 2 - expected**2)
    np.testing.assert_allclose(deviations[1:4], SERVED_SIGMA_YEARS, atol=0.05)

"""Losses with gaps in the labels, against numbers worked out by hand."""

import numpy as np
import pytest

from training.networks.losses import AgeLoss, AgeMae, GenderAccuracy, GenderLoss


def one_hot(age: int) -> np.ndarray:
    return np.eye(101, dtype=np.float32)[[age]]


def test_a_bin_costs_the_negative_logarithm_of_its_probability() -> None:
    even = np.full((1, 101), 1 / 101, np.float32)
    loss = AgeLoss(2.0, 1.0)(np.array([[20.0, 29.0]], np.float32), even)
    assert float(loss) == pytest.approx(-np.log(10 / 101), abs=1e-5)


def test_an_exact_age_costs_the_divergence_from_its_distribution_and_the_expected_error() -> None:
    ages = np.arange(101)
    target = np.exp(-0.5 * ((ages - 40) / 2.0) ** 2)
    target = (target / target.sum()).astype(np.float32)[None]
    exact = np.array([[40.0, 40.0]], np.float32)
    assert float(AgeLoss(2.0, 1.0)(exact, target)) == pytest.approx(0.0, abs=1e-4)
    shifted = np.roll(target, 5, axis=1)
    with_expectation = float(AgeLoss(2.0, 1.0)(exact, shifted))
    without = float(AgeLoss(2.0, 0.0)(exact, shifted))
    assert with_expectation - without == pytest.approx(5.0, abs=1e-2)
    # Kullback-Leibler divergence of two normal distributions: shift^2 / (2 sigma^2).
    assert without == pytest.approx(25 / 8, abs=1e-2)


def test_missing_labels_cost_nothing() -> None:
    assert float(AgeLoss(2.0, 1.0)(np.array([[-1.0, -1.0]], np.float32), one_hot(3))) == 0.0
    assert float(GenderLoss()(np.array([[-1.0]], np.float32), np.array([[0.9]], np.float32))) == 0.0


def test_an_age_over_one_hundred_is_trained_as_one_hundred() -> None:
    loss = AgeLoss(2.0, 0.1)
    over, at = (np.array([[age, age]], np.float32) for age in (116.0, 100.0))
    assert float(loss(over, one_hot(90))) == pytest.approx(float(loss(at, one_hot(90))), abs=1e-5)


def test_metrics_leave_out_what_is_not_known() -> None:
    mae, accuracy = AgeMae(), GenderAccuracy()
    ages = np.array([[30.0, 30.0], [20.0, 29.0], [-1.0, -1.0]], np.float32)
    mae.update_state(ages, np.concatenate([one_hot(33), one_hot(0), one_hot(0)]))
    assert float(mae.result()) == pytest.approx(3.0)
    accuracy.update_state(
        np.array([[1.0], [0.0], [-1.0]], np.float32), np.array([[0.8], [0.7], [0.1]], np.float32)
    )
    assert float(accuracy.result()) == pytest.approx(0.5)

"""Probabilities are held to what they promise, and a gender that is hardly more than a guess is not told."""

import numpy as np
import pandas as pd
import pytest

from evaluation.metrics.abstention import (
    CALIBRATION_BINS,
    abstention_threshold_for,
    accuracy_by_answer_rate,
    calibration_bins,
    calibration_error,
    resampled_calibration_errors,
)
from evaluation.metrics.bootstrap import interval, resample_weights
from evaluation.metrics.metrics import gender_estimates
from tests.builders import predictions_of


def honest(count=20_000, seed=0):
    """Female probabilities and genders that come true as often as they say."""
    rng = np.random.default_rng(seed)
    probability = rng.beta(0.5, 0.5, count)
    return probability, (rng.random(count) < probability).astype(int)


def surplus_of(probability, female):
    likelier = np.maximum(probability, 1 - probability)
    return likelier - ((probability >= 0.5) == (female == 1)), calibration_bins(likelier)


def test_bins_are_of_equal_mass_and_rise_with_the_probability():
    probability = np.random.default_rng(1).random(150)
    bins = calibration_bins(probability)
    assert list(np.bincount(bins)) == [150 // CALIBRATION_BINS] * CALIBRATION_BINS
    assert (np.diff(bins[np.argsort(probability)]) >= 0).all()


def test_honest_probabilities_have_hardly_any_calibration_error():
    assert calibration_error(*surplus_of(*honest())) < 0.01


def test_probabilities_that_promise_ten_points_too_much_have_that_as_error():
    assert calibration_error(np.full(300, 0.1), calibration_bins(np.linspace(0.5, 1, 300))) == pytest.approx(
        0.1
    )


def test_the_interval_of_a_calibration_error_lies_around_it():
    surplus, bins = surplus_of(*honest(400))
    error = calibration_error(surplus, bins)
    low, high = interval(resampled_calibration_errors(resample_weights(np.arange(400)), surplus, bins))
    assert 0 <= low < error < high


def test_genders_are_withheld_where_hardly_more_than_guesses_would_be_right():
    probability, female = honest()
    least = abstention_threshold_for(probability)
    withheld = np.maximum(probability, 1 - probability) < least
    right = (probability >= 0.5) == (female == 1)
    # Where probabilities are honest, the mean of those withheld is what would be right.
    assert right[withheld].mean() == pytest.approx(0.6, abs=0.02)
    assert 0.65 < least < 0.75


def test_where_no_gender_is_improbable_everything_is_told():
    assert abstention_threshold_for(np.array([0.05, 0.3, 0.62, 0.9])) == 0.5


def test_the_bound_does_not_hang_on_the_luck_of_a_few():
    bounds = [abstention_threshold_for(honest(2000, seed)[0]) for seed in range(20)]
    assert max(bounds) - min(bounds) <= 0.02


def test_what_is_uncertain_is_left_out_of_the_answered_and_not_of_the_accuracy():
    rows = predictions_of(
        [20] * 4, [20] * 4, female=[0, 0, 1, 1], probability=[0.1, 0.6, 0.7, 0.9],
        predicted_gender=["male", "uncertain", "female", "female"],
    )  # fmt: skip
    estimates = gender_estimates(rows)
    assert estimates["accuracy"].value == 3 / 4
    assert estimates["answer_rate"].value == 3 / 4
    assert estimates["selective_accuracy"].value == 1.0
    assert estimates["selective_accuracy"].low == 1.0


def test_the_more_genders_are_withheld_the_more_of_the_others_are_right():
    probability, female = honest(5000)
    curve = accuracy_by_answer_rate(pd.DataFrame({"female_probability": probability, "gender": female}))
    assert curve.fraction.iloc[0] == 1.0
    assert curve.fraction.is_monotonic_decreasing
    assert curve.accuracy.iloc[-1] > curve.accuracy.iloc[0] + 0.1

"""A prediction abstains from a gender that is hardly better than a guess; ECE measures miscalibration."""

import numpy as np
import pandas as pd
import pytest

from evaluation.metrics.abstention import abstention_threshold_for, accuracy_by_answer_rate
from evaluation.metrics.bootstrap import interval, resample_weights
from evaluation.metrics.calibration_error import (
    CALIBRATION_BINS,
    calibration_bins,
    calibration_error,
    resampled_calibration_errors,
)
from evaluation.metrics.gender import GENDER_METRIC_SET
from tests.builders import predictions_of


def calibrated(count=20_000, seed=0):
    """Female probabilities, and genders that are female with just these probabilities."""
    rng = np.random.default_rng(seed)
    probability = rng.beta(0.5, 0.5, count)
    return probability, (rng.random(count) < probability).astype(int)


def overconfidence_of(probability, female):
    likelier = np.maximum(probability, 1 - probability)
    return likelier - ((probability >= 0.5) == (female == 1)), calibration_bins(likelier)


def test_bins_are_of_equal_mass_and_rise_with_the_probability():
    probability = np.random.default_rng(1).random(150)
    bins = calibration_bins(probability)
    assert list(np.bincount(bins)) == [150 // CALIBRATION_BINS] * CALIBRATION_BINS
    assert (np.diff(bins[np.argsort(probability)]) >= 0).all()


def test_calibrated_probabilities_have_hardly_any_calibration_error():
    assert calibration_error(*overconfidence_of(*calibrated())) < 0.01


def test_probabilities_ten_points_too_high_have_that_as_calibration_error():
    assert calibration_error(np.full(300, 0.1), calibration_bins(np.linspace(0.5, 1, 300))) == pytest.approx(
        0.1
    )


def test_the_interval_of_a_calibration_error_lies_around_it():
    overconfidence, bins = overconfidence_of(*calibrated(400))
    error = calibration_error(overconfidence, bins)
    low, high = interval(resampled_calibration_errors(resample_weights(np.arange(400)), overconfidence, bins))
    assert 0 <= low < error < high


def test_the_abstained_genders_would_be_correct_hardly_more_often_than_guesses():
    probability, female = calibrated()
    threshold = abstention_threshold_for(probability)
    abstained = np.maximum(probability, 1 - probability) < threshold
    correct = (probability >= 0.5) == (female == 1)
    # Of calibrated probabilities, the mean of those below the threshold is their expected accuracy.
    assert correct[abstained].mean() == pytest.approx(0.6, abs=0.02)
    assert 0.65 < threshold < 0.75


def test_no_prediction_abstains_where_no_gender_is_improbable():
    assert abstention_threshold_for(np.array([0.05, 0.3, 0.62, 0.9])) == 0.5


def test_the_threshold_varies_little_from_sample_to_sample():
    thresholds = [abstention_threshold_for(calibrated(2000, seed)[0]) for seed in range(20)]
    assert max(thresholds) - min(thresholds) <= 0.02


def test_an_abstained_gender_is_left_out_of_selective_accuracy_but_not_of_accuracy():
    rows = predictions_of(
        [20] * 4, [20] * 4, female=[0, 0, 1, 1], probability=[0.1, 0.6, 0.7, 0.9],
        predicted_gender=["male", "uncertain", "female", "female"],
    )  # fmt: skip
    estimates = GENDER_METRIC_SET.estimates(rows)
    assert estimates["accuracy"].value == 3 / 4
    assert estimates["answer_rate"].value == 3 / 4
    assert estimates["selective_accuracy"].value == 1.0
    assert estimates["selective_accuracy"].low == 1.0


def test_selective_accuracy_rises_as_the_answer_rate_falls():
    probability, female = calibrated(5000)
    curve = accuracy_by_answer_rate(pd.DataFrame({"female_probability": probability, "gender": female}))
    assert curve.fraction.iloc[0] == 1.0
    assert curve.fraction.is_monotonic_decreasing
    assert curve.accuracy.iloc[-1] > curve.accuracy.iloc[0] + 0.1

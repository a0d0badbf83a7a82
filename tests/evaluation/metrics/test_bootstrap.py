"""The bootstrap resamples whole subjects; weighted statistics equal those of the resampled pictures."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from evaluation.metrics.bootstrap import (
    RESAMPLES,
    interval,
    resample_weights,
    weighted_aucs,
    weighted_means,
    weighted_medians,
)


def test_every_resample_holds_as_many_pictures_as_there_are():
    weights = resample_weights([f"{number}.jpg" for number in range(50)])
    assert weights.shape == (RESAMPLES, 50)
    assert (weights.sum(axis=1) == 50).all()


def test_pictures_of_one_subject_are_resampled_together():
    weights = resample_weights(["anna", "bert", "anna", "bert", "anna"])
    assert (weights[:, 0] == weights[:, 2]).all()
    assert (weights[:, 0] == weights[:, 4]).all()
    assert (weights[:, 0] + weights[:, 1] == 2).all()


def test_the_same_subjects_are_resampled_the_same_way_again():
    subjects = [f"{number}.jpg" for number in range(30)]
    assert (resample_weights(subjects) == resample_weights(subjects)).all()


def test_there_are_at_least_two_thousand_resamples():
    assert RESAMPLES >= 2000


def test_the_interval_of_a_mean_is_about_two_standard_errors_wide():
    values = np.random.default_rng(1).normal(0, 3, 900)
    weights = resample_weights(np.arange(900))
    low, high = interval(weighted_means(weights, values[:, None])[:, 0])
    assert low < values.mean() < high
    assert (high - low) / 2 == pytest.approx(1.96 * 3 / np.sqrt(900), rel=0.1)


def test_repeated_pictures_of_one_person_make_the_interval_wider():
    people = np.random.default_rng(2).normal(0, 1, 40)
    values = np.repeat(people, 25)[:, None]
    by_person = interval(weighted_means(resample_weights(np.repeat(np.arange(40), 25)), values)[:, 0])
    by_picture = interval(weighted_means(resample_weights(np.arange(1000)), values)[:, 0])
    assert by_person[1] - by_person[0] > 3 * (by_picture[1] - by_picture[0])


@pytest.mark.parametrize("count", [1, 2, 7, 10], ids="{} pictures".format)
def test_a_weighted_median_is_the_median_of_the_resampled_pictures(count):
    rng = np.random.default_rng(count)
    values = rng.integers(0, 6, count).astype(float)
    weights = resample_weights(np.arange(count), resamples=50)
    expected = [np.median(np.repeat(values, row.astype(int))) for row in weights]
    assert weighted_medians(weights, values) == pytest.approx(expected)


def test_a_weighted_auc_is_that_of_scikit_learn_ties_included():
    rng = np.random.default_rng(5)
    positive, scores = rng.random(60) < 0.4, rng.integers(0, 8, 60) / 8
    weights = resample_weights(np.arange(60), resamples=40)
    expected = [roc_auc_score(positive, scores, sample_weight=row) for row in weights]
    assert weighted_aucs(weights, positive, scores) == pytest.approx(expected)


def test_resamples_without_a_value_are_left_out_of_the_interval():
    assert interval(np.array([np.nan, 1.0, 1.0, np.nan])) == (1.0, 1.0)
    assert np.isnan(interval(np.array([np.nan]))).all()

"""Estimates equal those by hand and by scikit-learn, and a missing value carries its reason."""

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk

from evaluation.metrics.age import AGE_METRIC_SET, cs_curve, resampled_age_values
from evaluation.metrics.bootstrap import resample_weights
from evaluation.metrics.confusions import age_group_confusion, gender_confusion
from evaluation.metrics.definitions import AGE_KEYS, BIN_KEYS, GENDER_KEYS, METRICS
from evaluation.metrics.gender import GENDER_METRIC_SET, recall_gap, resampled_gender_values
from evaluation.metrics.registry import all_estimates
from tests.builders import predictions_of

# Four pictures: errors +1, -2, +6, 0.
FOUR = predictions_of(
    [10, 20, 30, 40], [11, 18, 36, 40], female=[0, 0, 1, 1], probability=[0.1, 0.6, 0.7, 0.9], half_width=2.0
)
ABSTAINED = FOUR.assign(predicted_gender="uncertain")


@pytest.mark.parametrize(
    ("key", "by_hand"),
    [
        ("mae", 9 / 4),
        ("median_error", 1.5),
        ("bias", 5 / 4),
        ("mse", 41 / 4),
        ("rmse", np.sqrt(41 / 4)),
        ("r2", 1 - 41 / 500),
        ("cs_1", 2 / 4),
        ("cs_2", 3 / 4),
        ("cs_5", 3 / 4),
        ("cs_6", 1.0),
        ("coverage", 3 / 4),
        ("interval_width", 4.0),
    ],
)
def test_an_age_metric_of_four_pictures_is_that_worked_out_by_hand(key, by_hand):
    assert AGE_METRIC_SET.estimates(FOUR)[key].value == pytest.approx(by_hand)


@pytest.mark.parametrize(
    ("key", "by_hand"),
    [
        ("accuracy", 3 / 4),
        ("auc", 1.0),
        ("mcc", 2 / np.sqrt(12)),
        ("precision_female", 2 / 3),
        ("recall_female", 1.0),
        ("f1_female", 4 / 5),
        ("precision_male", 1.0),
        ("recall_male", 1 / 2),
        ("f1_male", 2 / 3),
        ("ece", (0.1 + 0.6 + 0.3 + 0.1) / 4),  # four pictures, each in a bin of its own
        ("answer_rate", 1.0),
        ("selective_accuracy", 3 / 4),
    ],
)
def test_a_gender_metric_of_four_pictures_is_that_worked_out_by_hand(key, by_hand):
    assert GENDER_METRIC_SET.estimates(FOUR)[key].value == pytest.approx(by_hand)


def test_the_matrices_of_four_pictures_are_those_worked_out_by_hand():
    assert gender_confusion(FOUR).to_numpy().tolist() == [[1, 1], [0, 2]]
    groups = age_group_confusion(FOUR)
    assert groups.loc["20–29", "10–19"] == 1
    assert groups.loc["30–39", "30–39"] == 1
    assert groups.to_numpy().sum() == 4


def test_an_age_of_39_point_7_is_in_the_thirties_and_a_prediction_of_it_is_shown_as_40():
    groups = age_group_confusion(predictions_of([39.7], [39.7]))
    assert groups.loc["30–39", "40–49"] == 1


def test_every_metric_has_count_interval_and_direction():
    estimates = all_estimates(FOUR)
    assert list(estimates) == list(METRICS) == [*AGE_KEYS, *BIN_KEYS, *GENDER_KEYS]
    for key in (*AGE_KEYS, *GENDER_KEYS):
        assert estimates[key].count == 4
        assert estimates[key].low <= estimates[key].value <= estimates[key].high
    assert all(metric.better for metric in METRICS.values())


def test_resampled_values_are_those_of_scikit_learn_on_the_resampled_pictures(random_predictions):
    rows = random_predictions[random_predictions.variant == "full"]
    weights = resample_weights(rows.file, resamples=5)
    age, gender = resampled_age_values(rows, weights), resampled_gender_values(rows, weights)
    predicted = rows.female_probability >= 0.5
    for resample, row in enumerate(weights):
        ages = (rows.age_years, rows.predicted_age_years)
        assert age["mae"][resample] == pytest.approx(sk.mean_absolute_error(*ages, sample_weight=row))
        assert age["rmse"][resample] == pytest.approx(sk.root_mean_squared_error(*ages, sample_weight=row))
        assert age["r2"][resample] == pytest.approx(sk.r2_score(*ages, sample_weight=row))
        assert gender["mcc"][resample] == pytest.approx(
            sk.matthews_corrcoef(rows.gender, predicted, sample_weight=row)
        )
        assert gender["f1_male"][resample] == pytest.approx(
            sk.f1_score(rows.gender, predicted, pos_label=0, sample_weight=row)
        )


def test_the_cs_curve_rises_from_1_to_15_years(random_predictions):
    curve = cs_curve(random_predictions)
    assert list(curve.years) == list(range(1, 16))
    assert curve.fraction.is_monotonic_increasing


@pytest.mark.parametrize(
    ("rows", "without_value", "reason"),
    [
        (FOUR.iloc[:0], "mae", "no pictures with an age"),
        (FOUR.iloc[:0], "accuracy", "no pictures with a gender"),
        (FOUR.iloc[:1], "r2", "all pictures have the same age"),
        (FOUR.iloc[:2], "auc", "only men in these pictures"),
        (FOUR.iloc[2:], "auc", "only women in these pictures"),
        (FOUR.iloc[:1], "precision_female", "no picture was predicted as female"),
        (FOUR.iloc[:2], "recall_female", "no women in these pictures"),
        (FOUR.iloc[2:], "mcc", "only women in these pictures"),
        (FOUR, "bin_accuracy", "exact ages"),
        (FOUR.assign(age_years=np.nan), "mae", "age bins alone"),
        (FOUR.iloc[:0], "bin_off_by_one", "no pictures with an age bin"),
        (ABSTAINED, "selective_accuracy", "the network abstains from every gender"),
    ],
    ids=[
        "no picture, age", "no picture, gender", "one age", "only men", "only women",
        "nobody predicted as female",
        "no women to find", "no correlation with one gender", "bins of exact ages", "years of bins",
        "no bins", "everybody uncertain",
    ],
)  # fmt: skip
def test_what_cannot_be_computed_is_a_dash_with_its_reason(rows, without_value, reason):
    estimate = all_estimates(rows)[without_value]
    assert np.isnan(estimate.value)
    assert estimate.text_with_interval == f"– ({reason})"


def test_an_unreadable_picture_counts_in_nothing():
    unreadable = FOUR.iloc[[0]].assign(
        file="broken.jpg", status="unreadable", predicted_age_years=np.nan, female_probability=np.nan
    )
    estimates = all_estimates(pd.concat([FOUR, unreadable]))
    assert estimates["mae"].count == 4
    assert estimates["accuracy"].count == 4
    assert estimates["mae"].value == pytest.approx(9 / 4)


def test_intervals_of_a_set_that_names_people_are_by_person():
    rng = np.random.default_rng(0)
    errors = np.repeat(rng.normal(0, 5, 20), 30)
    table = predictions_of(np.full(600, 50.0), 50 + errors)
    by_picture = AGE_METRIC_SET.estimates(table)["mae"]
    by_person = AGE_METRIC_SET.estimates(table.assign(subject=np.repeat([f"{n}" for n in range(20)], 30)))[
        "mae"
    ]
    assert by_person.value == by_picture.value
    assert by_person.high - by_person.low > 3 * (by_picture.high - by_picture.low)


def test_numbers_are_printed_with_their_unit_and_no_negative_zero():
    estimates = all_estimates(FOUR)
    assert estimates["mae"].text == "2.25 years"
    assert estimates["cs_5"].text == "75.0 %"
    assert estimates["auc"].text == "1.000"
    assert AGE_METRIC_SET.estimates(predictions_of([10.0, 20.0], [10.0, 19.999]))["bias"].text == "0.00 years"


@pytest.mark.parametrize(
    ("women_wrong", "sign"), [(60, -1), (0, 0)], ids=["women are wrong more often", "both are alike"]
)
def test_women_and_men_differ_by_an_interval_of_the_gap_itself(women_wrong, sign):
    female = np.arange(400) % 2
    right = np.where(female == 1, 0.9, 0.1)
    wrong = (female == 1) & (np.arange(400) < 2 * women_wrong)
    rows = predictions_of(
        np.full(400, 40.0), np.full(400, 40.0), female=female, probability=np.where(wrong, 0.1, right)
    )
    gap, low, high = recall_gap(rows)
    assert gap == pytest.approx(-women_wrong / 200)
    assert np.sign(low) == np.sign(high) == sign
    assert np.isnan(recall_gap(rows[rows.gender == 1])[0])

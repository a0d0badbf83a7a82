"""Two variants are compared on the same pictures, and one sentence gives the verdict."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from evaluation.metrics.comparisons import compared, fallback_fraction, found_only
from evaluation.metrics.definitions import METRICS
from evaluation.metrics.differences import Disagreements, paired
from evaluation.metrics.registry import all_estimates
from tests.builders import predictions_of


def two(
    first_errors, second_errors, *, first_probability=None, second_probability=None, female=None, **columns
):
    """Predictions of `full` and `cropped` for people of 40 with the given errors."""
    true = np.full(len(first_errors), 40.0)
    tables = [
        predictions_of(true, true + errors, female=female, probability=probability, variant=name, **columns)
        for name, errors, probability in (
            ("full", first_errors, first_probability),
            ("cropped", second_errors, second_probability),
        )
    ]
    return pd.concat(tables, ignore_index=True)


def test_the_better_variant_is_named_with_the_difference_its_interval_and_the_count():
    rng = np.random.default_rng(0)
    errors = rng.normal(0, 4, 2365)
    comparison = compared(two(errors * 1.1, errors), "full", "cropped")
    mae = comparison.differences["mae"]
    assert comparison.better == "cropped"
    assert comparison.is_real
    assert comparison.sentence == (
        f"cropped is better at age by {mae.value:.2f} years ({mae.low:.2f}–{mae.high:.2f}) on 2,365 pictures"
        "; at gender there is no detectable difference."
    )


def test_a_real_difference_never_has_an_interval_that_is_printed_as_reaching_zero():
    rng = np.random.default_rng(0)
    errors = rng.uniform(2, 4, 500)
    comparison = compared(two(errors + rng.uniform(0, 0.006, 500), errors), "full", "cropped")
    mae = comparison.differences["mae"]
    assert 0 < mae.low < 0.005
    assert f"({mae.low:.3f}–{mae.high:.3f})" in comparison.sentence
    assert mae.text.endswith(f"(+{mae.low:.3f} to +{mae.high:.3f})")


def test_equal_variants_show_no_detectable_difference():
    errors = np.random.default_rng(1).normal(0, 4, 500)
    comparison = compared(two(errors, errors[::-1]), "full", "cropped")
    assert comparison.better is None
    assert not comparison.is_real
    assert comparison.sentence.startswith("No detectable difference between full and cropped")


def test_where_only_bins_are_known_the_sentence_is_about_bins():
    rows = two(np.where(np.arange(200) < 60, 30.0, 0.0), np.zeros(200))
    bins = rows.assign(age_years=np.nan, age_first_years=40.0, age_last_years=49.0)
    comparison = compared(bins, "full", "cropped")
    assert comparison.better == "cropped"
    assert comparison.is_real
    assert comparison.sentence.startswith("cropped is better at age by 30.0 points (")
    assert "on 200 pictures" in comparison.sentence


def test_a_variant_that_is_better_at_gender_alone_is_named_for_that():
    errors = np.random.default_rng(2).normal(0, 3, 300)
    female = np.arange(300) % 2
    right = np.where(female == 1, 0.9, 0.1)
    wrong_often = np.where(np.arange(300) < 40, 1 - right, right)
    comparison = compared(
        two(errors, errors, female=female, first_probability=wrong_often, second_probability=right),
        "full",
        "cropped",
    )
    assert comparison.better == "cropped"
    assert comparison.sentence.startswith("cropped is better at gender by 13.3 points")


def test_variants_that_win_one_job_each_leave_the_choice_open():
    rng = np.random.default_rng(4)
    errors, female = rng.normal(0, 3, 400), np.arange(400) % 2
    right = np.where(female == 1, 0.9, 0.1)
    wrong_often = np.where(np.arange(400) < 60, 1 - right, right)
    comparison = compared(
        two(errors * 2, errors, female=female, first_probability=right, second_probability=wrong_often),
        "full",
        "cropped",
    )
    assert comparison.better is None
    assert comparison.is_real
    assert "ship the one whose job matters more" in comparison.sentence


def test_a_difference_is_the_first_estimate_minus_the_second_for_every_metric(random_predictions):
    comparison = compared(random_predictions, "full", "cropped")
    by_variant = {
        name: all_estimates(random_predictions[random_predictions.variant == name])
        for name in ("full", "cropped")
    }
    assert set(comparison.differences) == set(METRICS)
    for key, difference in comparison.differences.items():
        assert difference.value == pytest.approx(
            by_variant["full"][key].value - by_variant["cropped"][key].value, nan_ok=True
        )
        assert not difference.count or difference.low <= difference.value <= difference.high


def test_a_paired_difference_is_narrower_than_the_two_intervals_suggest():
    errors = np.random.default_rng(3).normal(0, 4, 800)
    rows = two(errors + 0.3 * np.sign(errors), errors)
    full, cropped = (all_estimates(rows[rows.variant == name])["mae"] for name in ("full", "cropped"))
    difference = compared(rows, "full", "cropped").differences["mae"]
    assert full.low < cropped.high
    assert difference.is_real
    assert difference.high - difference.low < (full.high - full.low) / 5


def test_only_pictures_that_both_variants_answered_are_compared():
    rows = two([1.0, 2.0, 3.0], [1.0, 2.0, 3.0])
    rows.loc[0, ["predicted_age_years", "female_probability"]] = np.nan
    rows = rows[~((rows.variant == "cropped") & (rows.file == "00002.jpg"))]
    full, cropped = paired(rows, "full", "cropped")
    assert list(full.file) == list(cropped.file) == ["00001.jpg"]


def test_variants_without_a_common_picture_are_not_compared():
    rows = two([1.0], [1.0])
    comparison = compared(rows[rows.variant == "full"], "full", "cropped")
    assert comparison.better is None
    assert comparison.sentence == "full and cropped share no pictures, so nothing can be compared."


@pytest.mark.parametrize(("first", "second"), [(0, 0), (5, 5), (12, 3), (40, 10)])
def test_the_mcnemar_test_is_the_exact_one(first, second):
    expected = binomtest(first, first + second).pvalue if first + second else 1.0
    assert Disagreements(first, second, 100).p_value == pytest.approx(expected)


def test_a_significant_test_alone_is_not_enough_where_the_interval_by_person_holds_zero():
    # One person, photographed 40 times, is all that sets the two apart.
    female = np.ones(80, int)
    right = np.full(80, 0.9)
    wrong_on_one = np.where(np.arange(80) < 40, 0.1, 0.9)
    subjects = ["anna"] * 40 + [f"other {number}" for number in range(40)]
    rows = two(
        np.zeros(80), np.zeros(80), female=female, first_probability=wrong_on_one, second_probability=right
    )
    rows["subject"] = subjects * 2
    accuracy = compared(rows, "full", "cropped").differences["accuracy"]
    assert accuracy.p_value is not None
    assert accuracy.p_value < 0.001
    assert not accuracy.is_real


def test_a_face_that_was_not_found_counts_in_the_headline_and_not_in_the_second_row():
    rows = two([1.0, 9.0], [1.0, 9.0])
    rows.loc[rows.file == "00001.jpg", "status"] = "no face"
    assert fallback_fraction(rows) == 0.5
    assert list(found_only(rows).file) == ["00000.jpg", "00000.jpg"]
    assert compared(rows, "full", "cropped").count == 2

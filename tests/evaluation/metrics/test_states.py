"""A difference is stated in one of four states, and "no difference" is not "equal"."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from evaluation.metrics.bootstrap import resample_weights
from evaluation.metrics.comparisons import Comparison, compared
from evaluation.metrics.differences import DETECTABLE_ERRORS, Difference, difference_of_means, holm
from evaluation.metrics.states import (
    NO_DIFFERENCE,
    REAL,
    UNCONFIRMED,
    UNREPEATED,
    detectable_in_words,
    equal_in_words,
    state_of,
)
from tests.builders import predictions_of

COUNT = 400
NOISE = np.random.default_rng(5).normal(0, 3, COUNT)


def two(first_errors, second_errors, **columns):
    """Predictions of `full` and `cropped` for people of 40 with these errors."""
    true = np.full(len(first_errors), 40.0)
    tables = [
        predictions_of(true, true + errors, variant=name, **columns)
        for name, errors in (("full", first_errors), ("cropped", second_errors))
    ]
    return pd.concat(tables, ignore_index=True)


def worse(years):
    """Errors that are further from 0 by `years`, give or take a little."""
    return NOISE + np.sign(NOISE) * (years + np.random.default_rng(6).normal(0, 0.5, COUNT))


@pytest.mark.parametrize(
    ("second_training", "state"),
    [
        (None, UNREPEATED),
        (two(worse(1.0), NOISE), REAL),
        (two(NOISE, NOISE[::-1]), UNCONFIRMED),
        (two(NOISE, worse(1.0)), UNCONFIRMED),
    ],
    ids=["no second training", "the same sign", "no difference", "the other sign"],
)
def test_a_detected_difference_is_as_real_as_its_second_training_says(second_training, state):
    comparison = compared(two(worse(1.0), NOISE), "full", "cropped", second_training)
    assert comparison.better == "cropped"
    assert comparison.verdict.state == comparison.state("mae") == state


def test_a_difference_that_is_not_detected_stays_so_whatever_another_training_says():
    comparison = compared(two(NOISE, NOISE[::-1]), "full", "cropped", two(worse(1.0), NOISE))
    assert comparison.verdict.state == comparison.state("mae") == NO_DIFFERENCE
    assert comparison.better is None


def test_a_second_training_of_one_variant_alone_confirms_nothing():
    again = two(worse(1.0), NOISE)
    comparison = compared(two(worse(1.0), NOISE), "full", "cropped", again[again.variant == "full"])
    assert comparison.verdict.state == UNREPEATED


def test_a_second_training_on_other_pictures_confirms_nothing():
    again = two(worse(1.0), NOISE).assign(set="portraits")
    assert compared(two(worse(1.0), NOISE), "full", "cropped", again).verdict.state == UNREPEATED


def test_a_difference_on_small_faces_alone_is_named_with_where_it_is():
    small = np.arange(COUNT) < 60
    # On large faces the two are far apart, and equally good: over all pictures that hides the small ones.
    large = 3 * np.abs(NOISE)
    rows = two(
        np.where(small, worse(2.0), large),
        np.where(small, NOISE, np.roll(large, 7)),
        face_fraction=np.where(small, 0.1, 0.6),
    )
    comparison = compared(rows, "full", "cropped")
    mae = next(one for one in comparison.slices if one.name == "under 20 %" and one.difference.key == "mae")
    assert not comparison.differences["mae"].is_real
    years = f"{mae.difference.value:.2f} years ("
    where = "where the face is under 20 % of the side"
    assert comparison.sentence.startswith(f"cropped is better {where} (age MAE {years}")
    assert comparison.sentence.endswith("above that there is no detectable difference (340 pictures).")
    assert comparison.verdict.state == UNREPEATED


def test_what_is_not_detected_is_equal_only_within_its_margin():
    few = compared(two(NOISE[:40], NOISE[:40][::-1]), "full", "cropped").differences["mae"]
    close = compared(two(NOISE + 0.01 * NOISE[::-1], NOISE), "full", "cropped").differences["mae"]
    assert not few.is_real
    assert equal_in_words(few) == ""
    assert equal_in_words(close) == "equal within 0.25 years"


def test_genders_that_never_differ_are_not_equal_where_the_pictures_are_few():
    """None of n differs: up to 3 in n may."""
    for count, words in ((240, ""), (301, "equal within 1 point")):
        accuracy = compared(
            two(NOISE[:1].repeat(count), NOISE[:1].repeat(count)), "full", "cropped"
        ).differences["accuracy"]
        assert accuracy.value == 0
        assert equal_in_words(accuracy) == words
        assert detectable_in_words(accuracy) == ""


def test_the_smallest_detectable_difference_is_found_four_times_in_five():
    """Power by simulation: samples with just that difference are called real in 80 of 100."""
    rng = np.random.default_rng(11)
    deltas = rng.normal(0, 1, (200, 400))
    files = np.array([f"{number}" for number in range(200)])
    detectable = DETECTABLE_ERRORS / np.sqrt(200)
    found = [one.excludes_zero for one in difference_of_means("mae", deltas + detectable, files)]
    assert np.mean(found) == pytest.approx(0.8, abs=0.06)


def test_holm_multiplies_the_smallest_by_all_and_never_changes_the_order():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []
    assert holm([0.9, 0.8]) == pytest.approx([1.0, 1.0])


def test_the_p_value_is_that_of_the_value_over_its_standard_error():
    difference = Difference("mae", 0.5, 0.1, 0.9, 100, standard_error=0.2)
    assert difference.p == pytest.approx(2 * norm.sf(2.5))
    assert state_of(difference, None) == UNREPEATED


def test_a_mean_over_a_part_is_resampled_by_person():
    subjects = np.repeat([f"p{number}" for number in range(30)], 4)
    deltas = np.repeat(np.random.default_rng(3).normal(0.3, 1, 30), 4)[:, None]
    (difference,) = difference_of_means("mae", deltas, subjects)
    people = deltas[::4, 0]
    assert difference.value == pytest.approx(people.mean())
    # Four equal pictures of a person are one piece of evidence.
    assert difference.standard_error == pytest.approx(people.std() / np.sqrt(30), rel=0.1)
    assert resample_weights(subjects).shape == (2000, 120)


def test_a_comparison_has_the_state_of_every_metric():
    comparison = compared(two(worse(1.0), NOISE), "full", "cropped")
    assert isinstance(comparison, Comparison)
    assert {comparison.state(key) for key in comparison.differences} <= {NO_DIFFERENCE, UNREPEATED}

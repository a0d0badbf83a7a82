"""Where only age bins are known, the predicted age is judged by the bin that it falls into."""

import numpy as np
import pytest

from evaluation.metrics.metrics import age_group_confusion, bin_estimates
from tests.builders import predictions_of


def in_bins(first_years, last_years, predicted):
    """Predictions of pictures of which only a bin is known."""
    bins = {
        "age_first_years": np.asarray(first_years, float),
        "age_last_years": np.asarray(last_years, float),
    }
    return predictions_of(np.full(len(predicted), np.nan), predicted, **bins)


@pytest.mark.parametrize(
    ("predicted", "accuracy", "off_by_one"),
    [
        (30.0, 1, 1),
        (29.5, 1, 1),
        (29.4, 0, 1),
        (39.4, 1, 1),
        (39.5, 0, 1),
        (20.0, 0, 1),
        (19.4, 0, 0),
        (50, 0, 0),
    ],
    ids=[
        "first year",
        "rounded up",
        "a bin before",
        "last year",
        "rounded out",
        "edge",
        "two before",
        "two after",
    ],
)
def test_an_age_of_the_thirties_is_judged_after_it_is_rounded(predicted, accuracy, off_by_one):
    estimates = bin_estimates(in_bins([30], [39], [predicted]))
    assert estimates["bin_accuracy"].value == accuracy
    assert estimates["bin_off_by_one"].value == off_by_one


def test_shares_in_bins_carry_count_and_interval():
    estimate = bin_estimates(in_bins([0, 3, 70, 70], [2, 9, 100, 100], [1, 20, 71, 98]))["bin_accuracy"]
    assert (estimate.value, estimate.count) == (3 / 4, 4)
    assert estimate.low <= estimate.value <= estimate.high


def test_bins_and_exact_ages_share_the_matrix_of_age_groups():
    assert age_group_confusion(in_bins([70], [100], [65])).loc["70+", "60–69"] == 1
    assert age_group_confusion(predictions_of([70], [65])).loc["70+", "60–69"] == 1


def test_a_picture_of_which_not_even_a_bin_is_known_counts_in_nothing():
    rows = in_bins([np.nan], [np.nan], [40])
    assert bin_estimates(rows)["bin_accuracy"].count == 0
    assert age_group_confusion(rows).to_numpy().sum() == 0

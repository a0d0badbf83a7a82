"""MAE and gender accuracy under every condition, on the same labelled pictures."""

import numpy as np
import pandas as pd
import pytest

from evaluation.metrics.robustness import robustness_rows


@pytest.fixture
def pictures():
    """Six labelled pictures, one of them without a true age."""
    return pd.DataFrame(
        {
            "file": [f"{number}.jpg" for number in range(6)],
            "subject": "",
            "age_years": [20.0, 30.0, 40.0, 50.0, 60.0, np.nan],
            "gender": [0, 1, 0, 1, 0, 1],
        }
    )


def test_rows_hold_both_metrics_with_intervals_and_count_labelled_pictures_alone(pictures):
    ages = np.repeat(np.array([[20.0, 30, 40, 50, 60, 70]]).T, 2, axis=1) + [0.0, 4.0]
    female = np.array([[0.1, 0.9, 0.1, 0.9, 0.1, 0.9], [0.9, 0.9, 0.1, 0.9, 0.1, 0.9]]).T
    rows = robustness_rows(pictures, ages, female)
    assert list(rows["count"]) == [5, 5]
    assert list(rows.mae) == [0.0, 4.0]
    assert list(rows.gender_accuracy) == [1.0, 0.8]
    assert rows.gender_accuracy_low[1] < 0.8 <= rows.gender_accuracy_high[1]

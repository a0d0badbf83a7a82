"""The page of robustness shows every number of the tables, and is the committed one."""

import numpy as np
import pandas as pd
import pytest

from evaluation.predictions import read_robustness, read_robustness_predictions
from evaluation.reports.robustness import by_severity, robustness_markdown
from tests.robustness_tables import robustness_table


@pytest.fixture
def table():
    return robustness_table()


def test_a_curve_starts_at_the_unchanged_pictures(table):
    curve = by_severity(table, "chips", "noise")
    assert list(curve.severity) == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert list(curve[curve.variant == "full"].mae) == [4.5, 5.5, 6.5, 7.5, 8.5, 9.5]
    assert by_severity(table, "portraits", "noise").empty


def predictions_under_blur():
    """Of 60 pictures: `cropped` is better from severity 2 on, by less than either interval is wide."""
    rng = np.random.default_rng(2)
    errors, rows = rng.normal(0, 8, 60), []
    for severity in range(6):
        for variant, more in (("full", 0.5 * (severity >= 2)), ("cropped", 0.0)):
            off = np.sign(errors) * (np.abs(errors) + more + rng.normal(0, 0.2, 60))
            rows.append(
                pd.DataFrame(
                    {
                        "file": [f"{number}.jpg" for number in range(60)],
                        "set": "chips",
                        "variant": variant,
                        "subject": "",
                        "age_years": 40.0,
                        "gender": 0,
                        "corruption": "blur" if severity else "unchanged",
                        "severity": severity,
                        "predicted_age_years": 40 + off,
                        "female_probability": 0.1,
                    }
                )
            )
    return pd.concat(rows, ignore_index=True)


def test_the_page_has_every_number_and_marks_what_a_paired_difference_makes_better(table):
    page = robustness_markdown(table, predictions_under_blur())
    assert "## chips: 500 test pictures" in page
    assert "| Blur | full | 4.50 | 5.50 | 6.50 | 7.50 | 8.50 | 9.50 |" in page
    assert "| Blur | cropped | 4.50 | 5.00 | **5.50** | **6.00** | **6.50** | **7.00** |" in page
    assert "| Blur | 100.0 | 90.0 | 80.0 | 70.0 | 60.0 | 50.0 |" in page
    assert "costs most (+3.00 years)" in page


def test_without_predictions_of_each_picture_no_variant_is_called_better(table):
    page = robustness_markdown(table)
    assert "**" not in page
    assert "is not said" in page


def test_without_a_measurement_the_page_names_the_command(table):
    page = robustness_markdown(table.iloc[:0])
    assert "Nothing was measured yet" in page
    assert "python -m evaluation robustness" in page


def test_the_committed_page_is_that_of_the_committed_tables(shipped_variants, repository):
    folders = [variant.folder for variant in shipped_variants]
    page = (repository / "docs" / "robustness.md").read_text(encoding="utf-8")
    assert page == robustness_markdown(read_robustness(folders), read_robustness_predictions(folders))

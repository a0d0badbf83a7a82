"""Groups of people are told apart, and whoever is read worse than before is named."""

import numpy as np
import pandas as pd
import pytest

from evaluation.metrics.fairness import ALL_AGES, FEWEST_COMPARED, changes_since, fairness_groups
from tests.builders import predictions_of


def people(count, *, error=0.0, right=1.0, race="Asian", female=1, first=0):
    """Predictions of people of 20 to 29 whose ages are off by `error`, a share of the genders right."""
    told = np.where(np.arange(count) < right * count, 0.9, 0.1)
    true = 20 + np.arange(count) % 10
    rows = predictions_of(
        true, true + error, female=np.full(count, female), probability=told if female else 1 - told, race=race
    )
    return rows.assign(file=[f"{race} {female} {first + number}.jpg" for number in range(count)])


def as_before(rows):
    return rows[["file", "variant", "predicted_age_years", "female_probability"]]


def test_every_gender_race_and_age_group_that_occurs_is_a_row_beside_that_of_all_ages():
    rows = predictions_of([1, 25, 26, 70], [2, 25, 30, 60], female=[0, 0, 0, 1], race="White")
    cells = fairness_groups(rows).set_index(["gender", "race", "age_group"])
    assert list(cells.index) == [
        ("female", "White", ALL_AGES),
        ("female", "White", "70+"),
        ("male", "White", ALL_AGES),
        ("male", "White", "0–2"),
        ("male", "White", "20–29"),
    ]
    assert list(cells["count"]) == [1, 1, 3, 1, 2]
    assert cells.mae[("male", "White", "20–29")] == 2.0
    assert cells.bias[("female", "White", "70+")] == -10.0
    assert cells.accuracy[("male", "White", ALL_AGES)] == 1.0


def test_a_group_carries_the_intervals_of_its_figures():
    cell = fairness_groups(people(60, error=3.0, right=0.8)).iloc[0]
    assert cell.mae_low == cell.mae == cell.mae_high == 3.0
    assert cell.accuracy_low < cell.accuracy < cell.accuracy_high


def test_a_set_that_knows_age_bins_alone_is_told_by_bins():
    rows = people(4).assign(age_years=np.nan, age_first_years=30.0, age_last_years=39.0)
    cell = fairness_groups(rows).iloc[1]
    assert cell.age_group == "30–39"
    assert cell.bin_accuracy == 0.0
    assert np.isnan(cell.mae)


def test_a_set_that_names_no_races_has_no_groups():
    assert fairness_groups(people(5, race="")).empty


@pytest.mark.parametrize(
    ("error", "right", "worse"),
    [(1.0, 0.9, set()), (2.0, 0.9, {"mae"}), (1.0, 0.7, {"accuracy"}), (0.5, 1.0, set())],
    ids=["as before", "ages worse", "genders worse", "better"],
)
def test_a_large_group_that_is_read_worse_than_before_is_named(error, right, worse):
    before, now = people(200, error=1.0, right=0.9), people(200, error=error, right=right)
    changes = changes_since(as_before(before), now)
    assert set(changes.figure[changes.is_worse]) == worse
    assert changes.set_index("figure").change["mae"] == pytest.approx(error - 1.0)


def test_a_small_group_is_told_and_never_called_worse():
    count = FEWEST_COMPARED - 1
    changes = changes_since(as_before(people(count)), people(count, error=9.0, right=0.0))
    assert len(changes) == 2
    assert not changes.is_worse.any()


def test_only_pictures_that_both_releases_answered_are_compared():
    before = as_before(people(150)).iloc[:120]
    changes = changes_since(before, people(150, error=2.0))
    assert list(changes["count"]) == [120, 120]


def test_a_change_is_paired_and_not_the_difference_of_two_intervals():
    noise = np.random.default_rng(0).normal(0, 6, 300)
    before = people(300, error=np.abs(noise) + 0.4)
    now = people(300, error=np.abs(noise) + 0.8)
    cells = [fairness_groups(rows).iloc[0] for rows in (before, now)]
    assert cells[1].mae_low < cells[0].mae_high
    assert changes_since(as_before(before), now).set_index("figure").is_worse["mae"]


def test_groups_of_both_genders_and_all_races_are_compared_apart():
    groups = [("Asian", 1), ("Asian", 0), ("White", 0)]
    rows = pd.concat([people(10, race=race, female=female) for race, female in groups])
    changes = changes_since(as_before(rows), rows)
    told = dict.fromkeys(zip(changes.gender, changes.race, strict=True))
    assert list(told) == [("female", "Asian"), ("male", "Asian"), ("male", "White")]

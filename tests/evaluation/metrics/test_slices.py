"""Slices tell where a variant fails, each with its count."""

import numpy as np
import pytest

from evaluation.metrics.slices import (
    error_by_decade,
    error_by_decade_and_gender,
    error_by_face_fraction,
    error_by_gender,
    error_by_race,
    face_fraction_names,
    worst_slices,
)
from tests.builders import predictions_of


def test_errors_are_told_by_decade_and_90_and_above_are_one():
    table = error_by_decade(predictions_of([5, 9, 34, 91, 116], [7, 9, 30, 81, 100])).set_index("slice")
    assert list(table.index) == ["0–9", "30–39", "90+"]
    assert list(table["count"]) == [2, 1, 2]
    assert list(table.mae) == [1.0, 4.0, 13.0]
    assert list(table.bias) == [1.0, -4.0, -13.0]


def test_errors_are_told_by_gender_and_by_race_where_the_set_names_them():
    rows = predictions_of([20, 30, 40], [21, 30, 44], female=[0, 1, 1], probability=[0.1, 0.9, 0.2])
    by_gender = error_by_gender(rows).set_index("slice")
    assert list(by_gender.accuracy) == [1.0, 0.5]
    assert list(by_gender.mae) == [1.0, 2.0]
    assert error_by_race(rows).empty
    assert list(error_by_race(rows.assign(race=["Asian", "White", "White"])).slice) == ["Asian", "White"]


def test_every_slice_by_age_and_gender_is_told_once():
    rows = predictions_of([20, 21, 40], [20, 21, 40], female=[0, 1, 1])
    table = error_by_decade_and_gender(rows)
    assert list(zip(table.slice, table.gender, strict=True)) == [
        ("20–29", "male"),
        ("20–29", "female"),
        ("40–49", "female"),
    ]


@pytest.mark.parametrize(
    ("fraction", "name"),
    [(0.1, "0–15 %"), (0.15, "15–20 %"), (0.79, "65–80 %"), (0.8, "over 80 %"), (1.2, "over 80 %")],
)
def test_a_face_falls_into_one_range_of_sizes(fraction, name):
    table = error_by_face_fraction(predictions_of([20], [20], face_fraction=fraction))
    assert list(table.slice) == [name]
    assert name in face_fraction_names()


def test_faces_of_nearly_one_size_are_divided_into_parts_of_equal_count():
    fractions = np.linspace(0.5, 0.79, 240)
    table = error_by_face_fraction(predictions_of([20] * 240, [20] * 240, face_fraction=fractions))
    assert list(table.slice) == ["0–55 %", "55–60 %", "60–64 %", "64–69 %", "69–74 %", "over 74 %"]
    assert table["count"].between(30, 50).all()


def test_sizes_that_spread_keep_the_ranges_of_every_set():
    fractions = np.linspace(0.1, 0.9, 240)
    table = error_by_face_fraction(predictions_of([20] * 240, [20] * 240, face_fraction=fractions))
    assert list(table.slice) == face_fraction_names()


def test_a_picture_without_a_found_face_has_no_size():
    assert error_by_face_fraction(predictions_of([20], [20], face_fraction=np.nan)).empty


def test_every_decade_says_how_many_of_its_ages_the_80_percent_intervals_hold():
    table = error_by_decade(predictions_of([5, 9, 34], [7, 20, 30], half_width=4.0)).set_index("slice")
    assert list(table.coverage) == [0.5, 1.0]
    assert (table.coverage_low <= table.coverage).all()


def test_a_slice_without_exact_ages_is_never_called_the_worst():
    rows = predictions_of([np.nan] * 40, [27] * 40, female=[0] * 40)
    assert worst_slices({"gender": error_by_gender(rows)}).empty


def test_a_tiny_slice_is_never_called_the_worst():
    rows = predictions_of([25] * 40 + [95], [27] * 40 + [40])
    worst = worst_slices({"age": error_by_decade(rows), "race": error_by_race(rows)})
    assert "90+" not in set(worst.slice)
    assert worst.mae.iloc[0] == pytest.approx(worst.mae.max())

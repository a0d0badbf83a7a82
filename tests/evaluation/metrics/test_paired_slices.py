"""Slices and cells of two variants differ where a paired difference, corrected for all of them, says so."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from evaluation.metrics.confusions import age_group_confusion, confusion_differences, gender_confusion
from evaluation.metrics.differences import holm, paired
from evaluation.metrics.paired_slices import CUTS, by_decade, by_face_fraction, slice_differences
from evaluation.metrics.slice_sentences import slices_in_words
from evaluation.metrics.slices import error_by_decade, error_by_face_fraction
from faces.predictions import AGE, GENDER
from tests.builders import predictions_of

COUNT = 600
RNG = np.random.default_rng(8)
AGES = np.repeat([25.0, 45.0, 65.0], COUNT // 3)
NOISE = RNG.normal(0, 6, COUNT)
FEMALE = np.arange(COUNT) % 2


def two(**columns):
    """`full` errs 1 year more than `cropped` in the forties, by far less than either interval is wide."""
    more = np.where(AGES == 45, 1 + RNG.normal(0, 0.3, COUNT), RNG.normal(0, 0.3, COUNT))
    tables = [
        predictions_of(AGES, AGES + errors, female=FEMALE, variant=name, **columns)
        for name, errors in (("full", NOISE + np.sign(NOISE) * more), ("cropped", NOISE))
    ]
    return pd.concat(tables, ignore_index=True)


def test_a_slice_differs_though_its_two_intervals_overlap():
    rows = two()
    tables = paired(rows, "full", "cropped")
    slices = slice_differences(*tables, {"age": by_decade}, ["mae"])
    by_name = {one.name: one.difference for one in slices}
    full, cropped = (
        error_by_decade(rows[rows.variant == name]).set_index("slice") for name in ("full", "cropped")
    )
    assert full.mae_low["40–49"] < cropped.mae_high["40–49"]  # overlap says nothing
    assert by_name["40–49"].is_real
    assert by_name["40–49"].first_is_better is False
    assert not by_name["20–29"].is_real
    text = slices_in_words(slices, "full", "cropped", "at")
    assert text.startswith(f"cropped is better at 40–49 by {by_name['40–49'].value:.2f} years (")
    assert text.endswith("elsewhere no detectable difference")


def test_slices_are_corrected_for_all_that_are_stated_together():
    tables = paired(two(face_fraction=np.where(FEMALE == 1, 0.1, 0.6)), "full", "cropped")
    slices = slice_differences(*tables, CUTS, ["mae", "accuracy"])
    assert {one.cut for one in slices} == {"face size", "age", "gender"}
    expected = holm([one.difference.p for one in slices])
    assert [one.difference.p_corrected for one in slices] == pytest.approx(expected)


def test_small_slices_are_in_no_family_and_a_single_slice_is_the_total():
    rows = two(race=np.where(np.arange(COUNT) < 20, "rare", "often"))
    slices = slice_differences(*paired(rows, "full", "cropped"), CUTS, ["mae"])
    assert {one.cut for one in slices} == {"age", "gender"}  # one race of 30 pictures, one size
    assert all(one.difference.count >= 30 for one in slices)


def test_the_ranges_of_sizes_are_those_of_the_figure():
    rows = two(face_fraction=RNG.uniform(0.05, 0.95, COUNT))
    slices = slice_differences(*paired(rows, "full", "cropped"), {"size": by_face_fraction}, ["mae"])
    shown = error_by_face_fraction(rows[rows.variant == "full"]).set_index("slice")["count"]
    assert {one.name: one.difference.count for one in slices} == shown[shown >= 30].to_dict()


def test_nothing_detected_is_said_so():
    rows = two()
    same = pd.concat([rows[rows.variant == "full"], rows[rows.variant == "full"].assign(variant="cropped")])
    slices = slice_differences(*paired(same, "full", "cropped"), {"age": by_decade}, ["mae"])
    assert slices_in_words(slices, "full", "cropped", "at") == (
        "no detectable difference between full and cropped"
    )
    assert slices_in_words([], "full", "cropped", "at").startswith("too few pictures")


def test_cells_of_two_matrices_differ_by_mcnemar_and_the_diagonal_as_well():
    right = np.where(FEMALE == 1, 0.9, 0.1)
    wrong = (FEMALE == 1) & (np.arange(COUNT) < 80)
    tables = [
        predictions_of(AGES, AGES, female=FEMALE, probability=probability)
        for probability in (np.where(wrong, 0.1, right), right)
    ]
    total, is_real = confusion_differences(GENDER, *tables)
    assert total.value == pytest.approx(-40 / COUNT)
    assert total.p_value == pytest.approx(binomtest(0, 40).pvalue)
    assert total.is_real
    # Only women are judged otherwise.
    assert is_real.loc["female"].all()
    assert not is_real.loc["male"].any()
    first, second = (gender_confusion(table).to_numpy() for table in tables)
    assert ((first != second) == is_real.to_numpy()).all()


def test_cells_of_ages_have_the_shape_of_the_matrix():
    tables = paired(two(), "full", "cropped")
    total, is_real = confusion_differences(AGE, *tables)
    shape = age_group_confusion(tables[0])
    assert list(is_real.index) == list(shape.index)
    assert total.count == COUNT

"""A network with one head is predicted, calibrated, scored and compared by it, a composite variant as one."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dataset.tables.columns import PREDICTIONS, UNREADABLE
from dataset.tables.schema import Provenance, write_table
from evaluation.__main__ import calibration_words
from evaluation.inference.calibration import fitted, write_calibration
from evaluation.inference.outputs import RawOutputs, raw_outputs
from evaluation.inference.predict import loaded_networks, prediction_rows, predictions_path
from evaluation.inference.robustness import write_robustness
from evaluation.metrics.comparisons import compared, fallback_fraction
from evaluation.metrics.fairness import fairness_groups
from evaluation.metrics.registry import all_estimates
from evaluation.metrics.rows import NO_AGE_HEAD, NO_GENDER_HEAD, heads
from evaluation.metrics.slices import error_by_decade_and_gender
from evaluation.predictions import read_predictions
from evaluation.reports.cards import card
from evaluation.reports.scores import scores, write_scores
from faces.calibration import read_calibration
from faces.detection import DEFAULT_DETECTOR, Detector
from faces.errors import TableError, VariantError
from faces.files import sha256_of
from faces.predictions import AGE, GENDER, OUTPUTS
from tests.builders import records_of

AGE_COLUMNS = ["predicted_age_years", "age_low_years", "age_high_years"]
COUNT = 200


@pytest.fixture
def ages_against_both(random_predictions):
    """`full` has the age head alone, `cropped` both."""
    silent = random_predictions.variant == "full"
    return random_predictions.assign(
        female_probability=random_predictions.female_probability.mask(silent),
        predicted_gender=random_predictions.predicted_gender.mask(silent, ""),
    )


@pytest.fixture
def genders_against_both(random_predictions):
    """`full` has the gender head alone, `cropped` both."""
    silent = random_predictions.variant == "full"
    return random_predictions.assign(**{name: random_predictions[name].mask(silent) for name in AGE_COLUMNS})


def outputs_of(present, true, female):
    """Raw outputs near the labels; NaN for heads that are not `present`."""
    rng = np.random.default_rng(2)
    ages = np.full((COUNT, 101), np.nan, np.float32)
    probability = np.full(COUNT, np.nan, np.float32)
    if AGE in present:
        away = (np.arange(101) - (true + rng.normal(0, 4, COUNT))[:, None]) / 2
        ages = np.exp(-0.5 * away**2)
        ages = (ages / ages.sum(axis=1, keepdims=True)).astype(np.float32)
    if GENDER in present:
        probability = np.clip(female * 0.8 + 0.1 + rng.normal(0, 0.25, COUNT), 0.01, 0.99).astype(np.float32)
    return RawOutputs(pd.DataFrame({"status": ["found"] * COUNT}), ages, probability)


@pytest.fixture
def labels():
    rng = np.random.default_rng(1)
    return rng.integers(5, 90, COUNT).astype(float), rng.integers(0, 2, COUNT)


def test_one_head_is_calibrated_as_if_the_network_had_both(labels):
    both = fitted(outputs_of(OUTPUTS, *labels), *labels)
    ages, genders = (fitted(outputs_of((output,), *labels), *labels) for output in OUTPUTS)
    assert (ages.age, ages.gender) == (both.age, None)
    assert genders.age is None
    assert genders.gender is not None
    assert ages.calibration.gender_temperature == 1.0
    assert "gender" not in calibration_words(ages)
    assert "intervals" not in calibration_words(genders)


@pytest.mark.parametrize("output", OUTPUTS)
def test_a_calibration_file_has_no_figures_of_a_missing_head(labels, output, shipped_variants, tmp_path):
    fit = fitted(outputs_of((output,), *labels), *labels)
    write_calibration(replace(shipped_variants[0], folder=tmp_path), fit)
    assert read_calibration(tmp_path) == fit.calibration
    text = (tmp_path / "calibration.toml").read_text(encoding="utf-8")
    assert ("coverage_after" in text) == (output == AGE)
    assert ("gender_log_loss_after" in text) == (output == GENDER)


def test_ages_are_compared_as_if_both_had_a_gender_head(ages_against_both, random_predictions):
    comparison = compared(ages_against_both, "full", "cropped")
    everything = compared(random_predictions, "full", "cropped")
    for key in ("mae", "cs_5", "bias"):
        # Fewer differences are corrected together where there is no gender.
        both = comparison.differences[key], everything.differences[key]
        assert len({replace(one, p_corrected=None) for one in both}) == 1
    assert comparison.differences["accuracy"].count == comparison.disagreements.count == 0
    assert comparison.better == "cropped"
    assert comparison.sentence.startswith("cropped is better at age by ")
    assert comparison.sentence.endswith("on 400 pictures; genders cannot be compared here.")


def test_genders_are_compared_as_if_both_had_an_age_head(genders_against_both, random_predictions):
    comparison = compared(genders_against_both, "full", "cropped")
    everything = compared(random_predictions, "full", "cropped")
    both = comparison.differences["accuracy"], everything.differences["accuracy"]
    assert len({replace(one, p_corrected=None) for one in both}) == 1
    assert comparison.disagreements == everything.disagreements
    assert comparison.differences["mae"].count == 0
    assert comparison.sentence.endswith("ages cannot be compared here.")


def test_two_that_have_no_head_in_common_are_not_compared(ages_against_both):
    other = ages_against_both.variant == "cropped"
    apart = ages_against_both.assign(**{name: ages_against_both[name].mask(other) for name in AGE_COLUMNS})
    comparison = compared(apart, "full", "cropped")
    assert comparison.better is None
    assert "no estimate in common" in comparison.sentence


def test_equal_networks_with_one_head_show_no_detectable_difference(ages_against_both):
    full_rows = ages_against_both[ages_against_both.variant == "full"]
    comparison = compared(pd.concat([full_rows, full_rows.assign(variant="again")]), "full", "again")
    assert comparison.sentence == (
        "No detectable difference between full and again: they differ in age MAE by 0.00 years "
        "on 400 pictures; genders cannot be compared here."
    )


def test_estimates_of_a_missing_head_carry_that_reason(ages_against_both, genders_against_both):
    of_ages = all_estimates(ages_against_both[ages_against_both.variant == "full"])
    of_genders = all_estimates(genders_against_both[genders_against_both.variant == "full"])
    assert (of_ages["mae"].known, of_ages["accuracy"].known) == (True, False)
    assert (of_genders["mae"].known, of_genders["accuracy"].known) == (False, True)
    assert {of_ages[key].reason for key in ("accuracy", "auc", "ece")} == {NO_GENDER_HEAD}
    assert {of_genders[key].reason for key in ("mae", "cs_5", "bin_accuracy")} == {NO_AGE_HEAD}


def test_groups_are_of_the_true_gender_where_none_is_predicted(ages_against_both, random_predictions):
    without_gender, with_both = (
        table[table.variant == "full"].assign(race="White")
        for table in (ages_against_both, random_predictions)
    )
    by_decade, expected = (error_by_decade_and_gender(rows) for rows in (without_gender, with_both))
    same = ["slice", "gender", "count", "mae", "bias"]
    pd.testing.assert_frame_equal(by_decade[same], expected[same])
    assert by_decade.accuracy.isna().all()
    groups, expected = (fairness_groups(rows) for rows in (without_gender, with_both))
    pd.testing.assert_frame_equal(groups[["gender", "count", "mae"]], expected[["gender", "count", "mae"]])
    assert groups.accuracy.isna().all()


def test_an_unreadable_picture_says_nothing_about_the_heads(ages_against_both):
    full_rows = ages_against_both[ages_against_both.variant == "full"].reset_index(drop=True)
    full_rows.loc[0, AGE_COLUMNS] = np.nan
    full_rows.loc[0, "status"] = UNREADABLE
    assert heads(full_rows) == (AGE,)
    assert heads(full_rows[:1]) == ()
    assert fallback_fraction(full_rows) == 0
    assert all_estimates(full_rows)["mae"].count == 399


# --- With networks, through the real export -------------------------------------------------------------
@pytest.fixture(scope="module")
def predicted(small_variants, repository, tmp_path_factory):
    """The folders of the small variants, each with a predictions table of the shipped pictures."""
    detector = Detector(threads=1)
    paths = sorted((repository / "dashboard" / "samples").glob("*.jpg"))[:3]
    pictures = records_of(paths)
    networks = loaded_networks([variant.folder for variant in small_variants.values()])
    outputs = raw_outputs(pictures, networks, detector, tmp_path_factory.mktemp("cache"), title="chips")
    for network in networks:
        variant = network.variant
        rows = prediction_rows("chips", pictures, outputs[variant.name], variant, network.calibration)
        provenance = Provenance(variant.split_sha256, variant.network_sha256, detector.sha256)
        write_table(rows, PREDICTIONS, predictions_path(variant.folder, "chips"), provenance)
    return {name: variant.folder for name, variant in small_variants.items()}


@pytest.mark.training
@pytest.mark.slow
def test_rows_hold_the_predictions_of_the_heads_and_nothing_else(predicted):
    for name, present in (("ages", (AGE,)), ("genders", (GENDER,)), ("both", OUTPUTS)):
        rows = read_predictions([predicted[name]])
        assert heads(rows) == present
        assert rows[AGE_COLUMNS].notna().all(axis=None) == (AGE in present)
        assert (rows.predicted_gender != "").all() == (GENDER in present)


@pytest.mark.training
def test_a_composite_variant_has_the_ages_of_the_one_and_the_genders_of_the_other(
    predicted, composite_folder
):
    composite = read_predictions([composite_folder]).set_index("file")
    ages, genders = (read_predictions([predicted[name]]).set_index("file") for name in ("ages", "genders"))
    assert set(composite.variant) == {"ages + genders"}
    pd.testing.assert_frame_equal(composite[AGE_COLUMNS], ages[AGE_COLUMNS])
    of_gender = ["female_probability", "predicted_gender"]
    pd.testing.assert_frame_equal(composite[of_gender], genders[of_gender])
    both = read_predictions([composite_folder, predicted["both"]])
    assert compared(both, "ages + genders", "both").count == 3


@pytest.mark.training
def test_a_composite_variant_of_tables_of_other_pictures_is_refused(
    predicted, composite_folder, small_variants
):
    variant = small_variants["genders"]
    path = predictions_path(variant.folder, "chips")
    committed, rows = path.read_bytes(), read_predictions([variant.folder])
    provenance = Provenance(variant.split_sha256, variant.network_sha256, sha256_of(DEFAULT_DETECTOR))
    try:
        write_table(rows[1:], PREDICTIONS, path, provenance)
        with pytest.raises(TableError, match=r"of other pictures.*Received: 3 and 2 rows"):
            read_predictions([composite_folder])
    finally:
        path.write_bytes(committed)


@pytest.mark.training
@pytest.mark.parametrize(("name", "missing"), [("ages", "accuracy"), ("genders", "mae")])
def test_a_network_with_one_head_is_scored_and_has_a_card(predicted, small_variants, name, missing):
    variant = small_variants[name]
    document = scores(read_predictions([variant.folder]), variant, sha256_of(DEFAULT_DETECTOR))
    json.dumps(document, allow_nan=False)
    section = document["sets"]["chips"]["test"]
    assert section["metrics"][missing]["value"] is None
    assert (section["pictures"], section["unreadable"]) == (3, 0)
    write_scores(document, variant.folder)
    text = card(variant)
    assert not re.search(r"\bnan\b", text)
    assert ("It has no gender head." in text) == (name == "ages")


@pytest.mark.training
def test_both_networks_of_a_composite_variant_are_loaded_to_be_predicted(composite_folder, small_variants):
    names = [network.variant.name for network in loaded_networks([composite_folder])]
    assert names == ["ages", "genders"]
    again = loaded_networks([composite_folder, small_variants["ages"].folder])
    assert [network.variant.name for network in again] == names


@pytest.mark.training
def test_robustness_needs_a_network_with_both_heads(composite_folder, tmp_path):
    with pytest.raises(VariantError, match="Received: ages, which has age"):
        write_robustness(loaded_networks([composite_folder]), Detector(threads=1), Path(tmp_path), tmp_path)

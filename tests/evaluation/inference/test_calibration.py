"""Temperatures fitted on validation calibrate the 80 % interval, and leave the age alone."""

import tomllib
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from evaluation.inference.calibration import (
    age_temperature_for,
    coverage,
    fitted,
    gender_temperature_for,
    refuse_stale_calibration,
    write_calibration,
)
from evaluation.inference.outputs import RawOutputs
from faces.calibration import Calibration, read_calibration
from faces.errors import VariantError
from faces.networks import predictions_from

AGES = np.arange(101)


@pytest.fixture(scope="module")
def overconfident():
    """Outputs whose ages scatter twice as widely as predicted, and whose genders are overconfident."""
    rng = np.random.default_rng(0)
    centres = rng.uniform(20, 80, 1500)
    probabilities = np.exp(-0.5 * ((AGES - centres[:, None]) / 3) ** 2)
    probabilities = (probabilities / probabilities.sum(axis=1, keepdims=True)).astype(np.float32)
    true = centres + rng.normal(0, 6, 1500)
    logits = rng.normal(0, 2, 1500)
    female = (rng.random(1500) < 1 / (1 + np.exp(-logits))).astype(int)
    boxes = pd.DataFrame({"file": [str(number) for number in range(1500)]})
    outputs = RawOutputs(boxes, probabilities, (1 / (1 + np.exp(-3 * logits))).astype(np.float32))
    return outputs, true, female


def test_the_interval_covers_80_percent_after_the_fit(overconfident):
    outputs, true, _ = overconfident
    before = coverage(outputs.age_probabilities, true, 1.0)
    after = coverage(outputs.age_probabilities, true, age_temperature_for(outputs.age_probabilities, true))
    assert before < 0.6
    assert after == pytest.approx(0.8, abs=0.005)


def test_the_temperature_of_a_normal_distribution_is_the_square_of_the_widening(overconfident):
    outputs, true, _ = overconfident
    assert age_temperature_for(outputs.age_probabilities, true) == pytest.approx(4.0, rel=0.15)


def test_overconfident_genders_are_moved_towards_one_half(overconfident):
    outputs, _, female = overconfident
    assert gender_temperature_for(outputs.female_probability, female) == pytest.approx(3.0, rel=0.25)


def test_a_fit_has_its_count_and_what_it_changed(overconfident):
    fit = fitted(*overconfident)
    assert fit.count == 1500
    assert fit.age is not None
    assert fit.gender is not None
    assert fit.age.coverage_before < fit.age.coverage_after
    assert fit.gender.log_loss_after < fit.gender.log_loss_before


def test_calibration_never_moves_an_age_nor_turns_a_gender(overconfident):
    outputs, _, _ = overconfident
    few = outputs.rows(np.arange(1500) < 50)
    plain = predictions_from(few.age_probabilities, few.female_probability, Calibration())
    calibrated = predictions_from(few.age_probabilities, few.female_probability, Calibration(4.0, 3.0))
    assert [c.age_years for c in calibrated] == [p.age_years for p in plain]
    assert [c.gender for c in calibrated] == [p.gender for p in plain]


def test_the_written_file_is_read_back_and_names_its_network(overconfident, shipped_variants, tmp_path):
    variant = replace(shipped_variants[0], folder=tmp_path)
    fit = fitted(*overconfident)
    write_calibration(variant, fit)
    assert read_calibration(tmp_path) == fit.calibration
    fitted_on = tomllib.loads((tmp_path / "calibration.toml").read_text(encoding="utf-8"))["fitted_on"]
    assert (fitted_on["set"], fitted_on["split"], fitted_on["count"]) == ("chips", "validation", 1500)
    assert fitted_on["abstained_accuracy"] < 0.66 < fitted_on["selective_accuracy"]
    assert fitted_on["network_sha256"] == variant.network_sha256
    refuse_stale_calibration(variant)


def test_a_calibration_that_was_fitted_on_another_network_is_refused(
    overconfident, shipped_variants, tmp_path
):
    variant = replace(shipped_variants[0], folder=tmp_path)
    write_calibration(replace(variant, network_sha256="0" * 64), fitted(*overconfident))
    with pytest.raises(VariantError, match="run `python -m evaluation calibrate` first"):
        refuse_stale_calibration(variant)

"""Pictures are predicted unchanged and under every condition; cached results are those of the same crops."""

from copy import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evaluation.inference import conditions as conditions_module
from evaluation.inference.conditions import Condition, predictions_under
from evaluation.inference.corruptions import CORRUPTIONS, corrupted
from faces.answer import Predictor

BY_KEY = {corruption.key: corruption for corruption in CORRUPTIONS}
TWO_CONDITIONS = (Condition(BY_KEY["jpeg"], 1), Condition(BY_KEY["darker"], 5))


@pytest.fixture
def corruptions_done(monkeypatch):
    """The keys of the corruptions that were computed, not taken from the cache."""
    keys = []

    def recorded(rgb, box, corruption, severity, file):
        keys.append(corruption.key)
        return corrupted(rgb, box, corruption, severity, file)

    monkeypatch.setattr(conditions_module, "corrupted", recorded)
    return keys


def test_every_network_predicts_every_picture_unchanged_and_under_every_condition(
    samples, networks, detector, tmp_path
):
    by_name, found = predictions_under(TWO_CONDITIONS, samples, networks, detector, tmp_path, title="s")
    assert set(by_name) == {"full", "cropped"}
    for predictions in by_name.values():
        assert predictions.age_years.shape == predictions.female_probability.shape == (3, 3)
        assert np.isfinite(predictions.age_years[:2]).all()
        assert np.isnan(predictions.age_years[2]).all()
        assert abs(predictions.age_years[0, 1] - predictions.age_years[0, 0]) < 8, "JPEG changed the age"
    assert found[:, :2].tolist() == [[True, True], [False, False], [False, False]]


def test_a_turned_picture_is_detected_anew_and_read_upright(samples, networks, detector, tmp_path):
    turns = tuple(Condition(BY_KEY["turned"], severity) for severity in (1, 2))
    by_name, found = predictions_under(turns, samples.iloc[:1], networks, detector, tmp_path, title="s")
    assert found.tolist() == [[True, True, True]]
    for predictions in by_name.values():
        (years,) = predictions.age_years
        assert years == pytest.approx(years[:1].repeat(3), abs=0.3)


def test_an_unchanged_picture_is_predicted_as_it_is_served(
    samples, networks, shipped_variants, detector, tmp_path
):
    by_name, _ = predictions_under((), samples.iloc[:1], networks, detector, tmp_path, title="s")
    predictor = Predictor([variant.folder for variant in shipped_variants])
    _, served = predictor.answer_bytes((Path(samples.path[0])).read_bytes(), "astronaut.jpg")
    full, cropped = (by_name[name].age_years[0, 0] for name in ("full", "cropped"))
    assert full == pytest.approx(served.whole_picture["full"].age_years, abs=0.01)
    assert cropped == pytest.approx(served.faces[0].answers["cropped"].age_years, abs=0.01)


def test_work_that_was_stopped_goes_on_with_the_missing_conditions(
    samples, networks, detector, tmp_path, corruptions_done
):
    first, _ = predictions_under(TWO_CONDITIONS[:1], samples, networks, detector, tmp_path, title="s")
    corruptions_done.clear()
    second, _ = predictions_under(TWO_CONDITIONS, samples, networks, detector, tmp_path, title="s")
    assert set(corruptions_done) == {"darker"}
    assert np.array_equal(second["full"].age_years[:, :2], first["full"].age_years, equal_nan=True)


def test_another_crop_scale_or_another_code_of_corruptions_is_computed_anew(
    samples, networks, detector, tmp_path, corruptions_done, monkeypatch
):
    cropped = networks[1]
    wider = copy(cropped)
    wider.variant = replace(cropped.variant, crop_scale=1.5 * cropped.variant.crop_scale)
    arguments = (samples, [cropped], detector, tmp_path)
    before, _ = predictions_under(TWO_CONDITIONS[:1], *arguments, title="s")
    corruptions_done.clear()
    again, _ = predictions_under(TWO_CONDITIONS[:1], *arguments, title="s")
    assert not corruptions_done
    assert np.array_equal(again["cropped"].age_years, before["cropped"].age_years, equal_nan=True)
    edited, _ = predictions_under(TWO_CONDITIONS[:1], samples, [wider], detector, tmp_path, title="s")
    assert corruptions_done
    assert (edited["cropped"].age_years[0] != before["cropped"].age_years[0]).all()
    corruptions_done.clear()
    monkeypatch.setattr(conditions_module, "VERSION", conditions_module.VERSION + 1)
    predictions_under(TWO_CONDITIONS[:1], *arguments, title="s")
    assert corruptions_done

"""Distributions -> predictions: expectation, interval, calibration; networks that do not fit are refused."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from faces.calibration import Calibration, read_calibration
from faces.errors import VariantError
from faces.networks import (
    Network,
    age_expectations,
    age_quantiles,
    predictions_from,
    tempered,
    tempered_probability,
)
from faces.variants import read_variant


def normal(mean: float, sigma: float) -> np.ndarray:
    weights = np.exp(-0.5 * ((np.arange(101) - mean) / sigma) ** 2)
    return (weights / weights.sum())[None]


def test_the_age_is_the_expectation() -> None:
    assert age_expectations(normal(40, 5))[0] == pytest.approx(40, abs=1e-6)


def test_the_interval_is_that_of_the_normal_distribution() -> None:
    low, high = age_quantiles(normal(40, 5), (0.1, 0.9))[0]
    assert low == pytest.approx(40 - 1.2816 * 5, abs=0.1)
    assert high == pytest.approx(40 + 1.2816 * 5, abs=0.1)


def test_no_age_lies_below_zero() -> None:
    assert age_quantiles(np.eye(101)[[0]], (0.1,))[0, 0] == 0.0


def test_a_temperature_widens_a_normal_distribution_by_its_root() -> None:
    wide = tempered(normal(50, 4), 4.0)
    low, high = age_quantiles(wide, (0.1, 0.9))[0]
    assert (high - low) / 2 == pytest.approx(1.2816 * 8, abs=0.1)


def test_calibration_changes_the_interval_and_the_probability_but_never_the_age() -> None:
    plain, calibrated = (
        predictions_from(normal(90, 8), np.array([0.9]), calibration)[0]
        for calibration in (Calibration(), Calibration(4.0, 2.0))
    )
    assert calibrated.age_years == plain.age_years
    assert calibrated.age_low is not None
    assert plain.age_low is not None
    assert calibrated.age_low < plain.age_low
    assert calibrated.female_probability == pytest.approx(0.75)  # odds of 9 become odds of 3
    assert calibrated.gender == plain.gender == "female"


def test_the_interval_always_contains_the_age() -> None:
    lopsided = (0.92 * np.eye(101)[[20]] + 0.08 * np.eye(101)[[95]]) / 1.0
    prediction = predictions_from(lopsided, np.array([0.2]), Calibration())[0]
    assert prediction.age_and_interval is not None
    age, low, high = prediction.age_and_interval
    assert low <= age <= high


@pytest.mark.parametrize("probability", [0.0, 1.0])
def test_a_certain_probability_stays_finite(probability: float) -> None:
    assert tempered_probability(probability, 3.0) == pytest.approx(probability, abs=0.01)


@pytest.mark.parametrize(
    ("female_probability", "gender"),
    [(0.71, "female"), (0.7, "female"), (0.69, "uncertain"), (0.31, "uncertain"), (0.29, "male")],
)
def test_below_the_abstention_threshold_the_gender_is_uncertain(
    female_probability: float, gender: str
) -> None:
    calibration = Calibration(abstention_threshold=0.7)
    prediction = predictions_from(normal(40, 5), np.array([female_probability]), calibration)[0]
    assert prediction.gender == prediction.as_dict()["gender"] == gender


def test_without_a_threshold_no_gender_is_uncertain(tmp_path: Path) -> None:
    (tmp_path / "calibration.toml").write_text("age_temperature = 1.0\ngender_temperature = 1.0\n")
    predictions = predictions_from(
        normal(40, 5).repeat(2, 0), np.array([0.499, 0.5]), read_calibration(tmp_path)
    )
    assert [prediction.gender for prediction in predictions] == ["male", "female"]


def test_a_broken_calibration_is_named(tmp_path: Path) -> None:
    (tmp_path / "calibration.toml").write_text("age_temperature = 'warm'\ngender_temperature = 1.0\n")
    with pytest.raises(VariantError, match=r"calibration\.toml"):
        read_calibration(tmp_path)


def test_a_network_that_is_not_the_one_described_is_refused(repository: Path, tmp_path: Path) -> None:
    shutil.copy(repository / "model_full" / "variant.toml", tmp_path)
    with pytest.raises(VariantError, match="has no network"):
        Network(read_variant(tmp_path))
    (tmp_path / "network.onnx").write_bytes(b"another network")
    with pytest.raises(VariantError, match="is not the network that variant.toml describes"):
        Network(read_variant(tmp_path))


def test_a_mirrored_face_gets_the_outputs_of_the_face_itself(repository: Path) -> None:
    network = Network(read_variant(repository / "model_cropped"))
    px = network.variant.input_px
    crop = np.random.default_rng(1).integers(0, 256, (1, px, px, 3), np.uint8)
    for upright, mirrored in zip(network.outputs(crop), network.outputs(crop[:, :, ::-1]), strict=True):
        np.testing.assert_allclose(upright, mirrored, atol=1e-6)


@pytest.mark.parametrize("name", ["model_full", "model_cropped"])
def test_the_shipped_networks_answer_with_distributions(repository: Path, name: str) -> None:
    network = Network(read_variant(repository / name))
    px = network.variant.input_px
    inputs = np.random.default_rng(0).integers(0, 256, (3, px, px, 3), np.uint8)
    ages, female = network.outputs(inputs)
    assert ages.shape == (3, 101)
    np.testing.assert_allclose(ages.sum(axis=1), 1, atol=1e-4)
    assert ((female >= 0) & (female <= 1)).all()

"""Pictures become rows by the code that serves; stopped work goes on; tables of others are refused."""

import shutil
from copy import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dataset.tables.columns import FACE_FOUND, PREDICTIONS, UNREADABLE
from dataset.tables.schema import Provenance, read_table, write_table
from evaluation.inference import outputs as outputs_module
from evaluation.inference.outputs import cache_folder, raw_outputs
from evaluation.inference.predict import loaded_networks, prediction_rows, predictions_path
from evaluation.predictions import read_predictions
from faces.answer import Predictor
from faces.calibration import read_calibration
from faces.detection import DEFAULT_DETECTOR
from faces.errors import TableError, VariantError
from faces.files import sha256_of
from faces.pictures import decode
from tests.builders import records_of


@pytest.fixture
def pictures(repository, tmp_path):
    """Two shipped pictures, one of them with many faces, and a broken one."""
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no picture")
    samples = repository / "dashboard" / "samples"
    paths = [samples / "astronaut.jpg", broken, samples / "solvay_1927.jpg"]
    return records_of(paths)


def rows_of(pictures, networks, detector, cache_dir):
    outputs = raw_outputs(pictures, networks, detector, cache_dir, title="chips")
    return {
        network.variant.name: prediction_rows(
            "chips", pictures, outputs[network.variant.name], network.variant, network.calibration
        ).set_index("file")
        for network in networks
    }


def test_a_row_holds_the_served_prediction(pictures, networks, detector, shipped_variants, tmp_path):
    rows = rows_of(pictures, networks, detector, tmp_path / "cache")
    predictor = Predictor([variant.folder for variant in shipped_variants])
    _, answer = predictor.answer_bytes(Path(pictures.path[0]).read_bytes(), "astronaut.jpg")
    full, cropped = rows["full"].loc["astronaut.jpg"], rows["cropped"].loc["astronaut.jpg"]
    assert full.predicted_age_years == pytest.approx(answer.whole_picture["full"].age_years, abs=0.01)
    prediction = answer.faces[0].answers["cropped"]
    assert cropped.predicted_age_years == pytest.approx(prediction.age_years, abs=0.01)
    assert cropped.age_low_years == pytest.approx(prediction.age_low, abs=0.01)
    assert cropped.female_probability == pytest.approx(prediction.female_probability, abs=0.001)
    assert (full.input_source, cropped.input_source) == ("whole_image", "face")


def test_a_row_holds_the_predicted_gender_or_uncertain(pictures, networks, detector, tmp_path):
    rows = rows_of(pictures, networks, detector, tmp_path)["cropped"]
    assert set(rows.predicted_gender.drop("broken.jpg")) <= {"female", "male", "uncertain"}
    assert rows.predicted_gender["broken.jpg"] == ""


def test_an_exact_age_is_a_bin_of_its_own_and_a_bin_has_no_exact_age(pictures, networks, detector, tmp_path):
    exact = rows_of(pictures, networks, detector, tmp_path)["full"]
    assert (exact.age_first_years == exact.age_years).all()
    binned = pictures.assign(age_years=np.nan, age_low=[40, 20, 40], age_high=[49, 29, 49])
    rows = rows_of(binned, networks, detector, tmp_path)["full"]
    assert rows.age_years.isna().all()
    assert list(zip(rows.age_first_years, rows.age_last_years, strict=True)) == [(40, 49), (20, 29), (40, 49)]


def test_the_widest_of_several_faces_is_scored(pictures, networks, detector, tmp_path):
    row = rows_of(pictures, networks, detector, tmp_path)["cropped"].loc["solvay_1927.jpg"]
    assert row.faces_found > 20
    assert row.status == FACE_FOUND
    assert 0 < row.face_fraction < 0.5


def test_an_unreadable_picture_is_a_row_with_a_status(pictures, networks, detector, tmp_path):
    rows = rows_of(pictures, networks, detector, tmp_path)
    for name in ("full", "cropped"):
        row = rows[name].loc["broken.jpg"]
        assert row.status == UNREADABLE
        assert row.input_source == ""
        assert np.isnan(row.predicted_age_years)


def test_the_rows_are_a_predictions_table(pictures, networks, detector, tmp_path):
    rows = rows_of(pictures, networks, detector, tmp_path)["cropped"].reset_index()
    write_table(rows, PREDICTIONS, tmp_path / "chips.parquet", Provenance("a", "b", "c"))
    assert len(read_table(tmp_path / "chips.parquet", PREDICTIONS, Provenance("a", "b", "c"))) == 3


def test_work_that_was_stopped_goes_on_with_the_pictures_that_are_missing(
    pictures, networks, detector, tmp_path, monkeypatch
):
    monkeypatch.setattr(outputs_module, "SHARD", 1)
    first = raw_outputs(pictures.iloc[:2], networks, detector, tmp_path, title="chips")
    decoded = decoded_names(monkeypatch)
    second = raw_outputs(pictures, networks, detector, tmp_path, title="chips")
    assert decoded == ["solvay_1927.jpg"]
    for name in ("full", "cropped"):
        assert np.array_equal(
            second[name].age_probabilities[:2], first[name].age_probabilities, equal_nan=True
        )


def decoded_names(monkeypatch):
    """The names of the pictures that `raw_outputs` decodes from now on: what it takes from no cache."""
    names = []

    def recorded(data, name):
        names.append(name)
        return decode(data, name)

    monkeypatch.setattr(outputs_module, "decode", recorded)
    return names


def with_fields(network, **fields):
    """The network as if its variant.toml had been edited."""
    edited = copy(network)
    edited.variant = replace(network.variant, **fields)
    return edited


def test_an_edited_crop_scale_is_not_answered_from_the_cache(
    pictures, networks, detector, tmp_path, monkeypatch
):
    cropped = networks[1]
    arguments = (pictures.iloc[:1], [cropped], detector, tmp_path)
    before = raw_outputs(*arguments, title="chips")["cropped"]
    decoded = decoded_names(monkeypatch)
    again = raw_outputs(*arguments, title="chips")["cropped"]
    assert not decoded
    assert np.array_equal(again.age_probabilities, before.age_probabilities)
    wider = with_fields(cropped, crop_scale=1.5 * cropped.variant.crop_scale)
    edited = raw_outputs(pictures.iloc[:1], [wider], detector, tmp_path, title="chips")["cropped"]
    assert decoded == ["astronaut.jpg"]
    assert not np.array_equal(edited.age_probabilities, before.age_probabilities)


@pytest.mark.parametrize(
    "fields",
    [
        {"input_mode": "whole_image"},
        {"crop_scale": 1.7},
        {"input_px": 96},
        {"pad_rgb": (0, 0, 1)},
        {"network_sha256": "0" * 64},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_cached_outputs_belong_to_all_that_makes_them(networks, detector, fields):
    variant = networks[1].variant
    folder = cache_folder(Path("cache"), "outputs", detector, variant)
    assert cache_folder(Path("cache"), "outputs", detector, replace(variant, name="another")) == folder
    assert cache_folder(Path("cache"), "outputs", detector, replace(variant, **fields)) != folder


def test_two_variants_need_two_names(shipped_variants, tmp_path):
    folder = shipped_variants[0].folder
    for file in ("variant.toml", "network.onnx"):
        shutil.copyfile(folder / file, tmp_path / file)
    with pytest.raises(VariantError, match="different names"):
        loaded_networks([folder, tmp_path])


def test_a_folder_that_is_named_twice_is_one_variant(shipped_variants):
    assert len(loaded_networks([shipped_variants[0].folder] * 2)) == 1


@pytest.fixture
def variant_folder(shipped_variants, tmp_path):
    """A variant folder with nothing but variant.toml and a predictions table that belongs to it."""
    variant = shipped_variants[0]
    folder = tmp_path / variant.name
    folder.mkdir()
    shutil.copyfile(variant.folder / "variant.toml", folder / "variant.toml")
    return folder


@pytest.mark.parametrize("what", ["split", "network", "detector"])
def test_a_table_that_another_split_network_or_detector_made_is_refused(
    variant_folder, shipped_variants, random_predictions, what
):
    variant = shipped_variants[0]
    right = {
        "split_sha256": variant.split_sha256,
        "network_sha256": variant.network_sha256,
        "detector_sha256": sha256_of(DEFAULT_DETECTOR),
    }
    rows = random_predictions[random_predictions.variant == variant.name]
    path = predictions_path(variant_folder, "chips")
    write_table(rows, PREDICTIONS, path, Provenance(**right))
    assert len(read_predictions([variant_folder])) == len(rows)
    write_table(rows, PREDICTIONS, path, Provenance(**right | {f"{what}_sha256": "0" * 64}))
    with pytest.raises(TableError, match=f"made with another {what}"):
        read_predictions([variant_folder])


def test_a_table_with_another_variants_rows_is_refused(variant_folder, shipped_variants, random_predictions):
    variant = shipped_variants[0]
    provenance = Provenance(variant.split_sha256, variant.network_sha256, sha256_of(DEFAULT_DETECTOR))
    write_table(random_predictions, PREDICTIONS, predictions_path(variant_folder, "chips"), provenance)
    with pytest.raises(TableError, match="belongs to the variant 'full'"):
        read_predictions([variant_folder])


def test_a_folder_without_predictions_has_no_rows(variant_folder):
    assert read_predictions([variant_folder]).empty
    assert read_calibration(variant_folder).age_temperature == 1.0

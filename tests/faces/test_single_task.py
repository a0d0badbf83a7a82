"""Networks with one head are served, and two of them as one composite variant."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from faces.__main__ import main
from faces.answer import Answer, AnsweredFace
from faces.boxes import Square
from faces.detection import Face
from faces.drawing import annotated, in_words
from faces.errors import VariantError
from faces.networks import Network
from faces.pictures import Picture
from faces.predictions import AGE, GENDER, OUTPUTS, Prediction
from faces.saliency.explain import METHODS, saliency_map
from faces.variants import Variant, read_variant, single_folders
from tests.small_networks import PX, exported

pytestmark = pytest.mark.training

OF_AGE = Prediction(34.4, 27.6, 40.2, None)
OF_GENDER = Prediction(None, None, None, 0.07)


@pytest.fixture(scope="module")
def crops() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (2, PX, PX, 3), np.uint8)


@pytest.mark.parametrize(("name", "heads"), [("ages", (AGE,)), ("genders", (GENDER,)), ("both", OUTPUTS)])
def test_a_network_predicts_what_it_has_heads_for_and_nothing_else(small_variants, crops, name, heads):
    network = Network(small_variants[name])
    assert network.heads == heads
    ages, female = network.outputs(crops)
    assert np.isfinite(ages).all() == (AGE in heads)
    assert np.isfinite(female).all() == (GENDER in heads)
    for prediction in network.predictions(crops):
        assert prediction.heads == heads
        answer = json.loads(json.dumps(prediction.as_dict(), allow_nan=False))
        assert (answer["age_years"] is not None) == (answer["age_high"] is not None) == (AGE in heads)
        assert (
            (answer["gender"] is not None) == (answer["female_probability"] is not None) == (GENDER in heads)
        )


def test_a_composite_variant_predicts_what_its_two_networks_predict(small_variants, composite_folder, crops):
    composite = Network(read_variant(composite_folder))
    assert composite.variant.name == "ages + genders"
    assert composite.heads == OUTPUTS
    parts = zip(
        *(Network(small_variants[name]).predictions(crops) for name in ("ages", "genders")), strict=True
    )
    for prediction, (of_age, of_gender) in zip(composite.predictions(crops), parts, strict=True):
        assert prediction == replace(of_age, female_probability=of_gender.female_probability)
    assert composite.variant.parameters == sum(
        small_variants[name].parameters for name in ("ages", "genders")
    )


def test_a_composite_variant_takes_the_age_from_the_first_also_of_networks_with_both_heads(
    small_variants, crops
):
    both, ages = small_variants["both"], small_variants["ages"]
    composite = Network(read_variant(Path(f"{ages.folder}+{both.folder}")))
    np.testing.assert_array_equal(composite.outputs(crops)[0], Network(ages).outputs(crops)[0])
    np.testing.assert_array_equal(composite.outputs(crops)[1], Network(both).outputs(crops)[1])


def test_a_composite_variant_is_calibrated_as_its_two_networks_are(tmp_path):
    for seed, (name, output, calibration) in enumerate(
        [
            ("ages", AGE, "age_temperature = 2.5\ngender_temperature = 1.0\n"),
            (
                "genders",
                GENDER,
                "age_temperature = 1.0\ngender_temperature = 1.5\nabstention_threshold = 0.6\n",
            ),
        ]
    ):
        variant = exported(tmp_path, name, (output,), seed)
        (variant.folder / "calibration.toml").write_text(calibration)
    served = Network(read_variant(Path(f"{tmp_path / 'ages'}+{tmp_path / 'genders'}"))).calibration
    assert (served.age_temperature, served.gender_temperature) == (2.5, 1.5)
    assert served.abstention_threshold == 0.6


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"input_mode": "whole_image"}, "input_mode face and whole_image"),
        ({"crop_scale": 1.2}, "crop_scale 1.4 and 1.2"),
        ({"input_px": 48}, "input_px 40 and 48"),
        ({"pad_rgb": (0, 0, 0)}, r"pad_rgb \(124, 117, 104\) and \(0, 0, 0\)"),
        ({"detector_sha256": "d" * 64}, "detector_sha256 .* and dddd"),
    ],
    ids=["input mode", "crop scale", "size", "pad colour", "detector"],
)
def test_networks_with_different_inputs_make_no_composite_variant(
    small_variants, tmp_path, change, complaint
):
    other = exported(tmp_path, "other", (GENDER,), 1, **change)
    with pytest.raises(VariantError, match=f"no composite variant.*Received: {complaint}"):
        read_variant(Path(f"{small_variants['ages'].folder}+{other.folder}"))


def test_a_composite_variant_in_the_wrong_order_is_refused(small_variants):
    folders = [small_variants[name].folder for name in ("genders", "ages")]
    with pytest.raises(VariantError, match="genders has no age head"):
        Network(read_variant(Path("+".join(map(str, folders)))))


def test_a_composite_variant_of_which_one_folder_is_none_is_refused(small_variants, tmp_path):
    with pytest.raises(VariantError, match="no variant folder"):
        read_variant(Path(f"{small_variants['ages'].folder}+{tmp_path / 'nothing'}"))


def test_a_plus_in_the_name_of_a_folder_makes_no_composite_variant(tmp_path):
    inside = tmp_path / "a+b"
    ages = exported(inside, "ages", (AGE,), 0)
    genders = exported(inside / "one+two", "genders", (GENDER,), 1)
    assert read_variant(ages.folder) == ages
    composite = Path(f"{ages.folder}+{genders.folder}")
    assert [part.name for part in read_variant(composite).parts] == ["ages", "genders"]
    assert single_folders([composite, ages.folder]) == [ages.folder, genders.folder]


@pytest.mark.parametrize("method", METHODS)
def test_a_map_of_a_composite_variant_is_that_of_the_network_with_the_head(
    small_variants, composite_folder, crops, method
):
    composite, square = Network(read_variant(composite_folder)), Square(0, 0, PX)
    for output, name in ((AGE, "ages"), (GENDER, "genders")):
        composite_map = saliency_map(composite, crops[0], square, method, output, smooth_samples=2)
        part_map = saliency_map(
            Network(small_variants[name]), crops[0], square, method, output, smooth_samples=2
        )
        np.testing.assert_array_equal(composite_map.values, part_map.values)


def test_a_map_of_an_absent_head_is_refused(small_variants, crops):
    network = Network(small_variants["ages"])
    with pytest.raises(VariantError, match="ages has no gender head"):
        saliency_map(network, crops[0], Square(0, 0, PX), "vanilla", GENDER)


def test_an_absent_head_is_named_in_words():
    assert in_words(OF_AGE) == "34 (28-40) gender not predicted"
    assert in_words(OF_GENDER) == "age not predicted, male 93 %"


def test_a_face_without_an_age_is_drawn():
    picture = Picture("a.jpg", np.full((900, 900, 3), 127, np.uint8))
    faces = [AnsweredFace(Face((300, 300, 600, 600), 0.9), {"genders": OF_GENDER})]
    drawn = annotated(picture, Answer("a.jpg", 900, 900, faces))
    assert drawn.shape[0] > 900


def test_the_command_line_answers_with_a_composite_variant(
    small_variants, composite_folder, tmp_path, repository, capsys
):
    astronaut = str(repository / "dashboard" / "samples" / "astronaut.jpg")
    variants = ["--variant", str(composite_folder), str(small_variants["ages"].folder)]
    assert main(["predict", astronaut, *variants, "--json"]) == 0
    (face,) = json.loads(capsys.readouterr().out)["faces"]
    composite, ages = face["answers"]["ages + genders"], face["answers"]["ages"]
    assert composite["age_years"] == ages["age_years"]
    assert composite["gender"] in ("female", "male")
    assert ages["gender"] is ages["female_probability"] is None
    assert main(["predict", astronaut, *variants, "--out", str(tmp_path)]) == 0
    assert "gender not predicted" in capsys.readouterr().out
    with Image.open(tmp_path / "astronaut.annotated.png") as drawn:
        assert drawn.width >= 512


def test_each_output_belongs_to_one_part_of_a_composite_variant(small_variants, composite_folder):
    composite: Variant = read_variant(composite_folder)
    assert [composite.part_with_head(output).name for output in OUTPUTS] == ["ages", "genders"]
    assert small_variants["both"].part_with_head(GENDER) == small_variants["both"]

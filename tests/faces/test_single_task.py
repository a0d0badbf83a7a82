"""Networks that tell age alone or gender alone are served, and two of them as one variant."""

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


@pytest.mark.parametrize(("name", "told"), [("ages", (AGE,)), ("genders", (GENDER,)), ("both", OUTPUTS)])
def test_a_network_answers_what_it_tells_and_nothing_else(small_variants, crops, name, told):
    network = Network(small_variants[name])
    assert network.heads == told
    ages, female = network.outputs(crops)
    assert np.isfinite(ages).all() == (AGE in told)
    assert np.isfinite(female).all() == (GENDER in told)
    for prediction in network.predictions(crops):
        assert prediction.heads == told
        answer = json.loads(json.dumps(prediction.as_dict(), allow_nan=False))
        assert (answer["age_years"] is not None) == (answer["age_high"] is not None) == (AGE in told)
        assert (
            (answer["gender"] is not None) == (answer["female_probability"] is not None) == (GENDER in told)
        )


def test_a_pair_says_of_a_frame_what_its_two_networks_say(small_variants, composite_folder, crops):
    pair = Network(read_variant(composite_folder))
    assert pair.variant.name == "ages + genders"
    assert pair.heads == OUTPUTS
    parts = zip(
        *(Network(small_variants[name]).predictions(crops) for name in ("ages", "genders")), strict=True
    )
    for prediction, (of_age, of_gender) in zip(pair.predictions(crops), parts, strict=True):
        assert prediction == replace(of_age, female_probability=of_gender.female_probability)
    assert pair.variant.parameters == sum(small_variants[name].parameters for name in ("ages", "genders"))


def test_a_pair_takes_the_age_from_the_first_also_of_networks_that_tell_both(small_variants, crops):
    both, ages = small_variants["both"], small_variants["ages"]
    pair = Network(read_variant(Path(f"{ages.folder}+{both.folder}")))
    np.testing.assert_array_equal(pair.outputs(crops)[0], Network(ages).outputs(crops)[0])
    np.testing.assert_array_equal(pair.outputs(crops)[1], Network(both).outputs(crops)[1])


def test_a_pair_is_calibrated_as_its_two_networks_are(tmp_path):
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
def test_networks_that_would_see_other_frames_are_no_pair(small_variants, tmp_path, change, complaint):
    other = exported(tmp_path, "other", (GENDER,), 1, **change)
    with pytest.raises(VariantError, match=f"no pair.*Received: {complaint}"):
        read_variant(Path(f"{small_variants['ages'].folder}+{other.folder}"))


def test_a_pair_in_the_wrong_order_is_refused(small_variants):
    folders = [small_variants[name].folder for name in ("genders", "ages")]
    with pytest.raises(VariantError, match="genders tells no age"):
        Network(read_variant(Path("+".join(map(str, folders)))))


def test_a_pair_of_which_one_folder_is_none_is_refused(small_variants, tmp_path):
    with pytest.raises(VariantError, match="no variant folder"):
        read_variant(Path(f"{small_variants['ages'].folder}+{tmp_path / 'nothing'}"))


def test_a_plus_in_the_name_of_a_folder_makes_no_pair(tmp_path):
    inside = tmp_path / "a+b"
    ages = exported(inside, "ages", (AGE,), 0)
    genders = exported(inside, "one+two", (GENDER,), 1)
    assert read_variant(ages.folder) == ages
    pair = Path(f"{ages.folder}+{genders.folder}")
    assert [part.name for part in read_variant(pair).parts] == ["ages", "one+two"]
    assert single_folders([pair, ages.folder]) == [ages.folder, genders.folder]


@pytest.mark.parametrize("method", METHODS)
def test_a_map_of_a_pair_is_that_of_the_network_which_tells_it(
    small_variants, composite_folder, crops, method
):
    pair, square = Network(read_variant(composite_folder)), Square(0, 0, PX)
    for output, name in ((AGE, "ages"), (GENDER, "genders")):
        found = saliency_map(pair, crops[0], square, method, output, smooth_samples=2)
        own = saliency_map(Network(small_variants[name]), crops[0], square, method, output, smooth_samples=2)
        np.testing.assert_array_equal(found.values, own.values)


def test_a_map_of_what_is_not_told_is_refused(small_variants, crops):
    network = Network(small_variants["ages"])
    with pytest.raises(VariantError, match="ages tells no gender"):
        saliency_map(network, crops[0], Square(0, 0, PX), "vanilla", GENDER)


def test_what_is_not_told_is_said_in_words():
    assert in_words(OF_AGE) == "34 (28-40) gender not told"
    assert in_words(OF_GENDER) == "age not told, male 93 %"


def test_a_face_of_which_no_age_is_told_is_drawn():
    picture = Picture("a.jpg", np.full((900, 900, 3), 127, np.uint8))
    faces = [AnsweredFace(Face((300, 300, 600, 600), 0.9), {"genders": OF_GENDER})]
    drawn = annotated(picture, Answer("a.jpg", 900, 900, faces))
    assert drawn.shape[0] > 900


def test_the_command_line_answers_with_a_pair(small_variants, composite_folder, tmp_path, repository, capsys):
    astronaut = str(repository / "dashboard" / "samples" / "astronaut.jpg")
    variants = ["--variant", str(composite_folder), str(small_variants["ages"].folder)]
    assert main(["predict", astronaut, *variants, "--json"]) == 0
    (face,) = json.loads(capsys.readouterr().out)["faces"]
    pair, ages = face["answers"]["ages + genders"], face["answers"]["ages"]
    assert pair["age_years"] == ages["age_years"]
    assert pair["gender"] in ("female", "male")
    assert ages["gender"] is ages["female_probability"] is None
    assert main(["predict", astronaut, *variants, "--out", str(tmp_path)]) == 0
    assert "gender not told" in capsys.readouterr().out
    with Image.open(tmp_path / "astronaut.annotated.png") as drawn:
        assert drawn.width >= 512


def test_a_variant_knows_which_of_its_networks_tells_what(small_variants, composite_folder):
    pair: Variant = read_variant(composite_folder)
    assert [pair.part_with_head(output).name for output in OUTPUTS] == ["ages", "genders"]
    assert small_variants["both"].part_with_head(GENDER) == small_variants["both"]

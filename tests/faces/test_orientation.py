"""Turned pictures and faces are read upright, and placed as they came; else the gender is withheld."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from faces.__main__ import main, table
from faces.answer import Answer, AnsweredFace, Predictor
from faces.boxes import Square, iou, turned_again, turned_back
from faces.detection import DEFAULT_DETECTOR, Detector, Face
from faces.drawing import _lines, annotated
from faces.input_crops import crop_for, upright_pixels
from faces.orientation import ORIENTATION_TOML, OrientedDetector, clearest_turn, read_thresholds
from faces.pictures import Picture, decode
from faces.predictions import NO_FACE, UNCERTAIN, UNCLEAR_TURN, Prediction, gender_in_words

TURNS = (90, 180, 270)
PORTRAITS = {"portrait_C000537": "male", "portrait_G000600": "female"}


@pytest.fixture(scope="module")
def predictor(repository: Path) -> Predictor:
    return Predictor([repository / "model_full", repository / "model_cropped"])


def sample(repository: Path, name: str) -> Picture:
    path = repository / "dashboard" / "samples" / f"{name}.jpg"
    return decode(path.read_bytes(), path.name)


def turned(picture: Picture, degrees: int) -> Picture:
    """The picture turned clockwise."""
    return Picture(picture.name, np.ascontiguousarray(np.rot90(picture.rgb, -degrees // 90)))


@pytest.mark.parametrize("degrees", TURNS)
@pytest.mark.parametrize("name", [*PORTRAITS, "astronaut"])
def test_a_turned_picture_is_answered_as_the_upright_one(predictor, repository, name, degrees):
    upright_picture = sample(repository, name)
    upright = predictor.answer(upright_picture)
    answer = predictor.answer(turned(upright_picture, degrees))
    assert upright.turned_degrees == 0
    assert answer.turned_degrees == degrees
    (face,), (upright_face,) = answer.faces, upright.faces
    assert face.face.turned_degrees == degrees
    assert (answer.width, answer.height) == turned(upright_picture, degrees).rgb.shape[1::-1]
    back = turned_back(face.face.box_xyxy, answer.width, answer.height, degrees)
    assert back == pytest.approx(upright_face.face.box_xyxy, abs=0.01)
    for read, before in (
        (face.answers["cropped"], upright_face.answers["cropped"]),
        (answer.whole_picture["full"], upright.whole_picture["full"]),
    ):
        assert read.gender == before.gender
        assert read.age_years == pytest.approx(before.age_years, abs=0.3)
    attended = answer.whole_picture["full"].attended_xyxy
    back = turned_back(attended, answer.width, answer.height, degrees)
    assert back == pytest.approx(upright.whole_picture["full"].attended_xyxy, abs=2)


def test_json_table_and_drawing_say_how_a_picture_lies(predictor, repository):
    picture = turned(sample(repository, "portrait_C000537"), 180)
    answer = predictor.answer(picture)
    as_json = json.loads(json.dumps(answer.as_dict()))
    assert as_json["turned_degrees"] == as_json["faces"][0]["turned_degrees"] == 180
    assert as_json["notes"] == ["The picture lies turned by 180° and was read upright."]
    assert "1 face, turned by 180°" in table(answer)
    assert _lines(answer)[0][0] == "The picture lies turned by 180°."
    assert annotated(picture, answer).shape[0] > picture.height


def test_an_upright_picture_costs_no_turned_pass_where_its_face_is_sure(repository, monkeypatch):
    def refused(*_):
        raise AssertionError("a turned pass")

    monkeypatch.setattr(Detector, "highest_confidence", refused)
    found = OrientedDetector(Detector(threads=1)).faces_in(sample(repository, "astronaut"))
    assert [face.turned_degrees for face in found.faces] == [0]


def test_one_lying_face_among_upright_ones_is_read_for_itself(predictor, repository):
    standing, lying = (sample(repository, name).rgb[:560, :448] for name in PORTRAITS)
    picture = Picture("three.png", np.hstack([standing, np.rot90(lying, 2), standing]))
    answer = predictor.answer(picture)
    assert answer.turned_degrees == 0
    assert [answered.face.turned_degrees for answered in answer.faces] == [0, 180, 0]
    assert [answered.answers["cropped"].gender for answered in answer.faces] == ["male", "female", "male"]
    (note,) = answer.notes
    assert note.startswith("Face 2: ")
    assert "turned by 180°." in note
    assert "turned by 180°" in table(answer).splitlines()[2]


@pytest.mark.slow
@pytest.mark.parametrize("degrees", TURNS)
def test_a_turned_group_is_turned_as_a_whole(repository, degrees):
    group = sample(repository, "solvay_1927")
    oriented = OrientedDetector(Detector())
    upright, found = oriented.faces_in(group), oriented.faces_in(turned(group, degrees))
    assert (upright.turned_degrees, found.turned_degrees) == (0, degrees)
    assert len(found.faces) == len(upright.faces) >= 28


def test_a_picture_without_anybody_is_not_turned(predictor):
    answer = predictor.answer(Picture("sky", np.full((300, 400, 3), (90, 140, 220), np.uint8)))
    assert (answer.turned_degrees, answer.faces) == (0, [])


@pytest.mark.parametrize(
    ("confidences", "turn"),
    [
        ((0.9, 0.2, 0.7, 0.1), 0),
        ((0.7, 0.2, 0.9, 0.1), 180),
        ((0.2, 0.8, 0.3, 0.1), 90),
        ((0.80, 0.2, 0.82, 0.1), None),
    ],
    ids=["upright", "upside down", "on its side", "cannot be told"],
)
def test_the_clearest_turn_has_the_highest_confidence_by_a_margin(confidences, turn):
    assert clearest_turn(dict(zip((0, 90, 180, 270), confidences, strict=True)), 0.03) == turn


def test_a_face_whose_turn_is_unclear_has_no_gender():
    prediction = Prediction(34, 28, 40, 0.97, doubt=UNCLEAR_TURN)
    assert prediction.gender == UNCERTAIN
    assert prediction.as_dict()["female_probability"] is None
    face = AnsweredFace(Face((10, 10, 90, 90), 0.8, None), {"cropped": prediction})
    answer = Answer("a.jpg", 400, 200, [face])
    assert answer.as_dict()["faces"][0]["turned_degrees"] is None
    assert answer.notes == ["Face 1: which way up is unclear."]


def test_without_a_face_no_gender_is_given(repository, tmp_path, capsys):
    path = tmp_path / "hills.png"
    row = np.linspace(60, 200, 240)[:, None, None] * np.ones((1, 320, 3))
    cv2.imwrite(str(path), row.astype(np.uint8))
    assert main(["predict", str(path), str(path), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out.splitlines()[0])
    if not answer["faces"]:
        for prediction in answer["whole_picture"].values():
            assert (prediction["gender"], prediction["female_probability"]) == (None, None)
            assert prediction["doubt"] == NO_FACE
    nobody = Prediction(34, 28, 40, 0.97, doubt=NO_FACE)
    assert gender_in_words(nobody) == "no gender without a face"
    assert nobody.gender is None


def test_a_face_of_low_confidence_is_said_to_be_one_perhaps():
    prediction = Prediction(34, 28, 40, 0.97)
    faces = [AnsweredFace(Face((10, 10, 90, 90), value), {"cropped": prediction}) for value in (0.38, 0.5)]
    answer = Answer("a.jpg", 400, 200, faces)
    assert [face["low_confidence"] for face in answer.as_dict()["faces"]] == [True, False]
    assert answer.notes == ["Face 1: perhaps a face, 38 %."]
    assert table(answer).count("perhaps a face, 38 %") == 1


def test_attention_that_misses_the_only_face_is_given_the_part_around_it(predictor, repository):
    astronaut = sample(repository, "astronaut").rgb
    grey = cv2.cvtColor(cv2.cvtColor(astronaut, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    answer = predictor.answer(Picture("grey.png", grey))
    (face,), prediction = answer.faces, answer.whole_picture["full"]
    assert answer.attended_face(prediction) == 0
    assert iou(prediction.attended_xyxy, face.face.box_xyxy) > 0.4
    assert prediction.input_source == "around_face"
    assert answer.notes == [
        "full attended to something else than the face: it was given the part around the face."
    ]
    in_colour = predictor.answer(sample(repository, "astronaut")).whole_picture["full"]
    assert in_colour.input_source == "whole_image"
    assert prediction.age_years == pytest.approx(in_colour.age_years, abs=8)


@pytest.mark.parametrize("degrees", [0, *TURNS])
def test_a_box_is_turned_back_with_its_picture(degrees):
    upright = np.zeros((40, 60), int)
    upright[5:15, 20:50] = 1
    as_it_came = np.rot90(upright, -degrees // 90)
    height, width = as_it_came.shape
    ys, xs = np.nonzero(as_it_came)
    box = (xs.min(), ys.min(), xs.max() + 1, ys.max() + 1)
    assert turned_back(box, width, height, degrees) == (20, 5, 50, 15)
    assert turned_again((20, 5, 50, 15), width, height, degrees) == box


@pytest.mark.parametrize("degrees", TURNS)
def test_inputs_of_a_turned_picture_are_those_of_the_upright_one(predictor, degrees):
    upright = Picture("a.png", np.random.default_rng(0).integers(0, 256, (90, 140, 3), np.uint8))
    came = turned(upright, degrees)
    box = (20.0, 30.0, 60.0, 80.0)
    face = Face(turned_again(box, came.width, came.height, degrees), 0.9, degrees)
    for network in predictor.networks.values():
        expected = crop_for(network.variant, upright, Face(box, 0.9))
        assert np.array_equal(crop_for(network.variant, came, face, degrees), expected)
    square = Square(*turned_again((10, 20, 50, 60), came.width, came.height, degrees)[:2], 40)
    expected = upright_pixels(upright, Square(10, 20, 40), 0, 40, (0, 0, 0))
    assert np.array_equal(upright_pixels(came, square, degrees, 40, (0, 0, 0)), expected)


def test_the_thresholds_belong_to_the_shipped_detector():
    """Fails where the detector was trained anew: `python -m benchmarks orientation --write` fits them."""
    thresholds = read_thresholds(Detector(threads=1))
    assert thresholds is not None
    assert 0.5 < thresholds.found_confidence < thresholds.upright_confidence < 1


def test_nothing_is_turned_by_the_thresholds_of_another_detector(repository, tmp_path):
    detector = tmp_path / "face.onnx"
    detector.symlink_to(DEFAULT_DETECTOR)
    oriented = OrientedDetector(Detector(detector, threads=1))
    upside_down = turned(sample(repository, "portrait_C000537"), 180)
    assert oriented.faces_in(upside_down).turned_degrees == 0
    text = DEFAULT_DETECTOR.with_name(ORIENTATION_TOML).read_text(encoding="utf-8")
    (tmp_path / ORIENTATION_TOML).write_text(text, encoding="utf-8")
    assert OrientedDetector(Detector(detector, threads=1)).faces_in(upside_down).turned_degrees == 180
    (tmp_path / ORIENTATION_TOML).write_text(
        text.replace(oriented.detector.sha256, "0" * 64), encoding="utf-8"
    )
    assert OrientedDetector(Detector(detector, threads=1)).faces_in(upside_down).turned_degrees == 0

"""The whole journey of one picture, with the shipped detector and networks."""

from pathlib import Path

import numpy as np
import pytest

from faces.answer import STAGES, Answer, AnsweredFace, Predictor, refusal
from faces.boxes import square_around
from faces.detection import Face
from faces.errors import PictureEmpty
from faces.pictures import Picture, decode
from faces.predictions import Prediction
from tests.browser.serving import two_people


@pytest.fixture(scope="module")
def predictor(repository: Path) -> Predictor:
    return Predictor([repository / "model_full", repository / "model_cropped"])


@pytest.fixture(scope="module")
def astronaut(repository: Path) -> bytes:
    return (repository / "dashboard" / "samples" / "astronaut.jpg").read_bytes()


def test_a_portrait_is_answered_by_both_variants_with_stage_times(
    predictor: Predictor, astronaut: bytes
) -> None:
    answer = predictor.answer_bytes(astronaut, "astronaut.jpg").as_dict()
    assert (answer["picture"], answer["width"], answer["height"]) == ("astronaut.jpg", 512, 512)
    [face] = answer["faces"]
    x0, y0, x1, y1 = face["box_xyxy"]
    assert 150 < x0 < x1 < 300
    assert 30 < y0 < y1 < 220
    assert set(face["answers"]) == {"cropped"}
    assert set(answer["whole_picture"]) == {"full"}
    prediction = face["answers"]["cropped"]
    assert prediction["input_source"] == "face"
    assert prediction["age_low"] <= prediction["age_years"] <= prediction["age_high"]
    assert set(answer["timings_ms"]) == set(STAGES)
    assert all(time_ms > 0 for time_ms in answer["timings_ms"].values())


@pytest.mark.parametrize(("sample", "gender"), [("portrait_C000537", "male"), ("portrait_G000600", "female")])
def test_the_gender_of_a_portrait_is_told(
    predictor: Predictor, repository: Path, sample: str, gender: str
) -> None:
    data = (repository / "dashboard" / "samples" / f"{sample}.jpg").read_bytes()
    [answered] = predictor.answer_bytes(data, sample).faces
    assert answered.answers["cropped"].gender == gender


def test_without_a_face_both_variants_answer_for_the_whole_picture(predictor: Predictor) -> None:
    answer = predictor.answer(Picture("sky", np.full((300, 400, 3), (90, 140, 220), np.uint8)))
    assert answer.faces == []
    assert set(answer.whole_picture) == {"full", "cropped"}
    assert {prediction.input_source for prediction in answer.whole_picture.values()} == {"whole_image"}


def test_full_can_be_asked_about_one_face(predictor: Predictor, astronaut: bytes) -> None:
    picture = decode(astronaut, "astronaut.jpg")
    answer = predictor.answer(picture)
    asked = predictor.predict_square("full", picture, square_around(answer.faces[0].face.box_xyxy, 2))
    assert asked != answer.whole_picture["full"]
    assert asked.age_and_interval is not None
    age, low, high = asked.age_and_interval
    assert low <= age <= high


def test_full_looks_at_one_of_two_people_and_the_answer_says_at_whom(
    predictor: Predictor, tmp_path: Path
) -> None:
    path = two_people(tmp_path)
    answer = predictor.answer_bytes(path.read_bytes(), path.name)
    prediction = answer.whole_picture["full"]
    seen = answer.attended_face(prediction)
    assert seen in (0, 1)
    assert prediction.attended_xyxy is not None
    x0, _, x1, _ = prediction.attended_xyxy
    assert (x0 + x1) / 2 // (answer.width / 2) == seen  # one stands in each half


@pytest.mark.parametrize(
    ("attended_xyxy", "face"),
    [((0, 0, 100, 100), 0), ((310, 0, 410, 100), 1), ((100, 0, 300, 200), None), (None, None)],
    ids=["at the first", "a little beside the second", "between them", "at everything"],
)
def test_a_look_is_at_the_face_with_which_it_shares_most(
    attended_xyxy: tuple[float, float, float, float] | None, face: int | None
) -> None:
    faces = [AnsweredFace(Face((x0, 0, x0 + 80, 100), 0.9), {}) for x0 in (10, 310)]
    prediction = Prediction(34, 28, 40, 0.9, attended_xyxy=attended_xyxy)
    assert Answer("a.jpg", 400, 200, faces).attended_face(prediction) == face
    assert Answer("a.jpg", 400, 200).attended_face(prediction) is None


def test_equal_pictures_get_equal_answers(predictor: Predictor, astronaut: bytes) -> None:
    first, second = (predictor.answer_bytes(astronaut, "a.jpg").as_dict() for _ in range(2))
    first.pop("timings_ms"), second.pop("timings_ms")
    assert first == second


def test_a_refusal_is_told_by_name_and_sentence() -> None:
    assert refusal("a.jpg", PictureEmpty("a.jpg is empty.")) == {
        "picture": "a.jpg",
        "error": {"name": "PictureEmpty", "message": "a.jpg is empty."},
    }

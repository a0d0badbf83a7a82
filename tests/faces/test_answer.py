"""The whole journey of one picture, with the shipped detector and networks."""

from dataclasses import FrozenInstanceError
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
    picture, answered = predictor.answer_bytes(astronaut, "astronaut.jpg")
    answer = answered.as_dict()
    assert (answer["picture"], answer["width"], answer["height"]) == ("astronaut.jpg", 512, 512)
    assert picture.rgb.shape == (512, 512, 3)
    [face] = answer["faces"]
    x0, y0, x1, y1 = face["box_xyxy"]
    assert 150 < x0 < x1 < 300
    assert 30 < y0 < y1 < 220
    assert set(face["answers"]) == {"cropped"}
    assert set(answer["whole_picture"]) == {"full"}
    prediction = face["answers"]["cropped"]
    assert prediction["input_source"] == "face"
    assert prediction["age_low"] <= prediction["age_years"] <= prediction["age_high"]
    assert list(answer["timings_ms"]) == list(STAGES) == ["decode", "detect", "crop", "network"]
    assert all(time_ms > 0 for time_ms in answer["timings_ms"].values())


def test_stage_times_are_those_of_the_variants_that_are_shown() -> None:
    times = {"full": (1.0, 40.0), "cropped": (0.5, 30.0)}
    prediction = Prediction(34, 28, 40, 0.9)
    faces = [AnsweredFace(Face((10, 10, 90, 90), 0.9), {"cropped": prediction})]
    answer = Answer("a.jpg", 400, 200, faces, {"full": prediction}, 4.0, 9.0, times)
    assert answer.timings_ms == {"decode": 4.0, "detect": 9.0, "crop": 1.5, "network": 70.0}
    assert answer.of(["cropped"]).timings_ms == {"decode": 4.0, "detect": 9.0, "crop": 0.5, "network": 30.0}
    assert answer.of(["full"]).as_dict()["timings_ms"]["network"] == 40.0


def test_a_variant_that_is_added_later_leaves_the_first_answer_as_it_was(
    predictor: Predictor, astronaut: bytes
) -> None:
    picture, first = predictor.answer_bytes(astronaut, "astronaut.jpg", names=["full"])
    both = predictor.add_predictions("cropped", picture, first)
    assert [(first.has(name), both.has(name)) for name in ("full", "cropped")] == [
        (True, True),
        (False, True),
    ]
    assert first.faces[0].answers == {}
    assert both.of(["full"]) == first
    assert predictor.add_predictions("cropped", picture, both) is both
    with pytest.raises(FrozenInstanceError):
        first.faces = []  # type: ignore[misc]


@pytest.mark.parametrize(("sample", "gender"), [("portrait_C000537", "male"), ("portrait_G000600", "female")])
def test_the_gender_of_a_portrait_is_predicted(
    predictor: Predictor, repository: Path, sample: str, gender: str
) -> None:
    data = (repository / "dashboard" / "samples" / f"{sample}.jpg").read_bytes()
    [answered] = predictor.answer_bytes(data, sample)[1].faces
    assert answered.answers["cropped"].gender == gender


def test_without_a_face_both_variants_answer_for_the_whole_picture(predictor: Predictor) -> None:
    answer = predictor.answer(Picture("sky", np.full((300, 400, 3), (90, 140, 220), np.uint8)))
    assert answer.faces == []
    assert set(answer.whole_picture) == {"full", "cropped"}
    assert {prediction.input_source for prediction in answer.whole_picture.values()} == {"whole_image"}


def test_full_predicts_for_one_face_on_request(predictor: Predictor, astronaut: bytes) -> None:
    picture = decode(astronaut, "astronaut.jpg")
    answer = predictor.answer(picture)
    prediction = predictor.predict_square("full", picture, square_around(answer.faces[0].face.box_xyxy, 2))
    assert prediction != answer.whole_picture["full"]
    assert prediction.age_and_interval is not None
    age, low, high = prediction.age_and_interval
    assert low <= age <= high


def test_of_two_people_the_answer_names_the_face_that_full_attends_to(
    predictor: Predictor, tmp_path: Path
) -> None:
    path = two_people(tmp_path)
    _, answer = predictor.answer_bytes(path.read_bytes(), path.name)
    prediction = answer.whole_picture["full"]
    attended = answer.attended_face(prediction)
    assert attended in (0, 1)
    assert prediction.attended_xyxy is not None
    x0, _, x1, _ = prediction.attended_xyxy
    assert (x0 + x1) / 2 // (answer.width / 2) == attended  # one stands in each half


@pytest.mark.parametrize(
    ("attended_xyxy", "face"),
    [((0, 0, 100, 100), 0), ((310, 0, 410, 100), 1), ((100, 0, 300, 200), None), (None, None)],
    ids=["at the first", "a little beside the second", "between them", "at everything"],
)
def test_an_attention_crop_belongs_to_the_face_with_which_it_shares_most(
    attended_xyxy: tuple[float, float, float, float] | None, face: int | None
) -> None:
    faces = [AnsweredFace(Face((x0, 0, x0 + 80, 100), 0.9), {}) for x0 in (10, 310)]
    prediction = Prediction(34, 28, 40, 0.9, attended_xyxy=attended_xyxy)
    assert Answer("a.jpg", 400, 200, faces).attended_face(prediction) == face
    assert Answer("a.jpg", 400, 200).attended_face(prediction) is None


def test_equal_pictures_get_equal_answers(predictor: Predictor, astronaut: bytes) -> None:
    first, second = (predictor.answer_bytes(astronaut, "a.jpg")[1].as_dict() for _ in range(2))
    first.pop("timings_ms"), second.pop("timings_ms")
    assert first == second


def test_a_refusal_has_the_name_of_its_error_and_a_sentence() -> None:
    assert refusal("a.jpg", PictureEmpty("a.jpg is empty.")) == {
        "picture": "a.jpg",
        "error": {"name": "PictureEmpty", "message": "a.jpg is empty."},
    }

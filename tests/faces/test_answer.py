"""The whole journey of one picture, with the shipped detector and networks."""

from pathlib import Path

import numpy as np
import pytest

from faces.answer import STAGES, Workbench, refusal
from faces.errors import PictureEmpty
from faces.framing import square_around
from faces.pictures import Picture, decode


@pytest.fixture(scope="module")
def workbench(repository: Path) -> Workbench:
    return Workbench([repository / "model_full", repository / "model_cropped"])


@pytest.fixture(scope="module")
def astronaut(repository: Path) -> bytes:
    return (repository / "dashboard" / "samples" / "astronaut.jpg").read_bytes()


def test_a_portrait_is_answered_by_both_variants_with_stage_times(
    workbench: Workbench, astronaut: bytes
) -> None:
    answer = workbench.answer_bytes(astronaut, "astronaut.jpg").as_dict()
    assert (answer["picture"], answer["width"], answer["height"]) == ("astronaut.jpg", 512, 512)
    [face] = answer["faces"]
    x0, y0, x1, y1 = face["box_xyxy"]
    assert 150 < x0 < x1 < 300
    assert 30 < y0 < y1 < 220
    assert set(face["answers"]) == {"cropped"}
    assert set(answer["whole_picture"]) == {"full"}
    reading = face["answers"]["cropped"]
    assert reading["framed_from"] == "face"
    assert reading["age_low"] <= reading["age_years"] <= reading["age_high"]
    assert set(answer["timings_ms"]) == set(STAGES)
    assert all(time_ms > 0 for time_ms in answer["timings_ms"].values())


@pytest.mark.parametrize(("sample", "gender"), [("portrait_C000537", "male"), ("portrait_G000600", "female")])
def test_the_gender_of_a_portrait_is_told(
    workbench: Workbench, repository: Path, sample: str, gender: str
) -> None:
    data = (repository / "dashboard" / "samples" / f"{sample}.jpg").read_bytes()
    [answered] = workbench.answer_bytes(data, sample).faces
    assert answered.answers["cropped"].gender == gender


def test_without_a_face_both_variants_answer_for_the_whole_picture(workbench: Workbench) -> None:
    answer = workbench.answer(Picture("sky", np.full((300, 400, 3), (90, 140, 220), np.uint8)))
    assert answer.faces == []
    assert set(answer.whole_picture) == {"full", "cropped"}
    assert {reading.framed_from for reading in answer.whole_picture.values()} == {"whole picture"}


def test_full_can_be_asked_about_one_face(workbench: Workbench, astronaut: bytes) -> None:
    picture = decode(astronaut, "astronaut.jpg")
    answer = workbench.answer(picture)
    asked = workbench.read_square("full", picture, square_around(answer.faces[0].face.box_xyxy, 2))
    assert asked != answer.whole_picture["full"]
    assert asked.age_and_interval is not None
    age, low, high = asked.age_and_interval
    assert low <= age <= high


def test_equal_pictures_get_equal_answers(workbench: Workbench, astronaut: bytes) -> None:
    first, second = (workbench.answer_bytes(astronaut, "a.jpg").as_dict() for _ in range(2))
    first.pop("timings_ms"), second.pop("timings_ms")
    assert first == second


def test_a_refusal_is_told_by_name_and_sentence() -> None:
    assert refusal("a.jpg", PictureEmpty("a.jpg is empty.")) == {
        "picture": "a.jpg",
        "error": {"name": "PictureEmpty", "message": "a.jpg is empty."},
    }

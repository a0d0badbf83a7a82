"""The drawing keeps the picture, boxes every face, and has every prediction in the lines under it."""

import numpy as np
import pytest
from PIL import ImageColor

from faces.answer import Answer, AnsweredFace
from faces.detection import Face
from faces.drawing import MAX_SIDE_PX, MIN_SIDE_PX, VARIANT_COLOURS, _in_size, annotated, in_words
from faces.pictures import Picture
from faces.predictions import Prediction

PREDICTION = Prediction(age_years=34.4, age_low=27.6, age_high=40.2, female_probability=0.07)
GREY = 120


def plain(width: int, height: int) -> Picture:
    return Picture("plain.png", np.full((height, width, 3), GREY, np.uint8))


def answer_with(picture: Picture, *boxes: tuple[float, float, float, float]) -> Answer:
    faces = [AnsweredFace(Face(box, 0.9), {"cropped": PREDICTION}) for box in boxes]
    whole = {"full": PREDICTION} if boxes else {"full": PREDICTION, "cropped": PREDICTION}
    return Answer(picture.name, picture.width, picture.height, faces, whole)


def is_colour(rgb: np.ndarray, colour: str) -> np.ndarray:
    return (rgb == ImageColor.getrgb(colour)).all(axis=-1)


def test_a_prediction_in_words_has_the_age_its_interval_and_the_probability_of_its_own_gender():
    assert in_words(PREDICTION) == "34 (28-40) male 93 %"


def test_an_uncertain_gender_has_no_number_that_gives_it_away():
    unsure = Prediction(1.4, 0.6, 2.2, female_probability=0.55, abstention_threshold=0.7)
    assert in_words(unsure) == "1 (1-2) gender uncertain"


def test_the_picture_itself_stays_and_its_answer_stands_under_it():
    picture = plain(1200, 900)
    drawing = annotated(picture, answer_with(picture))
    assert drawing.dtype == np.uint8
    assert (drawing[:900] == GREY).all()
    assert drawing.shape[1] == 1200
    under = drawing[900:]
    assert is_colour(under, VARIANT_COLOURS["full"]).any()
    assert is_colour(under, VARIANT_COLOURS["cropped"]).any()


def test_a_box_is_drawn_where_the_face_is():
    picture = plain(1000, 800)
    drawing = annotated(picture, answer_with(picture, (300, 200, 500, 450)))
    coloured = is_colour(drawing[:800], VARIANT_COLOURS["cropped"])
    assert coloured[450, 310:490].all()  # the lower edge
    assert coloured[210:440, 300].all()  # the left edge
    assert not coloured[230:420, 330:470].any()  # the face is not painted over


@pytest.mark.parametrize(
    ("width", "height"),
    [
        pytest.param(1, 1, id="one pixel"),
        pytest.param(200, 200, id="a chip"),
        pytest.param(3, 2000, id="a thread"),
        pytest.param(6000, 400, id="a panorama"),
        pytest.param(7000, 5000, id="a large camera"),
    ],
)
def test_text_is_legible_at_any_picture_size(width, height):
    picture = plain(width, height)
    drawing = annotated(picture, answer_with(picture, (0, 0, width * 0.8, height * 0.9)))
    assert max(drawing.shape) >= MIN_SIDE_PX
    under = drawing[-round(max(drawing.shape) / 55) * 3 :]
    rows_with_text = is_colour(under, VARIANT_COLOURS["full"]).any(axis=1)
    fraction_of_longer_side = rows_with_text.sum() / max(drawing.shape)
    assert fraction_of_longer_side >= 0.01  # a letter is at least 8 pixels high where 800 are seen


def test_in_a_crowd_no_tag_covers_a_face():
    picture = plain(1600, 400)
    boxes = [(x, 150.0, x + 45.0, 210.0) for x in range(40, 1500, 60)]
    drawing = annotated(picture, answer_with(picture, *boxes))
    for x0, y0, x1, y1 in boxes:
        inside = drawing[int(y0) + 12 : int(y1) - 12, int(x0) + 12 : int(x1) - 12]
        assert (inside == GREY).all()


@pytest.mark.parametrize(
    ("width", "height", "faces"),
    [
        pytest.param(1, 20_000, 0, id="a thread"),
        pytest.param(20_000, 1, 0, id="a thread that lies"),
        pytest.param(5_000, 10_000, 200, id="fifty megapixels with two hundred faces"),
    ],
)
def test_the_memory_of_a_drawing_is_bounded(width, height, faces):
    picture = plain(width, height)
    boxes = [(10.0 * number, 20.0, 10.0 * number + 8, 30.0) for number in range(faces)]
    drawing = annotated(picture, answer_with(picture, *boxes))
    assert max(_in_size(picture.rgb).size) == MAX_SIDE_PX
    assert (
        drawing.size <= 3 * MAX_SIDE_PX * 2 * MAX_SIDE_PX
    )  # 96 MB, at most as much under the picture as in it

"""Input crops: the pixels of a picture that a network receives."""

import numpy as np
import pytest

from faces.boxes import Square
from faces.detection import Face
from faces.input_crops import crop_for, pixels_in, square_for
from faces.pictures import Picture
from faces.variants import FACE, WHOLE_IMAGE, Variant

PAD = (124, 117, 104)


def variant(input_mode: str, crop_scale: float = 1.0, input_px: int = 40) -> Variant:
    return Variant("any", None, input_mode, crop_scale, input_px, PAD, "", "", "", "", 0, 0, "")  # type: ignore[arg-type]


def picture(width: int, height: int) -> Picture:
    rng = np.random.default_rng(width * height)
    return Picture("noise", rng.integers(0, 256, (height, width, 3), np.uint8))


def test_the_whole_picture_is_letterboxed_with_its_aspect_ratio_kept() -> None:
    wide = Picture("wide", np.full((100, 200, 3), 200, np.uint8))
    crop = crop_for(variant(WHOLE_IMAGE), wide, None)
    assert crop.shape == (40, 40, 3)
    assert (crop[:10] == PAD).all()
    assert (crop[30:] == PAD).all()
    assert (crop[10:30] == 200).all()


def test_the_input_of_a_face_is_its_squared_box() -> None:
    shown = picture(300, 300)
    face = Face((100, 120, 140, 150), 0.9)
    crop = crop_for(variant(FACE), shown, face)
    np.testing.assert_array_equal(crop, shown.rgb[115:155, 100:140])


def test_without_a_face_cropped_receives_what_full_receives() -> None:
    shown = picture(70, 50)
    np.testing.assert_array_equal(
        crop_for(variant(FACE), shown, None), crop_for(variant(WHOLE_IMAGE), shown, None)
    )


def test_full_ignores_faces() -> None:
    shown = picture(70, 50)
    face = Face((5, 5, 20, 20), 0.9)
    assert square_for(variant(WHOLE_IMAGE), shown, face) == square_for(variant(WHOLE_IMAGE), shown, None)


@pytest.mark.parametrize(
    "square",
    [
        pytest.param(Square(-30, -20, 100), id="over the upper left corner"),
        pytest.param(Square(40, 30, 100), id="over the lower right corner"),
        pytest.param(Square(-500, -500, 2000), id="far larger than the picture"),
        pytest.param(Square(59.4, 10, 20), id="a sliver of the picture"),
        pytest.param(Square(500, 500, 10), id="beside the picture"),
        pytest.param(Square(-1e6, -1e6, 2e6), id="a margin that would not fit in memory"),
        pytest.param(Square(10, 10, 0.1), id="less than a pixel"),
    ],
)
def test_any_square_gives_a_whole_crop(square: Square) -> None:
    crop = pixels_in(picture(60, 50).rgb, square, 40, PAD)
    assert crop.shape == (40, 40, 3)
    assert crop.dtype == np.uint8


def test_what_lies_outside_the_picture_is_the_pad_colour() -> None:
    white = np.full((50, 60, 3), 255, np.uint8)
    crop = pixels_in(white, Square(-60, 0, 120), 40, PAD)
    assert (crop[:, :19] == PAD).all()
    assert (crop[:16, 21:] == 255).all()
    assert (crop[18:] == PAD).all()

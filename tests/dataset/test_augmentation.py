"""Augmentation: what each parameter changes, and what stays the same."""

import cv2
import numpy as np
import pytest

from dataset.augmentation import Augmentation, augmented, face_cut_out, grained
from faces.errors import RecipeError
from faces.toml import checked

CANVAS_PX, OUTPUT_PX = 192, 160
GEOMETRY = {"flip_probability": 1.0, "shift_fraction": 0.1, "scale_fraction": 0.2, "rotation_degrees": 15.0}
EVERYTHING = Augmentation(
    flip_probability=0.5,
    shift_fraction=0.05,
    scale_fraction=0.15,
    rotation_degrees=10,
    brightness_fraction=0.15,
    contrast_fraction=0.2,
    saturation_fraction=0.3,
    tint_fraction=0.05,
    grey_probability=0.3,
    low_resolution_probability=0.5,
    blur_probability=0.5,
    noise_probability=0.5,
    noise_grain_px=3.0,
    jpeg_probability=0.5,
    cutout_probability=0.5,
)


@pytest.fixture(scope="module")
def canvas(repository):
    """A face with its surroundings, from the shipped sample."""
    bgr = cv2.imread(str(repository / "dashboard" / "samples" / "astronaut.jpg"))
    if bgr is None:
        pytest.skip("needs dashboard/samples/astronaut.jpg")
    rgb = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)[0:250, 100:350]
    return cv2.resize(rgb, (CANVAS_PX, CANVAS_PX), interpolation=cv2.INTER_AREA)


def centre_of(canvas, output_px):
    """The input (output_px, output_px, 3) in the middle of a canvas (side, side, 3)."""
    start = (canvas.shape[0] - output_px) // 2
    return canvas[start : start + output_px, start : start + output_px]


def test_no_augmentation_is_the_centre_of_the_canvas_pixel_for_pixel(canvas):
    crop = augmented(canvas, Augmentation(), np.random.default_rng(0), OUTPUT_PX)
    np.testing.assert_array_equal(crop, centre_of(canvas, OUTPUT_PX))


def test_the_same_generator_state_gives_the_same_input_and_another_gives_another(canvas):
    first, again, other = (
        augmented(canvas, EVERYTHING, np.random.default_rng(seed), OUTPUT_PX) for seed in (5, 5, 6)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_the_canvas_itself_is_never_written_to(canvas):
    before = canvas.copy()
    rng = np.random.default_rng(1)
    for _ in range(50):
        augmented(canvas, EVERYTHING, rng, CANVAS_PX)
    np.testing.assert_array_equal(canvas, before)


def test_a_flip_alone_is_the_mirrored_centre(canvas):
    crop = augmented(canvas, Augmentation(flip_probability=1.0), np.random.default_rng(0), OUTPUT_PX)
    np.testing.assert_array_equal(crop, centre_of(canvas, OUTPUT_PX)[:, ::-1])


def test_small_shifts_bring_in_the_surroundings_and_no_padding(canvas):
    pad_rgb = (1, 255, 2)  # a green that the sample does not have
    rng = np.random.default_rng(2)
    for _ in range(50):
        crop = augmented(canvas, Augmentation(shift_fraction=0.09), rng, OUTPUT_PX, pad_rgb)
        assert not (crop == pad_rgb).all(axis=2).any()


def test_what_lies_outside_the_canvas_is_the_pad_colour(canvas):
    rng = np.random.default_rng(3)
    crops = [
        augmented(canvas, Augmentation(shift_fraction=0.5), rng, OUTPUT_PX, (1, 255, 2)) for _ in range(20)
    ]
    assert any((crop == (1, 255, 2)).all(axis=2).mean() > 0.05 for crop in crops)


@pytest.mark.parametrize(
    "severities",
    [
        pytest.param({"brightness_fraction": 0.3}, id="brightness"),
        pytest.param({"contrast_fraction": 0.4}, id="contrast"),
        pytest.param({"saturation_fraction": 0.6}, id="saturation"),
        pytest.param({"tint_fraction": 0.2}, id="tint"),
        pytest.param({"grey_probability": 1.0}, id="grey"),
        pytest.param({"low_resolution_probability": 1.0}, id="low resolution"),
        pytest.param({"blur_probability": 1.0}, id="blur"),
        pytest.param({"noise_probability": 1.0}, id="noise"),
        pytest.param({"noise_probability": 1.0, "noise_grain_px": 4.0}, id="coarse grain"),
        pytest.param({"jpeg_probability": 1.0}, id="JPEG"),
        pytest.param({"cutout_probability": 1.0}, id="cutout"),
        *(pytest.param({name: value}, id=name) for name, value in GEOMETRY.items()),
    ],
)
def test_each_setting_changes_the_picture_and_keeps_its_shape_and_type(canvas, severities):
    crop = augmented(canvas, Augmentation(**severities), np.random.default_rng(4), OUTPUT_PX)
    assert crop.shape == (OUTPUT_PX, OUTPUT_PX, 3)
    assert crop.dtype == np.uint8
    assert not np.array_equal(crop, centre_of(canvas, OUTPUT_PX))


def test_grey_inputs_have_three_equal_channels(canvas):
    crop = augmented(canvas, Augmentation(grey_probability=1.0), np.random.default_rng(0), OUTPUT_PX)
    assert int(np.ptp(crop.astype(int), axis=2).max()) <= 1


def test_brightness_moves_the_mean_by_at_most_its_fraction_of_white(canvas):
    before = centre_of(canvas, OUTPUT_PX).mean()
    rng = np.random.default_rng(5)
    for _ in range(30):
        crop = augmented(canvas, Augmentation(brightness_fraction=0.1), rng, OUTPUT_PX)
        assert abs(crop.mean() - before) <= 0.1 * 255 + 1


def test_contrast_alone_keeps_the_mean_level(canvas):
    grey = np.full((CANVAS_PX, CANVAS_PX, 3), 90, np.uint8)
    grey[:, ::2] = 110  # far from black and white, so nothing saturates
    rng = np.random.default_rng(6)
    for _ in range(30):
        crop = augmented(grey, Augmentation(contrast_fraction=0.5), rng)
        assert abs(crop.mean() - 100) <= 1


def test_coarse_grain_is_as_strong_as_fine_grain_and_makes_neighbours_alike():
    grey = np.full((CANVAS_PX, CANVAS_PX, 3), 128, np.uint8)
    likeness, severity = {}, {}
    for grain_px in (0.0, 4.0):
        rng = np.random.default_rng(7)
        crops = np.array([grained(grey, 20.0, grain_px, rng)[..., 0] - 128.0 for _ in range(40)])
        severity[grain_px] = crops.std()
        likeness[grain_px] = np.mean(crops[:, :, 1:] * crops[:, :, :-1]) / crops.var()
    assert severity[4.0] == pytest.approx(severity[0.0], rel=0.3)
    assert abs(likeness[0.0]) < 0.05
    assert likeness[4.0] > 0.5


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ({"flip_probabilities": 0.5}, "flip_probabilities: There is no such key. Received: 0.5"),
        (
            {"flip_probability": 1.5},
            "flip_probability: Input should be less than .* 1. Received: 1.5",
        ),
        (
            {"rotation_degrees": -3},
            "rotation_degrees: Input should be greater than .* 0. Received: -3",
        ),
        (
            {"blur_probability": "often"},
            "blur_probability: Input .* valid number. Received: 'often'",
        ),
        ({"jpeg_probability": True}, "jpeg_probability: Input should be a valid number. Received: True"),
    ],
    ids=["an unknown name", "above one", "below zero", "a word", "true"],
)
def test_a_wrong_severity_is_refused_by_name(table, complaint):
    with pytest.raises(RecipeError, match=complaint):
        checked(table, Augmentation, RecipeError, "augmentation")


def test_a_cut_out_over_a_face_lies_on_it_and_nowhere_else():
    rng = np.random.default_rng(8)
    crop = np.full((100, 100, 3), 128, np.uint8)
    for _ in range(40):
        covered = (face_cut_out(crop, np.array([0.3, 0.6, 0.2]), rng) != crop).any(axis=2)
        ys, xs = np.nonzero(covered)
        assert covered.sum() >= 10
        assert 9 <= xs.min() <= xs.max() <= 50
        assert 43 <= ys.min() <= ys.max() <= 76
    beside = face_cut_out(crop, np.array([1.4, 0.5, 0.2]), rng)
    np.testing.assert_array_equal(beside, crop)

"""A picture gets worse with every severity, by the face and by the seed of its file name."""

import hashlib

import cv2
import numpy as np
import pytest

from evaluation.inference.conditions import CONDITIONS
from evaluation.inference.corruptions import CORRUPTIONS, SEVERITIES, corrupted
from faces.pictures import decode

FACE_XYXY = (168.0, 50.0, 290.0, 220.0)  # of the astronaut
BY_KEY = {corruption.key: corruption for corruption in CORRUPTIONS}
GRADED = [kind for kind in CORRUPTIONS if not kind.by_quarters]  # of the others steps are directions
every_kind = pytest.mark.parametrize("corruption", CORRUPTIONS, ids=BY_KEY)


@pytest.fixture(scope="module")
def astronaut(repository):
    return decode((repository / "dashboard" / "samples" / "astronaut.jpg").read_bytes(), "a.jpg").rgb


@every_kind
def test_severity_0_changes_nothing(astronaut, corruption):
    assert np.array_equal(corrupted(astronaut, FACE_XYXY, corruption, 0, "a.jpg"), astronaut)


@pytest.mark.parametrize("corruption", GRADED, ids=lambda kind: kind.key)
def test_a_higher_severity_is_further_from_the_original(astronaut, corruption):
    untouched = astronaut.copy()
    pictures = [corrupted(astronaut, FACE_XYXY, corruption, severity, "a.jpg") for severity in SEVERITIES]
    likeness = [cv2.PSNR(astronaut, picture) for picture in pictures]
    assert likeness == sorted(likeness, reverse=True)
    assert len(set(likeness)) == len(SEVERITIES)
    assert all(picture.shape == astronaut.shape and picture.dtype == np.uint8 for picture in pictures)
    assert np.array_equal(astronaut, untouched), "the original was written over"


@every_kind
def test_the_same_picture_is_always_changed_in_the_same_way(astronaut, corruption):
    first, second = (corrupted(astronaut, FACE_XYXY, corruption, 3, "a.jpg") for _ in range(2))
    assert np.array_equal(first, second)


@pytest.mark.parametrize("severity", [-1, 6])
def test_a_severity_out_of_range_is_refused(astronaut, severity):
    with pytest.raises(ValueError, match="Received"):
        corrupted(astronaut, FACE_XYXY, BY_KEY["blur"], severity, "a.jpg")


def test_pictures_are_turned_to_either_side(astronaut):
    left_and_right = {
        corrupted(astronaut, FACE_XYXY, BY_KEY["rotation"], 5, f"{number}.jpg").tobytes()
        for number in range(8)
    }
    assert len(left_and_right) == 2


@pytest.mark.parametrize(("key", "rows"), [("mask", slice(127, 220)), ("eye_bar", slice(88, 148))])
def test_a_cover_lies_on_the_face_and_nowhere_else(astronaut, key, rows):
    changed = corrupted(astronaut, FACE_XYXY, BY_KEY[key], 5, "a.jpg")
    covered = changed[rows, 168:290]
    assert (covered == covered[0, 0]).all()
    outside = np.ones(astronaut.shape[:2], bool)
    outside[rows.start - 1 : rows.stop + 1, 168:290] = False
    assert np.array_equal(changed[outside], astronaut[outside])


def test_a_face_that_is_small_already_keeps_its_resolution(astronaut):
    small = (200.0, 80.0, 260.0, 150.0)
    unchanged = corrupted(astronaut, small, BY_KEY["low_resolution"], 2, "a.jpg")
    assert np.array_equal(unchanged, astronaut)


def test_the_seed_of_a_corruption_is_that_of_every_release():
    """Robustness tables and cached files belong to these pixels: see SEED and VERSION of corruptions."""
    flat = np.full((64, 64, 3), 128, np.uint8)
    noisy = corrupted(flat, (16, 16, 48, 48), BY_KEY["noise"], 3, "a.jpg")
    assert (
        hashlib.sha256(noisy.tobytes()).hexdigest()
        == "d6a54d4fa2f428a1847012f06494de30e65868b42174d9254b79ab5a337bf4f0"
    )


def test_the_names_of_conditions_are_those_of_every_release():
    """They name cached files, and their keys stand in the committed tables."""
    names = "\n".join(condition.name for condition in CONDITIONS[:50])
    assert (
        hashlib.sha256(names.encode()).hexdigest()
        == "3ccef2961a8b7af252f69dc0308b96e8fe0dfbd0a577de2090a7c60992cc0686"
    )
    assert [condition.name for condition in CONDITIONS[50:]] == [
        *(f"grey-{percent}" for percent in (20, 40, 60, 80, 100)),
        *(f"turned-{degrees}" for degrees in (90, 180, 270)),
    ]


def test_the_last_step_of_grey_has_no_colour_and_the_same_light(astronaut):
    grey = corrupted(astronaut, FACE_XYXY, BY_KEY["grey"], 5, "a.jpg")
    assert (grey == grey[..., :1]).all()
    assert np.array_equal(grey[..., 0], cv2.cvtColor(astronaut, cv2.COLOR_RGB2GRAY))


def test_a_picture_is_turned_clockwise_by_quarters(astronaut):
    steps = [corrupted(astronaut[:300], FACE_XYXY, BY_KEY["turned"], step, "a.jpg") for step in (1, 2, 3)]
    assert np.array_equal(steps[0], cv2.rotate(astronaut[:300], cv2.ROTATE_90_CLOCKWISE))
    assert np.array_equal(steps[1], astronaut[:300][::-1, ::-1])
    assert np.array_equal(steps[2], cv2.rotate(astronaut[:300], cv2.ROTATE_90_COUNTERCLOCKWISE))
    with pytest.raises(ValueError, match="Received: 4"):
        corrupted(astronaut, FACE_XYXY, BY_KEY["turned"], 4, "a.jpg")

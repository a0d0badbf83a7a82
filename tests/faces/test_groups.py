"""Pictures of many people: faces of the samples, side by side."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from faces.answer import MAX_FACES, Predictor
from faces.detection import Detector
from faces.pictures import Picture, decode

PORTRAITS = ("portrait_C000537.jpg", "portrait_G000600.jpg", "astronaut.jpg")
SHOWN = 2  # sides of a face that are shown of a portrait


@pytest.fixture(scope="module")
def predictor(repository: Path) -> Predictor:
    return Predictor([repository / "model_full", repository / "model_cropped"])


@pytest.fixture(scope="module")
def heads(predictor: Predictor, repository: Path) -> list[np.ndarray]:
    """A square around the face of each portrait."""
    return [_head(predictor.detector.detector, repository / "dashboard/samples" / name) for name in PORTRAITS]


def _head(detector: Detector, path: Path) -> np.ndarray:
    rgb = decode(path.read_bytes(), path.name).rgb
    (face,) = detector.faces_in(Picture(path.name, rgb))
    x0, y0, x1, y1 = face.box_xyxy
    half = SHOWN * (y1 - y0) / 2
    left, top = (max(round(centre - half), 0) for centre in ((x0 + x1) / 2, (y0 + y1) / 2))
    side = min(round(2 * half), rgb.shape[0] - top, rgb.shape[1] - left)
    return rgb[top : top + side, left : left + side]


def _group(heads: list[np.ndarray], rows: int, columns: int, face_px: int) -> Picture:
    side_px = SHOWN * face_px
    tiles = [cv2.resize(head, (side_px, side_px), interpolation=cv2.INTER_AREA) for head in heads]
    lines = [
        np.hstack([tiles[(row + column) % len(tiles)] for column in range(columns)]) for row in range(rows)
    ]
    return Picture("group.png", np.vstack(lines))


@pytest.mark.slow
@pytest.mark.parametrize("face_px", [24, 40, 60])
def test_a_group_of_a_hundred_people_is_answered_whole(predictor, heads, face_px):
    picture = _group(heads, 10, 10, face_px)
    answer = predictor.answer(picture)
    side_px = SHOWN * face_px
    cells = {
        (int((x0 + x1) / 2 // side_px), int((y0 + y1) / 2 // side_px))
        for x0, y0, x1, y1 in (answered.face.box_xyxy for answered in answer.faces)
    }
    assert len(cells) == 100
    assert answer.faces_left_out == answer.turned_degrees == 0
    assert all(set(answered.answers) == {"cropped"} for answered in answer.faces)


@pytest.mark.slow
def test_of_more_than_200_faces_the_most_confident_are_answered_and_the_others_counted(predictor, heads):
    picture = _group(heads, 15, 16, 40)
    faces = predictor.detector.faces_in(picture).faces
    assert len(faces) >= 240
    answer = predictor.answer(picture)
    assert len(answer.faces) == MAX_FACES == 200
    assert answer.as_dict()["faces_left_out"] == answer.faces_left_out == len(faces) - 200
    answered = [answered.face.confidence for answered in answer.faces]
    assert sorted(answered, reverse=True) == sorted((face.confidence for face in faces), reverse=True)[:200]

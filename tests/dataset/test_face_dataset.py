"""FaceDataset: inputs are those that serving makes, canvases show more around them."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dataset.face_boxes import box_columns
from dataset.face_dataset import FaceDataset, FaceLabels
from faces.detection import Face
from faces.errors import PictureError
from faces.input_crops import crop_for
from faces.pictures import decode
from faces.variants import FACE, WHOLE_IMAGE, Variant

BOX = (172.0, 60.0, 278.0, 196.0)


def variant(input_mode):
    return Variant("tried", Path(), input_mode, 1.3, 160, (114, 114, 114), "", "", "", "", 0, 0, "")


@pytest.fixture(scope="module")
def picture(repository):
    path = repository / "dashboard" / "samples" / "astronaut.jpg"
    return path, decode(path.read_bytes(), path.name)


@pytest.fixture
def records(picture):
    return pd.DataFrame(
        [{"path": str(picture[0]), "file": "astronaut.jpg", "age_years": 36.0, "gender": 1, "split": "train"}]
    )


@pytest.fixture
def boxes(picture):
    return pd.DataFrame([{"file": "astronaut.jpg", **box_columns(picture[1], [Face(BOX, 0.9)])}])


@pytest.mark.parametrize("input_mode", [FACE, WHOLE_IMAGE])
def test_an_input_for_training_has_the_pixels_of_an_input_for_serving(records, boxes, picture, input_mode):
    face = Face(BOX, 0.9) if input_mode == FACE else None
    crop, _ = FaceDataset(records, variant(input_mode), boxes)[0]
    np.testing.assert_array_equal(crop, crop_for(variant(input_mode), picture[1], face))


def test_without_a_box_the_input_is_the_whole_picture(records, picture):
    crop, _ = FaceDataset(records, variant(FACE))[0]
    np.testing.assert_array_equal(crop, crop_for(variant(WHOLE_IMAGE), picture[1], None))


def test_the_centre_of_a_canvas_is_the_input_but_for_the_rounding_of_its_square(records, boxes):
    canvases = FaceDataset(records, variant(FACE), boxes, canvas_scale=1.2)
    assert canvases.canvas_px == 192
    centre = canvases[0][0][16:-16, 16:-16].astype(int)
    crop = FaceDataset(records, variant(FACE), boxes)[0][0].astype(int)
    # Half a picture pixel at most, nearly a whole one of the input: edges differ, surfaces do not.
    assert np.median(np.abs(centre - crop)) <= 2


def test_it_has_a_length_and_gives_labels_without_the_picture(records):
    both = pd.concat([records, records.assign(path="gone.jpg", age_years=90.0, gender=0)])
    dataset = FaceDataset(both, variant(FACE))
    assert len(dataset) == 2
    assert dataset[0][1] == dataset.labels_of(0) == FaceLabels(36.0, 36.0, 36.0, 1)
    assert dataset.labels_of(1) == FaceLabels(90.0, 90.0, 90.0, 0)


def test_a_bin_is_kept_where_no_age_is_known(records):
    labels = FaceDataset(
        records.assign(age_years=math.nan, age_low=30, age_high=39), variant(FACE)
    ).labels_of(0)
    assert math.isnan(labels.age_years)
    assert (labels.age_low, labels.age_high) == (30, 39)


def test_a_broken_picture_is_refused_by_name(records, tmp_path):
    path = tmp_path / "broken.jpg"
    path.write_bytes(b"no picture")
    with pytest.raises(PictureError, match="broken.jpg"):
        FaceDataset(records.assign(path=str(path), file="broken.jpg"), variant(FACE))[0]

"""The detector keeps, on the pictures that its card lists, the promises that its card makes."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.detector import SAMPLES, sample_counts, val_by_source
from dataset.empty_scenes import SURFACES as TRAINED_SURFACES
from dataset.records import CHIPS, FGNET, PORTRAITS, load_records
from faces.detection import Detector
from faces.errors import DetectorError
from training.detector.checks import package_folder, personless_files, portraits_with_boxes
from training.detector.pictures import CLOSE_CROP_SCALES, SURFACES, close_crop, synthetic_picture
from training.detector.quality import average_precision_50, empty_counts, face_counts, picture_at


@pytest.fixture(scope="module")
def detector():
    return Detector()


def test_the_sample_pictures_show_as_many_faces_as_they_should(detector):
    counts = sample_counts(detector)
    assert counts["zidane.jpg"] == 2
    assert counts["bus.jpg"] >= 2
    assert counts["astronaut.jpg"] == 1
    assert counts["coffee.png"] == 0
    assert counts["solvay_1927.jpg"] >= 27


@pytest.mark.parametrize(("source", "lowest"), [("fddb_", 0.99), ("mask_", 0.83)])
@pytest.mark.slow
def test_labelled_faces_are_found_with_the_promised_precision(data_dir, source, lowest):
    # Every second picture in half the time; the whole of both stands in model_detector/README.md.
    pictures = val_by_source(data_dir)[source][:: 2 if source == "fddb_" else 1]
    assert average_precision_50(Detector(confidence=0.001), pictures) >= lowest


@pytest.mark.parametrize(("name", "step", "found"), [(CHIPS, 8, 0.98), (FGNET, 4, 0.98), (PORTRAITS, 1, 1.0)])
@pytest.mark.slow
def test_a_picture_of_one_person_shows_one_face(data_dir, detector, tmp_path, name, step, found):
    records = load_records(name, data_dir, tmp_path)
    records = records[records["split"] == ("validation" if name == CHIPS else "test")].iloc[::step]
    counts = face_counts(detector, (picture_at(Path(path)) for path in records["path"]))
    assert counts.with_a_face / counts.pictures >= found
    assert counts.with_exactly_one / counts.pictures >= 0.97


@pytest.mark.parametrize("scale", CLOSE_CROP_SCALES)
@pytest.mark.slow
def test_the_eyes_and_mouth_of_a_close_face_are_no_second_person(data_dir, detector, tmp_path, scale):
    portraits = portraits_with_boxes(data_dir, tmp_path)
    counts = face_counts(detector, (close_crop(picture, box, scale) for picture, box in portraits))
    assert counts.with_a_face == counts.pictures == 240
    assert counts.with_exactly_one / counts.pictures >= 0.99


def test_synthetic_pictures_are_the_same_in_every_run_and_partly_of_kinds_that_training_lacks():
    np.testing.assert_array_equal(synthetic_picture(5).rgb, synthetic_picture(5).rgb)
    assert not {kind.__name__ for kind in SURFACES} & {kind.__name__ for kind in TRAINED_SURFACES}


def test_the_pictures_without_a_person_are_installed_and_counted(detector):
    files = personless_files()
    assert len(files) == 26
    assert not {"astronaut.png", "camera.png"} & {path.name for path in files}
    counts = empty_counts(detector, [picture_at(SAMPLES / "astronaut.jpg"), synthetic_picture(0)])
    assert (counts.pictures, counts.with_a_face, counts.with_a_confident_face) == (2, 1, 1)
    assert counts.named == ("astronaut.jpg",)


def test_the_package_folder_is_found_without_an_import():
    assert (package_folder("onnx") / "__init__.py").is_file()
    with pytest.raises(DetectorError, match="no_such_package"):
        package_folder("no_such_package")

"""Boxes: the real detector on the shipped samples, and a table that goes on where it stopped."""

import math
import shutil

import cv2
import numpy as np
import pandas as pd
import pytest
import skimage.data

from dataset import face_boxes as boxes
from dataset.face_boxes import box_columns, boxes_path, unreadable_columns, widest, write_boxes
from dataset.tables.columns import BOXES, FACE_FOUND, NO_FACE, UNREADABLE
from dataset.tables.schema import Provenance, read_table
from faces.detection import DEFAULT_DETECTOR, Face
from faces.files import sha256_of
from faces.pictures import Picture

PICTURE = Picture("a.jpg", np.zeros((200, 400, 3), np.uint8))


@pytest.fixture
def records(repository, tmp_path):
    """Three files: a face, a picture without one, and no picture at all."""
    sample = repository / "dashboard" / "samples" / "astronaut.jpg"
    shutil.copy(sample, tmp_path / "astronaut.jpg")
    cv2.imwrite(str(tmp_path / "coffee.png"), skimage.data.coffee()[..., ::-1])
    (tmp_path / "notes.jpg").write_bytes(b"not a picture")
    files = ["astronaut.jpg", "coffee.png", "notes.jpg"]
    return pd.DataFrame({"file": files, "path": [str(tmp_path / file) for file in files]})


@pytest.fixture(scope="module", autouse=True)
def _needs_the_detector():
    if not DEFAULT_DETECTOR.is_file():
        pytest.skip(f"needs {DEFAULT_DETECTOR}")


def test_every_picture_gets_a_row_whether_its_face_is_found_or_not(records, tmp_path):
    table = write_boxes(records, "samples", tmp_path / "cache", processes=1).set_index("file")
    assert list(table.status) == [FACE_FOUND, NO_FACE, UNREADABLE]
    found = table.loc["astronaut.jpg"]
    assert (found.faces_found, found.width, found.height) == (1, 512, 512)
    # Where the astronaut's face is, by eye.
    assert found.box_x0 < 225 < found.box_x1
    assert found.box_y0 < 115 < found.box_y1
    assert math.isnan(float(table.box_x0["coffee.png"]))
    assert table.loc["notes.jpg"].width == 0
    path = boxes_path("samples", tmp_path / "cache", sha256_of(DEFAULT_DETECTOR))
    made_by = Provenance(detector_sha256=sha256_of(DEFAULT_DETECTOR))
    pd.testing.assert_frame_equal(read_table(path, BOXES, made_by), table.reset_index())


@pytest.mark.slow  # three pools of processes, each with the detector
def test_a_stopped_search_is_continued_and_a_finished_one_decodes_no_picture(records, tmp_path, capsys):
    cache = tmp_path / "cache"
    whole = write_boxes(records, "whole", cache, processes=1)
    first = write_boxes(records.iloc[:1], "stopped", cache, processes=1)
    assert list(first.file) == ["astronaut.jpg"]
    for path in records.path[:1]:
        shutil.move(path, path + ".gone")  # what is in the table is not looked for again
    pd.testing.assert_frame_equal(write_boxes(records, "stopped", cache, processes=1), whole)
    for path in records.path[1:]:
        shutil.move(path, path + ".gone")
    capsys.readouterr()
    pd.testing.assert_frame_equal(write_boxes(records, "stopped", cache, processes=1), whole)
    assert capsys.readouterr().err == ""  # nor does it show a bar


def test_rows_of_pictures_that_left_the_set_are_dropped(records, tmp_path):
    write_boxes(records, "samples", tmp_path, processes=1)
    assert list(write_boxes(records.iloc[1:], "samples", tmp_path, processes=1).file) == [
        "coffee.png",
        "notes.jpg",
    ]


def test_boxes_lie_under_the_detector_that_found_them(tmp_path):
    path = boxes_path("chips", tmp_path, sha256_of(DEFAULT_DETECTOR))
    assert path.parent.name == sha256_of(DEFAULT_DETECTOR)[:12]
    assert path.parents[1].name == "face_boxes"  # `boxes` holds what earlier releases cached


def test_the_widest_face_is_scored_whatever_its_confidence():
    near, far = Face((10, 10, 110, 120), 0.5), Face((300, 50, 330, 90), 0.9)
    assert widest([far, near]) is near
    assert widest([]) is None
    row = box_columns(PICTURE, [far, near])
    assert (row["faces_found"], row["box_x1"], row["confidence"]) == (2, 110, 0.5)


def test_face_fraction_is_the_longer_side_of_the_box_over_the_shorter_side_of_the_picture():
    row = box_columns(PICTURE, [Face((10, 10, 60, 110), 0.5)])
    assert row["face_fraction"] == 100 / 200


@pytest.mark.parametrize(
    "row", [box_columns(PICTURE, []), unreadable_columns()], ids=["no face", "unreadable"]
)
def test_a_row_without_a_face_has_every_column(row):
    assert sorted({"file": "", **row}) == sorted(BOXES.column_names)
    assert row["faces_found"] == 0
    assert math.isnan(row["face_fraction"])


def test_the_table_is_written_as_the_search_goes(monkeypatch, records, tmp_path):
    written = []
    monkeypatch.setattr(boxes, "PICTURES_A_CHECKPOINT", 1)
    write_table = boxes.write_table

    def counting(table, *rest):
        written.append(len(table))
        write_table(table, *rest)

    monkeypatch.setattr(boxes, "write_table", counting)
    write_boxes(records, "samples", tmp_path, processes=1)
    assert written == [1, 2, 3, 3]

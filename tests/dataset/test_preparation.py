"""`python -m dataset`: what prepare prints about data, and how it refuses."""

import shutil

import pandas as pd
import pytest

from dataset.__main__ import main
from dataset.face_boxes import boxes_path
from dataset.preparation import boxes_report, duplicates_report, groups_across, labels_report, split_report
from dataset.splits import read_split
from dataset.tables.columns import BOXES
from dataset.tables.schema import read_table
from dataset.utkface import Rejected
from faces.detection import DEFAULT_DETECTOR
from faces.files import sha256_of

RECORDS = pd.DataFrame(
    {"file": ["a.jpg", "b.jpg", "c.jpg"], "age_years": [1.0, 30.0, 80.0], "gender": [0, 1, 1]}
)
SPLIT = pd.DataFrame({"file": ["a.jpg", "b.jpg", "c.jpg"], "split": ["train", "test", "train"]})


def test_labels_are_counted_and_every_rejected_file_is_named_with_its_reason():
    report = labels_report(RECORDS, [Rejected("x.jpg", "the race is missing")])
    assert "3 labelled pictures, aged 1 to 80, 67% women; 1 rejected" in report
    assert "x.jpg: the race is missing" in report


def test_photographs_that_occur_twice_are_counted():
    assert duplicates_report([[0, 1], [2]]) == "1 photographs occur more than once, in 2 pictures."


def test_a_split_that_fits_is_reported_to_fit():
    assert "It fits the pictures here" in split_report(RECORDS, [[0, 2], [1]], SPLIT)


def test_a_photograph_in_two_splits_is_reported():
    assert groups_across(RECORDS, [[0, 1], [2]], dict(SPLIT.itertuples(index=False))) == [[0, 1]]
    assert "in more than one split, e.g. a.jpg and b.jpg" in split_report(RECORDS, [[0, 1], [2]], SPLIT)


@pytest.mark.parametrize(
    ("records", "split", "fact"),
    [
        (RECORDS.iloc[:2], SPLIT, "1 of its pictures are not in this folder, e.g. c.jpg"),
        (RECORDS, SPLIT.iloc[:2], "1 pictures of this folder are in no split and not used, e.g. c.jpg"),
    ],
    ids=["pictures are missing", "pictures are new"],
)
def test_differences_between_split_and_folder_are_reported(records, split, fact):
    report = split_report(records, [[row] for row in range(len(records))], split)
    assert fact in report
    assert "It fits" not in report


def test_faces_found_are_reported_with_their_fraction():
    report = boxes_report("chips", pd.DataFrame({"faces_found": [1, 0, 2, 1]}))
    assert report == "Boxes of chips: a face in 3 of 4 pictures (75.0%), exactly one in 2 (50.0%)."
    assert "none of the split's pictures" in boxes_report("chips", pd.DataFrame({"faces_found": []}))


@pytest.mark.slow  # a pool of processes, each with the detector
def test_prepare_does_what_the_data_allow_and_names_what_it_left_out(repository, tmp_path, capsys):
    sample = repository / "dashboard" / "samples" / "astronaut.jpg"
    names = list(read_split().file[:2])
    for name in (*names, "36_1_20170116174525125.jpg.chip.jpg"):
        shutil.copy(sample, tmp_path / name)
    command = ["prepare", "--data-dir", str(tmp_path), "--cache-dir", str(tmp_path / "cache")]
    assert main(command) == 0
    printed = capsys.readouterr().out
    assert "2 labelled pictures" in printed
    assert "36_1_20170116174525125.jpg.chip.jpg: the race is missing" in printed
    assert "1 photographs occur more than once, in 2 pictures" in printed
    assert printed.count("Left out: ") >= 4  # FairFace, composites, FG-NET, portraits
    assert "Boxes of chips: a face in 2 of 2 pictures" in printed
    boxes = read_table(boxes_path("chips", tmp_path / "cache", sha256_of(DEFAULT_DETECTOR)), BOXES)
    assert list(boxes.file) == sorted(names)


def test_without_a_data_folder_the_command_says_which_it_wants_and_exits_2(monkeypatch, capsys):
    monkeypatch.delenv("AGE_GENDER_DATA", raising=False)
    assert main(["prepare"]) == 2
    assert "UTKFace is published at" in capsys.readouterr().err


def test_a_folder_without_utkface_exits_2_and_names_it(tmp_path, capsys):
    assert main(["prepare", "--data-dir", str(tmp_path)]) == 2
    assert str(tmp_path) in capsys.readouterr().err

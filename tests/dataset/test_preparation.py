"""`python -m dataset`: what prepare prints about data, and how it refuses."""

import os
import shutil

import pandas as pd
import pytest

from dataset.__main__ import main
from dataset.face_boxes import boxes_path
from dataset.preparation import boxes_report, duplicates_report, groups_across, labels_report, split_report
from dataset.splits import read_split
from dataset.tables.columns import BOXES, FACE_FOUND, UNREADABLE
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


def boxes_of(*counts, unreadable=0):
    """Boxes of pictures with so many faces, and of some that cannot be decoded."""
    found = [*counts, *[0] * unreadable]
    files = [f"{number}.jpg" for number in range(len(found))]
    statuses = [FACE_FOUND] * len(counts) + [UNREADABLE] * unreadable
    return pd.DataFrame({"file": files, "status": statuses, "faces_found": found})


def test_faces_found_are_reported_with_their_fraction():
    report = boxes_report("chips", boxes_of(1, 0, 2, 1))
    assert report == "Boxes of chips: a face in 3 of 4 pictures (75.0%), exactly one in 2 (50.0%)."
    assert "none of the split's pictures" in boxes_report("chips", boxes_of())


@pytest.mark.parametrize(
    ("count", "named"),
    [
        (1, "1 cannot be decoded: 1.jpg."),
        (10, "10 cannot be decoded: 1.jpg, 2.jpg, 3.jpg, 4.jpg, 5.jpg, 6.jpg, 7.jpg, 8.jpg, 9.jpg, 10.jpg."),
        (1012, "8.jpg, 9.jpg, 10.jpg and 1,002 more."),
    ],
)
def test_pictures_that_cannot_be_decoded_are_named_up_to_ten(count, named):
    report = boxes_report("chips", boxes_of(1, unreadable=count))
    assert report.endswith(named)
    assert f"  {count:,} cannot be decoded: 1.jpg" in report


def refused(cache_dir, data_dir, capsys):
    """The sentence with which prepare refuses these folders, with exit code 2."""
    assert main(["prepare", "--data-dir", str(data_dir), "--cache-dir", str(cache_dir)]) == 2
    return capsys.readouterr().err


@pytest.mark.parametrize("name", ["file", "file/inside", "file/deep/inside"])
def test_a_cache_folder_that_cannot_be_is_refused_at_once(name, tmp_path, capsys):
    (tmp_path / "file").write_bytes(b"")
    sentence = refused(tmp_path / name, tmp_path, capsys)
    assert sentence.startswith("The cache folder cannot be written: ")
    assert sentence.endswith(f"Received: --cache-dir {tmp_path / name}.\n")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_cache_folder_without_permission_is_refused_at_once(tmp_path, capsys):
    (tmp_path / "closed").mkdir(mode=0o500)
    assert "Permission denied" in refused(tmp_path / "closed", tmp_path, capsys)


@pytest.mark.slow  # a pool of processes, each with the detector
def test_labels_without_their_picture_are_named_when_the_rest_is_done(repository, tmp_path, capsys):
    sample = repository / "dashboard" / "samples" / "astronaut.jpg"
    portraits, cache = tmp_path / "photographs" / "portraits", tmp_path / "cache"
    (portraits / "images").mkdir(parents=True)
    shutil.copy(sample, tmp_path / read_split().file[0])
    shutil.copy(sample, portraits / "images" / "here.jpg")
    rows = ["file,age,gender,subject", "images/here.jpg,40.5,1,A"]
    rows += [f"images/gone_{number:02d}.jpg,30,0,B" for number in range(12)]
    (portraits / "labels.csv").write_text("\n".join(rows), encoding="utf-8")
    assert main(["prepare", "--data-dir", str(tmp_path), "--cache-dir", str(cache)]) == 2
    printed = capsys.readouterr()
    assert "Boxes of portraits: a face in 1 of 1 pictures" in printed.out
    assert "Labels of portraits name pictures that are not there. Received: gone_00.jpg, " in printed.err
    assert "gone_09.jpg and 2 more." in printed.err
    boxes = read_table(boxes_path("portraits", cache, sha256_of(DEFAULT_DETECTOR)), BOXES)
    assert list(boxes.file) == ["here.jpg"]  # what is missing is looked for again next time


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

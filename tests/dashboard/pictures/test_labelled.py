"""Labelled test pictures on Saliency: only where the server has the data, and only of the test split."""

import pytest

from dashboard.pictures.labelled import TestPictures
from dataset.splits import read_split
from faces.errors import PictureExpired


def test_without_data_there_are_none_and_asking_for_one_says_why():
    pictures = TestPictures(None)
    assert pictures.some(10) == []
    with pytest.raises(PictureExpired, match="without --data-dir"):
        pictures.answered("26_1_0_2017.jpg", lambda data, name: pytest.fail("there is nothing to answer"))


def test_with_data_they_are_of_the_test_split_and_labelled(data_dir, context):
    pictures = TestPictures(data_dir)
    split = read_split().set_index("file").split
    chips = pictures.records[pictures.records.set == "chips"]
    assert set(split[chips.file]) == {"test"}
    some = pictures.some(10)
    assert some == pictures.some(10)
    assert len(set(some)) == 10
    assert pictures.label(some[0]).startswith(("male, ", "female, "))
    upload = pictures.answered(some[0], context.answered)
    assert upload.picture.name == some[0]
    assert pictures.answered(some[0], context.answered) is upload

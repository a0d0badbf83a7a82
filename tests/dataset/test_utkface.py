"""UTKFace: what its names say, why some are refused, and the shapes in which people hold it."""

import zipfile

import pytest

from dataset import utkface
from dataset.utkface import Labels, folder_in, labels_in, records
from faces.errors import DataMissing

CHIP = "26_1_2_20170116184024662.jpg.chip.jpg"


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        pytest.param(CHIP, Labels(26, 1, 2), id="as most are"),
        pytest.param("116_1_3_20170120134921760.jpg.chip.jpg", Labels(116, 1, 3), id="the oldest"),
        pytest.param("24_0_1_20170116220224657 .jpg.chip.jpg", Labels(24, 0, 1), id="a space before .jpg"),
        pytest.param("55_0_0_20170116232725357jpg.chip.jpg", Labels(55, 0, 0), id="a dot short"),
        pytest.param("14_0_0_2017011022340900.jpg.chip.jpg", Labels(14, 0, 0), id="a short timestamp"),
        pytest.param("1_0_4_20161221193016140.JPG", Labels(1, 0, 4), id="upper case, no chip"),
    ],
)
def test_a_name_has_age_gender_and_race(name, labels):
    assert labels_in(name) == labels


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("39_1_20170116174525125.jpg.chip.jpg", "race is missing"),
        ("readme.txt", "not a JPEG or PNG"),
        ("me.jpg", "does not begin with an age"),
        ("-3_1_0_20170116174525125.jpg", "does not begin with an age"),
        ("117_1_0_20170116174525125.jpg", "117 is above 116"),
        ("26_2_0_20170116174525125.jpg", "gender is neither"),
        ("26.jpg", "does not begin with an age"),
        ("26_1_5_20170116174525125.jpg", "race '5'"),
        ("26_1_0_tuesday.jpg", "timestamp"),
        ("26_1_0_0_20170116174525125.jpg", "5 parts"),
    ],
)
def test_a_name_without_usable_labels_is_rejected_with_the_reason(name, reason):
    answer = labels_in(name)
    assert isinstance(answer, str)
    assert reason in answer


def test_records_keep_the_race_and_list_what_was_rejected(tmp_path):
    for name in (CHIP, "39_1_20170116174525125.jpg.chip.jpg", ".DS_Store"):
        (tmp_path / name).write_bytes(b"")
    labelled, rejected = records(tmp_path)
    assert labelled.to_dict("records") == [
        {
            "path": str(tmp_path / CHIP),
            "file": CHIP,
            "age_years": 26.0,
            "gender": 1,
            "race": "Asian",
            "subject": "",
        }
    ]
    assert [one.file for one in rejected] == ["39_1_20170116174525125.jpg.chip.jpg"]


@pytest.mark.parametrize("nesting", ["", "UTKFace", "utkface", "UTKFace/UTKFace"])
def test_the_folder_is_found_itself_or_nested(tmp_path, nesting):
    folder = tmp_path / nesting
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CHIP).write_bytes(b"")
    assert folder_in(tmp_path) == folder


@pytest.mark.parametrize(
    "members",
    [
        pytest.param([f"UTKFace/{CHIP}"], id="as unpacked"),
        pytest.param(
            [f"UTKFace/UTKFace/{CHIP}", f"utkface_aligned_cropped/UTKFace/{CHIP}"], id="twice in it"
        ),
        pytest.param([CHIP], id="no folder in it"),
        pytest.param(
            [f"UTKFace/{CHIP}", "crop_part1/1_0_0_20161219140623097.jpg.chip.jpg"], id="older part in it"
        ),
    ],
)
@pytest.mark.parametrize("given", ["the zip", "its folder"])
def test_the_zip_is_unpacked_once_into_the_cache(tmp_path, members, given):
    archive = tmp_path / "data" / "archive.zip"
    archive.parent.mkdir()
    with zipfile.ZipFile(archive, "w") as opened:
        for member in members:
            opened.writestr(member, b"picture")
    data_dir = archive if given == "the zip" else archive.parent
    folder = folder_in(data_dir, tmp_path / "cache")
    assert [path.name for path in folder.iterdir()] == [CHIP]
    assert (folder / CHIP).read_bytes() == b"picture"
    (folder / CHIP).write_bytes(b"earlier")
    assert (folder_in(data_dir, tmp_path / "cache") / CHIP).read_bytes() == b"earlier"


def test_a_zip_cannot_write_outside_the_cache(tmp_path):
    archive = tmp_path / "archive.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr(f"../../UTKFace/{CHIP}", b"picture")
    folder = folder_in(archive, tmp_path / "cache")
    assert (folder / CHIP).is_file()
    assert not (tmp_path.parent / "UTKFace").exists()


def test_a_folder_without_utkface_is_refused_with_how_to_get_it(tmp_path):
    (tmp_path / "holiday.jpg").write_bytes(b"")
    with pytest.raises(DataMissing, match="susanqq"):
        folder_in(tmp_path)
    with pytest.raises(DataMissing):
        folder_in(tmp_path / "nowhere")


def test_the_published_set_has_23704_labelled_pictures_and_3_rejected(data_dir):
    labelled, rejected = records(data_dir)
    assert len(labelled) == 23_704
    assert {one.reason for one in rejected} == {"the race is missing between the gender and the timestamp"}
    assert len(rejected) == 3
    assert set(labelled.race) == set(utkface.RACES)
    assert labelled.gender.isin((0, 1)).all()
    assert labelled.age_years.between(1, 116).all()

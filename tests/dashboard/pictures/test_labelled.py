"""Labelled pictures by (set, file): lazily read, only those of the records, only where the data are."""

import threading

import pytest

from dashboard.app import create_app
from dashboard.context import AppContext
from dashboard.pictures import labelled as module
from dashboard.pictures.labelled import SET_PREFIX, LabelledPictures, set_key
from dashboard.pictures.store import Pictures
from dashboard.pictures.utkface import UTKFace
from dataset.splits import read_split
from faces.errors import PictureExpired

SETS = ("portraits", "chips", "fgnet", "fairface")


@pytest.fixture(scope="module")
def chips() -> list[str]:
    """A train, a validation and a test picture of the committed split."""
    return list(read_split().groupby("split").file.first())


@pytest.fixture
def folder(tmp_path, chips, astronaut):
    """A data folder with UTKFace of these three, of one that no split knows, and a secret beside them."""
    (tmp_path / "utkface").mkdir()
    for file in (*chips, "9_0_0_19990112213500903.jpg"):
        (tmp_path / "utkface" / file).write_bytes(astronaut)
    (tmp_path / "secret.txt").write_text("not a picture of any set", encoding="utf-8")
    return tmp_path


def test_without_data_there_are_none_and_asking_for_one_says_why(tmp_path):
    pictures = LabelledPictures(None, tmp_path)
    assert not pictures.has_data
    assert pictures.sampled_keys(10) == []
    assert all(pictures.records(name).empty for name in pictures.sets)
    with pytest.raises(PictureExpired, match="without --data-dir"):
        pictures.path(set_key("chips", "26_1_0_2017.jpg"))


def test_a_picture_of_every_split_has_a_path_and_its_labels(folder, tmp_path, chips):
    pictures = LabelledPictures(folder, tmp_path)
    for file in chips:
        key = set_key("chips", file)
        assert key == f"set:chips/{file}"
        assert key in pictures
        assert pictures.path(key) == folder / "utkface" / file
        age, gender = file.split("_")[:2]
        assert pictures.label(key).startswith(f"{('male', 'female')[int(gender)]}, {age} (chips, ")


@pytest.mark.parametrize(
    "rest",
    [
        "chips/../secret.txt",
        "chips/../utkface/9_0_0_19990112213500903.jpg",
        "chips/9_0_0_19990112213500903.jpg",
        "../secret.txt",
        "/etc/passwd",
        "chips",
        "chips/",
        "",
        "agedb/nobody.jpg",
        "fgnet/nobody.jpg",
    ],
)
def test_only_pictures_of_the_split_files_have_an_address(folder, tmp_path, rest):
    pictures = LabelledPictures(folder, tmp_path)
    assert SET_PREFIX + rest not in pictures
    with pytest.raises(PictureExpired, match="not in the data folder"):
        pictures.path(SET_PREFIX + rest)


def test_a_set_is_read_once_although_eight_threads_ask(folder, tmp_path, monkeypatch):
    counted, load = [], module.load_records

    def counting(name, *dirs):
        counted.append(name)
        return load(name, *dirs)

    monkeypatch.setattr(module, "load_records", counting)
    pictures = LabelledPictures(folder, tmp_path)
    assert counted == []  # lazily: nothing is read before it is asked for
    together = threading.Barrier(8)

    def ask():
        together.wait()
        pictures.records("chips")

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counted == ["chips"]


def test_a_labelled_picture_is_answered_once_and_its_views_need_no_second_detection(
    context, folder, tmp_path, chips
):
    labelled = LabelledPictures(folder, tmp_path)
    pictures = Pictures(context.workbench, labelled=labelled, utkface=UTKFace(folder, tmp_path))
    key = set_key("chips", chips[0])
    assert pictures.picture(key).name == chips[0]
    upload = pictures.upload(key, ["cropped"])
    assert upload.picture.name == chips[0]
    assert pictures.upload(key, ()).picture is upload.picture


def test_a_file_that_is_broken_or_gone_is_refused_by_name(context, folder, tmp_path, chips):
    labelled = LabelledPictures(folder, tmp_path)
    pictures = Pictures(context.workbench, labelled=labelled, utkface=UTKFace(folder, tmp_path))
    broken, gone, _ = chips
    (folder / "utkface" / broken).write_bytes(b"no picture")
    client = create_app(AppContext(context.workbench, context.tables, pictures)).server.test_client()
    assert labelled.path(set_key("chips", gone)).exists()
    (folder / "utkface" / gone).unlink()
    for file, name in ((broken, "PictureNotRecognised"), (gone, "PictureExpired")):
        for view in ("thumbnail.jpg", "answer.json"):
            response = client.get(f"/pictures/{set_key('chips', file)}/{view}")
            assert (response.status_code, response.get_json()["error"]["name"]) == (410, name)
            assert file in response.get_json()["error"]["message"]


def test_with_data_listed_ones_are_of_the_test_splits_and_labelled(data_dir, tmp_path):
    pictures = LabelledPictures(data_dir, tmp_path)
    split = read_split().set_index("file").split
    keys = pictures.test_keys()
    chips = [key.partition("/")[2] for key in keys if key.startswith("set:chips/")]
    assert set(split[chips]) == {"test"}
    assert len(chips) == (split == "test").sum()
    there = {key.removeprefix(SET_PREFIX).partition("/")[0] for key in keys}
    assert there == {name for name in SETS if not pictures.records(name).empty}
    sampled = pictures.sampled_keys(10)
    assert sampled == pictures.sampled_keys(10)
    assert len(set(sampled)) == 10
    assert all(pictures.label(key).startswith(("male, ", "female, ")) for key in keys[::50])

"""Sets: every reader gives the same columns, and says what is missing."""

import pandas as pd
import pytest

from dataset import fairface, fgnet, portraits
from dataset.labels import CHIPS, COMPOSITES, FAIRFACE, FGNET, PORTRAITS, SETS
from dataset.records import RECORD_COLUMNS, load_records
from faces.errors import DataMissing

COUNTS = {CHIPS: 23_704, FGNET: 1_002, PORTRAITS: 240, FAIRFACE: 10_000}


@pytest.mark.parametrize("name", COUNTS)
def test_every_set_has_the_same_columns_and_all_of_its_pictures(data_dir, tmp_path, name):
    records = load_records(name, data_dir, tmp_path)
    extra = ["age_low", "age_high"] if name == FAIRFACE else []
    assert sorted(records.columns) == sorted(RECORD_COLUMNS + extra)
    assert len(records) == COUNTS[name]
    assert records.file.is_unique
    assert list(records.file) == sorted(records.file)
    assert records.gender.isin((0, 1)).all()
    assert records.split.ne("").all()


def test_fgnet_knows_its_82_people_and_is_only_ever_tested_on(data_dir, tmp_path):
    records = load_records(FGNET, data_dir, tmp_path)
    assert records.subject.nunique() == 82
    assert (records.age_years < 18).sum() == 640
    assert set(records.split) == {"test"}


def test_portraits_keep_the_tenths_of_their_ages(data_dir, tmp_path):
    records = load_records(PORTRAITS, data_dir, tmp_path)
    assert (records.age_years % 1 != 0).any()
    assert records.age_years.between(25, 87).all()


def test_fairface_ages_are_bins_and_nothing_else(data_dir, tmp_path):
    records = load_records(FAIRFACE, data_dir, tmp_path)
    assert records.age_years.isna().all()
    assert set(zip(records.age_low, records.age_high, strict=True)) == set(fairface.AGE_BINS.values())


def test_compositions_carry_the_labels_of_the_face_in_them(tmp_path):
    file = "26_1_2_20170116184024662.jpg.chip.jpg"
    (tmp_path / "composites").mkdir()
    pd.DataFrame(
        [{"file": file, "split": "test", "path": f"composites/test/{file}", "source_file": file}]
    ).to_csv(tmp_path / "composites" / "composites.csv", index=False)
    assert load_records(COMPOSITES, tmp_path, tmp_path).to_dict("records") == [
        {
            "path": str(tmp_path / "composites" / "test" / file),
            "file": file,
            "age_years": 26.0,
            "gender": 1,
            "race": "Asian",
            "subject": "",
            "split": "test",
        }
    ]


@pytest.mark.parametrize("name", SETS)
def test_a_set_that_is_not_there_is_named_with_the_way_to_get_it(tmp_path, name):
    with pytest.raises(DataMissing) as refusal:
        load_records(name, tmp_path, tmp_path)
    assert str(tmp_path) in str(refusal.value)
    assert len(str(refusal.value).split(". ")) >= 2 or "prepare" in str(refusal.value)


@pytest.mark.parametrize("reader", [fgnet, portraits])
def test_a_labelled_folder_becomes_records_sorted_by_file(tmp_path, reader):
    folder = tmp_path / "photographs" / reader.__name__.rpartition(".")[2]
    folder.mkdir(parents=True)
    (folder / "labels.csv").write_text(
        "file,age,gender,subject\nimages/b.jpg,31.5,0,002\nimages/a.jpg,7,1,001\n"
    )
    records = reader.records(tmp_path)
    assert list(records.file) == ["a.jpg", "b.jpg"]
    assert list(records.age_years) == [7.0, 31.5]
    assert list(records.subject) == ["001", "002"]
    assert list(records.path) == [str(folder / "images" / "a.jpg"), str(folder / "images" / "b.jpg")]

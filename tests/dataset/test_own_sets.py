"""AgeDB and a user's own CSV, on small files of the real layout."""

from pathlib import Path

import pandas as pd
import pytest

from dataset import agedb, labelled_csv
from dataset.records import RECORD_COLUMNS, load_records
from dataset.subject_split import split_by_subject
from faces.errors import DataMissing, TableError


def test_no_subject_is_in_two_splits() -> None:
    subjects = pd.Series([f"somebody {number % 300}" for number in range(3000)])
    split = split_by_subject(subjects)
    assert split.groupby(subjects).nunique().max() == 1
    fractions = split.value_counts(normalize=True)
    assert fractions["train"] == pytest.approx(0.8, abs=0.08)
    assert set(fractions.index) == {"train", "validation", "test"}


def test_agedb_has_its_labels_in_its_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "agedb").mkdir()
    for name in ("0_MariaCallas_35_f.jpg", "1_Jean-Paul_Sartre_60_m.jpg", "portrait.jpg"):
        (tmp_path / "agedb" / name).write_bytes(b"")
    records = load_records("agedb", tmp_path, tmp_path)
    assert list(records.columns) == RECORD_COLUMNS
    assert list(records.age_years) == [35, 60]
    assert list(records.gender) == [1, 0]
    assert list(records.subject) == ["MariaCallas", "Jean-Paul_Sartre"]
    assert "portrait.jpg" in capsys.readouterr().out


def test_agedb_that_is_not_there_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match="on request"):
        agedb.records(tmp_path)


def test_a_csv_may_lack_an_age_or_a_gender_and_names_the_rows_it_refuses(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "own.csv"
    table.write_text(
        "path,age,gender\na.jpg,31,female\nb.jpg,,m\nc.jpg,44,\nd.jpg,old,f\ne.jpg,,\nf.jpg,20,x\n"
    )
    records = load_records(str(table), tmp_path, tmp_path)
    assert sorted(records.columns) == sorted(RECORD_COLUMNS)
    assert list(records.file) == ["a.jpg", "b.jpg", "c.jpg"]
    assert list(records.gender) == [1, 0, -1]
    assert list(records.age_years.isna()) == [False, True, False]
    assert records.path[0] == str(tmp_path / "a.jpg")
    printed = capsys.readouterr().out
    for reason in ("d.jpg: age", "e.jpg: neither", "f.jpg: gender"):
        assert reason in printed


def test_a_csv_keeps_its_own_split(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text("path,age,gender,split\na.jpg,31,f,test\nb.jpg,20,m,train\n")
    assert list(labelled_csv.records(tmp_path / "own.csv").split) == ["test", "train"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param("path,age\na.jpg,31\n", "lacks gender", id="a column is missing"),
        pytest.param("path,age,gender\na.jpg,x,f\n", "no row", id="no row can be used"),
    ],
)
def test_a_csv_that_cannot_be_used_says_why(text: str, complaint: str, tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text(text)
    with pytest.raises(TableError, match=complaint):
        labelled_csv.records(tmp_path / "own.csv")

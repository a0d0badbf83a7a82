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


HEADER = "path,age,gender"
PLAIN = [("a.jpg", 31.0, 1), ("b.jpg", 20.0, 0)]


def labels_in(content: bytes | str, folder: Path) -> list[tuple[str, float, int]]:
    """File, age (-1: unknown) and gender of every row that a CSV of this content gives."""
    table = folder / "own.csv"
    table.write_bytes(content if isinstance(content, bytes) else content.encode())
    records = labelled_csv.records(table)
    return list(zip(records.file, records.age_years.fillna(-1), records.gender, strict=True))


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(f"{HEADER}\na.jpg,31,f\nb.jpg,20,m\n", id="plain"),
        pytest.param(f"{HEADER}\na.jpg,31,f,\nb.jpg,20,m,\n", id="a comma at the end of every row"),
        pytest.param(f"{HEADER},\na.jpg,31,f,\nb.jpg,20,m,\n", id="a comma at the end of every line"),
        pytest.param(f"{HEADER},,\na.jpg,31,f\nb.jpg,20,m\n", id="commas at the end of the header alone"),
        pytest.param(f"\ufeff{HEADER}\na.jpg,31,f\nb.jpg,20,m\n", id="a byte order mark"),
        pytest.param(f"{HEADER}\r\na.jpg,31,f\r\nb.jpg,20,m", id="lines of Windows, the last open"),
        pytest.param(f"{HEADER}\ra.jpg,31,f\rb.jpg,20,m\r", id="lines of an old Mac"),
        pytest.param(f"\n\n{HEADER}\n\na.jpg,31,f\n , ,\nb.jpg,20,m\n", id="blank lines"),
        pytest.param("path;age;gender\na.jpg;31,0;f\nb.jpg;20,0;m\n", id="semicolons, decimal commas"),
        pytest.param("sep=;\npath;age;gender\na.jpg;31;f\nb.jpg;20;m\n", id="Excel's separator line"),
        pytest.param("path\tage\tgender\na.jpg\t31\tf\nb.jpg\t20\tm\n", id="tabs"),
        pytest.param("Gender, AGE ,Path\nF, 31 , a.jpg\nM,20,b.jpg\n", id="other order, case and spaces"),
        pytest.param(
            ",path,age,gender\n0,a.jpg,31,f\n1,b.jpg,20,m\n", id="the nameless index of a data frame"
        ),
        pytest.param(f'{HEADER},note\na.jpg,31,f,"two\nlines"\nb.jpg,20,m,"a ""b"""\n', id="quoted lines"),
        pytest.param(f"{HEADER},x,y\na.jpg,31,f,,\nb.jpg,20,m,,\n", id="further columns, empty"),
        pytest.param(f"{HEADER}\na.jpg,31,f\nb.jpg,20,m\n".encode("utf-16"), id="UTF-16"),
        pytest.param(f"{HEADER}\na.jpg,31,f\nb.jpg,20,m\n".encode("utf-16-le"), id="UTF-16 without a mark"),
        pytest.param(f"{HEADER}\na.jpg,31,f\nb.jpg,20,m\n".encode("utf-16-be"), id="big-endian UTF-16"),
        pytest.param(f"{HEADER}\na.jpg,31,f\nb.jpg,20,m\n".encode("utf-32"), id="UTF-32"),
    ],
)
def test_a_table_gives_its_labels_whatever_wrote_it(content: bytes | str, tmp_path: Path) -> None:
    assert labels_in(content, tmp_path) == PLAIN


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_name_with_an_umlaut_is_the_same_in_every_encoding(encoding: str, tmp_path: Path) -> None:
    content = f"{HEADER}\nZürich.jpg,25,female\n".encode(encoding)
    assert labels_in(content, tmp_path) == [("Zürich.jpg", 25.0, 1)]


@pytest.mark.parametrize(
    ("word", "code"),
    [
        *((word, 1) for word in ("1", "1.0", "f", "F", "female", "Female", "w", "woman")),
        *((word, 0) for word in ("0", "0.0", "m", "M", "male", " MALE ", "man")),
        *((word, -1) for word in ("", "nan", "NaN", "-1", "-1.0", "NA", "None", "null", "unknown")),
    ],
)
def test_genders_are_known_by_their_usual_words(word: str, code: int, tmp_path: Path) -> None:
    assert labels_in(f"{HEADER}\na.jpg,25.0,{word}\n", tmp_path) == [("a.jpg", 25.0, code)]


@pytest.mark.parametrize("word", ["", "nan", "NaN", "None", " "])
def test_an_age_that_is_not_known_leaves_the_gender(word: str, tmp_path: Path) -> None:
    assert labels_in(f"{HEADER}\na.jpg,{word},f\n", tmp_path) == [("a.jpg", -1, 1)]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        pytest.param(",25,f", "line 3: : the path is empty", id="an empty path"),
        pytest.param("  ,25,f", "line 3: : the path is empty", id="a path of spaces"),
        pytest.param(".,25,f", "line 3: .: the path is that of a folder", id="the table's folder"),
        pytest.param("inner/,25,f", "line 3: inner/: the path is that of a folder", id="another folder"),
        pytest.param("c.jpg,25", "line 3: c.jpg: it has 2 fields instead of 3", id="too few fields"),
        pytest.param("c.jpg,25,f,x,y", "line 3: c.jpg: it has 5 fields instead of 3", id="too many fields"),
        pytest.param("c,2.jpg,25,f", "it has 4 fields instead of 3", id="a comma in a path without quotes"),
        pytest.param("c\0.jpg,25,f", "it holds a NUL byte", id="a NUL byte"),
        pytest.param(
            '"c.jpg,25,f', "line 3: c.jpg: a quotation mark in it is not closed", id="an open quote"
        ),
        pytest.param('"c"x.jpg,25,f', 'line 3: c"x.jpg: a quotation mark in it', id="a quote in a field"),
        pytest.param("c.jpg,25,2", "gender is male, female or empty. Received: 2", id="a third gender code"),
        pytest.param("c.jpg,25,1.5", "gender is male, female or empty. Received: 1.5", id="half a gender"),
        pytest.param(
            "c.jpg,inf,f", "age is a number of years from 0 to 120. Received: inf", id="endless age"
        ),
        pytest.param("c.jpg,-1,f", "age is a number of years from 0 to 120. Received: -1", id="below zero"),
        pytest.param("c.jpg,121,f", "age is a number of years from 0 to 120. Received: 121", id="too old"),
        pytest.param(
            "c.jpg,2_5,f", "age is a number of years from 0 to 120. Received: 2_5", id="Python's 25"
        ),
        pytest.param("c.jpg,nan,nan", "neither age nor gender is given", id="no label"),
        pytest.param(
            "./a.jpg,40,m", "line 3: ./a.jpg: line 2 has this picture already", id="a picture twice"
        ),
    ],
)
def test_a_row_is_refused_with_its_line_and_reason_and_the_others_are_kept(
    row: str, reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "inner").mkdir()
    content = f"{HEADER}\na.jpg,31,f\n{row}\nb.jpg,20,m\n"
    assert labels_in(content, tmp_path) == PLAIN
    printed = capsys.readouterr().out
    assert reason in printed
    assert printed.count("rejected: ") == 1


def test_lines_are_counted_in_the_file_not_in_rows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels_in(f'{HEADER},note\na.jpg,31,f,"of\nthree\nlines"\n\nb.jpg,x,m,\n', tmp_path)
    assert "rejected: line 6: b.jpg: age" in capsys.readouterr().out


def test_rows_without_a_subject_are_their_own_and_fall_into_all_splits(tmp_path: Path) -> None:
    rows = "".join(f"{number}.jpg,30,f,{('', 'nan', ' ')[number % 3]}\n" for number in range(300))
    (tmp_path / "own.csv").write_text(
        f"path,age,gender,subject\n{rows}somebody.jpg,30,f,A\nother.jpg,31,f,A\n"
    )
    records = labelled_csv.records(tmp_path / "own.csv").set_index("file")
    assert set(records.split) == {"train", "validation", "test"}
    assert records.subject.nunique() == 301
    assert records.subject["7.jpg"] == "7.jpg"
    assert records.subject["somebody.jpg"] == records.subject["other.jpg"] == "A"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        pytest.param("path,age\na.jpg,31\n", "lacks gender. Received: path, age", id="a column is missing"),
        pytest.param(
            f"{HEADER}\na.jpg,x,f\n", "no row that can be used. Received: 1 rows", id="no usable row"
        ),
        pytest.param(f"{HEADER}\n", "no row that can be used. Received: 0 rows", id="a header alone"),
        pytest.param("", "is empty", id="no bytes"),
        pytest.param("\ufeff\r\n \n", "is empty", id="blank lines alone"),
        pytest.param(
            "path,age,gender,Age \na.jpg,1,f,2\n", "columns of one name. Received: age", id="age twice"
        ),
        pytest.param(
            b"path,age,gender\na\x81.jpg,25,f\n", "neither UTF-8 nor UTF-16", id="no known encoding"
        ),
        pytest.param(b"PK\x03\x04" + bytes(range(64)) * 9, "own.csv ", id="a spreadsheet by another name"),
        pytest.param(f"{HEADER}\n".encode("utf-16")[:-1], "neither UTF-8 nor UTF-16", id="half a character"),
        pytest.param(f"{HEADER}\n" + '"a.jpg,1,f\n' * 1002, "quotation marks are wrong", id="open quotes"),
    ],
)
def test_a_csv_that_cannot_be_used_says_why(content: bytes | str, complaint: str, tmp_path: Path) -> None:
    with pytest.raises(TableError, match=complaint) as refused:
        labels_in(content, tmp_path)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 400 + len(str(tmp_path))

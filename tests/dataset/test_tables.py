"""Tables: what is written comes back, and what does not fit is refused by name."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataset.composites import COMPOSITES_COLUMNS
from dataset.tables.columns import BOXES, COMPOSITE_PICTURES, ESTIMATES, HISTORY, PREDICTIONS, TABLES
from dataset.tables.schema import (
    FLOAT,
    STRING,
    Provenance,
    formats_markdown,
    provenance_of,
    read_csv_table,
    read_table,
    write_table,
)
from evaluation.metrics.estimates import Estimate
from faces.earlier_names import renamed
from faces.errors import DataMissing, TableError

MADE_BY = Provenance(split_sha256="a" * 64, network_sha256="b" * 64, detector_sha256="c" * 64)


@pytest.fixture
def predictions():
    """Two rows: one with a face, one whose face was not found and whose true age is unknown."""
    empty = {STRING: "", FLOAT: np.nan}
    rows = [{column.name: empty.get(column.kind, 0) for column in PREDICTIONS.columns} for _ in range(2)]
    rows[0] |= {"file": "a.jpg", "status": "face found", "age_years": 31.0, "box_x0": 1.5, "gender": 1}
    rows[1] |= {"file": "b.jpg", "status": "no face"}
    return pd.DataFrame(rows)


@pytest.fixture
def written(predictions, tmp_path):
    path = tmp_path / "chips_test.parquet"
    write_table(predictions, PREDICTIONS, path, MADE_BY)
    return path


def test_a_table_comes_back_with_its_values_and_its_provenance(predictions, written):
    pd.testing.assert_frame_equal(read_table(written, PREDICTIONS, MADE_BY), predictions)
    assert provenance_of(written) == MADE_BY


def test_columns_are_written_in_the_order_of_the_format_whatever_order_they_came_in(predictions, tmp_path):
    path = tmp_path / "shuffled.parquet"
    write_table(predictions[sorted(predictions.columns)], PREDICTIONS, path, MADE_BY)
    assert list(read_table(path, PREDICTIONS).columns) == PREDICTIONS.column_names


@pytest.mark.parametrize("made_by", ["split", "network", "detector"])
def test_a_table_of_another_split_network_or_detector_is_refused(written, made_by):
    with pytest.raises(TableError, match=f"another {made_by}"):
        read_table(written, PREDICTIONS, Provenance(**{f"{made_by}_sha256": "d" * 64}))


def test_an_empty_expectation_matches_any_table(written):
    assert len(read_table(written, PREDICTIONS, Provenance())) == 2


def test_a_missing_column_is_named_and_no_file_is_written(predictions, tmp_path):
    path = tmp_path / "lacking.parquet"
    with pytest.raises(TableError, match="missing \\['female_probability'\\]"):
        write_table(predictions.drop(columns="female_probability"), PREDICTIONS, path, MADE_BY)
    assert list(tmp_path.iterdir()) == []


def test_a_table_of_one_kind_is_refused_as_another(written):
    with pytest.raises(TableError, match="no boxes table"):
        read_table(written, BOXES)


@pytest.mark.parametrize(
    ("column", "value", "caption"),
    [("age_years", "thirty", "wrong kind"), ("gender", None, "gender"), ("status", None, "status")],
)
def test_a_value_of_the_wrong_kind_is_refused(predictions, tmp_path, column, value, caption):
    predictions[column] = predictions[column].astype(object)
    predictions.loc[0, column] = value
    with pytest.raises(TableError, match=caption):
        write_table(predictions, PREDICTIONS, tmp_path / "wrong.parquet", MADE_BY)


def test_a_refused_write_leaves_the_older_file_as_it_was(predictions, written):
    before = written.read_bytes()
    with pytest.raises(TableError):
        write_table(predictions.drop(columns="file"), PREDICTIONS, written, MADE_BY)
    assert written.read_bytes() == before


def test_an_absent_file_and_one_that_is_no_table_raise_different_errors(tmp_path):
    with pytest.raises(DataMissing):
        read_table(tmp_path / "none.parquet", PREDICTIONS)
    noise = tmp_path / "noise.parquet"
    noise.write_bytes(b"not parquet")
    with pytest.raises(TableError, match="not a parquet file"):
        read_table(noise, PREDICTIONS)


def test_a_parquet_file_without_provenance_is_refused(predictions, tmp_path):
    predictions.to_parquet(tmp_path / "anonymous.parquet")
    with pytest.raises(TableError, match="does not say"):
        read_table(tmp_path / "anonymous.parquet", PREDICTIONS)


def test_the_formats_page_is_generated_from_the_tables(repository):
    page = (repository / "docs" / "data_formats.md").read_text(encoding="utf-8")
    assert page == formats_markdown(TABLES), "run `python -m dataset formats`"


def test_every_column_has_a_meaning_and_no_table_names_a_column_twice():
    for table in TABLES:
        assert len(set(table.column_names)) == len(table.columns)
        assert all(column.meaning for column in table.columns)


def test_the_composites_have_the_columns_that_the_formats_name():
    assert COMPOSITE_PICTURES.column_names == COMPOSITES_COLUMNS


def test_a_published_estimate_has_the_columns_that_the_formats_name():
    assert list(Estimate("mae", 4.0, 3.9, 4.1, 100).as_dict()) == ESTIMATES.column_names[:-1]
    assert "reason" in Estimate("mae", np.nan, np.nan, np.nan, 0, "no pictures").as_dict()


def test_optional_columns_of_a_csv_may_be_absent_and_others_may_not(tmp_path):
    path = tmp_path / "history.csv"
    required = [column.name for column in HISTORY.columns if not column.optional]
    pd.DataFrame([dict.fromkeys(required, 1)]).to_csv(path, index=False)
    assert list(read_csv_table(path, HISTORY).columns) == required
    pd.DataFrame([dict.fromkeys(required[1:], 1)]).to_csv(path, index=False)
    with pytest.raises(TableError, match="epoch"):
        read_csv_table(path, HISTORY)
    with pytest.raises(DataMissing):
        read_csv_table(tmp_path / "none.csv", HISTORY)


@pytest.mark.parametrize("variant", ["model_full", "model_cropped"])
def test_the_committed_histories_are_history_tables(repository, variant):
    path = repository / variant / "history.csv"
    if not path.is_file():
        pytest.skip(f"needs {path.relative_to(repository)}")
    history = read_csv_table(path, HISTORY)
    assert list(history.epoch) == list(range(1, len(history) + 1))


def test_a_table_with_columns_of_an_earlier_release_is_refused_with_todays_names(written, tmp_path):
    earlier = {new: old for old, new in renamed("column").items()}
    rows = read_table(written, PREDICTIONS).rename(columns=earlier)
    schema = pa.Table.from_pandas(rows).schema.with_metadata(pq.read_schema(written).metadata)
    pq.write_table(pa.Table.from_pandas(rows).cast(schema), tmp_path / "earlier.parquet")
    sentence = (
        f"'{earlier['input_source']}' is now 'input_source'.*`python -m dataset migrate FOLDER` renames"
    )
    with pytest.raises(TableError, match=sentence):
        read_table(tmp_path / "earlier.parquet", PREDICTIONS)

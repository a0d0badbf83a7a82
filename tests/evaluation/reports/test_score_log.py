"""Every scoring of a test set leaves a row, and the README counts the runs."""

from datetime import UTC, datetime

import pandas as pd
import pytest

from dataset.tables.columns import SCORE_LOG
from evaluation.__main__ import main
from evaluation.reports.score_log import log_scores, read_score_log, run_counts
from tests.builders import predictions_of


@pytest.fixture
def predictions():
    true = [20.0, 30.0, 40.0]
    splits = [("chips", "test"), ("chips", "train"), ("portraits", "test"), ("fgnet", "validation")]
    tables = [predictions_of(true, true, set=name, split=split) for name, split in splits]
    return pd.concat(tables, ignore_index=True)


def test_a_run_logs_each_test_set_of_each_variant_once(predictions, shipped_variants, tmp_path):
    path, full = tmp_path / "log.csv", shipped_variants[0]
    now = datetime(2026, 11, 30, 7, 0, tzinfo=UTC)
    assert log_scores(predictions, shipped_variants, "d" * 64, "a new detector", path, now=now) == 2
    log = read_score_log(path)
    assert list(log.columns) == SCORE_LOG.column_names
    assert list(log.set) == ["chips", "portraits"]
    assert set(log.variant) == {"full"}
    assert set(log.network_sha256) == {full.network_sha256}
    assert set(log.why) == {"a new detector"}
    assert set(log.date) == {"2026-11-30T07:00:00Z"}


def test_runs_are_counted_and_rows_are_not(predictions, shipped_variants, tmp_path):
    path = tmp_path / "log.csv"
    both = pd.concat([predictions, predictions.assign(variant="cropped")])
    for minute in range(3):
        now = datetime(2026, 11, 30, 7, minute, tzinfo=UTC)
        log_scores(both, shipped_variants, "d" * 64, "again", path, now=now)
    assert run_counts(path) == {"chips": 3, "portraits": 3}
    assert run_counts(tmp_path / "none.csv") == {}


def test_scoring_without_a_reason_is_a_wrong_call(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["score"])
    assert stopped.value.code == 2
    assert "--why" in capsys.readouterr().err


def test_the_readme_counts_the_committed_log(repository):
    text = (repository / "README.md").read_text(encoding="utf-8")
    counts = ", ".join(f"{name} {count}" for name, count in run_counts().items())
    assert f"has read the labels of each test set: {counts} (" in text

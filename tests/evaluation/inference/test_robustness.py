"""robustness.csv is written whole for every variant, and refused where it belongs to another one."""

from copy import copy
from dataclasses import replace

import pandas as pd
import pytest

from dataset.tables.columns import ROBUSTNESS, ROBUSTNESS_PREDICTIONS
from evaluation.inference import robustness as robustness_module
from evaluation.inference.conditions import CONDITIONS, SEARCHED
from evaluation.inference.robustness import write_robustness
from evaluation.predictions import ROBUSTNESS_FILE, read_robustness, read_robustness_predictions
from faces.errors import TableError

TWO_CONDITIONS = [condition for condition in CONDITIONS if condition.name in ("jpeg-50", "darker-15")]


@pytest.fixture
def written(samples, networks, detector, tmp_path, monkeypatch):
    """Variant folders with a robustness.csv of the samples under two conditions."""
    moved = []
    for network in networks:
        folder = tmp_path / network.variant.name
        folder.mkdir()
        (folder / "variant.toml").write_text((network.variant.folder / "variant.toml").read_text())
        here = copy(network)
        here.variant = replace(network.variant, folder=folder)
        moved.append(here)
    monkeypatch.setattr(robustness_module, "CONDITIONS", TWO_CONDITIONS)
    monkeypatch.setattr(robustness_module, "SAMPLE", {"chips": 3})
    monkeypatch.setattr(robustness_module, "sampled_pictures", lambda *_: samples)
    write_robustness(moved, detector, tmp_path, tmp_path / "cache")
    return [network.variant.folder for network in moved]


def test_what_is_written_is_read_as_a_robustness_table(written):
    table = read_robustness(written)
    assert list(table.columns) == ROBUSTNESS.column_names
    assert list(table.variant) == ["full"] * 3 + ["cropped"] * 3
    assert list(table.corruption[:3]) == ["unchanged", "jpeg", "darker"]
    assert list(table.level[1:3]) == [50, 15]
    assert (table["count"] == 2).all()
    assert (table.face_found_count == min(SEARCHED, 3)).all()


def test_the_predictions_of_each_picture_give_the_same_metrics(written):
    table, predictions = read_robustness(written), read_robustness_predictions(written)
    assert list(predictions.columns) == ROBUSTNESS_PREDICTIONS.column_names
    errors = (predictions.predicted_age_years - predictions.age_years).abs()
    mae = errors.groupby([predictions.variant, predictions.corruption, predictions.severity]).mean()
    written_mae = table.set_index(["variant", "corruption", "severity"]).mae
    assert mae.reindex(written_mae.index).to_numpy() == pytest.approx(written_mae.to_numpy(), abs=1e-3)


@pytest.mark.parametrize("what", ["split", "network", "detector"])
def test_a_table_that_another_split_network_or_detector_made_is_refused(written, what):
    path = written[0] / ROBUSTNESS_FILE
    pd.read_csv(path).assign(**{f"{what}_sha256": "0" * 64}).to_csv(path, index=False)
    with pytest.raises(TableError, match=f"made with another {what}"):
        read_robustness(written)


def test_a_folder_without_a_table_has_no_rows(written):
    (written[0] / ROBUSTNESS_FILE).unlink()
    assert set(read_robustness(written).variant) == {"cropped"}
    assert read_robustness(written[:1]).empty

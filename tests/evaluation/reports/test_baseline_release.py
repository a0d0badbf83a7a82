"""A snapshot of a release keeps its figures for the next one, and never compares a network with itself."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from evaluation.reports.baseline_release import (
    FOLDER,
    PREDICTIONS_FILE,
    baseline_fairness,
    baseline_predictions,
    present_fairness,
    snapshot,
)
from tests.builders import predictions_of


@pytest.fixture
def predictions():
    """80 women and men of two races on `chips` test, predicted by both variants."""
    rng = np.random.default_rng(0)
    true, female = rng.integers(1, 80, 80), np.arange(80) % 2
    tables = [
        predictions_of(
            true, true + rng.normal(0, 4, 80), female=female, probability=0.2 + 0.6 * female, variant=name
        ).assign(race=np.where(np.arange(80) < 40, "Asian", "White"))
        for name in ("full", "cropped")
    ]
    return pd.concat(tables, ignore_index=True)


@pytest.fixture
def empty(shipped_variants, tmp_path):
    """The shipped variants in folders of their own, without a baseline release."""
    return [replace(variant, folder=tmp_path / variant.name) for variant in shipped_variants]


@pytest.fixture
def snapshotted(predictions, empty):
    """The same, after a snapshot of `predictions`."""
    snapshot(predictions, empty, "d" * 64)
    return empty


def renewed(variants):
    return [replace(variant, network_sha256="0" * 64) for variant in variants]


def test_after_new_networks_the_snapshot_has_the_old_figures(predictions, snapshotted):
    rows = ["variant", "set", "split", "gender", "race", "age_group"]
    before = baseline_fairness(renewed(snapshotted)).sort_values(rows)
    now = present_fairness(predictions, snapshotted).sort_values(rows)
    assert list(before.columns) == list(now.columns)
    assert np.allclose(before.mae, now.mae, atol=1e-4)
    assert list(before["count"]) == list(now["count"])


def test_the_predictions_of_a_snapshot_are_those_of_the_variant_with_its_network(predictions, snapshotted):
    old, new = snapshotted[0], renewed(snapshotted)[0]
    baseline = baseline_predictions(new)
    assert baseline is not None
    rows, network_sha256 = baseline
    old_rows = predictions[predictions.variant == old.name]
    assert network_sha256 == old.network_sha256
    assert list(rows.file) == list(old_rows.file)
    assert np.allclose(rows.predicted_age_years, old_rows.predicted_age_years, atol=1e-4)


def test_a_network_is_not_compared_with_itself(snapshotted):
    assert baseline_fairness(snapshotted).empty
    assert baseline_predictions(snapshotted[0]) is None


def test_without_a_snapshot_there_is_no_baseline_release(empty):
    assert baseline_fairness(renewed(empty)).empty
    assert baseline_predictions(renewed(empty)[0]) is None


def test_the_committed_baseline_release_is_small_and_of_both_variants(shipped_variants):
    paths = [variant.folder / FOLDER / PREDICTIONS_FILE for variant in shipped_variants]
    assert sum(path.stat().st_size for path in paths) < 150_000
    assert set(baseline_fairness(renewed(shipped_variants)).variant) == {"full", "cropped"}
    for variant in renewed(shipped_variants):
        baseline = baseline_predictions(variant)
        assert baseline is not None
        assert len(baseline[0]) > 2000

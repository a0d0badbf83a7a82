"""What is kept of a release says the same after it was replaced, and never compares a network with itself."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from evaluation.predictions import read_predictions
from evaluation.reports.baseline_release import (
    FOLDER,
    PREDICTIONS_FILE,
    baseline_fairness,
    baseline_predictions,
    present_fairness,
    snapshot,
)
from evaluation.reports.fairness import fairness_page
from tests.builders import predictions_of


@pytest.fixture
def predictions():
    """80 women and men of two races on `chips` test, read by both variants."""
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
    """The shipped variants in folders of their own, without an earlier release."""
    return [replace(variant, folder=tmp_path / variant.name) for variant in shipped_variants]


@pytest.fixture
def kept(predictions, empty):
    """The same, after the release of `predictions` was kept."""
    snapshot(predictions, empty, "d" * 64)
    return empty


def renewed(variants):
    return [replace(variant, network_sha256="0" * 64) for variant in variants]


def test_after_new_networks_the_old_figures_are_those_before(predictions, kept):
    rows = ["variant", "set", "split", "gender", "race", "age_group"]
    before = baseline_fairness(renewed(kept)).sort_values(rows)
    now = present_fairness(predictions, kept).sort_values(rows)
    assert list(before.columns) == list(now.columns)
    assert np.allclose(before.mae, now.mae, atol=1e-4)
    assert list(before["count"]) == list(now["count"])


def test_the_kept_predictions_are_those_of_the_variant_with_its_network(predictions, kept):
    old, new = kept[0], renewed(kept)[0]
    found = baseline_predictions(new)
    assert found is not None
    rows, network_sha256 = found
    own = predictions[predictions.variant == old.name]
    assert network_sha256 == old.network_sha256
    assert list(rows.file) == list(own.file)
    assert np.allclose(rows.predicted_age_years, own.predicted_age_years, atol=1e-4)


def test_a_network_is_not_compared_with_itself(kept):
    assert baseline_fairness(kept).empty
    assert baseline_predictions(kept[0]) is None


def test_without_a_kept_release_there_is_nothing_before(empty):
    assert baseline_fairness(renewed(empty)).empty
    assert baseline_predictions(renewed(empty)[0]) is None


def test_the_committed_release_before_is_small_and_told_for_both_variants(shipped_variants):
    paths = [variant.folder / FOLDER / PREDICTIONS_FILE for variant in shipped_variants]
    assert sum(path.stat().st_size for path in paths) < 150_000
    assert set(baseline_fairness(renewed(shipped_variants)).variant) == {"full", "cropped"}
    for one in renewed(shipped_variants):
        found = baseline_predictions(one)
        assert found is not None
        assert len(found[0]) > 2000


@pytest.mark.slow
def test_the_fairness_page_is_what_the_tables_say(shipped_variants, repository):
    published = read_predictions([variant.folder for variant in shipped_variants])
    if published.empty:
        pytest.skip("needs predictions: model_full and model_cropped hold none")
    page = repository / "docs" / "fairness.md"
    assert page.read_text(encoding="utf-8") == fairness_page(shipped_variants, published)

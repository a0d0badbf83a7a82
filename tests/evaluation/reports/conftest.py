"""The committed predictions of the shipped variants, and their comparisons."""

import pytest

from evaluation.predictions import read_predictions
from evaluation.reports.scores import METRICS_FILE, published_comparisons
from evaluation.second_trainings import second_training_predictions


@pytest.fixture(scope="session")
def published(shipped_variants):
    """The committed predictions of the shipped variants."""
    if not all((variant.folder / METRICS_FILE).is_file() for variant in shipped_variants):
        pytest.skip("needs the published scores: model_full or model_cropped has no metrics.json")
    return read_predictions([variant.folder for variant in shipped_variants])


@pytest.fixture(scope="session")
def comparisons(published, shipped_variants):
    """The two shipped variants on the test split of every set, with their second trainings."""
    return published_comparisons(published, second_training_predictions(shipped_variants))

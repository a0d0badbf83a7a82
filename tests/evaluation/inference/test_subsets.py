"""Samples by hash ignore the order of the files; of FairFace only validation and test are scored."""

import pytest

from evaluation.inference.subsets import TRAIN_SAMPLE, first_by_hash, scored_pictures, train_sample
from faces.errors import DataMissing


def test_a_sample_by_hash_is_the_same_whatever_the_order_of_the_files():
    files = [f"{number}.jpg" for number in range(100)]
    assert first_by_hash(files, 10, "seed") == first_by_hash(files[::-1], 10, "seed")
    assert first_by_hash(files, 10, "seed") != first_by_hash(files, 10, "another")


def test_the_train_sample_is_the_same_whatever_the_order_of_the_files():
    files = [f"{number}.jpg" for number in range(3 * TRAIN_SAMPLE)]
    sample = train_sample(files)
    assert len(sample) == TRAIN_SAMPLE
    assert train_sample(files[::-1]) == sample


def test_of_fairface_validation_and_test_are_scored_and_train_is_not(data_dir, tmp_path):
    try:
        pictures = scored_pictures("fairface", data_dir, tmp_path)
    except DataMissing as error:
        pytest.skip(f"needs fairface: {error}")
    assert dict(pictures.split.value_counts()) == {"test": 1000, "validation": 500}

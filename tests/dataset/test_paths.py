"""Places: every command asks for the data and the caches in the same words."""

import argparse
from pathlib import Path

import pytest

from dataset.paths import add_path_options, data_dir_of, default_cache_dir
from faces.errors import DataMissing


def called(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_path_options(parser)
    return parser.parse_args(words)


def test_the_cache_folder_is_named_by_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("AGE_GENDER_CACHE", str(tmp_path))
    assert default_cache_dir() == called().cache_dir == tmp_path
    monkeypatch.delenv("AGE_GENDER_CACHE")
    assert str(default_cache_dir()) == ".cache"


def test_the_data_folder_is_that_of_the_call_before_that_of_the_environment(monkeypatch):
    monkeypatch.setenv("AGE_GENDER_DATA", "of-the-environment")
    assert data_dir_of(called("--data-dir", "of-the-call")) == Path("of-the-call")
    assert data_dir_of(called()) == Path("of-the-environment")


def test_without_a_data_folder_the_error_names_how_to_get_one(monkeypatch):
    monkeypatch.delenv("AGE_GENDER_DATA", raising=False)
    with pytest.raises(DataMissing, match=r"UTKFace is published at .* point --data-dir or AGE_GENDER_DATA"):
        data_dir_of(called())

"""Small data in the real layouts."""

from pathlib import Path

import pytest

from tests.builders import with_noise_pictures


@pytest.fixture(scope="session")
def small_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """UTKFace's and AgeDB's layout and names, with pictures of noise."""
    return with_noise_pictures(tmp_path_factory.mktemp("data"))

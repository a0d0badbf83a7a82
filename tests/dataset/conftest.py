"""What several tests of the data room share, read once a session."""

import json

import pytest

from dataset import utkface
from dataset.duplicates import cached_fingerprints
from dataset.paths import default_cache_dir


@pytest.fixture(scope="session")
def utkface_prints(data_dir):
    """Names of all of UTKFace's files, the rejected ones too, and their fingerprints."""
    folder = utkface.folder_in(data_dir)
    names = sorted(path.name for path in folder.iterdir())
    paths = [folder / name for name in names]
    return names, cached_fingerprints(paths, "utkface_all_files", default_cache_dir())


@pytest.fixture(scope="session")
def listed_duplicates(data_dir):
    """The list of duplicates that comes with the data. Only tests open it: the project searches by itself."""
    path = data_dir / "utkface_near_duplicates.json"
    if not path.is_file():
        pytest.skip(f"needs {path}")
    return json.loads(path.read_text(encoding="utf-8"))

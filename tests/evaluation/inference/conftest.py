"""The shipped networks and the detector, loaded once for all tests of inference, and a few pictures."""

import cv2
import numpy as np
import pandas as pd
import pytest

from evaluation.inference.predict import loaded_networks
from faces.detection import Detector


@pytest.fixture(scope="session")
def networks(shipped_variants):
    return loaded_networks([variant.folder for variant in shipped_variants])


@pytest.fixture(scope="session")
def detector():
    return Detector(threads=1)


@pytest.fixture
def samples(repository, tmp_path):
    """A shipped picture, an empty one without a face, and one that cannot be decoded."""
    folder = repository / "dashboard" / "samples"
    cv2.imwrite(str(tmp_path / "empty.png"), np.full((80, 60, 3), 90, np.uint8))
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    paths = [folder / "astronaut.jpg", tmp_path / "empty.png", tmp_path / "broken.jpg"]
    return pd.DataFrame(
        {
            "path": [str(path) for path in paths],
            "file": [path.name for path in paths],
            "subject": "",
            "age_years": [41.0, 20.0, 30.0],
            "gender": [1, 0, 0],
        }
    )

"""What tests of the evaluation may ask for: hand-made predictions and the shipped variants."""

import numpy as np
import pandas as pd
import pytest

from faces.variants import read_variant
from tests.builders import predictions_of


@pytest.fixture
def random_predictions():
    """400 pictures of women and men, read by two variants of which `cropped` errs less."""
    rng = np.random.default_rng(3)
    true, female = rng.integers(0, 90, 400), rng.integers(0, 2, 400)
    tables = []
    for name, spread in (("full", 6.0), ("cropped", 4.0)):
        logits = (2 * female - 1) * 2 + rng.normal(0, spread / 3, 400)
        tables.append(
            predictions_of(
                true,
                true + rng.normal(0, spread, 400),
                female=female,
                probability=1 / (1 + np.exp(-logits)),
                variant=name,
            )
        )
    return pd.concat(tables, ignore_index=True)


@pytest.fixture(scope="session")
def shipped_variants(repository):
    """The variants in the repository that hold a network; skips, with the reason, where there is none."""
    folders = [repository / name for name in ("model_full", "model_cropped")]
    if not all((folder / "network.onnx").is_file() for folder in folders):
        pytest.skip("needs the shipped networks: model_full or model_cropped has no network.onnx")
    return [read_variant(folder) for folder in folders]

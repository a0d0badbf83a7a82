"""What tests of the evaluation may ask for: hand-made predictions and the shipped variants."""

import numpy as np
import pandas as pd
import pytest

from dataset.tables.columns import FACE_FOUND, PREDICTIONS
from faces.variants import read_variant


def predictions_of(true, predicted, *, female=None, probability=None, half_width=5.0, **columns):
    """A predictions frame with one row an age; everything else as told, or the same everywhere."""
    predicted = np.asarray(predicted, float)
    count = len(predicted)
    table = pd.DataFrame(
        {
            "file": [f"{number:05d}.jpg" for number in range(count)],
            "set": "chips",
            "split": "test",
            "variant": "full",
            "subject": "",
            "age_years": np.asarray(true, float),
            "age_first_years": np.asarray(true, float),
            "age_last_years": np.asarray(true, float),
            "gender": np.zeros(count, int) if female is None else np.asarray(female, int),
            "race": "",
            "status": FACE_FOUND,
            "input_source": "whole_image",
            "faces_found": 1,
            "box_x0": 0.0,
            "box_y0": 0.0,
            "box_x1": 10.0,
            "box_y1": 10.0,
            "confidence": 0.9,
            "face_fraction": 0.5,
            "width": 20,
            "height": 20,
            "predicted_age_years": predicted,
            "age_low_years": predicted - half_width,
            "age_high_years": predicted + half_width,
            "female_probability": np.full(count, 0.2)
            if probability is None
            else np.asarray(probability, float),
        }
    )
    table["predicted_gender"] = np.where(table.female_probability >= 0.5, "female", "male")
    table = table.assign(**columns)
    return table[PREDICTIONS.column_names]


def records_of(paths):
    """Records of three pictures, with labels."""
    return pd.DataFrame(
        {
            "path": [str(path) for path in paths],
            "file": [path.name for path in paths],
            "split": "test",
            "subject": "",
            "age_years": [41.0, 20.0, 48.0],
            "gender": [1, 0, 0],
            "race": "",
        }
    )


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

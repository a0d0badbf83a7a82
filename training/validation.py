"""Network + fixed frames -> the figures by which recipes are chosen.

A room of its own because a run's history and the ablation read the same figures. Nothing here is a test set:
the sets are the validation splits and FairFace's development list.
"""

import keras
import numpy as np

from dataset.sets import CHIPS
from training.losses import AgeLoss, GenderLoss
from training.networks import AGES
from training.pipeline import Labelled

BATCH_FRAMES = 64


def validation_figures(
    model: keras.Model, sources: dict[str, Labelled], age_loss: AgeLoss, gender_loss: GenderLoss
) -> dict[str, dict[str, float]]:
    """Set -> figure -> value, without augmentation and without the mirrored second reading.

    `age_loss` and `gender_loss` (not yet weighed) and `gender_accuracy` (share) on every set; on exact ages
    `age_mae_years`, `age_bias_years`, `cs_5` (share within 5 years); on bins `bin_accuracy` and
    `bin_off_by_one` (shares), and `young_bias_years` and `old_bias_years`: how far beyond the bin, on
    average, the age of people under 20 and from 50 lies.
    """
    return {
        name: _figures(*_outputs(model, source.frames), source, age_loss, gender_loss)
        for name, source in sources.items()
    }


def history_columns(figures: dict[str, dict[str, float]]) -> dict[str, float]:
    """The figures by the names that history.csv gives them: `chips` goes without its name."""
    return {
        f"validation_{figure}" if name == CHIPS else f"validation_{name}_{figure}": value
        for name, of_set in figures.items()
        for figure, value in of_set.items()
    }


def _outputs(model: keras.Model, frames: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    ages, females = [], []
    for start in range(0, len(frames), BATCH_FRAMES):
        outputs = model.predict_on_batch(np.asarray(frames[start : start + BATCH_FRAMES], np.float32))
        ages.append(outputs["age_probabilities"])
        females.append(outputs["female_probability"])
    return np.concatenate(ages), np.concatenate(females)


def _figures(
    age_probabilities: np.ndarray,
    female_probabilities: np.ndarray,
    source: Labelled,
    age_loss: AgeLoss,
    gender_loss: GenderLoss,
) -> dict[str, float]:
    right = (female_probabilities >= 0.5) == (source.genders >= 0.5)
    figures = {
        "age_loss": float(age_loss(source.ages, age_probabilities)),
        "gender_loss": float(gender_loss(source.genders, female_probabilities)),
        "gender_accuracy": float(right[source.genders >= 0].mean()),
    }
    expected = age_probabilities @ np.arange(AGES)
    low, high = source.ages.T
    if np.array_equal(low, high):
        errors = expected - low
        return figures | {
            "age_mae_years": float(np.abs(errors).mean()),
            "age_bias_years": float(errors.mean()),
            "cs_5": float((np.abs(errors) <= 5).mean()),
        }
    return figures | _bin_figures(np.round(expected), low, high)


def _bin_figures(ages: np.ndarray, low: np.ndarray, high: np.ndarray) -> dict[str, float]:
    """An age falls into a bin when it does so as a whole number, as the bins are meant."""
    beyond = np.where(ages < low, ages - low, np.maximum(ages - high, 0))
    edges = np.unique(low)
    apart = np.abs(np.searchsorted(edges, ages, "right") - np.searchsorted(edges, low, "right"))
    return {
        "bin_accuracy": float((apart == 0).mean()),
        "bin_off_by_one": float((apart <= 1).mean()),
        "young_bias_years": float(beyond[high < 20].mean()),
        "old_bias_years": float(beyond[low >= 50].mean()),
    }

"""Network + fixed frames -> the figures by which recipes are chosen.

A room of its own because a run's history and the ablation read the same figures. Nothing here is a test set:
the sets are the validation splits and FairFace's development list.
"""

import keras
import numpy as np

from faces.networks import ATTENTION
from recipes.recipe import AGE_PROBABILITIES, AGE_YEARS, FEMALE
from training.networks.attention import PLACE
from training.networks.losses import GenderLoss, LocalizerLoss, ages_in_years
from training.pipeline import Labelled
from training.run_folder.card import validation_column

BATCH_SIZE = 64


def validation_figures(
    model: keras.Model, sources: dict[str, Labelled], age_loss: keras.losses.Loss, gender_loss: GenderLoss
) -> dict[str, dict[str, float]]:
    """Set -> figure -> value, without augmentation and without the mirrored second reading.

    `age_loss`, `gender_loss` (not yet weighed) and `gender_accuracy` (share) on every set; of a network that
    takes a glimpse `glimpse_loss` and `glimpse_overlap` with the face's square (share); on exact ages
    `age_mae_years`, `age_bias_years`, `cs_5` (share within 5 years); on bins `bin_accuracy` and
    `bin_off_by_one` (shares), and `young_bias_years` and `old_bias_years`: how far beyond the bin, on
    average, the age of people under 20 and from 50 lies.
    """
    return {
        name: _figures(outputs_of(model, source), source, age_loss, gender_loss)
        for name, source in sources.items()
    }


def history_columns(figures: dict[str, dict[str, float]]) -> dict[str, float]:
    """The figures by the names that history.csv gives them."""
    return {
        validation_column(name, figure): value
        for name, of_set in figures.items()
        for figure, value in of_set.items()
    }


def outputs_of(model: keras.Model, source: Labelled) -> dict[str, np.ndarray]:
    """What the model says of n frames, or of the first draw of their features: (n, …) by output name."""
    inputs = source.inputs if source.features is None else source.features[0]
    batches = [
        model.predict_on_batch(np.asarray(inputs[start : start + BATCH_SIZE], np.float32))
        for start in range(0, len(inputs), BATCH_SIZE)
    ]
    return {name: np.concatenate([batch[name] for batch in batches]) for name in batches[0]}


def _figures(
    outputs: dict[str, np.ndarray], source: Labelled, age_loss: keras.losses.Loss, gender_loss: GenderLoss
) -> dict[str, float]:
    """Those of the outputs that the network has."""
    figures = {}
    for name in (AGE_PROBABILITIES, AGE_YEARS):
        if name in outputs:
            figures["age_loss"] = float(age_loss(source.ages, outputs[name]))
            figures |= _age_figures(np.asarray(ages_in_years(outputs[name])), source.ages)
    if FEMALE in outputs:
        figures["gender_loss"] = float(gender_loss(source.genders, outputs[FEMALE]))
        right = (outputs[FEMALE] >= 0.5) == (source.genders >= 0.5)
        figures["gender_accuracy"] = float(right[source.genders >= 0].mean())
    known = np.zeros(0, bool) if source.places is None else ~np.isnan(source.places[:, 0])
    if ATTENTION in outputs and source.places is not None and known.any():
        places, looks = source.places[known], outputs[ATTENTION][known]
        figures["localizer_loss"] = float(LocalizerLoss()(places, looks))
        figures["localizer_iou"] = float(overlaps(places, looks[:, :PLACE]).mean())
    return figures


def overlaps(places: np.ndarray, looks: np.ndarray) -> np.ndarray:
    """(n, 3) squares by centre x, centre y and side, twice -> (n,) intersections over unions."""
    highest = np.minimum(places[:, :2] + places[:, 2:] / 2, looks[:, :2] + looks[:, 2:] / 2)
    lowest = np.maximum(places[:, :2] - places[:, 2:] / 2, looks[:, :2] - looks[:, 2:] / 2)
    common = np.maximum(highest - lowest, 0).prod(axis=1)
    return common / (places[:, 2] ** 2 + looks[:, 2] ** 2 - common)


def _age_figures(ages: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    low, high = labels.T
    if not np.array_equal(low, high):
        return _bin_figures(np.round(ages), low, high)
    errors = ages - low
    return {
        "age_mae_years": float(np.abs(errors).mean()),
        "age_bias_years": float(errors.mean()),
        "cs_5": float((np.abs(errors) <= 5).mean()),
    }


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

"""Network + fixed inputs -> the figures by which recipes are chosen, on validation splits alone."""

import keras
import numpy as np

from dataset.tables.columns import validation_column
from faces.boxes import iou_of_squares
from faces.networks import ATTENTION
from faces.predictions import EVEN
from recipes.recipe import AGE_PROBABILITIES, AGE_YEARS, FEMALE, Recipe
from training.networks.attention import CXCYS_LENGTH
from training.networks.losses import GenderLoss, LocalizerLoss, age_loss, ages_in_years
from training.pipeline import Labelled

BATCH_SIZE = 64


def validation_row(model: keras.Model, recipe: Recipe, sources: dict[str, Labelled]) -> dict[str, float]:
    """Columns of history.csv: `validation_loss`, averaged over the sets by their fractions, and figures."""
    loss = recipe.loss
    figures = validation_figures(model, sources, age_loss(loss), GenderLoss(loss.gender_smoothing))
    total = sum(
        recipe.mix.fractions[name]
        * (
            loss.age_weight * values.get("age_loss", 0.0)
            + loss.gender_weight * values.get("gender_loss", 0.0)
            + loss.localizer_weight * values.get("localizer_loss", 0.0)
        )
        for name, values in figures.items()
    )
    columns = {
        validation_column(name, figure): value
        for name, values in figures.items()
        for figure, value in values.items()
    }
    return {"validation_loss": total} | columns


def validation_figures(
    model: keras.Model, sources: dict[str, Labelled], age_loss: keras.losses.Loss, gender_loss: GenderLoss
) -> dict[str, dict[str, float]]:
    """Set -> figure -> value, on inputs as they are: neither augmented nor averaged with their mirror image.

    `age_loss`, `gender_loss` (unweighted) and `gender_accuracy` (0-1) on every set; of a network with an
    attention crop `localizer_loss` and `localizer_iou` with the face's square (0-1); on exact ages
    `age_mae_years`, `age_bias_years`, `cs_5` (fraction within 5 years); on bins `bin_accuracy` and
    `bin_off_by_one` (fractions), and `young_bias_years` and `old_bias_years`: how far beyond the bin, on
    average, the predicted age of people under 20 and from 50 lies.
    """
    return {
        name: _figures(outputs_of(model, source), source, age_loss, gender_loss)
        for name, source in sources.items()
    }


def outputs_of(model: keras.Model, source: Labelled) -> dict[str, np.ndarray]:
    """Model outputs for n inputs (or for their first cached features), by output name: (n, ...)."""
    inputs = source.inputs if source.features is None else source.features[0]
    batches = [
        model.predict_on_batch(np.asarray(inputs[start : start + BATCH_SIZE], np.float32))
        for start in range(0, len(inputs), BATCH_SIZE)
    ]
    return {name: np.concatenate([batch[name] for batch in batches]) for name in batches[0]}


def _figures(
    outputs: dict[str, np.ndarray], source: Labelled, age_loss: keras.losses.Loss, gender_loss: GenderLoss
) -> dict[str, float]:
    """Figures of those outputs that the network has."""
    figures = {}
    for name in (AGE_PROBABILITIES, AGE_YEARS):
        if name in outputs:
            figures["age_loss"] = float(age_loss(source.ages, outputs[name]))
            figures |= _age_figures(np.asarray(ages_in_years(outputs[name])), source.ages)
    if FEMALE in outputs:
        figures["gender_loss"] = float(gender_loss(source.genders, outputs[FEMALE]))
        correct = (outputs[FEMALE] >= EVEN) == (source.genders >= EVEN)
        figures["gender_accuracy"] = float(correct[source.genders >= 0].mean())
    if ATTENTION in outputs and source.boxes_cxcys is not None:
        known = ~np.isnan(source.boxes_cxcys[:, 0])
        boxes, localized = source.boxes_cxcys[known], outputs[ATTENTION][known]
        if known.any():
            figures["localizer_loss"] = float(LocalizerLoss()(boxes, localized))
            figures["localizer_iou"] = float(iou_of_squares(boxes, localized[:, :CXCYS_LENGTH]).mean())
    return figures


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

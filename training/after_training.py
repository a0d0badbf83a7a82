"""Fitted Training -> its run folder: adjusted weights, figures, network.keras and the exported variant."""

from collections.abc import Callable, Sequence

import keras
import numpy as np
import pandas as pd

from dataset.splits import split_sha256
from faces.detection import DEFAULT_DETECTOR
from faces.files import sha256_of, whole_file
from faces.networks import ATTENTION
from faces.predictions import EVEN
from faces.variants import Variant
from recipes.recipe import AGE_PROBABILITIES, FEMALE, LOCALIZER
from training.checkpoint import Progress, load_best_weights
from training.epochs import Training
from training.logit_adjustment import adjust_logits
from training.networks.attention import PREFIX
from training.networks.build import served_network
from training.networks.losses import ages_in_years
from training.run_folder.figures import write_confusions, write_curves
from training.validation import outputs_of, validation_row

WISE_FT_ALPHAS = (0.0, 0.25, 0.5, 0.75)  # fractions of the start weights

Exporter = Callable[..., Variant]  # with the arguments of training.export.export.export_variant


def finished_variant(
    training: Training, progress: Progress, start: Sequence[np.ndarray], export: Exporter
) -> Variant:
    """Take the best epoch, adjust it, and write its figures and its variant into the run's folder.

    `start` are the weights before the first step where the recipe averages with them (`wise_ft`), else none.
    """
    model, recipe = training.model, training.recipe
    load_best_weights(training.checkpoint, model)
    if len(start):
        apply_wise_ft(
            model, start, lambda: validation_row(model, recipe, training.validation)["validation_loss"]
        )
    # A localizer alone leaves the ages as they are.
    if any(phase.trainable != LOCALIZER for phase in recipe.phases):
        _adjust_ages(training)
    _write_figures(training, progress)
    return _write_variant(training, export)


def apply_wise_ft(
    model: keras.Model, start: Sequence[np.ndarray], validation_loss: Callable[[], float]
) -> None:
    """Interpolate between trained and `start` weights where that lowers the validation loss, in place.

    Of the WISE_FT_ALPHAS the one with the lowest loss stays: what a long training forgets of other sets comes
    back without a second network (WiSE-FT, Wortsman et al. 2022). The localizer, which started at random,
    stays as it was trained.
    """
    trained = [weight.numpy() for weight in model.weights]

    def interpolate(alpha: float) -> None:
        for weight, after, before in zip(model.weights, trained, start, strict=True):
            if not weight.path.startswith(PREFIX):
                weight.assign((1 - alpha) * after + alpha * before)

    losses = {}
    for alpha in WISE_FT_ALPHAS:
        interpolate(alpha)
        losses[alpha] = validation_loss()
    best = min(WISE_FT_ALPHAS, key=lambda alpha: losses[alpha])
    interpolate(best)
    listed = ", ".join(f"{alpha:g}: {loss:.4f}" for alpha, loss in losses.items())
    print(f"WiSE-FT, validation loss by the fraction of the start weights: {listed}; chosen: {best:g}")


def _adjust_ages(training: Training) -> None:
    """Adjust the logits by the first set with exact ages; without one, or without logits, change nothing."""
    exact = [name for name, source in training.validation.items() if np.array_equal(*source.ages.T)]
    if AGE_PROBABILITIES in training.model.output and exact:
        ages = training.train[exact[0]].ages[:, 0]
        adjustment = adjust_logits(training.model, ages[ages >= 0], training.validation[exact[0]])
        print(f"ages: {adjustment}")


def _write_figures(training: Training, progress: Progress) -> None:
    """Write the curves, and the confusion matrices of the first set's validation pictures."""
    write_curves(pd.DataFrame(progress.history), progress.best_epoch, training.recipe.name, training.out)
    set_name, source = next(iter(training.validation.items()))
    predicted = {
        "gender" if output == FEMALE else "age_years": np.asarray(
            values[:, 0] >= EVEN if output == FEMALE else ages_in_years(values)
        )
        for output, values in outputs_of(training.model, source).items()
        if output != ATTENTION
    }
    low, high = source.ages.T
    true = {"age_years": np.where(low == high, low, -1), "gender": source.genders[:, 0]}
    write_confusions(true, predicted, f"{set_name} validation", training.out)


def _write_variant(training: Training, export: Exporter) -> Variant:
    """Write network.keras and what `export` writes, with the hashes of the detector and the split in use."""
    recipe, served = training.recipe, served_network(training.model)
    with whole_file(training.out / "network.keras") as path:
        served.save(path)
    return export(
        served,
        training.out,
        name=recipe.name,
        input_mode=recipe.input.input_mode,
        crop_scale=recipe.input.crop_scale,
        pad_rgb=recipe.input.pad_rgb,
        recipe=recipe.name,
        detector_sha256=sha256_of(DEFAULT_DETECTOR),
        split_sha256=split_sha256(),
    )

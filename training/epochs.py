"""Training -> its Progress: every phase compiled and fitted, every epoch a row of history and a checkpoint.

After every epoch the averaged weights (EMA) are validated and, with the optimiser's state, saved. All that an
epoch depends on follows from the recipe, its number and the checkpoint, so that a resumed run equals an
uninterrupted one.
"""

import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import tensorflow as tf

from dataset.augmentation import Augmentation
from dataset.labels import TRAIN, VALIDATION
from faces.errors import RecipeError
from faces.files import whole_file
from faces.networks import ATTENTION
from recipes.recipe import FEMALE, LOCALIZER, Phase, Recipe
from recipes.run import TRAINING
from recipes.values import COOLDOWN
from training.checkpoint import CHECKPOINT, Progress, Row, load_optimizer, load_progress, save_checkpoint
from training.frozen_features import heads_of, with_features
from training.networks.batch_norm import fused_batch_norms
from training.networks.build import StartedNetwork
from training.phases import compiled, has_stalled, learning_rate_after, trainable_parameters
from training.pipeline import Labelled, training_batches
from training.validation import validation_row

FEATURES = "features"  # of a frozen backbone, in the run's folder while a phase needs them

Report = Callable[[Progress, str], None]  # called with the state, TRAINING or COMPLETE


@dataclass(frozen=True)
class Training:
    """A recipe with its network and its data by set; `out` is the folder of the run."""

    started: StartedNetwork
    recipe: Recipe
    train: dict[str, Labelled]
    validation: dict[str, Labelled]
    out: Path

    @property
    def model(self) -> keras.Model:
        return self.started.model

    @property
    def checkpoint(self) -> Path:
        return self.out / CHECKPOINT


@dataclass(frozen=True)
class PhaseFit:
    """A phase that follows `epochs_before`, the compiled model that it fits, and the data to fit it on.

    The model shares its layers with the network: it is the network, its localizer, or its heads on cached
    features.
    """

    phase: Phase
    epochs_before: int
    model: keras.Model
    train: dict[str, Labelled]
    validation: dict[str, Labelled]


def fit_phases(training: Training, report: Report) -> Progress:
    """Fit all epochs that the checkpoint lacks, phase by phase.

    Raises RecipeError where the loss diverges.
    """
    progress = load_progress(training.checkpoint, training.model)
    if progress.history:
        print(f"resumed after epoch {len(progress.history)} of {training.recipe.epochs}")
    report(progress, TRAINING)
    writer = tf.summary.create_file_writer(str(training.out / "tensorboard"))

    def record(optimizer: keras.optimizers.Optimizer) -> None:
        save_checkpoint(training.checkpoint, training.model, optimizer, progress)
        _write_history(progress.history, training.out)
        report(progress, TRAINING)
        _log(progress.history[-1], writer)

    epochs_before = 0
    for phase in training.recipe.phases:
        _fit_phase(training, phase, epochs_before, progress, record)
        epochs_before += phase.epochs
        shutil.rmtree(training.out / FEATURES, ignore_errors=True)
    return progress


def _fit_phase(
    training: Training,
    phase: Phase,
    epochs_before: int,
    progress: Progress,
    record: Callable[[keras.optimizers.Optimizer], None],
) -> None:
    """Fit what the history lacks of a phase; `record` is called after every epoch."""

    def is_over() -> bool:
        rows = progress.rows_after(epochs_before, phase.epochs)
        return len(rows) == phase.epochs or has_stalled(rows, training.recipe.schedule.stop_after_epochs)

    if is_over():
        return
    fit = _phase_fit(training, phase, epochs_before)
    print(f"phase {phase.name}: {trainable_parameters(training.model):,} parameters are trained")
    if progress.rows_after(epochs_before, phase.epochs):
        load_optimizer(training.checkpoint, fit.model.optimizer)
    while not is_over():
        _fit_epoch(training, fit, progress)
        record(fit.model.optimizer)


def _phase_fit(training: Training, phase: Phase, epochs_before: int) -> PhaseFit:
    """Compile what a phase fits; where its heads alone are fitted, on features of the frozen backbone."""
    started, recipe = training.started, training.recipe
    train, validation = training.train, training.validation
    if phase.trainable == LOCALIZER:
        outputs = {ATTENTION: training.model.output[ATTENTION]}
        localizer = keras.Model(training.model.input, outputs, name=ATTENTION)
        return PhaseFit(phase, epochs_before, compiled(started, recipe, phase, localizer), train, validation)
    samples = recipe.feature_samples(phase)
    if not samples:
        return PhaseFit(phase, epochs_before, compiled(started, recipe, phase), train, validation)
    heads = compiled(started, recipe, phase, heads_of(started))
    print(f"phase {phase.name}: features of {samples} samples of every training input, then the heads")
    folder, augmentation = training.out / FEATURES, recipe.mix.augmentation
    return PhaseFit(
        phase,
        epochs_before,
        heads,
        with_features(started, train, recipe, folder / TRAIN, samples=samples, augmentation=augmentation),
        with_features(
            started, validation, recipe, folder / VALIDATION, samples=1, augmentation=Augmentation()
        ),
    )


@fused_batch_norms()
def _fit_epoch(training: Training, fit: PhaseFit, progress: Progress) -> None:
    """Fit and validate the next epoch of a phase: a row is added to the history.

    The model is validated with its averaged weights, which become the best where their loss is the lowest,
    and goes on with those that it was left with by its last step.
    """
    started = time.perf_counter()
    model, recipe, phase = fit.model, training.recipe, fit.phase
    rows = progress.rows_after(fit.epochs_before, phase.epochs)
    epoch = fit.epochs_before + len(rows)
    if (learning_rate := learning_rate_after(phase, rows)) is not None:
        model.optimizer.learning_rate = learning_rate
    logs = _fit_batches(model, fit.train, recipe, epoch)
    if not np.isfinite(logs["loss"]):
        raise RecipeError(
            f"The loss is not finite in epoch {epoch + 1}: lower learning_rate in the recipe. "
            f"Received: {phase.learning_rate:g}."
        )
    variables = training.model.variables
    trained = [variable.numpy() for variable in variables]
    if recipe.schedule.ema_momentum:
        model.optimizer.finalize_variable_values(model.trainable_variables)
    row: Row = {
        "epoch": epoch + 1,
        "phase": COOLDOWN if recipe.in_cooldown(epoch) else phase.name,
        "learning_rate": float(model.optimizer.learning_rate),
    }
    row |= _training_figures(model, logs)
    # Of the whole network, so that the losses of all phases compare; heads take features, not inputs.
    validated = training.model if phase.trainable == LOCALIZER else model
    row |= validation_row(validated, recipe, fit.validation)
    row["seconds"] = time.perf_counter() - started
    if row["validation_loss"] <= progress.lowest_loss:
        progress.best[:] = [variable.numpy() for variable in variables]
    for variable, value in zip(variables, trained, strict=True):
        variable.assign(value)
    progress.history.append(row)


def _fit_batches(
    model: keras.Model, train: dict[str, Labelled], recipe: Recipe, epoch: int
) -> dict[str, float]:
    """Fit the batches of one epoch (counted from 0); return Keras's losses and metrics by name."""
    batches, steps = training_batches(train, recipe, epoch)
    history = model.fit(
        batches.map(lambda inputs, labels: (inputs, {name: labels[name] for name in model.output})),
        steps_per_epoch=steps,
        initial_epoch=epoch,
        epochs=epoch + 1,
        shuffle=False,  # the batches are sampled by seed and epoch
        verbose=1 if sys.stderr.isatty() else 2,
    ).history
    return {name: values[-1] for name, values in history.items()}


def _training_figures(model: keras.Model, logs: dict[str, float]) -> dict[str, float]:
    """Loss and metrics on the augmented inputs of an epoch; with a single output Keras drops its name."""
    prefix = {name: "" if len(model.output) == 1 else f"{name}_" for name in model.output}
    row = {"loss": logs["loss"]}
    for name in model.output:
        loss = logs[f"{prefix[name]}loss"]
        if name == ATTENTION:
            row["localizer_loss"] = loss
        elif name == FEMALE:
            row |= {"gender_loss": loss, "gender_accuracy": logs[f"{prefix[name]}accuracy"]}
        else:
            row |= {"age_loss": loss, "age_mae_years": logs[f"{prefix[name]}mae"]}
    return row


def _write_history(history: list[Row], out: Path) -> None:
    with whole_file(out / "history.csv") as path:
        pd.DataFrame(history).to_csv(path, index=False, float_format="%.6g")


def _log(row: Row, writer: tf.summary.SummaryWriter) -> None:
    """Print an epoch's row, and write its numbers for TensorBoard."""
    with writer.as_default():
        for key, value in row.items():
            if not isinstance(value, str):
                tf.summary.scalar(key, value, step=row["epoch"])
        writer.flush()
    print("  ".join(f"{key} {_short(value)}" for key, value in row.items()), flush=True)


def _short(value: Any) -> str:
    return value if isinstance(value, str) else f"{value:.4g}"

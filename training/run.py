"""Recipe + data -> a run folder: history, weights, the exported variant. Killed, it goes on where it was.

After every epoch the weights are averaged (EMA), measured on the validation splits and, with the optimiser's
state, written whole to `checkpoint.npz`. The epoch with the lowest validation loss is the one that is
exported; no test picture is read here.
"""

import json
import os
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
from dataset.splits import split_sha256
from faces.detection import DEFAULT_DETECTOR
from faces.errors import DataMissing, RecipeError
from faces.files import sha256_of, whole_file
from faces.networks import ATTENTION
from faces.variants import Variant
from recipes.recipe import AGE_PROBABILITIES, AGE_YEARS, FEMALE, LOCALIZER, MEASURED, Phase, Recipe, Schedule
from training.export.export import export_variant
from training.frozen_features import heads_of, with_features
from training.logit_adjustment import adjust_logits
from training.networks.attention import PREFIX
from training.networks.batch_norm import fused_batch_norms
from training.networks.build import (
    StartedNetwork,
    measure_batch_norm,
    served_network,
    started_network,
)
from training.networks.losses import (
    AgeMae,
    GenderAccuracy,
    GenderLoss,
    LocalizerLoss,
    age_loss,
    ages_in_years,
)
from training.phases import (
    learning_rate_after,
    lr_multipliers,
    optimizer_of,
    set_trainable,
    trainable_parameters,
)
from training.pipeline import TRAIN, VALIDATION, Labelled, labelled_inputs, training_batches
from training.run_folder.card import run_command, write_run_card
from training.run_folder.figures import write_confusions, write_curves
from training.run_folder.state import COMPLETE, TRAINING, RunFacts, set_facts, write_run_state
from training.validation import history_columns, outputs_of, validation_figures

CHECKPOINT = "checkpoint.npz"
FEATURES = "features"  # of a frozen backbone, while a phase needs them
MEASURED_BATCHES = 16  # for batch norm
MEMORY_FRACTION = 0.2
COOLDOWN = "cooldown"
THREADS_VARIABLE = "TF_NUM_INTRAOP_THREADS"  # TensorFlow reads it and does not tell
WISE_FT_ALPHAS = (0.0, 0.25, 0.5, 0.75)


@dataclass
class Progress:
    """What a run has reached: its epochs, and the weights of the best one."""

    history: list[dict[str, Any]]
    best: list[np.ndarray]

    @property
    def best_epoch(self) -> int:
        """Counted from 1; 0 before the first."""
        return min(self.history, key=lambda row: row["validation_loss"])["epoch"] if self.history else 0


def run(
    recipe: Recipe,
    data_dir: Path,
    cache_dir: Path,
    out: Path,
    *,
    resume: bool,
    limit: int | None = None,
    export: Callable[..., Variant] = export_variant,
) -> Variant:
    """Train `recipe` into the folder `out` and export the best epoch with `export`.

    Raises RecipeError when `out` holds another run and `resume` is False, or when the memory does not hold a
    batch; DataMissing when a set, start weights or the detector are absent.
    """
    out.mkdir(parents=True, exist_ok=True)
    begun = (out / CHECKPOINT).is_file()
    if begun and not resume:
        raise RecipeError(
            f"{out} holds a run that has begun: continue it with --resume, or choose another --out."
        )
    if not DEFAULT_DETECTOR.is_file():
        raise DataMissing(
            f"The detector {DEFAULT_DETECTOR} is not there; `python -m training detector` makes it."
        )
    _write_recipe(recipe, out)
    device = _device()
    print(f"device: {device}")
    keras.utils.set_random_seed(recipe.schedule.seed)
    train = {
        name: labelled_inputs(
            recipe,
            name,
            TRAIN,
            data_dir,
            cache_dir,
            canvas_scale=recipe.input.canvas_scale,
            limit=limit or recipe.limits.get(name),
        )
        for name in recipe.mix.fractions
    }
    validation = {
        name: labelled_inputs(recipe, name, VALIDATION, data_dir, cache_dir, limit=limit)
        for name in recipe.mix.fractions
    }
    for name in recipe.mix.fractions:
        print(f"{name}: {len(train[name].inputs):,} to train, {len(validation[name].inputs):,} to validate")
    skipped = sum(one.skipped for one in (*train.values(), *validation.values()))
    started = network_at_start(recipe, data_dir / "weights", train, begun=begun)
    print(f"start: {started.started_from}, {started.model.count_params():,} parameters")

    averages = recipe.schedule.wise_ft
    start = [weight.numpy() for weight in started.model.weights] if averages else []
    facts = RunFacts(
        command=run_command(recipe, out, limit),
        device=device,
        start=started.started_from,
        parameters=started.model.count_params(),
        skipped_pictures=skipped,
        sets=set_facts(train, validation),
    )

    def report(progress: Progress, state: str) -> None:
        for write in (write_run_state, write_run_card):
            write(out, recipe, facts, progress.history, state, progress.best_epoch)

    try:
        progress = _trained(started, recipe, train, validation, out, report)
    except tf.errors.ResourceExhaustedError as error:
        raise RecipeError(
            f"The memory does not hold a batch of {recipe.schedule.batch_size} frames of "
            f"{recipe.input.input_px} px: lower batch_size or input_px in the recipe. ({error.message})"
        ) from error
    print(f"best epoch: {progress.best_epoch}; {skipped:,} pictures could not be read and were skipped")
    _load_weights(started.model, out / CHECKPOINT, "best")
    if averages:
        _wise_ft(started.model, start, recipe, validation)
    if any(
        phase.trainable != LOCALIZER for phase in recipe.phases
    ):  # a look alone leaves the ages as they are
        _adjust_logits(started.model, train, validation)
    _write_figures(started.model, validation, progress, recipe.name, out)
    variant = _shipped(started.model, recipe, out, export)
    report(progress, COMPLETE)
    return variant


def network_at_start(
    recipe: Recipe, weights_dir: Path | None, train: dict[str, Labelled], *, begun: bool = False
) -> StartedNetwork:
    """The recipe's network before its first step; batch norm is measured on frames of the first epoch.

    The statistics of a run that has `begun` are in its checkpoint, so they are not measured again.
    """
    started = started_network(recipe.network, recipe.input.input_px, weights_dir)
    _set_mean_age(started.model, train)
    _shorten_memory(started.model, recipe.schedule)
    if recipe.network.batch_norm == MEASURED and not begun:
        batches, _ = training_batches(train, recipe, 0)
        inputs = [inputs for inputs, _ in batches.take(MEASURED_BATCHES).as_numpy_iterator()]
        measure_batch_norm(started.model, np.concatenate(inputs))
    return started


def compiled(
    started: StartedNetwork, recipe: Recipe, phase: Phase, part: keras.Model | None = None
) -> keras.Model:
    """The network, or a part of it, with the recipe's losses, what a phase trains and its optimiser."""
    model, loss = part or started.model, recipe.loss
    set_trainable(started, phase, recipe.network)
    age = next((name for name in model.output if name not in (FEMALE, ATTENTION)), None)
    losses: dict[str, keras.losses.Loss] = {}
    weights: dict[str, float] = {}
    metrics: dict[str, list[keras.metrics.Metric]] = {}
    if age:
        losses[age], weights[age], metrics[age] = age_loss(loss), loss.age_weight, [AgeMae()]
    if FEMALE in model.output:
        losses[FEMALE], weights[FEMALE] = GenderLoss(loss.gender_smoothing), loss.gender_weight
        metrics[FEMALE] = [GenderAccuracy()]
    if ATTENTION in model.output:
        losses[ATTENTION], weights[ATTENTION] = LocalizerLoss(), loss.localizer_weight
    steps = phase.epochs * (recipe.schedule.inputs_per_epoch // recipe.schedule.batch_size)
    fractions = lr_multipliers(started, model, phase) if phase.layerwise_lr_decay != 1 else ()
    optimizer = optimizer_of(phase, recipe.schedule, steps, fractions)
    model.compile(optimizer, loss=losses, loss_weights=weights, metrics=metrics)
    optimizer.build(model.trainable_variables)
    return model


def _trained(
    started: StartedNetwork,
    recipe: Recipe,
    train: dict[str, Labelled],
    validation: dict[str, Labelled],
    out: Path,
    report: Any,
) -> Progress:
    """All epochs that the checkpoint lacks, phase after phase."""
    checkpoint, model = out / CHECKPOINT, started.model
    progress = _load_progress(model, checkpoint)
    if progress.history:
        print(f"resumed after epoch {len(progress.history)} of {recipe.epochs}")
    report(progress, TRAINING)
    writer = tf.summary.create_file_writer(str(out / "tensorboard"))
    first = 0
    for phase in recipe.phases:
        last = first + phase.epochs
        done = [row for row in progress.history if first < row["epoch"] <= last]
        ended = len(done) == phase.epochs or _has_stalled(done, recipe)
        if not ended:
            fitted, phase_train, phase_validation = _fitted(
                started, recipe, phase, train, validation, out / FEATURES
            )
            print(f"phase {phase.name}: {trainable_parameters(model):,} parameters are trained")
            if done:
                _load_optimizer(fitted, checkpoint)
        for epoch in range(first + len(done), last):
            if ended or _has_stalled(done, recipe):
                break
            row = _epoch(model, fitted, recipe, phase, epoch, done, phase_train, phase_validation, progress)
            progress.history.append(row)
            done.append(row)
            _save_checkpoint(model, fitted.optimizer, progress, checkpoint)
            _write_history(progress.history, out)
            report(progress, TRAINING)
            with writer.as_default():
                for key, value in row.items():
                    if not isinstance(value, str):
                        tf.summary.scalar(key, value, step=epoch + 1)
                writer.flush()
            print("  ".join(f"{key} {_short(value)}" for key, value in row.items()), flush=True)
        first = last
        shutil.rmtree(out / FEATURES, ignore_errors=True)
    return progress


def _fitted(
    started: StartedNetwork,
    recipe: Recipe,
    phase: Phase,
    train: dict[str, Labelled],
    validation: dict[str, Labelled],
    features: Path,
) -> tuple[keras.Model, dict[str, Labelled], dict[str, Labelled]]:
    """What a phase fits, and on what: the network on frames, where it looks alone, or its heads alone.

    Heads are fitted on what a frozen backbone says of the frames.
    """
    if phase.trainable == LOCALIZER:
        model = started.model
        looks = keras.Model(model.input, {ATTENTION: model.output[ATTENTION]}, name=ATTENTION)
        return compiled(started, recipe, phase, looks), train, validation
    draws = recipe.feature_samples(phase)
    if not draws:
        return compiled(started, recipe, phase), train, validation
    fitted = compiled(started, recipe, phase, heads_of(started))
    print(f"phase {phase.name}: the frozen backbone reads every training frame {draws} times, then the heads")
    nothing = Augmentation()
    return (
        fitted,
        with_features(
            started, train, recipe, features / TRAIN, draws=draws, augmentation=recipe.mix.augmentation
        ),
        with_features(started, validation, recipe, features / "validation", draws=1, augmentation=nothing),
    )


@fused_batch_norms()
def _epoch(
    model: keras.Model,
    fitted: keras.Model,
    recipe: Recipe,
    phase: Phase,
    epoch: int,
    done: list[dict[str, Any]],
    train: dict[str, Labelled],
    validation: dict[str, Labelled],
    progress: Progress,
) -> dict[str, Any]:
    """One row of the history. `progress.best` takes the averaged weights where they are the best so far.

    `fitted` is `model`, or a part of it that shares its layers.
    """
    started = time.perf_counter()
    if (rate := learning_rate_after(phase, done)) is not None:
        fitted.optimizer.learning_rate = rate
    batches, steps = training_batches(train, recipe, epoch)
    logs = fitted.fit(
        batches.map(lambda seen, labels: (seen, {name: labels[name] for name in fitted.output})),
        steps_per_epoch=steps,
        initial_epoch=epoch,
        epochs=epoch + 1,
        shuffle=False,  # the batches are drawn by seed and epoch
        verbose=1 if sys.stderr.isatty() else 2,
    ).history
    if not np.isfinite(logs["loss"][-1]):
        raise RecipeError(
            f"The loss is no number any more in epoch {epoch + 1}: lower learning_rate in the recipe. "
            f"Received: {phase.learning_rate:g}."
        )
    trained = [variable.numpy() for variable in model.variables]
    if recipe.schedule.ema_momentum:
        fitted.optimizer.finalize_variable_values(fitted.trainable_variables)
    row: dict[str, Any] = {
        "epoch": epoch + 1,
        "phase": COOLDOWN if recipe.in_cooldown(epoch) else phase.name,
        "learning_rate": float(fitted.optimizer.learning_rate),
    }
    row |= _training_figures(fitted, logs)
    # By the whole network, so that the losses of all phases are of one kind; heads read features, not frames.
    row |= _validated(model if phase.trainable == LOCALIZER else fitted, recipe, validation)
    row["seconds"] = time.perf_counter() - started
    if row["validation_loss"] <= min([past["validation_loss"] for past in progress.history], default=np.inf):
        progress.best[:] = [variable.numpy() for variable in model.variables]
    for variable, value in zip(model.variables, trained, strict=True):
        variable.assign(value)
    return row


def _training_figures(model: keras.Model, logs: dict[str, list[float]]) -> dict[str, float]:
    """Loss and figures on the augmented frames of the epoch; of one head alone, Keras names no part."""
    row = {"loss": logs["loss"][-1]}
    for name in model.output:
        if name == ATTENTION:
            row["localizer_loss"] = row["loss"] if len(model.output) == 1 else logs[f"{name}_loss"][-1]
            continue
        task, figure, measured = (
            ("gender", "gender_accuracy", "accuracy") if name == FEMALE else ("age", "age_mae_years", "mae")
        )
        alone = len(model.output) == 1
        row[f"{task}_loss"] = row["loss"] if alone else logs[f"{name}_loss"][-1]
        row[figure] = logs[measured if alone else f"{name}_{measured}"][-1]
    return row


def _validated(model: keras.Model, recipe: Recipe, validation: dict[str, Labelled]) -> dict[str, float]:
    """The loss over all sets, weighed by their shares, and the figures of each."""
    loss = recipe.loss
    figures = validation_figures(model, validation, age_loss(loss), GenderLoss(loss.gender_smoothing))
    total = sum(
        recipe.mix.fractions[name]
        * (
            loss.age_weight * of_set.get("age_loss", 0.0)
            + loss.gender_weight * of_set.get("gender_loss", 0.0)
            + loss.localizer_weight * of_set.get("localizer_loss", 0.0)
        )
        for name, of_set in figures.items()
    )
    return {"validation_loss": total} | history_columns(figures)


def _has_stalled(done: list[dict[str, Any]], recipe: Recipe) -> bool:
    """Whether the phase has gone on long enough without a lower validation loss."""
    patience = recipe.schedule.stop_after_epochs
    losses = [row["validation_loss"] for row in done]
    return bool(patience) and len(losses) > patience and min(losses[-patience:]) >= min(losses[:-patience])


def _set_mean_age(model: keras.Model, train: dict[str, Labelled]) -> None:
    """A network that says years starts at the mean age: getting there from 0 would take whole epochs."""
    if AGE_YEARS in model.output:
        ages = np.concatenate([one.ages.mean(axis=1) for one in train.values()])
        kernel, bias = model.get_layer(AGE_YEARS).get_weights()
        model.get_layer(AGE_YEARS).set_weights([kernel, np.full_like(bias, ages[ages >= 0].mean())])


def _shorten_memory(model: keras.Model, schedule: Schedule) -> None:
    """Let the statistics of batch norm reach back over MEMORY_SHARE of an epoch at most.

    Where an epoch has fewer than 500 steps, Keras's usual 100 would still hold much of the start: a network
    that learnt well in training answers nonsense.
    """
    steps = max(schedule.inputs_per_epoch // schedule.batch_size, 1)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = min(layer.momentum, max(1 - 1 / (MEMORY_FRACTION * steps), 0.5))


def _write_history(history: list[dict[str, Any]], out: Path) -> None:
    with whole_file(out / "history.csv") as path:
        pd.DataFrame(history).to_csv(path, index=False, float_format="%.6g")


def _save_checkpoint(
    model: keras.Model, optimizer: keras.optimizers.Optimizer, progress: Progress, path: Path
) -> None:
    arrays = {f"model_{i}": variable.numpy() for i, variable in enumerate(model.variables)}
    arrays |= {f"optimizer_{i}": variable.numpy() for i, variable in enumerate(optimizer.variables)}
    arrays |= {f"best_{i}": value for i, value in enumerate(progress.best)}
    with whole_file(path) as unfinished:
        np.savez(unfinished, history=np.array(json.dumps(progress.history)), **arrays)  # type: ignore[arg-type]


def _load_progress(model: keras.Model, path: Path) -> Progress:
    """What the checkpoint holds, its last weights set in `model`; nothing where there is none."""
    if not path.is_file():
        return Progress([], [])
    _load_weights(model, path, "model")
    with np.load(path) as arrays:
        best = [arrays[f"best_{i}"] for i in range(len(model.variables))]
        return Progress(json.loads(str(arrays["history"])), best)


def _load_optimizer(model: keras.Model, path: Path) -> None:
    with np.load(path) as arrays:
        for i, variable in enumerate(model.optimizer.variables):
            variable.assign(arrays[f"optimizer_{i}"])


def _load_weights(model: keras.Model, path: Path, prefix: str) -> None:
    with np.load(path) as arrays:
        for i, variable in enumerate(model.variables):
            variable.assign(arrays[f"{prefix}_{i}"])


def _write_recipe(recipe: Recipe, out: Path) -> None:
    """From the start on: what goes on with a killed run reads it there."""
    if recipe.path.resolve() != (out / "recipe.toml").resolve():
        with whole_file(out / "recipe.toml") as path:
            shutil.copyfile(recipe.path, path)


def _wise_ft(
    model: keras.Model, start: list[np.ndarray], recipe: Recipe, validation: dict[str, Labelled]
) -> None:
    """Move the trained weights towards the start where that lowers the validation loss.

    Of the means with the START_SHARES, the one with the lowest loss stays: what a long training forgets of
    other sets comes back without a second network (WiSE-FT, Wortsman et al. 2022). Where the network looks
    stays as it was trained: it began at random.
    """
    trained = [weight.numpy() for weight in model.weights]

    def set_fraction(fraction: float) -> None:
        for weight, after, before in zip(model.weights, trained, start, strict=True):
            if not weight.path.startswith(PREFIX):
                weight.assign((1 - fraction) * after + fraction * before)

    losses = {}
    for fraction in WISE_FT_ALPHAS:
        set_fraction(fraction)
        losses[fraction] = _validated(model, recipe, validation)["validation_loss"]
    best = min(WISE_FT_ALPHAS, key=lambda fraction: losses[fraction])
    set_fraction(best)
    told = ", ".join(f"{fraction:g}: {loss:.4f}" for fraction, loss in losses.items())
    print(f"validation loss by the share of the start weights: {told}; kept: {best:g}")


def _adjust_logits(model: keras.Model, train: dict[str, Labelled], validation: dict[str, Labelled]) -> None:
    """By the first set whose ages are exact. A network that says years, or saw bins alone, stays as it is."""
    exact = [name for name, source in validation.items() if np.array_equal(*source.ages.T)]
    if AGE_PROBABILITIES in model.output and exact:
        ages = train[exact[0]].ages[:, 0]
        print(f"ages: {adjust_logits(model, ages[ages >= 0], validation[exact[0]])}")


def _write_figures(
    model: keras.Model, validation: dict[str, Labelled], progress: Progress, name: str, out: Path
) -> None:
    """The curves, and the confusion matrices of the first set's validation pictures."""
    write_curves(pd.DataFrame(progress.history), progress.best_epoch, name, out)
    set_name, source = next(iter(validation.items()))
    read = {
        "gender" if output == FEMALE else "age_years": np.asarray(
            values[:, 0] >= 0.5 if output == FEMALE else ages_in_years(values)
        )
        for output, values in outputs_of(model, source).items()
        if output != ATTENTION
    }
    low, high = source.ages.T
    true = {"age_years": np.where(low == high, low, -1), "gender": source.genders[:, 0]}
    write_confusions(true, read, f"{set_name} validation", out)


def _shipped(model: keras.Model, recipe: Recipe, out: Path, export: Callable[..., Variant]) -> Variant:
    """Write what a variant folder holds, with the hashes of the detector and the split in use."""
    served = served_network(model)
    with whole_file(out / "network.keras") as path:
        served.save(path)
    return export(
        served,
        out,
        name=recipe.name,
        input_mode=recipe.input.input_mode,
        crop_scale=recipe.input.crop_scale,
        pad_rgb=recipe.input.pad_rgb,
        recipe=recipe.name,
        detector_sha256=sha256_of(DEFAULT_DETECTOR),
        split_sha256=split_sha256(),
    )


def _short(value: Any) -> str:
    return value if isinstance(value, str) else f"{value:.4g}"


def _device() -> str:
    """What computes; a GPU takes memory as it needs it, not all at once."""
    gpus = tf.config.list_physical_devices("GPU")
    for gpu in gpus:
        tf.config.experimental.set_memory_growth(gpu, True)
    limit = tf.config.threading.get_intra_op_parallelism_threads() or int(os.environ.get(THREADS_VARIABLE, 0))
    threads = {0: "all threads", 1: "1 thread"}.get(limit, f"{limit} threads")
    return ", ".join(gpu.name for gpu in gpus) or f"CPU, {threads}"

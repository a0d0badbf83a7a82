"""Recipe + data -> a run folder: history, weights, the exported variant. Killed, it goes on where it was.

After every epoch the weights are averaged (EMA), measured on the validation splits and, with the optimiser's
state, written whole to `checkpoint.npz`. The epoch with the lowest validation loss is the one that is
exported; no test picture is read here.
"""

import json
import shutil
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import tensorflow as tf

from dataset.splits import split_sha256
from faces.detection import DEFAULT_DETECTOR
from faces.errors import DataMissing, RecipeError
from faces.files import sha256_of, whole_file
from faces.variants import Variant
from training.export import export_variant
from training.losses import AgeLoss, AgeMae, GenderAccuracy, GenderLoss
from training.networks import measure_batch_norm, started_network
from training.pipeline import TRAIN, VALIDATION, Labelled, labelled_frames, training_batches
from training.recipes import Recipe
from training.validation import history_columns, validation_figures

CHECKPOINT = "checkpoint.npz"


def run(
    recipe: Recipe, data_dir: Path, cache_dir: Path, out: Path, *, resume: bool, limit: int | None = None
) -> Variant:
    """Train `recipe` into the folder `out` and export the best epoch.

    Raises RecipeError when `out` holds another run and `resume` is False, DataMissing when a set or the
    detector is absent.
    """
    out.mkdir(parents=True, exist_ok=True)
    checkpoint = out / CHECKPOINT
    if checkpoint.is_file() and not resume:
        raise RecipeError(
            f"{out} holds a run that has begun: continue it with --resume, or choose another --out."
        )
    if not DEFAULT_DETECTOR.is_file():
        raise DataMissing(
            f"The detector {DEFAULT_DETECTOR} is not there; `python -m training detector` makes it."
        )
    print(f"device: {_device()}")
    keras.utils.set_random_seed(recipe.schedule.seed)
    train = {
        name: labelled_frames(
            recipe,
            name,
            TRAIN,
            data_dir,
            cache_dir,
            canvas_scale=recipe.framing.canvas_scale,
            limit=limit or recipe.limits.get(name),
        )
        for name in recipe.mix.shares
    }
    validation = {
        name: labelled_frames(
            recipe, name, VALIDATION.get(name, "validation"), data_dir, cache_dir, limit=limit
        )
        for name in recipe.mix.shares
    }
    for name in recipe.mix.shares:
        print(f"{name}: {len(train[name].frames):,} to train, {len(validation[name].frames):,} to validate")
    batches, _ = training_batches(train, recipe, 0)
    measured_on = np.concatenate([frames for frames, _ in batches.take(16).as_numpy_iterator()])
    model = compiled_network(recipe, data_dir / "weights", measured_on)
    history = _train(model, recipe, train, validation, checkpoint)
    best = min(history, key=lambda row: row["validation_loss"])
    print(f"best epoch: {best['epoch']} (validation loss {best['validation_loss']:.4f})")
    _load_weights(model, checkpoint, "best")
    return _shipped(model, recipe, history, out)


def compiled_network(recipe: Recipe, weights_dir: Path | None, frames: np.ndarray) -> keras.Model:
    """The recipe's network at its start (from `weights_dir`, if it has one), its losses and its optimiser.

    `frames` (n, px, px, 3) are training frames on which batch norm is measured where the recipe says so.
    """
    model = started_network(recipe.framing.input_px, recipe.start.weights, weights_dir)
    if recipe.start.batch_norm == "measured":
        measure_batch_norm(model, frames)
    if recipe.start.frozen_through:
        names = [layer.name for layer in model.layers]
        if recipe.start.frozen_through not in names:
            raise RecipeError(f"frozen_through is a layer's name. Received: '{recipe.start.frozen_through}'.")
        for layer in model.layers[: names.index(recipe.start.frozen_through) + 1]:
            layer.trainable = False
    schedule, loss = recipe.schedule, recipe.loss
    steps = schedule.epochs * (schedule.frames_an_epoch // schedule.batch_frames)
    warmup = max(round(schedule.warmup_share * steps), 1)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, steps - warmup, alpha=0.01, warmup_target=schedule.learning_rate, warmup_steps=warmup
    )
    optimizer = keras.optimizers.AdamW(
        rate,
        weight_decay=schedule.weight_decay,
        global_clipnorm=5.0,
        use_ema=True,
        ema_momentum=schedule.average_momentum,
    )
    model.compile(
        optimizer,
        loss={
            "age_probabilities": AgeLoss(loss.sigma_years, loss.expectation_weight),
            "female_probability": GenderLoss(loss.gender_smoothing),
        },
        loss_weights={"age_probabilities": 1.0, "female_probability": loss.gender_weight},
        metrics={"age_probabilities": [AgeMae()], "female_probability": [GenderAccuracy()]},
    )
    optimizer.build(model.trainable_variables)
    return model


def _train(
    model: keras.Model,
    recipe: Recipe,
    train: dict[str, Labelled],
    validation: dict[str, Labelled],
    checkpoint: Path,
) -> list[dict[str, float]]:
    """All epochs that the checkpoint lacks; the history with those it had."""
    history: list[dict[str, float]] = []
    best: list[np.ndarray] = []
    if checkpoint.is_file():
        history, best = _load_checkpoint(model, checkpoint)
        print(f"resumed after epoch {len(history)} of {recipe.schedule.epochs}")
    writer = tf.summary.create_file_writer(str(checkpoint.parent / "tensorboard"))
    for epoch in range(len(history), recipe.schedule.epochs):
        started = time.perf_counter()
        batches, steps = training_batches(train, recipe, epoch)
        logs = model.fit(
            batches,
            steps_per_epoch=steps,
            initial_epoch=epoch,
            epochs=epoch + 1,
            verbose=1 if sys.stderr.isatty() else 2,
        ).history
        trained = [variable.numpy() for variable in model.variables]
        model.optimizer.finalize_variable_values(model.trainable_variables)
        row: dict[str, float] = {"epoch": epoch + 1, "finish": int(recipe.mix_of(epoch) is recipe.finish.mix)}
        row["learning_rate"] = float(model.optimizer.learning_rate)
        row |= {
            "loss": logs["loss"][-1],
            "age_loss": logs["age_probabilities_loss"][-1],
            "gender_loss": logs["female_probability_loss"][-1],
            "age_mae_years": logs["age_probabilities_mae"][-1],
            "gender_accuracy": logs["female_probability_accuracy"][-1],
        }
        row |= _validated(model, recipe, validation)
        row["seconds"] = time.perf_counter() - started
        history.append(row)
        if row["validation_loss"] <= min(past["validation_loss"] for past in history):
            best = [variable.numpy() for variable in model.variables]
        for variable, value in zip(model.variables, trained, strict=True):
            variable.assign(value)
        _save_checkpoint(model, history, best, checkpoint)
        with writer.as_default():
            for key, value in row.items():
                tf.summary.scalar(key, value, step=epoch + 1)
            writer.flush()
        print("  ".join(f"{key} {value:.4g}" for key, value in row.items()), flush=True)
    return history


def _validated(model: keras.Model, recipe: Recipe, validation: dict[str, Labelled]) -> dict[str, float]:
    """The loss over all sets, weighed by their shares, and the figures of each."""
    age_loss = AgeLoss(recipe.loss.sigma_years, recipe.loss.expectation_weight)
    gender_loss = GenderLoss(recipe.loss.gender_smoothing)
    figures = validation_figures(model, validation, age_loss, gender_loss)
    total = sum(
        recipe.mix.shares[name] * (of_set["age_loss"] + recipe.loss.gender_weight * of_set["gender_loss"])
        for name, of_set in figures.items()
    )
    return {"validation_loss": total} | history_columns(figures)


def _save_checkpoint(
    model: keras.Model, history: list[dict[str, float]], best: list[np.ndarray], path: Path
) -> None:
    arrays = {f"model_{i}": variable.numpy() for i, variable in enumerate(model.variables)}
    arrays |= {f"optimizer_{i}": variable.numpy() for i, variable in enumerate(model.optimizer.variables)}
    arrays |= {f"best_{i}": value for i, value in enumerate(best)}
    with whole_file(path) as unfinished:
        np.savez(unfinished, history=np.array(json.dumps(history)), **arrays)  # type: ignore[arg-type]


def _load_checkpoint(model: keras.Model, path: Path) -> tuple[list[dict[str, float]], list[np.ndarray]]:
    _load_weights(model, path, "model")
    with np.load(path) as arrays:
        for i, variable in enumerate(model.optimizer.variables):
            variable.assign(arrays[f"optimizer_{i}"])
        best = [arrays[f"best_{i}"] for i in range(len(model.variables))]
        return json.loads(str(arrays["history"])), best


def _load_weights(model: keras.Model, path: Path, prefix: str) -> None:
    with np.load(path) as arrays:
        for i, variable in enumerate(model.variables):
            variable.assign(arrays[f"{prefix}_{i}"])


def _shipped(model: keras.Model, recipe: Recipe, history: list[dict[str, float]], out: Path) -> Variant:
    """Write what a variant folder holds, with the hashes of the detector and the split in use."""
    # The same layers without losses and optimiser: it loads where this project is not installed.
    bare = keras.Model(model.input, model.output, name=model.name)
    with whole_file(out / "history.csv") as path:
        pd.DataFrame(history).to_csv(path, index=False, float_format="%.6g")
    with whole_file(out / "network.keras") as path:
        bare.save(path)
    if recipe.path.resolve() != (out / "recipe.toml").resolve():
        shutil.copyfile(recipe.path, out / "recipe.toml")
    return export_variant(
        bare,
        out,
        name=recipe.name,
        framing=recipe.framing.framing,
        crop_scale=recipe.framing.crop_scale,
        pad_rgb=recipe.framing.pad_rgb,
        recipe=recipe.name,
        detector_sha256=sha256_of(DEFAULT_DETECTOR),
        split_sha256=split_sha256(),
    )


def _device() -> str:
    """What computes; a GPU takes memory as it needs it, not all at once."""
    gpus = tf.config.list_physical_devices("GPU")
    for gpu in gpus:
        tf.config.experimental.set_memory_growth(gpu, True)
    return (
        ", ".join(gpu.name for gpu in gpus)
        or f"CPU, {tf.config.threading.get_intra_op_parallelism_threads() or 'all'} threads"
    )

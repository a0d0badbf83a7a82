"""Recipe + data -> a run folder: history, weights, the exported variant. Killed, it goes on where it was.

The epoch with the lowest validation loss is exported; no test picture is used.
"""

import os
import shutil
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from dataset.labels import TRAIN, VALIDATION
from faces.detection import DEFAULT_DETECTOR
from faces.errors import DataMissing, RecipeError
from faces.files import whole_file
from faces.variants import Variant
from recipes.recipe import AGE_YEARS, MEASURED, Recipe, Schedule
from recipes.run import COMPLETE, RunFacts
from training.after_training import Exporter, finished_variant
from training.checkpoint import CHECKPOINT, Progress
from training.epochs import Training, fit_phases
from training.export.export import export_variant
from training.networks.build import StartedNetwork, measure_batch_norm, started_network
from training.phases import refuse_unknown_layers
from training.pipeline import Labelled, labelled_inputs, training_batches
from training.run_folder.card import run_command, write_run_card
from training.run_folder.state import set_facts, write_run_state

MEASURED_BATCHES = 16  # for batch norm
MEMORY_FRACTION = 0.2
THREADS_VARIABLE = "TF_NUM_INTRAOP_THREADS"  # TensorFlow obeys it and does not report it


def run(
    recipe: Recipe,
    data_dir: Path,
    cache_dir: Path,
    out: Path,
    *,
    resume: bool,
    limit: int | None = None,
    export: Exporter = export_variant,
) -> Variant:
    """Train `recipe` into the folder `out` and `export` the best epoch.

    Raises RecipeError when `out` holds another run and `resume` is False, or when the memory does not hold a
    batch; DataMissing when a set, start weights or the detector are absent.
    """
    begun = (out / CHECKPOINT).is_file()
    if begun and not resume:
        raise RecipeError(f"{out} holds a run: continue it with --resume, or choose another --out.")
    if not DEFAULT_DETECTOR.is_file():
        raise DataMissing(
            f"The detector {DEFAULT_DETECTOR} is not there; `python -m training detector` makes it."
        )
    refuse_unknown_layers(recipe)
    out.mkdir(parents=True, exist_ok=True)
    _copy_recipe(recipe, out)
    device = compute_device()
    print(f"device: {device}")
    keras.utils.set_random_seed(recipe.schedule.seed)
    train, validation = labelled_sets(recipe, data_dir, cache_dir, limit)
    started = network_at_start(recipe, data_dir / "weights", train, begun=begun)
    print(f"start: {started.started_from}, {started.model.count_params():,} parameters")
    training = Training(started, recipe, train, validation, out)
    start = [weight.numpy() for weight in started.model.weights] if recipe.schedule.wise_ft else []
    facts = RunFacts(
        command=run_command(recipe, out, limit),
        device=device,
        start=started.started_from,
        parameters=started.model.count_params(),
        skipped_pictures=sum(source.skipped for source in (*train.values(), *validation.values())),
        sets=set_facts(train, validation),
    )

    def report(progress: Progress, state: str) -> None:
        for write in (write_run_state, write_run_card):
            write(out, recipe, facts, progress.history, state, progress.best_epoch)

    try:
        progress = fit_phases(training, report)
    except tf.errors.ResourceExhaustedError as error:
        raise RecipeError(
            f"The memory does not hold a batch of {recipe.schedule.batch_size} inputs of "
            f"{recipe.input.input_px} px: lower batch_size or input_px in the recipe. ({error.message})"
        ) from error
    print(
        f"best epoch: {progress.best_epoch}; {facts.skipped_pictures:,} pictures were skipped as unreadable"
    )
    variant = finished_variant(training, progress, start, export)
    report(progress, COMPLETE)
    return variant


def labelled_sets(
    recipe: Recipe, data_dir: Path, cache_dir: Path, limit: int | None
) -> tuple[dict[str, Labelled], dict[str, Labelled]]:
    """The training inputs (canvases) and the validation inputs of every set of the recipe, by its name."""
    names = recipe.mix.fractions
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
        for name in names
    }
    validation = {
        name: labelled_inputs(recipe, name, VALIDATION, data_dir, cache_dir, limit=limit) for name in names
    }
    for name in names:
        print(f"{name}: {len(train[name].inputs):,} to train, {len(validation[name].inputs):,} to validate")
    return train, validation


def network_at_start(
    recipe: Recipe, weights_dir: Path | None, train: dict[str, Labelled], *, begun: bool = False
) -> StartedNetwork:
    """Build the recipe's network as it is before its first step.

    Batch norm is measured on inputs of the first epoch; of a run that has `begun` the statistics are in the
    checkpoint and are not measured again.
    """
    started = started_network(recipe.network, recipe.input.input_px, weights_dir)
    _set_mean_age(started.model, train)
    _limit_batch_norm_momentum(started.model, recipe.schedule)
    if recipe.network.batch_norm == MEASURED and not begun:
        batches, _ = training_batches(train, recipe, 0)
        inputs = [inputs for inputs, _ in batches.take(MEASURED_BATCHES).as_numpy_iterator()]
        measure_batch_norm(started.model, np.concatenate(inputs))
    return started


def compute_device() -> str:
    """Name what TensorFlow computes on; a GPU is set to take memory as it needs it, not all at once."""
    gpus = tf.config.list_physical_devices("GPU")
    for gpu in gpus:
        tf.config.experimental.set_memory_growth(gpu, True)
    limit = tf.config.threading.get_intra_op_parallelism_threads() or int(os.environ.get(THREADS_VARIABLE, 0))
    threads = {0: "all threads", 1: "1 thread"}.get(limit, f"{limit} threads")
    return ", ".join(gpu.name for gpu in gpus) or f"CPU, {threads}"


def _copy_recipe(recipe: Recipe, out: Path) -> None:
    """From the start on, so that the folder alone suffices to resume a killed run."""
    if recipe.path.resolve() != (out / "recipe.toml").resolve():
        with whole_file(out / "recipe.toml") as path:
            shutil.copyfile(recipe.path, path)


def _set_mean_age(model: keras.Model, train: dict[str, Labelled]) -> None:
    """Set the bias of an output in years to the mean age: getting there from 0 would take whole epochs."""
    if AGE_YEARS in model.output:
        ages = np.concatenate([source.ages.mean(axis=1) for source in train.values()])
        kernel, bias = model.get_layer(AGE_YEARS).get_weights()
        model.get_layer(AGE_YEARS).set_weights([kernel, np.full_like(bias, ages[ages >= 0].mean())])


def _limit_batch_norm_momentum(model: keras.Model, schedule: Schedule) -> None:
    """Let the statistics of batch norm reach back over MEMORY_FRACTION of an epoch at most.

    Where an epoch has fewer than 500 steps, Keras's momentum of 0.99 would still hold much of the start: a
    network that learnt well in training would predict nonsense.
    """
    steps = max(schedule.inputs_per_epoch // schedule.batch_size, 1)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = min(layer.momentum, max(1 - 1 / (MEMORY_FRACTION * steps), 0.5))

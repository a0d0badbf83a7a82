"""Phase of a recipe -> the network compiled for it: its layers, losses, optimiser and learning rates."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import keras

from faces.errors import RecipeError
from faces.networks import ATTENTION
from recipes.recipe import (
    ALL,
    EMBEDDING,
    FEMALE,
    FROZEN,
    HEADS,
    LOCALIZER,
    NO_WEIGHTS,
    NetworkRecipe,
    Phase,
    Recipe,
    Schedule,
)
from training.checkpoint import Row
from training.networks.attention import PREFIX
from training.networks.build import StartedNetwork, started_network
from training.networks.losses import AgeMae, GenderAccuracy, GenderLoss, LocalizerLoss, age_loss

LOWEST_LR_FRACTION = 0.01  # where the cosine ends


def compiled(
    started: StartedNetwork, recipe: Recipe, phase: Phase, part: keras.Model | None = None
) -> keras.Model:
    """Compile the network, or `part` of it, with the recipe's losses and the phase's layers and optimiser."""
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
    multipliers = lr_multipliers(started, model, phase) if phase.layerwise_lr_decay != 1 else ()
    optimizer = optimizer_of(phase, recipe.schedule, steps, multipliers)
    model.compile(optimizer, loss=losses, loss_weights=weights, metrics=metrics)
    optimizer.build(model.trainable_variables)
    return model


def set_trainable(started: StartedNetwork, phase: Phase, network: NetworkRecipe) -> None:
    """Mark the layers that the phase trains. Raises RecipeError for a layer that the network lacks.

    With a random start everything is trained, whatever the phase says: frozen noise is no backbone.
    """
    if phase.trainable == LOCALIZER:
        for layer in started.model.layers:
            layer.trainable = layer.name.startswith(PREFIX)
        return
    first = 0 if network.weights == NO_WEIGHTS else _first_trained(started, phase)
    backbone = set(started.backbone[:first])
    for layer in started.model.layers:
        frozen_norm = network.batch_norm == FROZEN and isinstance(layer, keras.layers.BatchNormalization)
        layer.trainable = layer.name not in backbone and not frozen_norm
    if first == 0 and phase.trainable != ALL:
        print(f"phase {phase.name}: random weights, so everything is trained, not {phase.trainable} alone")


def _first_trained(started: StartedNetwork, phase: Phase, place: str = "trainable") -> int:
    """Number of leading layers of the backbone that are frozen."""
    names = list(started.backbone)
    word, _, rest = phase.trainable.partition(" ")
    if phase.trainable == ALL:
        return 0
    if phase.trainable == HEADS:
        return len(names)
    weighted = [name for name in names if started.model.get_layer(name).weights]
    if word == "last" and rest.isdigit() and 0 < int(rest) <= len(weighted):
        return names.index(weighted[-int(rest)])
    if word == "after" and rest in names:
        return names.index(rest) + 1
    raise RecipeError(
        f"{place}: Input should be '{ALL}', '{HEADS}', '{LOCALIZER}', 'last N' of {len(weighted)} layers, or "
        f"'after LAYER', one of the backbone such as {names[-1]}. Received: '{phase.trainable}'."
    )


def refuse_unknown_layers(recipe: Recipe) -> None:
    """Raise RecipeError for a phase that trains layers which the architecture lacks, before data are loaded.

    Builds the network without its start weights, and clears Keras's state: the names of the layers of the
    network that is trained, and its random weights, stay as they were.
    """
    named = {
        number: phase
        for number, phase in enumerate(recipe.phases)
        if phase.trainable not in (ALL, HEADS, LOCALIZER)
    }
    if not named:
        return
    is_embedding = recipe.network.architecture == EMBEDDING
    network = recipe.network if is_embedding else replace(recipe.network, weights=NO_WEIGHTS)
    started = started_network(network, recipe.input.input_px, None)
    try:
        for number, phase in named.items():
            _first_trained(started, phase, f"{recipe.path}: phases.{number}.trainable")
    finally:
        keras.utils.clear_session()


def trainable_parameters(model: keras.Model) -> int:
    """Number of parameters that the phase trains."""
    return sum(int(keras.ops.size(variable)) for variable in model.trainable_variables)


class LayerwiseAdamW(keras.optimizers.AdamW):
    """AdamW with one learning-rate multiplier per variable, in build order."""

    def __init__(self, learning_rate: Any, lr_multipliers: Sequence[float], **options: Any) -> None:
        super().__init__(learning_rate, **options)
        self.lr_multipliers = list(lr_multipliers)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        # Re-check at a Keras upgrade: the index is private.
        multiplier = self.lr_multipliers[self._get_variable_index(variable)]
        super().update_step(gradient, variable, learning_rate * multiplier)


def lr_multipliers(started: StartedNetwork, model: keras.Model, phase: Phase) -> list[float]:
    """Learning-rate multiplier of each trainable variable of `model`: 1 for the heads.

    Of the backbone's trained layers the last has `layerwise_lr_decay`, the one before it its square, and so
    on (discriminative fine-tuning, Howard & Ruder 2018).
    """
    trained = [layer for name in started.backbone if (layer := model.get_layer(name)).trainable_variables]
    multipliers = {
        variable.path: phase.layerwise_lr_decay**depth
        for depth, layer in enumerate(reversed(trained), start=1)
        for variable in layer.trainable_variables
    }
    return [multipliers.get(variable.path, 1.0) for variable in model.trainable_variables]


def optimizer_of(
    phase: Phase, schedule: Schedule, steps: int, lr_multipliers: Sequence[float] = ()
) -> keras.optimizers.Optimizer:
    """Adam or AdamW with the phase's learning rates over its `steps`, clipped gradients and, maybe, EMA.

    `lr_multipliers` are those of the variables with which it will be built; without any, all are 1.
    """
    rate: Any = phase.learning_rate
    if phase.schedule == "cosine":
        warmup = max(round(phase.warmup_fraction * steps), 1)
        rate = keras.optimizers.schedules.CosineDecay(
            0.0,
            max(steps - warmup, 1),
            alpha=LOWEST_LR_FRACTION,
            warmup_target=phase.learning_rate,
            warmup_steps=warmup,
        )
    kind: Any = {"adam": keras.optimizers.Adam, "adamw": keras.optimizers.AdamW}[phase.optimizer]
    if lr_multipliers:
        kind = partial(LayerwiseAdamW, lr_multipliers=lr_multipliers)
    return kind(
        rate,
        weight_decay=phase.weight_decay,
        global_clipnorm=5.0,
        use_ema=bool(schedule.ema_momentum),
        ema_momentum=schedule.ema_momentum or 0.99,
    )


def learning_rate_after(phase: Phase, rows: list[Row]) -> float | None:
    """Learning rate of the epoch after `rows`, for the schedule `reduce_on_plateau`; else None.

    It is lowered whenever `plateau_epochs` epochs have brought no lower validation loss, and follows from the
    history alone, so that a resumed run goes on with it.
    """
    if phase.schedule != "reduce_on_plateau":
        return None
    rate, lowest, waited = phase.learning_rate, float("inf"), 0
    for row in rows:
        waited = 0 if row["validation_loss"] < lowest else waited + 1
        lowest = min(lowest, row["validation_loss"])
        if waited == phase.plateau_epochs:
            rate, waited = rate * phase.plateau_factor, 0
    return rate


def has_stalled(rows: list[Row], patience: int) -> bool:
    """Whether the last `patience` epochs brought no lower validation loss; never with a patience of 0."""
    losses = [row["validation_loss"] for row in rows]
    return bool(patience) and len(losses) > patience and min(losses[-patience:]) >= min(losses[:-patience])

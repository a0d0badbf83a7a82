"""A phase of a recipe -> what is trained, by which optimiser, at which rate.

A room of its own because it is all that differs between the epochs of a run.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import keras

from faces.errors import RecipeError
from recipes.recipe import ALL, FROZEN, HEADS, LOCALIZER, NO_WEIGHTS, NetworkRecipe, Phase, Schedule
from training.networks.attention import PREFIX
from training.networks.build import StartedNetwork

LOWEST_LR_FRACTION = 0.01  # where the cosine ends


def set_trainable(started: StartedNetwork, phase: Phase, network: NetworkRecipe) -> None:
    """Mark the layers that the phase trains. Raises RecipeError for a layer that is not there.

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


def _first_trained(started: StartedNetwork, phase: Phase) -> int:
    """How many layers of the backbone stay as they are."""
    names = list(started.backbone)
    word, _, rest = phase.trainable.partition(" ")
    if phase.trainable == ALL:
        return 0
    if phase.trainable == HEADS:
        return len(names)
    if word == "last" and rest.isdigit():
        weighted = [name for name in names if started.model.get_layer(name).weights]
        if 0 < int(rest) <= len(weighted):
            return names.index(weighted[-int(rest)])
    if word == "after" and rest in names:
        return names.index(rest) + 1
    raise RecipeError(
        f"phase {phase.name}: trainable is '{ALL}', '{HEADS}', '{LOCALIZER}', 'last N' (of {len(names)} "
        f"layers) or 'after LAYER'. Received: '{phase.trainable}'."
    )


def trainable_parameters(model: keras.Model) -> int:
    """How many numbers the phase changes."""
    return sum(int(keras.ops.size(variable)) for variable in model.trainable_variables)


class LayerwiseAdamW(keras.optimizers.AdamW):
    """AdamW with a share of the rate for each variable, in the order in which it is built with them."""

    def __init__(self, learning_rate: Any, lr_multipliers: Sequence[float], **options: Any) -> None:
        super().__init__(learning_rate, **options)
        self.lr_multipliers = list(lr_multipliers)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        fraction = self.lr_multipliers[self._get_variable_index(variable)]
        super().update_step(gradient, variable, learning_rate * fraction)


def lr_multipliers(started: StartedNetwork, model: keras.Model, phase: Phase) -> list[float]:
    """For each trainable variable of `model` its share of the rate: 1 behind the backbone, before it less.

    Of the backbone's trained layers the last has `layerwise_lr_decay`, the one before it its square, and so on
    (layer-wise rate decay, Howard & Ruder 2018).
    """
    trained = [layer for name in started.backbone if (layer := model.get_layer(name)).trainable_variables]
    fractions = {
        variable.path: phase.layerwise_lr_decay**depth
        for depth, layer in enumerate(reversed(trained), start=1)
        for variable in layer.trainable_variables
    }
    return [fractions.get(variable.path, 1.0) for variable in model.trainable_variables]


def optimizer_of(
    phase: Phase, schedule: Schedule, steps: int, lr_multipliers: Sequence[float] = ()
) -> keras.optimizers.Optimizer:
    """Adam or AdamW with the phase's schedule over its `steps`, gradients clipped; it may average weights.

    `lr_multipliers` of the variables that it will be built with, where they differ.
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


def learning_rate_after(phase: Phase, done: list[dict[str, Any]]) -> float | None:
    """The rate of the next epoch where validation decides it; None where the schedule does.

    It is lowered whenever `plateau_epochs` epochs have brought no lower validation loss, and follows from the
    history alone, so that a resumed run goes on with it.
    """
    if phase.schedule != "reduce_on_plateau":
        return None
    rate, lowest, waited = phase.learning_rate, float("inf"), 0
    for row in done:
        waited = 0 if row["validation_loss"] < lowest else waited + 1
        lowest = min(lowest, row["validation_loss"])
        if waited == phase.plateau_epochs:
            rate, waited = rate * phase.plateau_factor, 0
    return rate

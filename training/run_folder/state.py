"""Facts and progress of a run -> run.toml in its folder, from which pages take its state."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dataset.baselines import majority_gender_accuracy, median_age_mae
from recipes.recipe import Recipe
from recipes.run import RUN_TOML, PlannedPhase, RunFacts, RunState, SetFacts, read_run, write_run

if TYPE_CHECKING:  # it brings TensorFlow
    from training.pipeline import Labelled


def set_facts(train: Mapping[str, "Labelled"], validation: Mapping[str, "Labelled"]) -> tuple[SetFacts, ...]:
    """The facts of every set that is trained on."""
    ages = np.concatenate([exact_ages(source) for source in train.values()])
    genders = np.concatenate([source.genders[source.genders >= 0] for source in train.values()])
    return tuple(
        SetFacts(
            name,
            len(train[name].inputs),
            len(source.inputs),
            _known(median_age_mae(ages, exact_ages(source))),
            _known(majority_gender_accuracy(genders, source.genders[source.genders >= 0])),
        )
        for name, source in validation.items()
    )


def exact_ages(source: "Labelled") -> np.ndarray:
    """(m,) exact ages in years; bins and unknown ages are left out."""
    low, high = source.ages.T
    return low[(low >= 0) & (low == high)]


def write_run_state(
    folder: Path, recipe: Recipe, facts: RunFacts, history: list[dict[str, Any]], state: str, best_epoch: int
) -> None:
    """Write `folder`/run.toml whole. `state` is TRAINING or COMPLETE; times are those of this call, in UTC.

    A run that has epochs keeps the time at which it started.
    """
    now = datetime.now(UTC).replace(microsecond=0)
    resumed = (folder / RUN_TOML).is_file() and bool(history)
    run = RunState(
        **vars(facts),
        state=state,
        recipe=recipe.name,
        started=read_run(folder).started if resumed else now,
        updated=now,
        epochs=recipe.epochs,
        epochs_done=len(history),
        best_epoch=best_epoch,
        phases=tuple(PlannedPhase(phase.name, phase.epochs) for phase in recipe.phases),
    )
    write_run(folder, run)


def _known(value: float) -> float | None:
    return round(value, 6) if math.isfinite(value) else None

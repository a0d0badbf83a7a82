"""Facts and progress of a run -> run.toml in its folder: what a page or a person reads while it trains.

A room of its own because it is the one file of a run that says whether the run is complete.
"""

import json
import math
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dataset.baselines import majority_gender_accuracy, median_age_mae
from faces.files import whole_file
from recipes.recipe import Recipe

if TYPE_CHECKING:  # it brings TensorFlow
    from training.pipeline import Labelled

TRAINING, COMPLETE = "training", "complete"


@dataclass(frozen=True)
class SetFacts:
    """Pictures of a set in a run, and what the same answer for everyone reaches on those of its validation.

    The answers are the median age and the commoner gender of all training pictures; None where the labels of
    the set do not say (an age bin is no age).
    """

    name: str
    training_pictures: int
    validation_pictures: int
    median_age_mae_years: float | None
    majority_gender_accuracy: float | None


@dataclass(frozen=True)
class RunFacts:
    """What a run knows of itself before its first step; `start` says what its weights started from."""

    command: str
    device: str
    start: str
    parameters: int
    skipped_pictures: int
    sets: tuple[SetFacts, ...]


def set_facts(train: Mapping[str, "Labelled"], validation: Mapping[str, "Labelled"]) -> tuple[SetFacts, ...]:
    """The facts of every set that is trained on."""
    ages = np.concatenate([exact_ages(one) for one in train.values()])
    genders = np.concatenate([one.genders[one.genders >= 0] for one in train.values()])
    return tuple(
        SetFacts(
            name,
            len(train[name].inputs),
            len(one.inputs),
            _known(median_age_mae(ages, exact_ages(one))),
            _known(majority_gender_accuracy(genders, one.genders[one.genders >= 0])),
        )
        for name, one in validation.items()
    )


def exact_ages(source: "Labelled") -> np.ndarray:
    """(m,) ages in years of those of its pictures whose age is known exactly."""
    low, high = source.ages.T
    return low[(low >= 0) & (low == high)]


def write_run_state(
    folder: Path, recipe: Recipe, facts: RunFacts, history: list[dict[str, Any]], state: str, best_epoch: int
) -> None:
    """Write `folder`/run.toml whole. `state` is TRAINING or COMPLETE; times are ISO 8601 in UTC."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    path = folder / "run.toml"
    started = now
    if path.is_file() and history:
        with path.open("rb") as file:
            started = str(tomllib.load(file).get("started", now))
    table = {
        "state": state,
        "recipe": recipe.name,
        "started": started,
        "updated": now,
        "epochs": recipe.epochs,
        "epochs_done": len(history),
        "best_epoch": best_epoch,
    }
    table |= {key: value for key, value in vars(facts).items() if key != "sets"}
    text = "# Written by the training after every epoch.\n" + _lines(table)
    for phase in recipe.phases:
        text += "\n[[phases]]\n" + _lines({"name": phase.name, "epochs": phase.epochs})
    for one in facts.sets:
        text += "\n[[sets]]\n" + _lines(asdict(one))
    with whole_file(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8")


def _lines(table: Mapping[str, Any]) -> str:
    """TOML of a table without its Nones; JSON writes strings and numbers as TOML does."""
    return "".join(
        f"{key} = {json.dumps(value, ensure_ascii=False)}\n"
        for key, value in table.items()
        if value is not None
    )


def _known(value: float) -> float | None:
    return round(value, 6) if math.isfinite(value) else None

"""Facts and progress of a run -> run.toml in its folder, from which pages take its state."""

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
    """Pictures of a set in a run, and the figures of a constant prediction on its validation pictures.

    Predicted are the median age and the commoner gender of all training pictures; None where the set has no
    such label (an age bin is no age).
    """

    name: str
    training_pictures: int
    validation_pictures: int
    median_age_mae_years: float | None
    majority_gender_accuracy: float | None


@dataclass(frozen=True)
class RunFacts:
    """Facts of a run before its first step; `start` names its start weights."""

    command: str
    device: str
    start: str
    parameters: int
    skipped_pictures: int
    sets: tuple[SetFacts, ...]


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

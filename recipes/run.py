"""run.toml <-> RunState: facts and progress of a training, written after every epoch.

Of a training in parts, the folder of the last one keeps the recipe and the history of each earlier part
beside its own, as `first_part.toml` and `first_part.csv`, and so on: EARLIER_PARTS are their names in order.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from annotated_types import Ge, Gt
from pydantic import AfterValidator, PlainSerializer, StringConstraints, model_validator
from pydantic.dataclasses import dataclass

from faces.errors import RecipeError
from faces.toml import STRICT, WrongTogether, read_toml, write_toml

RUN_TOML = "run.toml"
TRAINING, COMPLETE = "training", "complete"
EARLIER_PARTS = tuple(f"{number}_part" for number in ("first", "second", "third", "fourth", "fifth", "sixth"))


def _with_zone(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


# ISO 8601 in the file; without a zone it is UTC.
Moment = Annotated[
    datetime,
    AfterValidator(_with_zone),
    PlainSerializer(lambda moment: moment.isoformat(timespec="seconds"), return_type=str),
]
NonNegative = Annotated[int, Ge(0)]


@dataclass(frozen=True, config=STRICT)
class SetFacts:
    """Pictures of a set in a run, and what the same answer for everyone reaches on those of its validation.

    The answers are the median age and the commoner gender of all training pictures; None where the labels of
    the set do not say (an age bin is no age).
    """

    name: str
    training_pictures: NonNegative
    validation_pictures: NonNegative
    median_age_mae_years: float | None = None
    majority_gender_accuracy: float | None = None


@dataclass(frozen=True, config=STRICT)
class RunFacts:
    """What is known of a run before its first step; `start` says what its weights started from."""

    command: str
    device: str
    start: str
    parameters: NonNegative
    skipped_pictures: NonNegative
    sets: tuple[SetFacts, ...]


@dataclass(frozen=True, config=STRICT)
class PlannedPhase:
    """Part of a training: its name, and of how many epochs it is planned."""

    name: str
    epochs: Annotated[int, Gt(0)]


@dataclass(frozen=True, config=STRICT)
class RunState(RunFacts):
    """A run at some time. `best_epoch` is counted from 1; 0 before the first is done."""

    state: Annotated[str, StringConstraints(pattern=f"^({TRAINING}|{COMPLETE})$")]
    recipe: str
    started: Moment
    updated: Moment
    epochs: NonNegative
    epochs_done: NonNegative
    best_epoch: NonNegative
    phases: tuple[PlannedPhase, ...]

    @model_validator(mode="after")
    def _counts_fit(self) -> "RunState":
        planned = sum(phase.epochs for phase in self.phases)
        if self.epochs != planned:
            raise WrongTogether("epochs", f"All phases together have {planned} epochs", repr(self.epochs))
        for key, bound in (("epochs_done", "epochs"), ("best_epoch", "epochs_done")):
            value, most = getattr(self, key), getattr(self, bound)
            if value > most:
                raise WrongTogether(key, f"Input should be at most {bound}, which is {most}", repr(value))
        return self

    @property
    def training_pictures(self) -> int:
        """Of all sets together."""
        return sum(source.training_pictures for source in self.sets)


def read_run(folder: Path) -> RunState:
    """`folder`/run.toml. Raises RecipeError where it is absent, naming every wrong key and value."""
    return read_toml(folder / RUN_TOML, RunState, RecipeError)


def write_run(folder: Path, run: RunState) -> None:
    """Write `folder`/run.toml whole."""
    write_toml(folder / RUN_TOML, run, head="Written by the training after every epoch.")

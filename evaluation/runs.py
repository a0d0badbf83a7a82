"""Folders -> the runs in them: what each training is, how far it is, how its epochs went, what it reaches.

A room of its own because a run is told by up to five files, of which a young or an old one has only some:
`run.toml` (state and times), `recipe.toml`, `history.csv`, `variant.toml` and `metrics.json`. Everything here
is read from them, nothing is written, so that a training may go on beside it.
"""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dataset.records import CHIPS
from evaluation.metrics.estimates import Estimate
from evaluation.reports.lineage import EARLIER_PARTS
from evaluation.reports.scores import estimates_in, read_scores
from faces.errors import DataMissing, ProjectError, TableError
from faces.variants import Variant, read_variant

TRAINING, COMPLETE, STOPPED, INCOMPLETE, UNREADABLE = STATES = (
    "training",
    "complete",
    "stopped",
    "incomplete",
    "unreadable",
)
MAIN_PHASE, COOLDOWN_PHASE = "main", "cooldown"
RUN_FILES = ("run.toml", "history.csv", "variant.toml")  # a folder with one of these is a run's
SCORED_SET, SCORED_SPLIT = CHIPS, "test"
# A training that gave no sign of life for so long is taken for killed.
SILENT_EPOCHS, SILENT_MORE = 5, timedelta(minutes=10)
FIRST_EPOCH_SECONDS = 20 * 60.0  # while no epoch is done, nobody knows how long one takes


@dataclass(frozen=True)
class Phase:
    """Part of a training: its name, and of how many epochs it is planned."""

    name: str
    epochs: int


@dataclass(frozen=True, eq=False)
class Run:
    """One training. What its files do not say is None or empty; `problem` says why a run is unreadable.

    `history` has a row an epoch, those of earlier parts first, with the columns of HISTORY
    that the files hold, and always `epoch`, `seconds` and `phase`. `epochs` is how many were planned.
    `measures` are those of the test split of `chips` by key; empty where the network was not scored.
    """

    name: str
    folder: Path
    state: str
    history: pd.DataFrame
    recipe: str = ""
    epochs: int | None = None
    best_epoch: int | None = None
    phases: tuple[Phase, ...] = ()
    started: datetime | None = None
    updated: datetime | None = None
    device: str = ""
    skipped_pictures: int = 0
    parameters: int | None = None
    network_mb: float | None = None
    estimates: Mapping[str, Estimate] | None = None
    problem: str = ""

    @property
    def epochs_done(self) -> int:
        return len(self.history)

    @property
    def seconds_left(self) -> float | None:
        """How long the epochs that are left will take if they go like those before; None if nobody knows."""
        if self.state != TRAINING or not self.epochs_done or self.epochs is None:
            return None
        return max(self.epochs - self.epochs_done, 0) * float(self.history.seconds.mean())

    @property
    def phase_starts(self) -> list[tuple[int, str]]:
        """(epoch, name) of every phase that has begun, in order; the first begins with the first epoch."""
        changes = self.history.phase != self.history.phase.shift()
        begun = self.history[changes]
        return [(int(epoch), str(name)) for epoch, name in zip(begun.epoch, begun.phase, strict=True)]

    @property
    def resume_command(self) -> str:
        """What goes on with a run that was killed."""
        return f"python -m training run {self.folder} --data-dir DIR --out {self.folder} --resume"


def runs_in(folders: Iterable[Path], *, now: datetime | None = None) -> list[Run]:
    """The run in each folder or, where it is none itself, those one level below, by name.

    A folder that is not there holds none; one that comes twice counts once. Names are unique, see `named`.
    What cannot be read is a run as well, UNREADABLE, with its problem. `now` is the present time.
    """
    now = now or datetime.now(UTC)
    runs: list[Run] = []
    for folder in run_folders(folders):
        run = _run(folder, now)
        runs.append(_renamed(run, named(run.name, folder, [other.name for other in runs])))
    return runs


def run_folders(folders: Iterable[Path]) -> list[Path]:
    """The folders of runs among `folders` and one level below them, each once."""
    found: list[Path] = []
    for folder in map(Path, folders):
        below = sorted(child for child in folder.iterdir() if child.is_dir()) if folder.is_dir() else []
        found += [folder] if _is_run(folder) else [child for child in below if _is_run(child)]
    first_of_each: dict[Path, Path] = {}
    for folder in found:
        first_of_each.setdefault(folder.resolve(), folder)
    return list(first_of_each.values())


def is_complete(folder: Path) -> bool:
    """Whether a folder holds a network that can be served."""
    return (folder / "variant.toml").is_file() and (folder / "network.onnx").is_file()


def named(own_name: str, folder: Path, taken: Sequence[str]) -> str:
    """`own_name` where it is not taken, else the folder's name, else that with the folder above it."""
    folder = folder.resolve()
    for name in (own_name, folder.name, f"{folder.parent.name}/{folder.name}"):
        if name not in taken:
            return name
    return str(folder)


def phases_in(history: pd.DataFrame) -> pd.Series:
    """The phase of each epoch, by name: an older history tells a finish (0 or 1), the oldest nothing."""
    if "phase" in history:
        return history.phase.astype(str)
    if "cooldown" in history:
        return history.cooldown.map({1: COOLDOWN_PHASE}).fillna(MAIN_PHASE)
    return pd.Series(MAIN_PHASE, history.index, dtype=str)


def _is_run(folder: Path) -> bool:
    return any((folder / file).is_file() for file in RUN_FILES)


def _run(folder: Path, now: datetime) -> Run:
    try:
        return _readable_run(folder, now)
    except (ProjectError, OSError, ValueError, KeyError, TypeError) as error:
        # ValueError is also what broken TOML, CSV and JSON raise.
        problem = str(error) if isinstance(error, ProjectError) else f"{folder} cannot be read: {error!r}"
        return Run(folder.name, folder, UNREADABLE, _no_epochs(), problem=problem)


def _readable_run(folder: Path, now: datetime) -> Run:
    told = _toml(folder / "run.toml")
    recipe = str(_toml(folder / "recipe.toml").get("name", ""))
    parts = [_history(folder / f"{part}.csv") for part in (*EARLIER_PARTS, "history")]
    history = _one_after_another(parts)
    variant = read_variant(folder) if (folder / "variant.toml").is_file() else None
    state = str(told.get("state", COMPLETE if variant else INCOMPLETE))
    if state not in STATES:
        raise TableError(f"{folder / 'run.toml'}: state is one of {', '.join(STATES)}. Received: {state}.")
    updated = _time(told.get("updated"))
    if state == TRAINING and updated is not None and now - updated > _longest_silence(parts[-1]):
        state = STOPPED
    planned = told.get("epochs", len(history) if state == COMPLETE else None)
    return Run(
        name=variant.name if variant else recipe or folder.name,
        folder=folder,
        state=state,
        history=history,
        recipe=variant.recipe if variant else recipe,
        epochs=int(planned) if planned is not None else None,
        best_epoch=int(told["best_epoch"]) if told.get("best_epoch") else _best_epoch(history, parts[-1]),
        phases=tuple(Phase(str(one["name"]), int(one["epochs"])) for one in told.get("phases", [])),
        started=_time(told.get("started")),
        updated=updated,
        device=str(told.get("device", "")),
        skipped_pictures=int(told.get("skipped_pictures", 0)),
        parameters=variant.parameters if variant else None,
        network_mb=_megabytes(folder / "network.onnx"),
        estimates=_estimates(variant) if variant else None,
    )


def _toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _history(path: Path) -> pd.DataFrame:
    if not path.is_file():
        return _no_epochs()
    history = pd.read_csv(path)
    missing = [name for name in ("epoch", "seconds") if name not in history]
    if missing:
        raise TableError(f"{path} is no history table: missing {missing}. Received: {list(history)}.")
    return history.assign(phase=phases_in(history))


def _one_after_another(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The epochs of a training in parts, counted through."""
    trained = [part for part in parts if len(part)]
    if not trained:
        return _no_epochs()
    history = pd.concat(trained, ignore_index=True)
    return history.assign(epoch=np.arange(1, len(history) + 1)) if len(trained) > 1 else history


def _no_epochs() -> pd.DataFrame:
    return pd.DataFrame({"epoch": pd.Series(dtype=int), "seconds": pd.Series(dtype=float), "phase": ""})


def _time(text: Any) -> datetime | None:
    """ISO 8601 as text or as TOML's own date; without a zone it is UTC."""
    if not text:
        return None
    time = text if isinstance(text, datetime) else datetime.fromisoformat(str(text))
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _longest_silence(history: pd.DataFrame) -> timedelta:
    longest = float(history.seconds.max()) if len(history) else FIRST_EPOCH_SECONDS
    return SILENT_EPOCHS * timedelta(seconds=longest) + SILENT_MORE


def _best_epoch(history: pd.DataFrame, last_part: pd.DataFrame) -> int | None:
    """The epoch that is shipped: that of the last part's lowest validation loss."""
    if "validation_loss" not in last_part or last_part.validation_loss.isna().all():
        return None
    before = len(history) - len(last_part)
    return int(history.epoch.iloc[before + int(np.nanargmin(last_part.validation_loss))])


def _megabytes(path: Path) -> float | None:
    return path.stat().st_size / 1e6 if path.is_file() else None


def _estimates(variant: Variant) -> Mapping[str, Estimate] | None:
    """None where the network was not scored, or where the scores are those of an earlier one."""
    try:
        return estimates_in(read_scores(variant), SCORED_SET, SCORED_SPLIT) or None
    except (DataMissing, TableError):
        return None


def _renamed(run: Run, name: str) -> Run:
    return run if run.name == name else Run(**{**vars(run), "name": name})

"""Folders -> the runs in them: what each training is, how far it is, how its epochs went, what it reaches.

A young or an old run has only some of the five files: `run.toml` (state and times), `recipe.toml`,
`history.csv`, `variant.toml` and `metrics.json`. Nothing is written, so that a training may go on beside it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from dataset.records import CHIPS
from evaluation.metrics.estimates import Estimate
from evaluation.reports.lineage import recipe_of
from evaluation.reports.scores import estimates_in, history_in, read_scores
from faces.errors import DataMissing, ProjectError, TableError
from faces.variants import VARIANT_TOML, Variant, read_variant
from recipes.run import COMPLETE, EARLIER_PARTS, RUN_TOML, TRAINING, PlannedPhase, RunState, read_run
from recipes.values import COOLDOWN, MAIN

# TRAINING and COMPLETE stand in run.toml, the others follow from a folder and the time.
STOPPED, INCOMPLETE, UNREADABLE = "stopped", "incomplete", "unreadable"
RUN_FILES = (RUN_TOML, "history.csv", VARIANT_TOML)  # a folder with one of these is a run's
SCORED_SET, SCORED_SPLIT = CHIPS, "test"
# A training that gave no sign of life for so long is taken for killed.
SILENT_EPOCHS, SILENT_MORE = 5, timedelta(minutes=10)
FIRST_EPOCH_SECONDS = 20 * 60.0  # while no epoch is done, nobody knows how long one takes


@dataclass(frozen=True, eq=False)
class Run:
    """One training. What its files do not say is None or empty; `problem` says why a run is unreadable.

    `history` has a row an epoch, those of earlier parts first, with the columns of HISTORY
    that the files hold, and always `epoch`, `seconds` and `phase`. `epochs` is how many were planned.
    `estimates` are those of the test split of `chips` by key; None where the network was not scored.
    """

    name: str
    folder: Path
    state: str
    history: pd.DataFrame
    recipe: str = ""
    epochs: int | None = None
    best_epoch: int | None = None
    phases: tuple[PlannedPhase, ...] = ()
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
    run_paths: list[Path] = []
    for folder in map(Path, folders):
        below = sorted(child for child in folder.iterdir() if child.is_dir()) if folder.is_dir() else []
        run_paths += [folder] if _is_run(folder) else [child for child in below if _is_run(child)]
    first_of_each: dict[Path, Path] = {}
    for folder in run_paths:
        first_of_each.setdefault(folder.resolve(), folder)
    return list(first_of_each.values())


def is_complete(folder: Path) -> bool:
    """Whether a folder holds a network that can be served."""
    return (folder / VARIANT_TOML).is_file() and (folder / "network.onnx").is_file()


def named(own_name: str, folder: Path, taken: Sequence[str]) -> str:
    """`own_name` where it is not taken, else the folder's name, else that with the folder above it."""
    folder = folder.resolve()
    for name in (own_name, folder.name, f"{folder.parent.name}/{folder.name}"):
        if name not in taken:
            return name
    return str(folder)


def phases_in(history: pd.DataFrame) -> pd.Series:
    """The phase of each epoch by name: an older history has a column `cooldown` (0, 1), the oldest none."""
    if "phase" in history:
        return history.phase.astype(str)
    if COOLDOWN in history:
        return history.cooldown.map({1: COOLDOWN}).fillna(MAIN)
    return pd.Series(MAIN, history.index, dtype=str)


def _is_run(folder: Path) -> bool:
    return any((folder / file).is_file() for file in RUN_FILES)


def _run(folder: Path, now: datetime) -> Run:
    try:
        return _readable_run(folder, now)
    except (ProjectError, OSError, ValueError, KeyError, TypeError) as error:
        # ValueError is also what broken CSV and JSON raise.
        problem = str(error) if isinstance(error, ProjectError) else f"{folder} cannot be read: {error!r}"
        return Run(folder.name, folder, UNREADABLE, _no_epochs(), problem=problem)


def _readable_run(folder: Path, now: datetime) -> Run:
    state = read_run(folder) if (folder / RUN_TOML).is_file() else None
    variant = read_variant(folder) if (folder / VARIANT_TOML).is_file() else None
    parts = [_history(folder / f"{part}.csv") for part in (*EARLIER_PARTS, "history")]
    history = _one_after_another(parts)
    recipe = variant.recipe if variant else state.recipe if state else _recipe_name(folder)
    run = Run(
        name=variant.name if variant else recipe or folder.name,
        folder=folder,
        state=COMPLETE if variant else INCOMPLETE,
        history=history,
        recipe=recipe,
        epochs=len(history) if variant else None,
        best_epoch=_best_epoch(history, parts[-1]),
        parameters=variant.parameters if variant else None,
        network_mb=_megabytes(folder / "network.onnx"),
        estimates=_estimates(variant) if variant else None,
    )
    return run if state is None else _with_state(run, state, now, _longest_silence(parts[-1]))


def _with_state(run: Run, state: RunState, now: datetime, longest_silence: timedelta) -> Run:
    """The run with what its run.toml adds; one that trains and fell silent is stopped."""
    silent = state.state == TRAINING and now - state.updated > longest_silence
    return replace(
        run,
        state=STOPPED if silent else state.state,
        epochs=state.epochs,
        best_epoch=state.best_epoch or run.best_epoch,
        phases=state.phases,
        started=state.started,
        updated=state.updated,
        device=state.device,
        skipped_pictures=state.skipped_pictures,
    )


def _recipe_name(folder: Path) -> str:
    recipe = recipe_of(folder)
    return recipe.name if recipe else ""


def _history(path: Path) -> pd.DataFrame:
    if not path.is_file():
        return _no_epochs()
    history = history_in(path)
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


def _longest_silence(history: pd.DataFrame) -> timedelta:
    longest = float(history.seconds.max()) if len(history) else FIRST_EPOCH_SECONDS
    return SILENT_EPOCHS * timedelta(seconds=longest) + SILENT_MORE


def _best_epoch(history: pd.DataFrame, last_part: pd.DataFrame) -> int | None:
    """The epoch that is shipped: that of the last part's lowest validation loss."""
    if "validation_loss" not in last_part or last_part.validation_loss.isna().all():
        return None
    earlier_epochs = len(history) - len(last_part)
    return int(history.epoch.iloc[earlier_epochs + int(np.nanargmin(last_part.validation_loss))])


def _megabytes(path: Path) -> float | None:
    return path.stat().st_size / 1e6 if path.is_file() else None


def _estimates(variant: Variant) -> Mapping[str, Estimate] | None:
    """None where the network was not scored, or where the scores are those of an earlier one."""
    try:
        return estimates_in(read_scores(variant), SCORED_SET, SCORED_SPLIT) or None
    except (DataMissing, TableError):
        return None


def _renamed(run: Run, name: str) -> Run:
    return replace(run, name=name)

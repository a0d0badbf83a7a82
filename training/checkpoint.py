"""Model, optimiser and history of a run <-> `checkpoint.npz` in its folder, written after every epoch."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

from faces.files import whole_file

CHECKPOINT = "checkpoint.npz"

Row = dict[str, Any]  # an epoch's line of history.csv


@dataclass
class Progress:
    """Rows of the completed epochs, and the weights of the best of them in the order of `model.variables`."""

    history: list[Row] = field(default_factory=list)
    best: list[np.ndarray] = field(default_factory=list)

    @property
    def best_epoch(self) -> int:
        """Number of the epoch with the lowest validation loss, from 1; 0 before the first."""
        return min(self.history, key=lambda row: row["validation_loss"])["epoch"] if self.history else 0

    @property
    def lowest_loss(self) -> float:
        """The lowest validation loss; infinite before the first epoch."""
        return min((row["validation_loss"] for row in self.history), default=np.inf)

    def rows_after(self, epoch: int, epochs: int) -> list[Row]:
        """Rows of the `epochs` that follow `epoch` (a number, from 1)."""
        return [row for row in self.history if epoch < row["epoch"] <= epoch + epochs]


def save_checkpoint(
    path: Path, model: keras.Model, optimizer: keras.optimizers.Optimizer, progress: Progress
) -> None:
    """Write all variables of the model and the optimiser, the best weights and the history."""
    arrays = {f"model_{i}": variable.numpy() for i, variable in enumerate(model.variables)}
    arrays |= {f"optimizer_{i}": variable.numpy() for i, variable in enumerate(optimizer.variables)}
    arrays |= {f"best_{i}": value for i, value in enumerate(progress.best)}
    with whole_file(path) as unfinished:
        np.savez(unfinished, history=np.array(json.dumps(progress.history)), **arrays)


def load_progress(path: Path, model: keras.Model) -> Progress:
    """Set the weights of the last epoch in `model` and return its progress; without a file change nothing."""
    if not path.is_file():
        return Progress()
    _assign(path, "model", model.variables)
    with np.load(path) as arrays:
        best = [arrays[f"best_{i}"] for i in range(len(model.variables))]
        return Progress(json.loads(str(arrays["history"])), best)


def load_optimizer(path: Path, optimizer: keras.optimizers.Optimizer) -> None:
    """Set the state of the optimiser after the last epoch."""
    _assign(path, "optimizer", optimizer.variables)


def load_best_weights(path: Path, model: keras.Model) -> None:
    """Set the weights of the epoch with the lowest validation loss in `model`."""
    _assign(path, "best", model.variables)


def _assign(path: Path, prefix: str, variables: list[keras.Variable]) -> None:
    with np.load(path) as arrays:
        for i, variable in enumerate(variables):
            variable.assign(arrays[f"{prefix}_{i}"])

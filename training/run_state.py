"""Progress of a run -> run.toml in its folder: what a page or a person reads while it trains.

A room of its own because it is the one file of a run that says whether the run is complete.
"""

import json
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from faces.files import whole_file
from training.recipes import Recipe


def write_run_state(
    folder: Path,
    recipe: Recipe,
    history: list[dict[str, Any]],
    state: str,
    *,
    device: str,
    skipped: int,
    best_epoch: int,
) -> None:
    """Write `folder`/run.toml whole. `state` is "training" or "complete"; times are ISO 8601 in UTC."""
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
        "device": device,
        "skipped_pictures": skipped,
    }
    # JSON writes strings and numbers as TOML does.
    text = "# Written by the training after every epoch.\n"
    text += "".join(f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in table.items())
    for phase in recipe.phases:
        text += f"\n[[phases]]\nname = {json.dumps(phase.name)}\nepochs = {phase.epochs}\n"
    with whole_file(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8")

"""A variant's folder -> what its network started from, and how long it was trained, in words.

A room of its own because cards and the page About say the same. A training in two parts keeps the recipe and
the history of its first one beside its own, as `first_part.toml` and `first_part.csv`.
"""

import tomllib
from pathlib import Path
from typing import Any

import pandas as pd

from evaluation.report import read_history
from faces.variants import Variant

START_WORDS = {
    "faceres": "`faceres-deep`, a MobileNet 1.0 trained on faces (MIT)",
    "none": "none: random weights",
}


def recipe_of(folder: Path, name: str = "recipe.toml") -> dict[str, Any]:
    """The tables of a recipe in a variant's folder; empty where there is none."""
    path = folder / name
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def start_words(folder: Path) -> str:
    """The start weights, those of the first part where there is one; a path is a Keras file."""
    recipe = recipe_of(folder, "first_part.toml") or recipe_of(folder)
    weights = recipe.get("network", {}).get("weights", "")
    return START_WORDS.get(weights) or (f"`{weights}`" if weights else "not recorded")


def training_words(variant: Variant) -> str:
    """Epochs and hours. Raises TableError for a history that does not tell them."""
    history = read_history(variant)
    if history is None:
        return "none: the start weights as they are"
    first = variant.folder / "first_part.csv"
    parts = [pd.read_csv(first), history] if first.is_file() else [history]
    return ", then ".join(f"{len(part)} epochs in {part.seconds.sum() / 3600:.1f} hours" for part in parts)

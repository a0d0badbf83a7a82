"""A variant's folder -> what its network started from, and how long it was trained, in words.

A room of its own because cards and the page About say the same. A training in parts keeps the recipe and the
history of each part before the last beside its own, as `first_part.toml` and `first_part.csv`, and so on.
"""

import tomllib
from pathlib import Path
from typing import Any

import pandas as pd

from evaluation.reports.scores import read_history
from faces.variants import Variant

EARLIER_PARTS = ("first_part", "second_part")
START_WORDS = {
    "faceres": "`faceres-deep`, a MobileNet 1.0 trained on faces (MIT)",
    "none": "none: random weights",
}


def recipe_of(folder: Path, name: str = "recipe.toml") -> dict[str, Any]:
    """The tables of a recipe in a variant's folder; empty where there is none."""
    path = folder / name
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def recipes_of(folder: Path) -> dict[str, dict[str, Any]]:
    """File name -> tables, for the recipes of all parts of a training that are there, in their order."""
    names = [f"{part}.toml" for part in (*EARLIER_PARTS, "recipe")]
    return {name: recipe for name in names if (recipe := recipe_of(folder, name))}


def fractions_words(folder: Path) -> str:
    """From which sets the frames of each part of the training came."""
    fractions = [recipe.get("mix", {}).get("fractions", {}) for recipe in recipes_of(folder).values()]
    told = [
        ", ".join(f"{name} {100 * fraction:.0f} %" for name, fraction in part.items()) for part in fractions
    ]
    return "; then ".join(told) or "not recorded"


def start_words(folder: Path) -> str:
    """The start weights, those of the first part where there is one; a path is a Keras file."""
    recipe = next(iter(recipes_of(folder).values()), {})
    weights = recipe.get("network", {}).get("weights", "")
    return START_WORDS.get(weights) or (f"`{weights}`" if weights else "not recorded")


def training_words(variant: Variant) -> str:
    """Epochs and hours. Raises TableError for a history that does not tell them."""
    history = read_history(variant)
    if history is None:
        return "none: the start weights as they are"
    earlier = [variant.folder / f"{part}.csv" for part in EARLIER_PARTS]
    parts = [*(pd.read_csv(path) for path in earlier if path.is_file()), history]
    return ", then ".join(f"{len(part)} epochs in {part.seconds.sum() / 3600:.1f} hours" for part in parts)

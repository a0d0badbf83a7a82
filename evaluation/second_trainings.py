"""Variants -> predictions of their second trainings, of which `model_*/second_seed` keeps tables and recipes.

A second training is the same recipe with other seeds. It confirms a difference between two variants, or does
not; a user's own runs have none.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from dataset.tables.columns import PREDICTIONS
from evaluation.predictions import read_predictions
from evaluation.reports.lineage import recipes_of
from faces.detection import DEFAULT_DETECTOR
from faces.variants import VARIANT_TOML, Variant, read_variant
from recipes.recipe import Recipe

FOLDER = "second_seed"  # in the folder of a variant


def second_training_of(variant: Variant) -> Variant | None:
    """The second training; None where there is none, or where its recipes differ in more than their seeds.

    Raises VariantError and RecipeError where its files are wrong.
    """
    folder = variant.folder / FOLDER
    if variant.parts or not (folder / VARIANT_TOML).is_file():
        return None
    second = read_variant(folder)
    return second if _without_seeds(variant) == _without_seeds(second) else None


def second_training_predictions(
    variants: Sequence[Variant], detector_path: Path = DEFAULT_DETECTOR
) -> pd.DataFrame:
    """Predictions of the second trainings under the names of `variants`; no rows of a variant without one.

    Raises TableError as `read_predictions` does, and as `second_training_of`.
    """
    tables = [
        read_predictions([second.folder], detector_path).assign(variant=variant.name)
        for variant in variants
        if (second := second_training_of(variant)) is not None
    ]
    with_rows = [table for table in tables if len(table)]
    return (
        pd.concat(with_rows, ignore_index=True)
        if with_rows
        else pd.DataFrame(columns=PREDICTIONS.column_names)
    )


def _without_seeds(variant: Variant) -> list[Recipe]:
    """The recipes of all parts of a training, less their names and seeds."""
    return [
        replace(recipe, name="any", path=Path(), schedule=replace(recipe.schedule, seed=0))
        for recipe in recipes_of(variant.folder).values()
    ]

"""Variant folders -> the predictions that belong to the networks in them.

Both networks of a pair are predicted alone, each into its own folder; here their columns become one table.

A room of its own because pages, scores and cards must refuse the same tables: those that another network,
split or detector made.
"""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from dataset.splits import split_sha256
from dataset.tables.columns import PREDICTIONS
from dataset.tables.schema import Provenance, read_table
from faces.detection import DEFAULT_DETECTOR
from faces.errors import TableError
from faces.files import sha256_of
from faces.variants import Variant, read_variant

GENDER_COLUMNS = ["female_probability", "predicted_gender"]  # of dataset.tables.columns.PREDICTIONS


def read_predictions(variant_folders: Sequence[Path], detector_path: Path = DEFAULT_DETECTOR) -> pd.DataFrame:
    """All sets of all variants, columns of PREDICTIONS; no rows where nothing was predicted.

    Raises TableError when a table was made by another network, split or detector than those served, or
    holds rows of another variant, and VariantError for a folder that is none.
    """
    detector_sha256 = sha256_of(detector_path)
    tables = [
        table for folder in variant_folders for table in _tables_of(read_variant(folder), detector_sha256)
    ]
    if not tables:
        return pd.DataFrame(columns=PREDICTIONS.column_names)
    return pd.concat(tables, ignore_index=True)


def _tables_of(variant: Variant, detector_sha256: str) -> list[pd.DataFrame]:
    if variant.parts:
        ages, genders = (
            {table.set.iloc[0]: table for table in _tables_of(part, detector_sha256) if len(table)}
            for part in variant.parts
        )
        return [_joined(variant, ages[name], genders[name]) for name in ages if name in genders]
    if variant.split_sha256 != split_sha256():
        raise TableError(
            f"{variant.folder} was trained on another split: dataset/split.csv is {split_sha256()[:12]}…. "
            f"Received: {variant.split_sha256[:12]}…."
        )
    expected = Provenance(variant.split_sha256, variant.network_sha256, detector_sha256)
    tables = []
    for path in sorted((variant.folder / "predictions").glob("*.parquet")):
        table = read_table(path, PREDICTIONS, expected)
        others = sorted(set(table.variant) - {variant.name})
        if others:
            raise TableError(f"{path} belongs to the variant '{variant.name}'. Received: rows of {others}.")
        tables.append(table)
    return tables


def _joined(variant: Variant, ages: pd.DataFrame, genders: pd.DataFrame) -> pd.DataFrame:
    """One set as a pair reads it: the rows of the network of ages, with the genders of the other."""
    told = genders.set_index("file")[GENDER_COLUMNS]
    if not told.index.is_unique or set(told.index) != set(ages.file):
        raise TableError(
            f"The two tables of {ages.set.iloc[0]} of {variant.folder} are of other pictures: "
            f"`python -m evaluation predict` makes them anew. Received: {len(ages)} and {len(genders)} rows."
        )
    columns = {name: told[name].reindex(ages.file).to_numpy() for name in GENDER_COLUMNS}
    return ages.assign(variant=variant.name, **columns)

"""Variant folders -> their committed tables of predictions and robustness, checked against what is served.

Of a composite variant, both networks are predicted alone, each into its own folder; here their columns
become one table.
"""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from dataset.splits import split_sha256
from dataset.tables.columns import PREDICTIONS, ROBUSTNESS, ROBUSTNESS_PREDICTIONS
from dataset.tables.schema import Provenance, read_csv_table, read_table
from faces.detection import DEFAULT_DETECTOR
from faces.errors import TableError
from faces.files import sha256_of
from faces.variants import Variant, read_variant

GENDER_COLUMNS = ["female_probability", "predicted_gender"]  # of dataset.tables.columns.PREDICTIONS
ROBUSTNESS_FILE = "robustness.csv"  # in the folder of a variant
ROBUSTNESS_PREDICTIONS_FILE = "robustness.parquet"
ROBUSTNESS_COMMAND = "python -m evaluation robustness --data-dir DIR"


def read_predictions(variant_folders: Sequence[Path], detector_path: Path = DEFAULT_DETECTOR) -> pd.DataFrame:
    """Predictions of all variants on all sets, columns of PREDICTIONS; empty where nothing was predicted.

    Raises TableError when a table was made by another network, split or detector than those served, or
    holds rows of another variant, and VariantError for a folder without a variant.
    """
    detector_sha256 = sha256_of(detector_path)
    tables = [
        table for folder in variant_folders for table in _tables_of(read_variant(folder), detector_sha256)
    ]
    if not tables:
        return pd.DataFrame(columns=PREDICTIONS.column_names)
    return pd.concat(tables, ignore_index=True)


def read_robustness(variant_folders: Sequence[Path], detector_path: Path = DEFAULT_DETECTOR) -> pd.DataFrame:
    """Robustness tables of all variants, columns of ROBUSTNESS; empty where nothing was measured.

    Raises TableError and VariantError as `read_predictions`.
    """
    detector_sha256 = sha256_of(detector_path)
    tables = [
        _robustness_of(read_variant(folder), detector_sha256)
        for folder in map(Path, variant_folders)
        if (folder / ROBUSTNESS_FILE).is_file()
    ]
    if not tables:
        return pd.DataFrame(columns=ROBUSTNESS.column_names)
    return pd.concat(tables, ignore_index=True)


def read_robustness_predictions(
    variant_folders: Sequence[Path], detector_path: Path = DEFAULT_DETECTOR
) -> pd.DataFrame:
    """Predictions of all variants under every condition, columns of ROBUSTNESS_PREDICTIONS; may be empty.

    Raises TableError and VariantError as `read_predictions`.
    """
    detector_sha256 = sha256_of(detector_path)
    tables = []
    for folder in map(Path, variant_folders):
        path = folder / ROBUSTNESS_PREDICTIONS_FILE
        if path.is_file():
            variant = read_variant(folder)
            expected = Provenance(split_sha256(), variant.network_sha256, detector_sha256)
            tables.append(read_table(path, ROBUSTNESS_PREDICTIONS, expected))
            _refuse_other_variants(path, tables[-1], variant)
    if not tables:
        return pd.DataFrame(columns=ROBUSTNESS_PREDICTIONS.column_names)
    return pd.concat(tables, ignore_index=True)


def _tables_of(variant: Variant, detector_sha256: str) -> list[pd.DataFrame]:
    if variant.parts:
        ages, genders = (
            {table.set.iloc[0]: table for table in _tables_of(part, detector_sha256) if len(table)}
            for part in variant.parts
        )
        return [_composite_rows(variant, ages[name], genders[name]) for name in ages if name in genders]
    if variant.split_sha256 != split_sha256():
        raise TableError(
            f"{variant.folder} was trained on another split: dataset/split.csv is {split_sha256()[:12]}…. "
            f"Received: {variant.split_sha256[:12]}…."
        )
    expected = Provenance(variant.split_sha256, variant.network_sha256, detector_sha256)
    tables = []
    for path in sorted((variant.folder / "predictions").glob("*.parquet")):
        table = read_table(path, PREDICTIONS, expected)
        _refuse_other_variants(path, table, variant)
        tables.append(table)
    return tables


def _robustness_of(variant: Variant, detector_sha256: str) -> pd.DataFrame:
    path = variant.folder / ROBUSTNESS_FILE
    table = read_csv_table(path, ROBUSTNESS)
    expected = Provenance(split_sha256(), variant.network_sha256, detector_sha256)
    for column, sha256 in asdict(expected).items():
        others = sorted(set(table[column]) - {sha256})
        if others:
            raise TableError(
                f"{path} was made with another {column.removesuffix('_sha256')}: expected SHA-256 "
                f"{sha256[:12]}…. Received: {str(others[0])[:12]}…. `{ROBUSTNESS_COMMAND}` makes it anew."
            )
    _refuse_other_variants(path, table, variant)
    return table


def _refuse_other_variants(path: Path, table: pd.DataFrame, variant: Variant) -> None:
    others = sorted(set(table.variant) - {variant.name})
    if others:
        raise TableError(f"{path} belongs to the variant '{variant.name}'. Received: rows of {others}.")


def _composite_rows(variant: Variant, ages: pd.DataFrame, genders: pd.DataFrame) -> pd.DataFrame:
    """One set as a composite variant predicts it: the rows of the age network, genders of the other."""
    by_file = genders.set_index("file")[GENDER_COLUMNS]
    if not by_file.index.is_unique or set(by_file.index) != set(ages.file):
        raise TableError(
            f"The two tables of {ages.set.iloc[0]} of {variant.folder} are of other pictures: "
            f"`python -m evaluation predict` makes them anew. Received: {len(ages)} and {len(genders)} rows."
        )
    columns = {name: by_file[name].reindex(ages.file).to_numpy() for name in GENDER_COLUMNS}
    return ages.assign(variant=variant.name, **columns)

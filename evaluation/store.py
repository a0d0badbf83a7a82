"""Variant folders -> the predictions that belong to the networks in them.

A room of its own because pages, scores and cards must refuse the same tables: those that another network,
split or detector made.
"""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from dataset.splits import split_sha256
from dataset.tables import PREDICTIONS, Provenance, read_table
from faces.detection import DEFAULT_DETECTOR
from faces.errors import TableError
from faces.files import sha256_of
from faces.variants import Variant, read_variant


def read_predictions(variant_folders: Sequence[Path], detector_path: Path = DEFAULT_DETECTOR) -> pd.DataFrame:
    """All sets of all variants, columns of dataset.tables.PREDICTIONS; no rows where nothing was predicted.

    Raises TableError when a table was made by another network, split or detector than those served, or
    holds rows of another variant, and VariantError for a folder that is none.
    """
    detector_sha256 = sha256_of(detector_path)
    frames = [
        frame for folder in variant_folders for frame in _tables_of(read_variant(folder), detector_sha256)
    ]
    if not frames:
        return pd.DataFrame(columns=PREDICTIONS.column_names)
    return pd.concat(frames, ignore_index=True)


def _tables_of(variant: Variant, detector_sha256: str) -> list[pd.DataFrame]:
    if variant.split_sha256 != split_sha256():
        raise TableError(
            f"{variant.folder} was trained on another split: dataset/split.csv is {split_sha256()[:12]}…. "
            f"Received: {variant.split_sha256[:12]}…."
        )
    expected = Provenance(variant.split_sha256, variant.network_sha256, detector_sha256)
    frames = []
    for path in sorted((variant.folder / "predictions").glob("*.parquet")):
        frame = read_table(path, PREDICTIONS, expected)
        others = sorted(set(frame.variant) - {variant.name})
        if others:
            raise TableError(f"{path} belongs to the variant '{variant.name}'. Received: rows of {others}.")
        frames.append(frame)
    return frames

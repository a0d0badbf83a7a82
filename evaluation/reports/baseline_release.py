"""Present tables -> the snapshot of them in `model_*/baseline_release`, and back.

A release's figures must outlive its tables: the fairness table that the page shows again, and of each
variant the few numbers on `chips` test that paired intervals need. `python -m evaluation snapshot` writes
them, once, before new networks replace the old ones.
"""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from dataset.records import CHIPS
from dataset.tables.columns import BASELINE, FAIRNESS
from dataset.tables.schema import Provenance, provenance_of, read_csv_table, read_table, write_table
from evaluation.metrics.fairness import FAIRNESS_SETS, fairness_groups
from evaluation.sets import PUBLISHED_SPLIT
from faces.files import whole_file
from faces.variants import Variant

FOLDER = "baseline_release"  # in the folder of a variant
PREDICTIONS_FILE, FAIRNESS_FILE = "predictions.parquet", "fairness.csv"
DIGITS = 4  # a hundredth of a day, a hundredth of a per cent


def snapshot(predictions: pd.DataFrame, variants: Sequence[Variant], detector_sha256: str) -> list[Path]:
    """Write the present predictions of `variants` as their baseline release; return the paths written."""
    written = []
    for variant in variants:
        numbers = ["predicted_age_years", "female_probability"]
        columns = ["file", "variant", *numbers]
        rows = published_rows(predictions, CHIPS, variant.name)[columns].reset_index(drop=True)
        path = variant.folder / FOLDER / PREDICTIONS_FILE
        path.parent.mkdir(parents=True, exist_ok=True)
        provenance = Provenance(variant.split_sha256, variant.network_sha256, detector_sha256)
        write_table(rows.assign(**rows[numbers].round(DIGITS)), BASELINE, path, provenance)
        with whole_file(path.with_name(FAIRNESS_FILE)) as unfinished:
            present_fairness(predictions, [variant]).round(DIGITS).to_csv(unfinished, index=False)
        written += [path, path.with_name(FAIRNESS_FILE)]
    return written


def present_fairness(predictions: pd.DataFrame, variants: Sequence[Variant]) -> pd.DataFrame:
    """Rows of FAIRNESS: each variant on the published split of every set that names races."""
    tables = []
    for set_name in FAIRNESS_SETS:
        for variant in variants:
            groups = fairness_groups(published_rows(predictions, set_name, variant.name))
            rows = groups.assign(
                set=set_name,
                split=PUBLISHED_SPLIT,
                variant=variant.name,
                network_sha256=variant.network_sha256,
            )
            tables.append(rows[FAIRNESS.column_names])
    return _together(tables)


def published_rows(predictions: pd.DataFrame, set_name: str, variant_name: str) -> pd.DataFrame:
    """One variant's predictions of a set's published split."""
    published = (predictions.set == set_name) & (predictions.split == PUBLISHED_SPLIT)
    return predictions[published & (predictions.variant == variant_name)]


def baseline_fairness(variants: Sequence[Variant]) -> pd.DataFrame:
    """Rows of FAIRNESS of earlier networks of `variants`; none of the networks that are served now."""
    tables = []
    for variant in variants:
        path = variant.folder / FOLDER / FAIRNESS_FILE
        if path.is_file():
            rows = read_csv_table(path, FAIRNESS)
            of_variant, is_earlier = (
                rows.variant == variant.name,
                rows.network_sha256 != variant.network_sha256,
            )
            tables.append(rows[of_variant & is_earlier])
    return _together(tables)


def baseline_predictions(variant: Variant) -> tuple[pd.DataFrame, str] | None:
    """Rows of BASELINE of an earlier network of `variant`, and its SHA-256; None where there is no other one.

    Raises TableError where they are of another split.
    """
    path = variant.folder / FOLDER / PREDICTIONS_FILE
    if not path.is_file():
        return None
    network_sha256 = provenance_of(path).network_sha256
    if network_sha256 == variant.network_sha256:
        return None
    return read_table(path, BASELINE, Provenance(split_sha256=variant.split_sha256)), network_sha256


def _together(tables: list[pd.DataFrame]) -> pd.DataFrame:
    """The rows of all tables; empty ones are left out, whose columns have no types."""
    filled = [table for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=FAIRNESS.column_names)

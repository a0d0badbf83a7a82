"""The present tables -> what is kept of them in `model_*/baseline_release`, and back.

An earlier release's figures must outlive its tables: a table of fairness that
people read, and of each variant the few numbers on `chips` test that paired intervals need.
`python -m evaluation freeze` writes them, once, before new networks replace the old ones.
"""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from dataset.records import CHIPS
from dataset.tables.columns import (
    BASELINE,
    FAIRNESS,
    Provenance,
    provenance_of,
    read_csv_table,
    read_table,
    write_table,
)
from evaluation.metrics.fairness import FAIRNESS_SETS, fairness_groups
from evaluation.sets import PUBLISHED_SPLIT
from faces.files import whole_file
from faces.variants import Variant

FOLDER = "baseline_release"  # in the folder of a variant
PREDICTIONS_FILE, FAIRNESS_FILE = "predictions.parquet", "fairness.csv"
DIGITS = 4  # a hundredth of a day, a hundredth of a per cent


def snapshot(predictions: pd.DataFrame, variants: Sequence[Variant], detector_sha256: str) -> list[Path]:
    """Keep the present predictions of `variants` as those of the release before; return the paths written."""
    written = []
    for variant in variants:
        rows = published_rows(predictions, CHIPS, variant.name)
        numbers = ["predicted_age_years", "female_probability"]
        kept = rows[["file", "variant", *numbers]].reset_index(drop=True)
        path = variant.folder / FOLDER / PREDICTIONS_FILE
        path.parent.mkdir(parents=True, exist_ok=True)
        provenance = Provenance(variant.split_sha256, variant.network_sha256, detector_sha256)
        write_table(kept.assign(**kept[numbers].round(DIGITS)), BASELINE, path, provenance)
        with whole_file(path.with_name(FAIRNESS_FILE)) as unfinished:
            present_fairness(predictions, [variant]).round(DIGITS).to_csv(unfinished, index=False)
        written += [path, path.with_name(FAIRNESS_FILE)]
    return written


def present_fairness(predictions: pd.DataFrame, variants: Sequence[Variant]) -> pd.DataFrame:
    """Rows of FAIRNESS: the published split of every set that names races, of each variant."""
    tables = [pd.DataFrame(columns=FAIRNESS.column_names)]
    for set_name in FAIRNESS_SETS:
        for variant in variants:
            cells = fairness_groups(published_rows(predictions, set_name, variant.name))
            told = {
                "set": set_name,
                "split": PUBLISHED_SPLIT,
                "variant": variant.name,
                "network_sha256": variant.network_sha256,
            }
            tables.append(cells.assign(**told)[FAIRNESS.column_names])
    return pd.concat([table for table in tables if len(table)] or tables[:1], ignore_index=True)


def published_rows(predictions: pd.DataFrame, set_name: str, variant_name: str) -> pd.DataFrame:
    """One variant's rows of a set's published split."""
    chosen = (predictions.set == set_name) & (predictions.split == PUBLISHED_SPLIT)
    return predictions[chosen & (predictions.variant == variant_name)]


def baseline_fairness(variants: Sequence[Variant]) -> pd.DataFrame:
    """Rows of FAIRNESS of earlier networks of `variants`; none of the networks that are served now."""
    tables = [pd.DataFrame(columns=FAIRNESS.column_names)]
    for variant in variants:
        path = variant.folder / FOLDER / FAIRNESS_FILE
        if path.is_file():
            kept = read_csv_table(path, FAIRNESS)
            own = (kept.variant == variant.name) & (kept.network_sha256 != variant.network_sha256)
            tables.append(kept[own])
    return pd.concat([table for table in tables if len(table)] or tables[:1], ignore_index=True)


def baseline_predictions(variant: Variant) -> tuple[pd.DataFrame, str] | None:
    """Rows of BEFORE of an earlier network of `variant`, and its SHA-256; None where there is no other one.

    Raises TableError where they are of another split.
    """
    path = variant.folder / FOLDER / PREDICTIONS_FILE
    if not path.is_file():
        return None
    network_sha256 = provenance_of(path).network_sha256
    if network_sha256 == variant.network_sha256:
        return None
    return read_table(path, BASELINE, Provenance(split_sha256=variant.split_sha256)), network_sha256

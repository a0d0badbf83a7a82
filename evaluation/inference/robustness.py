"""Test pictures + networks -> `robustness.csv` and `.parquet` of each variant: metrics and predictions."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from dataset.records import CHIPS, PORTRAITS, load_records
from dataset.splits import split_sha256
from dataset.tables.columns import ROBUSTNESS, ROBUSTNESS_PREDICTIONS
from dataset.tables.schema import Provenance, write_table
from evaluation.inference.conditions import CONDITIONS, predictions_under
from evaluation.inference.subsets import first_by_hash
from evaluation.metrics.robustness import robustness_predictions, robustness_rows
from evaluation.predictions import ROBUSTNESS_FILE, ROBUSTNESS_PREDICTIONS_FILE
from evaluation.sets import PUBLISHED_SPLIT
from faces.detection import Detector
from faces.errors import VariantError
from faces.files import whole_file
from faces.networks import Network
from faces.predictions import OUTPUTS

SAMPLE = {CHIPS: 500, PORTRAITS: 240}  # how many test pictures of each set are predicted
SAMPLE_SEED = "robustness sample 1"  # enters a hash: never renamed


def write_robustness(
    networks: Sequence[Network], detector: Detector, data_dir: Path, cache_dir: Path
) -> list[Path]:
    """Predict the corrupted pictures with every network, write two tables for each, return their paths.

    Raises DataMissing, and VariantError for a network without both an age and a gender head. Load the
    networks and the detector with one thread each.
    """
    for network in networks:
        if network.heads != OUTPUTS:
            raise VariantError(
                f"Robustness is measured of networks with both heads, {' and '.join(OUTPUTS)}. "
                f"Received: {network.variant.name}, which has {' and '.join(network.heads)}."
            )
    tables: dict[str, list[pd.DataFrame]] = {network.variant.name: [] for network in networks}
    pictured: dict[str, list[pd.DataFrame]] = {network.variant.name: [] for network in networks}
    for set_name in SAMPLE:
        pictures = sampled_pictures(set_name, data_dir, cache_dir)
        by_name, faces_found = predictions_under(
            CONDITIONS, pictures, networks, detector, cache_dir, title=set_name
        )
        for name, predictions in by_name.items():
            columns = pd.DataFrame(_condition_columns())
            by_picture = robustness_predictions(
                pictures, columns, predictions.age_years, predictions.female_probability
            )
            pictured[name].append(by_picture.assign(set=set_name, variant=name))
            rows = robustness_rows(pictures, predictions.age_years, predictions.female_probability)
            rows = rows.assign(variant=name, set=set_name, **_condition_columns())
            tables[name].append(
                rows.assign(face_found_fraction=faces_found.mean(axis=0), face_found_count=len(faces_found))
            )
    paths = []
    for network in networks:
        variant = network.variant
        table = pd.concat(tables[variant.name]).assign(
            split_sha256=split_sha256(),
            network_sha256=variant.network_sha256,
            detector_sha256=detector.sha256,
        )
        path = variant.folder / ROBUSTNESS_FILE
        with whole_file(path) as unfinished:
            table[ROBUSTNESS.column_names].round(6).to_csv(unfinished, index=False)
        provenance = Provenance(split_sha256(), variant.network_sha256, detector.sha256)
        path_by_picture = variant.folder / ROBUSTNESS_PREDICTIONS_FILE
        write_table(pd.concat(pictured[variant.name]), ROBUSTNESS_PREDICTIONS, path_by_picture, provenance)
        paths += [path, path_by_picture]
    return paths


def sampled_pictures(set_name: str, data_dir: Path, cache_dir: Path) -> pd.DataFrame:
    """Records (dataset.records.RECORD_COLUMNS) of the set's sample, in its order. Raises DataMissing."""
    records = load_records(set_name, data_dir, cache_dir)
    test = records[records.split == PUBLISHED_SPLIT].set_index("file", drop=False)
    files = first_by_hash(test.file, SAMPLE[set_name], SAMPLE_SEED)
    return test.loc[files].reset_index(drop=True)


def _condition_columns() -> dict[str, list]:
    """The columns corruption, severity, level and unit: the unchanged pictures, then every condition."""
    corruptions = [condition.corruption for condition in CONDITIONS]
    severities = [condition.severity for condition in CONDITIONS]
    levels = [kind.level(severity) for kind, severity in zip(corruptions, severities, strict=True)]
    return {
        "corruption": ["unchanged", *(corruption.key for corruption in corruptions)],
        "severity": [0, *severities],
        "level": [np.nan, *levels],
        "unit": ["none", *(corruption.unit for corruption in corruptions)],
    }

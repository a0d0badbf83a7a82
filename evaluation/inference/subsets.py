"""Name of an evaluation set -> its labelled pictures that are scored, each with its split.

Predictions, calibration and the tests that compute them again take the same pictures in the same order from
here. Of the train split a fixed sample is enough to measure overfitting; of FairFace's none is scored.
"""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from dataset.labels import SPLITS, TRAIN
from dataset.records import FAIRFACE, load_records
from dataset.stable_hash import ALL_BITS, stable_hash

TRAIN_SAMPLE = 2000
SAMPLE_SEED = "train sample 1"  # enters a hash: never renamed


def scored_pictures(set_name: str, data_dir: Path, cache_dir: Path) -> pd.DataFrame:
    """Records of dataset.records by split and file; of `train` the sample or none. Raises DataMissing."""
    records = load_records(set_name, data_dir, cache_dir)
    if set_name == FAIRFACE:
        records = records[records.split != TRAIN]
    in_train = records.split == TRAIN
    sampled = records[in_train & records.file.isin(train_sample(list(records.file[in_train])))]
    pictures = pd.concat([sampled, records[~in_train]])
    order = pd.Categorical(pictures.split, SPLITS, ordered=True)
    return (
        pictures.assign(order=order).sort_values(["order", "file"], ignore_index=True).drop(columns="order")
    )


def train_sample(files: list[str]) -> set[str]:
    """The TRAIN_SAMPLE names whose seeded hashes come first."""
    return set(first_by_hash(files, TRAIN_SAMPLE, SAMPLE_SEED))


def first_by_hash(files: Iterable[str], count: int, seed: str) -> list[str]:
    """At most `count` of the names, sorted by their hashes under `seed`; independent of the files' order."""
    return sorted(files, key=lambda file: stable_hash(f"{seed} {file}", ALL_BITS))[:count]

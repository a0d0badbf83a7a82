"""Pictures of a set + networks -> `predictions/SET.parquet` in each variant's folder.

Everything after it takes tables, and needs neither networks nor pictures.
"""

from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from dataset.labels import SPLITS
from dataset.splits import split_sha256
from dataset.tables.columns import FACE_FOUND, PREDICTIONS, UNREADABLE
from dataset.tables.schema import Provenance, write_table
from evaluation.inference.calibration import refuse_stale_calibration
from evaluation.inference.outputs import RawOutputs, raw_outputs
from evaluation.inference.subsets import scored_pictures
from faces.calibration import Calibration
from faces.detection import Detector
from faces.errors import VariantError
from faces.networks import Network, predictions_from
from faces.variants import FACE, WHOLE_IMAGE, Variant, read_variant, single_folders


def loaded_networks(variant_folders: Sequence[Path]) -> list[Network]:
    """The networks of variant folders, each with one thread; of a composite variant both, apart.

    Raises VariantError when two share a name.
    """
    networks = [Network(read_variant(folder), threads=1) for folder in single_folders(variant_folders)]
    names = [network.variant.name for network in networks]
    if len(set(names)) < len(names):
        raise VariantError(f"Variants need different names. Received: {', '.join(names)}.")
    return networks


def write_predictions(
    set_name: str,
    networks: Sequence[Network],
    detector: Detector,
    data_dir: Path,
    cache_dir: Path,
    *,
    splits: Collection[str] = SPLITS,
) -> list[Path]:
    """Predict one set, or some of its splits, with all variants, write a table for each, return their paths.

    Raises DataMissing, and VariantError where a calibration belongs to another network.
    """
    for network in networks:
        refuse_stale_calibration(network.variant)
    pictures = scored_pictures(set_name, data_dir, cache_dir)
    pictures = pictures[pictures.split.isin(splits)].reset_index(drop=True)
    outputs = raw_outputs(pictures, networks, detector, cache_dir, title=set_name)
    paths = []
    for network in networks:
        variant = network.variant
        table = prediction_rows(set_name, pictures, outputs[variant.name], variant, network.calibration)
        path = predictions_path(variant.folder, set_name)
        provenance = Provenance(split_sha256(), variant.network_sha256, detector.sha256)
        write_table(table, PREDICTIONS, path, provenance)
        paths.append(path)
    return paths


def predictions_path(variant_folder: Path, set_name: str) -> Path:
    return variant_folder / "predictions" / f"{set_name}.parquet"


def prediction_rows(
    set_name: str, pictures: pd.DataFrame, outputs: RawOutputs, variant: Variant, calibration: Calibration
) -> pd.DataFrame:
    """Labels and calibrated outputs as rows of dataset.tables.columns.PREDICTIONS; row i is picture i.

    Columns of a head that the network lacks are null (`predicted_gender`: empty), as are all predictions of
    an unreadable picture.
    """
    readable = (outputs.boxes.status != UNREADABLE).to_numpy()
    by_face = (outputs.boxes.status == FACE_FOUND) & (variant.input_mode == FACE)
    decoded = outputs.rows(readable)
    predictions = predictions_from(decoded.age_probabilities, decoded.female_probability, calibration)
    numbers = np.full((len(pictures), 4), np.nan)
    numbers[readable] = np.array(
        [
            (prediction.age_years, prediction.age_low, prediction.age_high, prediction.female_probability)
            for prediction in predictions
        ],
        np.float64,  # None becomes NaN
    ).reshape(-1, 4)
    genders = np.full(len(pictures), "", object)
    genders[readable] = [prediction.gender or "" for prediction in predictions]
    # Single precision: the networks compute in it, and the file is half as large.
    numbers = numbers.astype(np.float32).astype(np.float64)
    boxes = outputs.boxes.drop(columns="file").reset_index(drop=True)
    singles = boxes.select_dtypes("float").columns
    # An exact age is a bin of its own: first and last year are that age.
    exact = pd.DataFrame({"age_low": pictures.age_years, "age_high": pictures.age_years})
    bins = pictures if "age_low" in pictures else exact
    labels = pictures[["file", "split", "subject", "age_years", "gender", "race"]].reset_index(drop=True)
    return pd.concat([labels, boxes.astype(dict.fromkeys(singles, np.float32))], axis=1).assign(
        set=set_name,
        variant=variant.name,
        input_source=np.where(readable, np.where(by_face, FACE, WHOLE_IMAGE), ""),
        age_first_years=bins.age_low.to_numpy(float),
        age_last_years=bins.age_high.to_numpy(float),
        predicted_age_years=numbers[:, 0],
        age_low_years=numbers[:, 1],
        age_high_years=numbers[:, 2],
        female_probability=numbers[:, 3],
        predicted_gender=genders,
    )

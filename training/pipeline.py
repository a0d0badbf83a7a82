"""Recipe + data -> a tf.data pipeline of augmented training inputs, and fixed validation inputs.

The inputs of a set are cropped once, with some margin, into a uint8 file that is mapped into memory; every
epoch samples from it and augments in numpy, on other threads than the training step, which never waits.
Which inputs an epoch holds depends on the seed and the epoch alone, so a resumed run trains on what an
uninterrupted one would have trained on.
"""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import tensorflow as tf
from tqdm import tqdm

from dataset.augmentation import Augmentation, augmented_with_face
from dataset.duplicates import read_duplicate_groups, with_mean_ages
from dataset.face_boxes import write_boxes
from dataset.face_dataset import FaceDataset, FaceLabels
from dataset.labels import TRAIN, decade_of
from dataset.records import CHIPS, load_records
from dataset.stable_hash import stable_hash
from faces.errors import DataMissing, PictureError
from faces.files import whole_file
from faces.networks import ATTENTION
from faces.variants import FACE, Variant
from recipes.recipe import FEMALE, InputRecipe, Recipe


@dataclass(frozen=True)
class Labelled:
    """Inputs (n, px, px, 3) uint8 RGB with age intervals (n, 2) in years and genders (n, 1), -1 if unknown.

    `boxes_cxcys` (n, 3) are the faces' squares as centre x, centre y and side, in fractions of the input's
    side; NaN where unknown. `skipped` pictures could not be decoded. `features` (samples, n, width) float32
    are those of a frozen backbone, which then take the inputs' place (training.frozen_features).
    """

    inputs: np.ndarray
    ages: np.ndarray
    genders: np.ndarray
    skipped: int = 0
    boxes_cxcys: np.ndarray | None = None
    features: np.ndarray | None = None


def labelled_inputs(
    recipe: Recipe,
    set_name: str,
    split: str,
    data_dir: Path,
    cache_dir: Path,
    *,
    canvas_scale: float = 1.0,
    limit: int | None = None,
) -> Labelled:
    """Crop the inputs of a split of a set, or map those in the cache; a picture that is broken is named.

    `limit` keeps about so many pictures, chosen by a hash of their names, for a quick run.
    """
    variant = recipe.variant()
    records = _records_of(set_name, split, data_dir, cache_dir, limit)
    if recipe.average_duplicates and (set_name, split) == (CHIPS, TRAIN):
        records = with_mean_ages(records, read_duplicate_groups(cache_dir))
    needs_boxes = variant.input_mode == FACE or recipe.network.attention_px
    boxes = write_boxes(records, _table_name(set_name), cache_dir) if needs_boxes else None
    dataset = FaceDataset(records, variant, boxes, canvas_scale=canvas_scale)
    key = _cache_key(variant, dataset, boxes if variant.input_mode == FACE else None)
    path = cache_dir / "inputs" / f"{_table_name(set_name)}-{split}-{key}.npy"
    if not path.is_file():
        _write_inputs(dataset, path, f"inputs {recipe.name} {set_name} {split}")
    rows = list(range(len(dataset)))
    unreadable = path.with_suffix(".unreadable")
    if unreadable.is_file():
        rows = sorted(set(rows) - set(np.loadtxt(unreadable, dtype=int, ndmin=1).tolist()))
    labels = [dataset.labels_of(row) for row in rows]
    inputs = np.load(path, mmap_mode="r")
    return Labelled(
        inputs if len(rows) == len(inputs) else inputs[rows],
        _age_intervals(labels),
        np.array([[label.gender] for label in labels], np.float32).reshape(-1, 1),
        len(inputs) - len(rows),
        np.array([dataset.face_cxcys_of(row) for row in rows], np.float32),
    )


def sampled_crop(
    source: Labelled, index: int, augmentation: Augmentation, settings: InputRecipe, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Augment one input: (px, px, 3) uint8 RGB, and the face's square in it (3,), moved by the same warp."""
    return augmented_with_face(
        source.inputs[index],
        _box_cxcys(source, index),
        augmentation,
        rng,
        settings.input_px,
        settings.pad_rgb,
    )


def _box_cxcys(source: Labelled, index: int) -> np.ndarray:
    return np.full(3, np.nan, np.float32) if source.boxes_cxcys is None else source.boxes_cxcys[index]


def training_batches(sources: dict[str, Labelled], recipe: Recipe, epoch: int) -> tuple[tf.data.Dataset, int]:
    """The augmented batches of one epoch (counted from 0), and their number.

    Where the sources have cached features, the batches are of those: the samples in turn, one an epoch.
    """
    schedule, mix = recipe.schedule, recipe.mix_of(epoch)
    names = [name for name in sources if name in mix.fractions]
    picks = np.concatenate(
        [
            np.stack([np.full(len(chosen), number), chosen], axis=1)
            for number, name in enumerate(names)
            for chosen in [
                _sampled_rows(
                    _age_weights(sources[name].ages, mix.age_balance),
                    round(mix.fractions[name] * schedule.inputs_per_epoch),
                    schedule.seed + number,
                    epoch,
                )
            ]
        ]
    )
    rng = np.random.default_rng([schedule.seed, epoch])
    rng.shuffle(picks)
    steps = len(picks) // schedule.batch_size
    picks = picks[: steps * schedule.batch_size].reshape(steps, schedule.batch_size, 2)
    batches = [sources[name] for name in names]
    px = recipe.input.input_px
    features = batches[0].features
    shape, kind = ((px, px, 3), tf.uint8) if features is None else (features.shape[2:], tf.float32)

    def batch_at(step: np.int64) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        generator = np.random.default_rng([schedule.seed, epoch, int(step)])
        rows = [(batches[source], index) for source, index in picks[step]]
        samples = [
            sampled_crop(*row, mix.augmentation, recipe.input, generator)
            if features is None
            else (row[0].features[epoch % len(features), row[1]], _box_cxcys(*row))
            for row in rows
        ]
        return (
            np.stack([crop for crop, _ in samples]),
            np.nan_to_num(np.stack([box for _, box in samples]), nan=-1.0),
            np.stack([source.ages[index] for source, index in rows]),
            np.stack([source.genders[index] for source, index in rows]),
        )

    def labelled(step: tf.Tensor) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        inputs, boxes_cxcys, ages, genders = tf.numpy_function(batch_at, [step], [kind] + 3 * [tf.float32])
        inputs.set_shape((schedule.batch_size, *shape))
        boxes_cxcys.set_shape((schedule.batch_size, 3))
        ages.set_shape((schedule.batch_size, 2))
        genders.set_shape((schedule.batch_size, 1))
        labels = {}
        if recipe.network.age is not None:
            labels[recipe.network.age_name] = ages
        if recipe.network.gender is not None:
            labels[FEMALE] = genders
        if recipe.network.attention_px:
            labels[ATTENTION] = boxes_cxcys
        return tf.cast(inputs, tf.float32), labels

    dataset = tf.data.Dataset.range(steps).map(labelled, num_parallel_calls=2, deterministic=True)
    return dataset.prefetch(4), steps


def _age_weights(ages: np.ndarray, balance: float) -> np.ndarray:
    """Sampling weight of each row, on average 1: (count of its age decade) ** -balance, scaled."""
    decades = decade_of(ages.mean(axis=1)) // 10 + 1  # 0: no age, which is -1
    weights = np.bincount(decades).astype(float)[decades] ** -balance
    return weights / weights.mean()


def _sampled_rows(weights: np.ndarray, wanted: int, seed: int, epoch: int) -> np.ndarray:
    """`wanted` rows for one epoch, round after round: in each, a row occurs floor or ceil(weight) times.

    This is systematic sampling; with equal weights a round is a permutation, so that all rows occur evenly.
    """
    count = len(weights)
    first = epoch * wanted
    positions = np.arange(first, first + wanted)
    rounds = {}
    for number in np.unique(positions // count).tolist():
        rng = np.random.default_rng([seed, number])
        order = rng.permutation(count)
        edges = np.cumsum(weights[order])
        picks = np.searchsorted(edges, np.arange(count) + rng.random(), side="right")
        rounds[number] = order[np.minimum(picks, count - 1)]
        rng.shuffle(rounds[number])
    return np.array([rounds[int(position) // count][position % count] for position in positions], np.int64)


def _records_of(
    set_name: str, split: str, data_dir: Path, cache_dir: Path, limit: int | None
) -> pd.DataFrame:
    records = load_records(set_name, data_dir, cache_dir)
    records = records[records.split == split].reset_index(drop=True)
    if limit is not None:
        records = records.iloc[
            [stable_hash(file) % 1000 < 1000 * limit / len(records) for file in records.file]
        ]
    if records.empty:
        raise DataMissing(f"{set_name} has no picture in its split {split}.")
    return records


def _write_inputs(dataset: FaceDataset, path: Path, caption: str) -> None:
    unreadable: list[int] = []
    with whole_file(path) as unfinished:
        shape = (len(dataset), dataset.canvas_px, dataset.canvas_px, 3)
        inputs = np.lib.format.open_memmap(unfinished, "w+", np.uint8, shape)

        def crop(index: int) -> None:
            try:
                inputs[index] = dataset[index][0]
            except PictureError as error:
                tqdm.write(f"skipped: {error}")
                unreadable.append(index)

        with ThreadPoolExecutor(2) as pool:
            list(tqdm(pool.map(crop, range(len(dataset))), total=len(dataset), desc=caption, unit="picture"))
        inputs.flush()
    if unreadable:
        with whole_file(path.with_suffix(".unreadable")) as unfinished:
            np.savetxt(unfinished, sorted(unreadable), fmt="%d")


def _cache_key(variant: Variant, dataset: FaceDataset, boxes: pd.DataFrame | None) -> str:
    """A hash of all that the inputs depend on but the pictures' bytes."""
    digest = hashlib.sha256()
    for field in (variant.input_mode, variant.input_px, variant.pad_rgb, dataset.canvas_px):
        digest.update(repr(field).encode())
    digest.update("\n".join(dataset.records.file).encode())
    if boxes is not None:
        digest.update(repr(variant.crop_scale).encode())
        digest.update(pd.util.hash_pandas_object(boxes, index=False).to_numpy().tobytes())
    return digest.hexdigest()[:12]


def _table_name(set_name: str) -> str:
    """The name of a set in the caches: of a CSV its file's name and a hash of its path."""
    if not set_name.endswith(".csv"):
        return set_name
    return f"{Path(set_name).stem}-{hashlib.sha256(set_name.encode()).hexdigest()[:8]}"


def _age_intervals(labels: list[FaceLabels]) -> np.ndarray:
    intervals = [(label.age_low, label.age_high) for label in labels]
    return np.nan_to_num(np.array(intervals, np.float32).reshape(-1, 2), nan=-1.0)

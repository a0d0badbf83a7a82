"""Variants of small networks at a random start, through the real export, with one head or both."""

from pathlib import Path
from typing import Any

import pytest

from dataset.splits import split_sha256
from faces.detection import DEFAULT_DETECTOR
from faces.files import sha256_of
from faces.networks import TENSORS
from faces.predictions import AGE, GENDER
from faces.variants import Variant

PX = 40


def exported(folder: Path, name: str, outputs: tuple[str, ...], seed: int, **changes: Any) -> Variant:
    """The variant `name` under `folder`, with heads `outputs`; `changes` are keys of its variant.toml."""
    pytest.importorskip("tensorflow", reason="needs TensorFlow (the full environment)")
    import keras

    from training.export.export import export_variant

    layers = keras.layers
    keras.utils.set_random_seed(seed)
    px = changes.pop("input_px", PX)
    inputs = keras.Input((px, px, 3), name="inputs")
    features = layers.Conv2D(8, 5, strides=2, activation="relu")(layers.Rescaling(1 / 50, -2)(inputs))
    features = layers.GlobalAveragePooling2D()(features)
    heads = {AGE: (101, "softmax"), GENDER: (1, "sigmoid")}
    layers_of_outputs = {
        TENSORS[output]: layers.Dense(*heads[output], name=TENSORS[output]) for output in outputs
    }
    model = keras.Model(inputs, {tensor: head(features) for tensor, head in layers_of_outputs.items()})
    facts: dict[str, Any] = {
        "input_mode": "face",
        "crop_scale": 1.4,
        "pad_rgb": (124, 117, 104),
        "detector_sha256": sha256_of(DEFAULT_DETECTOR),
    }
    return export_variant(
        model, folder / name, name=name, recipe=f"recipe of {name}", split_sha256=split_sha256(),
        **(facts | changes),
    )  # fmt: skip

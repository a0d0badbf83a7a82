"""Variant folder + input -> the saliency map of tf-keras-vis, the published implementation of the methods.

Tests compare `faces.saliency` with it, and the Saliency page offers it where TensorFlow is installed: it
starts this module as a process and sends requests down a pipe.
"""

import json
import os
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import tensorflow as tf
from tf_keras_vis.gradcam import Gradcam
from tf_keras_vis.gradcam_plus_plus import GradcamPlusPlus
from tf_keras_vis.saliency import Saliency

from faces.errors import ProjectError, VariantError
from faces.graph_names import current_name
from faces.networks import ATTENTION
from faces.predictions import AGE
from faces.saliency.maps import expanded, scaled_to_one
from faces.saliency.smoothgrad import NOISE, SAMPLES, SEED
from faces.saliency.targets import target_for
from faces.variants import read_variant


def reference_map(
    folder: Path,
    crop: np.ndarray,
    method: str,
    output: str,
    *,
    female_probability: float,
    smooth_samples: int = SAMPLES,
) -> np.ndarray:
    """(px, px, 3) RGB input -> (px, px) float32 from 0 to 1, by a method of `faces.saliency.explain.METHODS`.

    `female_probability` is the variant's prediction for this input: it decides which gender is explained.
    """
    model, last_convolution = _one_head(Path(folder), output)
    target = target_for(output, female_probability)
    weights = tf.constant(target.age_weights if output == AGE else target.gender_weight)
    score = lambda outputs: tf.reduce_sum(outputs * weights, axis=-1)  # noqa: E731
    rectifier = tf.abs if target.counts_both_ways else tf.nn.relu
    inputs = tf.constant(crop[None], tf.float32)
    if method in ("vanilla", "smoothgrad"):
        np.random.seed(SEED)  # noqa: NPY002 - tf-keras-vis samples from the global generator
        samples = smooth_samples if method == "smoothgrad" else 0
        values = Saliency(model)(score, inputs, smooth_samples=samples, smooth_noise=NOISE)
    else:
        engine = {"gradcam": Gradcam, "gradcam_plus_plus": GradcamPlusPlus}[method](model)
        box = _attention_box(Path(folder), inputs)
        values = engine(
            score,
            inputs,
            penultimate_layer=last_convolution,
            seek_penultimate_conv_layer=False,
            activation_modifier=rectifier,
            expand_cam=box is None,
            normalize_cam=box is None,
        )
        if box is not None:
            # tf-keras-vis would resize the feature map to the whole input.
            return scaled_to_one(expanded(np.asarray(values[0]), len(crop), box))
    return np.asarray(values[0], np.float32)


def _attention_box(folder: Path, inputs: tf.Tensor) -> np.ndarray | None:
    """The attention box (centre x, centre y, side) in one input, (3,); None without an attention crop."""
    model = _loaded(read_variant(folder).folder / "network.keras")
    outputs = {current_name(name): value for name, value in model(inputs, training=False).items()}
    return outputs[ATTENTION].numpy()[0] if ATTENTION in outputs else None


@lru_cache(maxsize=8)
def _loaded(path: Path) -> keras.Model:
    return keras.models.load_model(path, compile=False)


@lru_cache(maxsize=8)
def _one_head(folder: Path, output: str) -> tuple[keras.Model, str]:
    """The network with one output, as tf-keras-vis needs it, and the name of the layer for Grad-CAM."""
    variant = read_variant(folder)
    path = folder / "network.keras"
    if not path.is_file():
        raise VariantError(f"tf-keras-vis needs the Keras network, and {folder} has no network.keras.")
    model = _loaded(path)
    if output == AGE:
        return keras.Model(model.inputs, model.output["age_probabilities"]), variant.last_convolution
    female = model.get_layer("female_probability")
    log_odds = keras.layers.Dense(1, name="female_log_odds")
    one_head = keras.Model(model.inputs, log_odds(female.input))
    log_odds.set_weights(female.get_weights())
    return one_head, variant.last_convolution


def answer_requests(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer until `requests` ends.

    A request is a line of JSON, the arguments of `reference_map`, and the bytes of a (px, px, 3) uint8 input;
    an answer is a line of JSON, {"error": text or null}, and without an error the (px, px) float32 map.
    """
    while line := requests.readline():
        arguments: dict[str, Any] = json.loads(line)
        folder, px = Path(arguments.pop("folder")), arguments.pop("px")
        crop = np.frombuffer(requests.read(px * px * 3), np.uint8).reshape(px, px, 3)
        try:
            values = reference_map(folder, crop, **arguments).tobytes()
            error = None
        except ProjectError as refusal:
            values, error = b"", str(refusal)
        answers.write(json.dumps({"error": error}).encode() + b"\n" + values)
        answers.flush()


if __name__ == "__main__":
    # What a library prints must not get between the answers.
    pipe = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    answer_requests(sys.stdin.buffer, pipe)

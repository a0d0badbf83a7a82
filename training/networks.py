"""A recipe's [network] -> a flat Keras model: frames in, age probabilities and female probability out.

Every network reads `frames`, (n, px, px, 3) RGB from 0 to 255, and normalises inside its graph, so that
serving has one input format. Outputs are a dict: `age_probabilities` (n, 101), `female_probability` (n, 1).
"""

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from training.start_weights import load_faceres

MEAN_RGB = (123.68, 116.779, 103.939)  # of ImageNet, as the start network was trained
AGES = 101


def mobilenet(input_px: int) -> keras.Model:
    """MobileNet 1.0 with a 256-unit face feature, an age softmax and a gender sigmoid (3.5 M parameters)."""
    frames = keras.Input((input_px, input_px, 3), name="frames")
    centred = keras.layers.Rescaling(1.0, offset=[-value for value in MEAN_RGB], name="centred")(frames)
    # input_tensor= keeps the graph flat: saliency tools cannot look into a nested model.
    body = keras.applications.MobileNet(input_tensor=centred, include_top=False, weights=None, pooling="avg")
    features = keras.layers.Dense(256, activation="relu", name="face_features")(body.output)
    ages = keras.layers.Dense(AGES, activation="softmax", name="age_probabilities")(features)
    female = keras.layers.Dense(1, activation="sigmoid", name="female_probability")(features)
    return keras.Model(
        frames, {"age_probabilities": ages, "female_probability": female}, name="mobilenet_face"
    )


def started_network(input_px: int, start: str, weights_dir: Path | None) -> keras.Model:
    """A network at its start: `faceres` (imported from `weights_dir`) or `none` (random).

    Batch norm is frozen when the start is pretrained: its statistics belong to the start network.
    """
    model = mobilenet(input_px)
    if start == "faceres":
        assert weights_dir is not None
        load_faceres(model, weights_dir / "faceres-deep.json")
        for layer in model.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.trainable = False
    return model


def measure_batch_norm(model: keras.Model, frames: np.ndarray) -> None:
    """Give every batch norm the statistics of `frames` (n, px, px, 3) and make it trainable, in place.

    Scale and shift are changed with them, so that the network answers as it did. faceres-deep comes with its
    statistics folded away (mean 0, variance 1): a batch norm trained from there would be another network.
    """
    layers = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    inputs = keras.Model(model.input, [layer.input for layer in layers])
    sums = [np.zeros((2, layer.input.shape[-1])) for layer in layers]
    for start in range(0, len(frames), 32):
        for total, values in zip(sums, inputs(frames[start : start + 32], training=False), strict=True):
            means, variances = tf.nn.moments(values, [0, 1, 2])
            total += len(values) / len(frames) * np.stack([means, variances + tf.square(means)])
    for layer, (mean, square) in zip(layers, sums, strict=True):
        gamma, beta, old_mean, old_variance = layer.get_weights()
        variance = square - mean**2
        scale = gamma / np.sqrt(old_variance + layer.epsilon)
        layer.set_weights(
            [scale * np.sqrt(variance + layer.epsilon), beta + scale * (mean - old_mean), mean, variance]
        )
        layer.trainable = True

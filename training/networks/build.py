"""[network] of a recipe -> a flat Keras model at its start: inputs in, a dict of outputs.

Outputs are `age_probabilities` (n, 101) or `age_years` (n, 1), and `female_probability` (n, 1), or one of the
two alone; with an attention crop also `attention_cxcys`, the localizer's output
(training.networks.attention). What is served has probabilities in any case: `served_network`.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from faces.errors import DataMissing, RecipeError
from faces.graph_names import current_name
from faces.networks import ATTENTION
from faces.predictions import AGES
from recipes.recipe import (
    AGE_PROBABILITIES,
    AGE_YEARS,
    DISTRIBUTION,
    EMBEDDING,
    FACERES,
    FEMALE,
    IMAGENET,
    NO_WEIGHTS,
    Head,
    NetworkRecipe,
)
from training.networks.architectures import ARCHITECTURES, FIRST_CONVOLUTIONS
from training.networks.attention import CXCYS_LAYER, attention_crops
from training.networks.start_weights import load_faceres

SERVED_SIGMA_YEARS = 2.0


@dataclass(frozen=True)
class StartedNetwork:
    """A model at its start, the names of its layers below the heads, and its start weights in words."""

    model: keras.Model
    backbone: tuple[str, ...]
    started_from: str


def started_network(recipe: NetworkRecipe, input_px: int, weights_dir: Path | None) -> StartedNetwork:
    """Build the network of a recipe with its start weights; those of `faceres` are in `weights_dir`.

    Raises DataMissing where weights cannot be had, with what to download and where to put it, and
    RecipeError where they do not fit.
    """
    localized = None
    if recipe.weights not in (NO_WEIGHTS, FACERES, IMAGENET) and not Path(recipe.weights).is_file():
        raise DataMissing(
            f"There are no weights at {recipe.weights}. Put a Keras file there (.keras, loaded by layer "
            "name, or the .h5 of a backbone; for VGGFace that is rcmalli_vggface_tf_notop_vgg16.h5 of "
            f'github.com/rcmalli/keras-vggface), or set weights = "{NO_WEIGHTS}" in the recipe for a random '
            "start."
        )
    if recipe.architecture == EMBEDDING:
        inputs, features = _embedding(recipe, input_px)
    else:
        inputs = crops = keras.Input((input_px, input_px, 3), name="inputs")
        if recipe.attention_px:
            crops, localized = attention_crops(inputs, recipe.attention_px)
        features = _feature_map(recipe, crops)
    if len(features.shape) == 4:
        pooling = layers.Flatten if recipe.pooling == "flatten" else layers.GlobalAveragePooling2D
        features = pooling(name="pooled")(features)
    backbone = tuple(layer.name for layer in keras.Model(inputs, features).layers)
    # The name under which faceres-deep's layer is imported; an embedding network may have one of its own.
    shared = "shared" if recipe.architecture == EMBEDDING else "face_features"
    features = _dense(features, recipe.shared, shared)
    outputs = {}
    if recipe.age is not None:
        width, activation = (AGES, "softmax") if recipe.age_output == DISTRIBUTION else (1, None)
        age = layers.Dense(width, activation, name=recipe.age_name)
        outputs[recipe.age_name] = age(_dense(features, recipe.age, "age"))
    if recipe.gender is not None:
        outputs[FEMALE] = layers.Dense(1, "sigmoid", name=FEMALE)(_dense(features, recipe.gender, "gender"))
    if localized is not None:
        outputs[ATTENTION] = localized
    model = keras.Model(inputs, outputs, name=recipe.architecture)
    return StartedNetwork(model, backbone, _start(model, recipe, weights_dir))


def served_network(model: keras.Model) -> keras.Model:
    """The same layers with the outputs that serving expects: an age distribution, the attention box alone.

    An age in years becomes a normal distribution around it, of SERVED_SIGMA_YEARS before calibration, written
    as a dense layer: the logarithm of its density is linear in the age but for a term that softmax cancels.
    The attention box may be that of the embedding.
    """
    outputs = dict(model.output)
    layers_by_name = {current_name(layer.name): layer for layer in model.layers}
    if CXCYS_LAYER in layers_by_name:
        outputs[ATTENTION] = layers_by_name[CXCYS_LAYER].output
    if AGE_YEARS in outputs:
        ages = np.arange(AGES, dtype=np.float32)
        dense = layers.Dense(AGES, "softmax", name=AGE_PROBABILITIES, trainable=False)
        outputs = {AGE_PROBABILITIES: dense(outputs.pop(AGE_YEARS)), **outputs}
        precision = 1 / SERVED_SIGMA_YEARS**2
        dense.set_weights([precision * ages[None], -0.5 * precision * ages**2])
    return keras.Model(model.input, outputs, name=model.name)


def measure_batch_norm(model: keras.Model, inputs: np.ndarray) -> None:
    """Give every batch norm the statistics of `inputs` (n, px, px, 3), in place.

    Scale and shift are changed with them, so that the outputs stay the same. faceres-deep comes with its
    statistics folded away (mean 0, variance 1): a batch norm trained from there would be another network.
    """
    norms = [layer for layer in model.layers if isinstance(layer, layers.BatchNormalization)]
    norm_inputs = keras.Model(model.input, [layer.input for layer in norms])
    sums = [np.zeros((2, layer.input.shape[-1])) for layer in norms]
    for start in range(0, len(inputs), 32):
        for total, values in zip(sums, norm_inputs(inputs[start : start + 32], training=False), strict=True):
            means, variances = tf.nn.moments(values, [0, 1, 2])
            total += len(values) / len(inputs) * np.stack([means, variances + tf.square(means)])
    for layer, (mean, square) in zip(norms, sums, strict=True):
        gamma, beta, old_mean, old_variance = layer.get_weights()
        variance = square - mean**2
        scale = gamma / np.sqrt(old_variance + layer.epsilon)
        layer.set_weights(
            [scale * np.sqrt(variance + layer.epsilon), beta + scale * (mean - old_mean), mean, variance]
        )


def _dense(features: keras.KerasTensor, head: Head, name: str) -> keras.KerasTensor:
    """Rectified dense layers, each followed by its dropout; one alone has the bare name."""
    for number, (units, dropout) in enumerate(zip(head.units, head.dropout, strict=True), start=1):
        layer_name = f"{name}_{number}" if len(head.units) > 1 else name
        features = layers.Dense(units, "relu", kernel_initializer=head.initializer, name=layer_name)(features)
        if dropout:
            features = layers.Dropout(dropout, name=f"{layer_name}_dropout")(features)
    return features


def _start(model: keras.Model, recipe: NetworkRecipe, weights_dir: Path | None) -> str:
    """Load the start weights that concern the whole network; return where all come from, in words."""
    if recipe.weights == NO_WEIGHTS:
        return "random weights"
    if recipe.weights == IMAGENET:
        return "ImageNet"
    if recipe.architecture == EMBEDDING:
        return f"the embedding of {recipe.weights}"
    if recipe.weights == FACERES:
        if weights_dir is None:
            raise DataMissing("The start weights faceres-deep lie in the data folder: give --data-dir.")
        load_faceres(model, weights_dir / "faceres-deep.json")
        return "faceres-deep"
    path = Path(recipe.weights)
    if path.suffix == ".keras":
        _load_by_name(model, path, recipe.architecture)
    return path.name


def _embedding(recipe: NetworkRecipe, input_px: int) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """The input, RGB 0-255, and a named layer's output of another network, such as ArcFace."""
    network = keras.models.load_model(recipe.weights, compile=False)
    if recipe.embedding_layer not in [layer.name for layer in network.layers]:
        raise RecipeError(
            f"embedding_layer is a layer of {recipe.weights}. Received: '{recipe.embedding_layer}'."
        )
    if tuple(network.inputs[0].shape[1:]) != (input_px, input_px, 3):
        raise RecipeError(
            f"{recipe.weights} takes inputs of {network.inputs[0].shape[1]} px. Received: {input_px}."
        )
    return network.inputs[0], network.get_layer(recipe.embedding_layer).output


def _feature_map(recipe: NetworkRecipe, inputs: keras.KerasTensor) -> keras.KerasTensor:
    """The architecture's feature map, with the weights that were published for it alone."""
    if recipe.architecture not in ARCHITECTURES:
        known = ", ".join([*ARCHITECTURES, EMBEDDING])
        raise RecipeError(f"architecture is one of {known}. Received: '{recipe.architecture}'.")
    if recipe.weights == IMAGENET:
        features = _imagenet_feature_map(recipe, inputs)
        _take_rgb(keras.Model(inputs, features), recipe.architecture)
        return features
    features = ARCHITECTURES[recipe.architecture](inputs)
    if recipe.weights.endswith(".h5"):
        backbone = keras.Model(inputs, features)
        try:
            backbone.load_weights(recipe.weights)
        except (OSError, ValueError) as error:
            raise RecipeError(f"{recipe.weights} does not fit {recipe.architecture}: {error}") from error
        _take_rgb(backbone, recipe.architecture)
    return features


def _take_rgb(backbone: keras.Model, architecture: str) -> None:
    """Reverse the channels of the first kernel where the published weights are for BGR."""
    if architecture in FIRST_CONVOLUTIONS:
        layer = backbone.get_layer(FIRST_CONVOLUTIONS[architecture])
        kernel, *bias = layer.get_weights()
        layer.set_weights([kernel[:, :, ::-1], *bias])


def _imagenet_feature_map(recipe: NetworkRecipe, inputs: keras.KerasTensor) -> keras.KerasTensor:
    """The feature map with the weights that Keras publishes, fetched where they are not in its cache."""
    try:
        return ARCHITECTURES[recipe.architecture](inputs, weights=IMAGENET)
    except Exception as error:  # urllib, ssl and socket errors, and Keras's own: the file is not there
        folder = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "models"
        raise DataMissing(
            f"The ImageNet weights of {recipe.architecture} (Keras, Apache 2.0) cannot be fetched: download "
            f'the file and put it into {folder}, or set weights = "{NO_WEIGHTS}" in the recipe for a random '
            f"start. Received: {error}"
        ) from error


def _load_by_name(model: keras.Model, path: Path, architecture: str) -> None:
    """Give every layer of `model` the weights of the layer with its name in a `.keras` file.

    Raises RecipeError where the file holds none of the layers, or one of another shape.
    """
    source = keras.models.load_model(path, compile=False)
    weights_by_layer = {current_name(layer.name): layer.get_weights() for layer in source.layers}
    matching = [layer for layer in model.layers if layer.weights and weights_by_layer.get(layer.name)]
    if not matching:
        names = ", ".join(list(weights_by_layer)[:5])
        raise RecipeError(f"{path} holds no layer of {architecture}. Received: {names}.")
    for layer in matching:
        try:
            layer.set_weights(weights_by_layer[layer.name])
        except ValueError as error:
            raise RecipeError(f"{path} does not fit {architecture}: layer {layer.name}: {error}") from error

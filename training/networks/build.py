"""A recipe's [network] -> a flat Keras model at its start: frames in, what its heads say out.

A room of its own because architecture, weights and heads meet only here. Outputs are a dict: of
`age_probabilities` (n, 101) or `age_years` (n, 1), and `female_probability` (n, 1); a network may have one
alone. What is served has probabilities in any case: `served_network`. A network that takes a glimpse says
where, too: `glimpse`, see training.networks.attention.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

import h5py
import keras
import numpy as np
import tensorflow as tf
from keras import layers

from faces.errors import DataMissing, RecipeError
from faces.graph_names import current_name
from faces.networks import ATTENTION
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
from training.networks.losses import AGES
from training.networks.start_weights import load_faceres

SERVED_SIGMA_YEARS = 2.0
VGGFACE_LAYER = re.compile(r"^conv(\d)_(\d)$")
_KERAS = "https://storage.googleapis.com/tensorflow/keras-applications"
_NO_TOP = "weights_tf_dim_ordering_tf_kernels_notop.h5"
IMAGENET_FILES = {
    "vgg16": f"{_KERAS}/vgg16/vgg16_{_NO_TOP}",
    "resnet50": f"{_KERAS}/resnet/resnet50_{_NO_TOP}",
    "efficientnetb0": "https://storage.googleapis.com/keras-applications/efficientnetb0_notop.h5",
}


@dataclass(frozen=True)
class StartedNetwork:
    """A model at its start, the names of its layers below the heads, and what it started from, for people."""

    model: keras.Model
    backbone: tuple[str, ...]
    started_from: str


def started_network(recipe: NetworkRecipe, input_px: int, weights_dir: Path | None) -> StartedNetwork:
    """The network of a recipe with its start weights; `weights_dir` holds `faceres`.

    Raises DataMissing where weights cannot be had, saying what to download and where to put it, and
    RecipeError where they do not fit.
    """
    if recipe.architecture == EMBEDDING:
        inputs, features, look = *_embedding(recipe, input_px), None
    elif recipe.architecture not in ARCHITECTURES:
        known = ", ".join([*ARCHITECTURES, EMBEDDING])
        raise RecipeError(f"architecture is one of {known}. Received: '{recipe.architecture}'.")
    else:
        inputs = keras.Input((input_px, input_px, 3), name="inputs")
        if recipe.attention_px:
            seen, look = attention_crops(inputs, recipe.attention_px)
        else:
            seen, look = inputs, None
        features = ARCHITECTURES[recipe.architecture](seen)
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
    if look is not None:
        outputs[ATTENTION] = look
    model = keras.Model(inputs, outputs, name=recipe.architecture)
    started_from = _start(model, recipe, weights_dir)
    return StartedNetwork(model, backbone, started_from)


def served_network(model: keras.Model) -> keras.Model:
    """The same layers without losses and optimiser, an age in years as the distribution that serving reads.

    Of a glimpse, its own or that of its embedding, it tells the place alone.
    That distribution is a normal one around the age, of SERVED_SIGMA_YEARS before calibration, written as a
    dense layer: the logarithm of its density is linear in the age but for a term that softmax cancels.
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
    """Give every batch norm the statistics of `frames` (n, px, px, 3), in place.

    Scale and shift are changed with them, so that the network answers as it did. faceres-deep comes with its
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
    if recipe.weights == NO_WEIGHTS:
        return "random weights"
    if recipe.architecture == EMBEDDING:
        return f"the embedding of {recipe.weights}"
    if recipe.weights == FACERES:
        if weights_dir is None:
            raise DataMissing("The start weights faceres-deep lie in the data folder: give --data-dir.")
        load_faceres(model, weights_dir / "faceres-deep.json")
        return "faceres-deep"
    path = start_file(recipe)
    assert path is not None
    if not path.is_file():
        raise DataMissing(_how_to_get(recipe, path))
    _load_by_name(model, path, recipe.architecture)
    return "ImageNet" if recipe.weights == IMAGENET else path.name


def start_file(recipe: NetworkRecipe) -> Path | None:
    """The Keras file with the start weights, there or not; None for `faceres` and a random start.

    Raises RecipeError for an architecture without published ImageNet weights.
    """
    if recipe.weights in (NO_WEIGHTS, FACERES):
        return None
    if recipe.weights != IMAGENET:
        return Path(recipe.weights)
    if recipe.architecture not in IMAGENET_FILES:
        raise RecipeError(
            f"ImageNet weights are known for {', '.join(IMAGENET_FILES)}. Received: {recipe.architecture}."
        )
    return _imagenet_file(recipe.architecture)


def _embedding(recipe: NetworkRecipe, input_px: int) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """The input and a named layer's output of another network, such as ArcFace; it reads RGB 0-255."""
    path = Path(recipe.weights)
    if not path.is_file():
        raise DataMissing(_how_to_get(recipe, path))
    network = keras.models.load_model(path, compile=False)
    if recipe.embedding_layer not in [layer.name for layer in network.layers]:
        raise RecipeError(f"embedding_layer is a layer of {path}. Received: '{recipe.embedding_layer}'.")
    if tuple(network.inputs[0].shape[1:]) != (input_px, input_px, 3):
        raise RecipeError(f"{path} reads frames of {network.inputs[0].shape[1]} px. Received: {input_px}.")
    return network.inputs[0], network.get_layer(recipe.embedding_layer).output


def _load_by_name(model: keras.Model, path: Path, architecture: str) -> None:
    """Give every layer of `model` the weights of the layer with its name in a Keras file; heads keep theirs.

    Raises RecipeError where the file holds none of the layers, or one of another shape.
    """
    found = weights_by_layer(path)
    if architecture == "vgg16":  # the VGGFace file calls block1_conv1 conv1_1
        found = {VGGFACE_LAYER.sub(r"block\1_conv\2", name): weights for name, weights in found.items()}
    loaded = 0
    for layer in model.layers:
        weights = found.get(layer.name)
        if not weights or not layer.weights:
            continue
        if path.suffix == ".h5" and layer.name == FIRST_CONVOLUTIONS.get(architecture):
            weights = [weights[0][:, :, ::-1], *weights[1:]]  # published for BGR
        try:
            layer.set_weights(weights)
        except ValueError as error:
            raise RecipeError(f"{path} does not fit {architecture}: layer {layer.name}: {error}") from error
        loaded += 1
    if not loaded:
        raise RecipeError(f"{path} holds no layer of {architecture}. Received: {', '.join(list(found)[:5])}.")


def weights_by_layer(path: Path) -> dict[str, list[np.ndarray]]:
    """Layer name -> its arrays, of a `.keras` file or of a `.h5` file as Keras 2 wrote them."""
    if path.suffix == ".keras":
        model = keras.models.load_model(path, compile=False)
        return {current_name(layer.name): layer.get_weights() for layer in model.layers}
    try:
        with h5py.File(path) as file:
            layers_in_file = file.get("model_weights", file)
            return {
                name: [np.asarray(group[weight]) for weight in group.attrs.get("weight_names", [])]
                for name, group in layers_in_file.items()
            }
    except OSError as error:
        raise RecipeError(f"{path} is no Keras file (.keras or .h5): {error}") from error


def _imagenet_file(architecture: str) -> Path:
    """Where Keras keeps a published file; it is fetched where the network can be reached."""
    url = IMAGENET_FILES[architecture]
    home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    path = home / "models" / Path(url).name
    if not path.is_file():
        try:
            home.mkdir(parents=True, exist_ok=True)  # Keras writes elsewhere where it is not
            keras.utils.get_file(origin=url, cache_dir=home, cache_subdir="models")
        except Exception:  # urllib, ssl and socket errors: whatever it was, the file is not there
            path.unlink(missing_ok=True)
    return path


def _how_to_get(recipe: NetworkRecipe, path: Path) -> str:
    if recipe.weights == IMAGENET:
        return (
            f"The ImageNet weights of {recipe.architecture} cannot be reached: download "
            f"{IMAGENET_FILES[recipe.architecture]} (Keras, Apache 2.0) and put it at {path}, or set "
            f'weights = "{NO_WEIGHTS}" in the recipe for a random start.'
        )
    return (
        f"There are no weights at {path}. Put a Keras file there (.keras or .h5, loaded by layer name; for "
        "VGGFace that is rcmalli_vggface_tf_notop_vgg16.h5 of github.com/rcmalli/keras-vggface), or set "
        f'weights = "{NO_WEIGHTS}" in the recipe for a random start.'
    )

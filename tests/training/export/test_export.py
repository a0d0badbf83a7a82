"""A Keras network and its exported variant compute the same, down to the gradients."""

from dataclasses import replace
from typing import Any

import keras
import numpy as np
import onnxruntime
import pytest
import tensorflow as tf

from faces.answer import Predictor
from faces.boxes import Square
from faces.errors import ExportError
from faces.input_crops import pixels_in
from faces.networks import Network
from faces.pictures import Picture
from faces.variants import read_variant
from recipes.recipe import read_recipe, recipe_path
from tests.builders import face_network as face_network_of
from training.export.export import export_variant
from training.export.gradient_outputs import last_feature_layer
from training.networks.attention import attention_crops
from training.networks.build import served_network, started_network

PX = 96
AGE_WEIGHTS = np.linspace(0, 10, 101, dtype=np.float32)[None]
FACTS: dict[str, Any] = {
    "name": "cropped",
    "input_mode": "face",
    "crop_scale": 1.4,
    "pad_rgb": (124, 117, 104),
    "recipe": "a recipe",
    "detector_sha256": "d" * 64,
    "split_sha256": "5" * 64,
}


def awake(model: keras.Model) -> keras.Model:
    """The model with batch norms that shift and scale: fresh ones are the identity and hide mistakes."""
    rng = np.random.default_rng(1)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights(
                [
                    value + rng.uniform(0.05, 0.3, value.shape).astype(np.float32)
                    for value in layer.get_weights()
                ]
            )
    return model


LAYERS = keras.layers
NETWORKS = {
    "strides, both paddings, dilation": lambda x: [
        x := LAYERS.Conv2D(8, 3, strides=2, padding="same", activation="relu")(x),
        x := LAYERS.Conv2D(8, 4, strides=3, padding="valid", activation="relu")(x),
        LAYERS.Conv2D(8, 3, dilation_rate=2, padding="same", activation="relu")(x),
    ],
    "batch norm, leaky rectifier": lambda x: [
        x := LAYERS.Conv2D(8, 3)(x),
        x := LAYERS.BatchNormalization()(x),
        LAYERS.LeakyReLU(0.1)(x),
    ],
    "batch norm first": lambda x: [
        x := LAYERS.BatchNormalization()(x),
        x := LAYERS.DepthwiseConv2D(3, strides=2, padding="same", depth_multiplier=2)(x),
        LAYERS.ReLU(6.0)(x),
    ],
    "overlapping maximum pooling": lambda x: [
        x := LAYERS.Conv2D(8, 3, activation="relu")(x),
        x := LAYERS.ZeroPadding2D(1)(x),
        x := LAYERS.MaxPooling2D(3, strides=2)(x),
        LAYERS.Conv2D(8, 3, activation="relu")(x),
    ],
    "mean pooling at the edge": lambda x: [
        x := LAYERS.Conv2D(8, 3, activation="tanh")(x),
        x := LAYERS.AveragePooling2D(3, strides=2, padding="same")(x),
        LAYERS.Conv2D(8, 3, activation="relu")(x),
    ],
    "residual sum and joined maps": lambda x: [
        x := LAYERS.Conv2D(8, 3, activation="relu")(x),
        y := LAYERS.Conv2D(8, 3, padding="same")(x),
        x := LAYERS.Add()([x, y]),
        x := LAYERS.Concatenate()([y, x, y]),
        LAYERS.Conv2D(8, 1, activation="relu")(x),
    ],
    "swish, squeeze and excite": lambda x: [
        x := LAYERS.Normalization(mean=[3.0, 4.0, 5.0], variance=[60.0, 70.0, 80.0])(x),
        x := LAYERS.Conv2D(8, 3, activation="swish")(x),
        gate := LAYERS.GlobalAveragePooling2D(keepdims=True)(x),
        gate := LAYERS.Conv2D(8, 1, activation="sigmoid")(gate),
        LAYERS.Multiply()([x, gate]),
    ],
}


def small_network(layers, px: int = 40) -> keras.Model:
    """A small network of the given layers with the project's heads."""
    keras.utils.set_random_seed(3)
    inputs = keras.Input((px, px, 3), name="inputs")
    feature_map = layers(LAYERS.Rescaling(1 / 127.5, offset=-1)(inputs))[-1]
    features = LAYERS.Dense(16, activation="relu")(LAYERS.Flatten()(feature_map))
    ages = LAYERS.Dense(101, activation="softmax", name="age_probabilities")(features)
    female = LAYERS.Dense(1, activation="sigmoid", name="female_probability")(features)
    return awake(keras.Model(inputs, {"age_probabilities": ages, "female_probability": female}))


def worst_relative_error(found: np.ndarray, expected: np.ndarray) -> float:
    return float(np.abs(found - expected).max() / np.abs(expected).max())


def keras_outputs(model, crop, age_weights, gender_weight) -> dict[str, np.ndarray]:
    """TensorFlow's predictions, its last feature map, and both gradients by its tape."""
    female = model.get_layer("female_probability")
    observed = keras.Model(
        model.inputs,
        [
            model.output["age_probabilities"],
            model.output["female_probability"],
            female.input,
            last_feature_layer(model).output,
        ],
    )
    with tf.GradientTape() as tape:
        inputs = tf.constant(crop)
        tape.watch(inputs)
        ages, probability, features, feature_map = observed(inputs, training=False)
        log_odds = features @ female.kernel + female.bias
        target = tf.reduce_sum(age_weights * ages) + tf.reduce_sum(gender_weight * log_odds)
    by_input, by_map = tape.gradient(target, [inputs, feature_map])
    named = {
        "age_probabilities": ages,
        "female_probability": probability,
        "activations": feature_map,
        "input_gradient": by_input,
        "activation_gradient": by_map,
    }
    return {name: value.numpy() for name, value in named.items()}


def onnx_outputs(path, feed) -> dict[str, np.ndarray]:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, feed), strict=True))


def assert_same_outputs(model, variant, age_weights: np.ndarray, gender_weight: float) -> None:
    """Assert that the exported graph and TensorFlow compute the same, gradients included."""
    px = variant.input_px
    crop = np.random.default_rng(0).uniform(0, 255, (1, px, px, 3)).astype(np.float32)
    weight = np.full((1, 1), gender_weight, np.float32)
    found = onnx_outputs(
        variant.network_path, {"inputs": crop, "age_weights": age_weights, "gender_weight": weight}
    )
    expected = keras_outputs(model, crop, age_weights, weight)
    errors = {name: worst_relative_error(found[name], expected[name]) for name in expected}
    assert max(errors.values()) < 1e-4, errors


@pytest.mark.parametrize("caption", NETWORKS)
def test_gradients_of_other_networks_equal_those_of_tensorflow(caption, tmp_path):
    model = small_network(NETWORKS[caption])
    assert_same_outputs(model, export_variant(model, tmp_path, **FACTS), AGE_WEIGHTS, 1.0)


def test_gradients_through_an_attention_crop_equal_those_of_tensorflow(tmp_path):
    keras.utils.set_random_seed(5)
    inputs = keras.Input((2 * PX, 2 * PX, 3), name="inputs")
    crop, localized = attention_crops(inputs, PX)
    # No rectifier: where one switches, the last bit of the crop decides its gradient.
    smooth = keras.layers.Conv2D(4, 5, 4, activation="tanh", kernel_initializer="he_normal")
    features = keras.layers.GlobalAveragePooling2D()(smooth(keras.layers.Rescaling(0.01)(crop)))
    outputs = {
        "age_probabilities": keras.layers.Dense(101, "softmax")(features),
        "female_probability": keras.layers.Dense(1, "sigmoid", name="female_probability")(features),
        "attention_cxcys": localized,
    }
    model = served_network(keras.Model(inputs, outputs))
    variant = export_variant(model, tmp_path, **FACTS)
    assert_same_outputs(model, variant, AGE_WEIGHTS, 1.0)

    picture = Picture("noise", np.random.default_rng(1).integers(0, 256, (90, 120, 3), np.uint8))
    prediction = Predictor([tmp_path]).predict_square(variant.name, picture, Square(10, -20, 100))
    crop = pixels_in(picture.rgb, Square(10, -20, 100), 2 * PX, variant.pad_rgb)
    centre_x, centre_y, side = model.predict(crop[None].astype(np.float32), verbose=0)["attention_cxcys"][0]
    attention_cxcys = np.array(prediction.as_dict()["attended_xyxy"])
    expected = [10 + 100 * (centre_x - side / 2), -20 + 100 * (centre_y - side / 2)]
    np.testing.assert_allclose(attention_cxcys[:2], expected, atol=0.1)
    np.testing.assert_allclose(attention_cxcys[2:] - attention_cxcys[:2], 100 * side, atol=0.15)


@pytest.mark.slow
def test_heads_on_the_embedding_of_a_network_with_an_attention_crop_are_served_with_its_box(tmp_path):
    face_network_of(2 * PX, attention_px=PX).save(tmp_path / "embedding.keras")
    recipe = read_recipe(recipe_path("arcface_embedding")).network
    recipe = replace(recipe, weights=str(tmp_path / "embedding.keras"))
    model = served_network(started_network(recipe, 2 * PX, None).model)
    variant = export_variant(model, tmp_path, **FACTS)
    crop = np.random.default_rng(0).uniform(0, 255, (1, 2 * PX, 2 * PX, 3)).astype(np.float32)
    inputs = {"inputs": crop, "age_weights": AGE_WEIGHTS, "gender_weight": np.ones((1, 1), np.float32)}
    found = onnx_outputs(variant.network_path, inputs)
    expected = model.predict(crop, verbose=0)
    np.testing.assert_allclose(found["attention_cxcys"], expected["attention_cxcys"], atol=1e-4)
    np.testing.assert_allclose(found["age_probabilities"], expected["age_probabilities"], atol=1e-4)


@pytest.fixture(scope="module")
def face_network():
    return awake(face_network_of(PX))


@pytest.fixture(scope="module")
def exported(face_network, tmp_path_factory):
    return export_variant(face_network, tmp_path_factory.mktemp("variant"), **FACTS)


@pytest.mark.parametrize(
    ("age_weights", "gender_weight"),
    [
        pytest.param(np.arange(101, dtype=np.float32)[None] / 10, 0.0, id="age alone"),
        pytest.param(np.zeros((1, 101), np.float32), 1.0, id="gender alone"),
        pytest.param(np.zeros((1, 101), np.float32), -1.0, id="the other gender"),
    ],
)
def test_the_face_network_and_its_gradients_equal_those_of_tensorflow(
    face_network, exported, age_weights, gender_weight
):
    assert_same_outputs(face_network, exported, age_weights, gender_weight)


def test_the_exported_variant_is_read_back_as_it_was_described(exported):
    variant = read_variant(exported.folder)
    for name, value in FACTS.items():
        assert getattr(variant, name) == value
    assert variant.input_px == PX
    assert variant.last_convolution == "conv_pw_13_relu"
    assert variant.parameters == 3_517_478


def test_predictions_and_gradients_share_one_copy_of_the_weights(exported):
    float32_bytes = exported.parameters * 4
    assert exported.network_path.stat().st_size < float32_bytes * 1.01


def test_the_counted_operations_are_those_of_the_mobilenet_paper(tmp_path):
    # Howard et al. 2017, table 8: 569 million multiply-adds at 224 px, of which the 1000-class top is 1.0.
    variant = export_variant(face_network_of(224), tmp_path, **FACTS)
    assert variant.flops / 2 == pytest.approx(568e6, rel=0.01)


def test_a_prediction_is_served_from_the_exported_graph(face_network, exported):
    inputs = np.random.default_rng(0).integers(0, 255, (2, PX, PX, 3), dtype=np.uint8)
    ages, female = Network(exported).outputs(inputs)
    seen, mirrored = (
        face_network.predict(views.astype(np.float32), verbose=0) for views in (inputs, inputs[:, :, ::-1])
    )
    for served, output in ((ages, "age_probabilities"), (female[:, None], "female_probability")):
        np.testing.assert_allclose(served, (seen[output] + mirrored[output]) / 2, atol=1e-5)


def test_without_target_weights_no_gradient_is_computed(exported):
    crop = np.full((1, PX, PX, 3), 90, np.float32)
    found = onnx_outputs(
        exported.network_path,
        {
            "inputs": crop,
            "age_weights": np.zeros((1, 101), np.float32),
            "gender_weight": np.zeros((1, 1), np.float32),
        },
    )
    assert not found["input_gradient"].any()
    assert not found["activation_gradient"].any()
    assert found["activations"].any()


def test_a_network_with_other_outputs_is_refused_by_name(tmp_path):
    inputs = keras.Input((32, 32, 3), name="inputs")
    mean = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(4, 3)(inputs))
    model = keras.Model(inputs, {"height_cm": keras.layers.Dense(1, name="height_cm")(mean)})
    with pytest.raises(ExportError, match="height_cm"):
        export_variant(model, tmp_path, **FACTS)
    assert not list(tmp_path.iterdir())

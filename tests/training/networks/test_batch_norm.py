"""Fused batch norms: the numbers of Keras's own, and its own layers afterwards."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from training.networks.batch_norm import fused_batch_norms

PLAIN = keras.layers.BatchNormalization.call


def _network(axis: int = -1, **options) -> keras.Model:
    keras.utils.set_random_seed(4)
    inputs = keras.Input((6, 6, 3))
    x = keras.layers.Conv2D(6, 3, name="convolution")(inputs)
    x = keras.layers.BatchNormalization(axis=axis, name="norm", **options)(x)
    return keras.Model(inputs, keras.layers.Dense(2)(keras.layers.Flatten()(keras.layers.ReLU()(x))))


def _fitted(network: keras.Model) -> list[np.ndarray]:
    """All weights, moving statistics too, after six steps; every step is a gradient through the norm."""
    random = np.random.default_rng(8)
    inputs, labels = random.normal(3, 2, (24, 6, 6, 3)), random.normal(size=(24, 2))
    network.compile(keras.optimizers.SGD(0.05), "mse")
    network.fit(inputs, labels, batch_size=8, epochs=2, shuffle=False, verbose=0)
    return network.get_weights()


@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize("options", [{}, {"scale": False}, {"center": False}, {"axis": 1}])
def test_fitting_inside_ends_at_the_weights_of_fitting_outside(options: dict, frozen: bool) -> None:
    def network() -> keras.Model:
        built = _network(**options)
        built.get_layer("norm").trainable = not frozen
        return built

    outside, before = _fitted(network()), network().get_weights()
    with fused_batch_norms():
        inside = _fitted(network())

    for plain, fused in zip(outside, inside, strict=True):
        np.testing.assert_allclose(fused, plain, rtol=1e-3, atol=1e-4)
    assert any(not np.allclose(old, new) for old, new in zip(before, outside, strict=True))


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("trainable", [True, False])
def test_the_fused_kernel_runs_inside_and_nowhere_else(trainable: bool, training: bool) -> None:
    network = _network()
    network.get_layer("norm").trainable = trainable

    def kernels() -> set[str]:
        traced = tf.function(lambda inputs: network(inputs, training=training))
        graph = traced.get_concrete_function(tf.TensorSpec((4, 6, 6, 3), tf.float32)).graph
        return {operation.type for operation in graph.get_operations()}

    with fused_batch_norms():
        assert "FusedBatchNormV3" in kernels()
    assert "FusedBatchNormV3" not in kernels()


def test_keras_has_its_own_back_after_an_error() -> None:
    @fused_batch_norms()
    def stopped() -> None:
        assert keras.layers.BatchNormalization.call is not PLAIN
        raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        stopped()

    assert keras.layers.BatchNormalization.call is PLAIN

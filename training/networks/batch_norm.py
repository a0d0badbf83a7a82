"""Keras batch norms -> TensorFlow's one fused kernel while a network is fitted, instead of a dozen passes.

Keras's `BatchNormalization` computes mean, variance, scale and shift as separate passes over the feature map,
forwards and backwards: 40 % of a step of MobileNet on a processor. Numbers are the same but for rounding;
layers, weights and saved files stay Keras's.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import tensorflow as tf


@contextmanager
def fused_batch_norms() -> Iterator[None]:
    """Replace batch norms that Keras traces inside by `FusedBatchNormV3`, where that computes the same."""
    # Re-check at a Keras upgrade: `call` is replaced, and moving statistics are updated as Keras does.
    layer = keras.layers.BatchNormalization
    plain = layer.call

    def call(self: Any, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        if mask is not None or not _can_be_fused(self, inputs):
            return plain(self, inputs, training=training, mask=mask)
        if not (training and self.trainable):
            return _fused(self, inputs, self.moving_mean.value, self.moving_variance.value)[0]
        outputs, mean, variance = _fused(self, inputs)
        # The kernel returns the unbiased variance; Keras averages the biased one.
        count = tf.cast(tf.size(inputs) / tf.shape(inputs)[-1], variance.dtype)
        for moving, new in ((self.moving_mean, mean), (self.moving_variance, variance * (count - 1) / count)):
            moving.assign(moving * self.momentum + new * (1 - self.momentum))
        return outputs

    layer.call = call
    try:
        yield
    finally:
        layer.call = plain


def _can_be_fused(layer: keras.layers.BatchNormalization, inputs: Any) -> bool:
    """Whether the kernel applies: (n, height, width, channels) in float32, with a scale and a shift."""
    last = len(inputs.shape) == 4 and layer.axis in (-1, 3)
    return last and inputs.dtype == tf.float32 and layer.scale and layer.center and not layer.renorm


def _fused(layer: keras.layers.BatchNormalization, inputs: Any, *statistics: Any) -> Any:
    """Outputs, mean and variance; normalised by the given `statistics`, else by those of the inputs."""
    mean, variance = statistics or (None, None)
    return tf.compat.v1.nn.fused_batch_norm(
        inputs,
        layer.gamma,
        layer.beta,
        mean=mean,
        variance=variance,
        epsilon=layer.epsilon,
        is_training=not statistics,
    )

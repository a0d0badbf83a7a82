"""Inputs -> attention crops: the square around the face, localized, cut out and scaled inside the network.

A spatial transformer (Jaderberg 2015) before any architecture, which makes of the input what Mnih 2014 calls
a glimpse (Recurrent Models of Visual Attention). A small network, the localizer, finds the face on a coarse
copy of the input; the architecture then receives that square with all the pixels that the input has of it.
The localizer is fitted to face boxes alone: no gradient of another loss reaches it, and a saliency map takes
its box as given.

A box is (centre x, centre y, side) in fractions of the input's side. In training the localizer's output is
(n, 3 + rows × columns): the box, then the score map around whose mode it is the mean, so that a loss can also
act on the scores (Nibali 2018, numerical coordinate regression). Its layers are named `localizer_...`.
"""

import keras
import numpy as np
from keras import layers, ops

COARSE_PX = 128
SIDES = (0.05, 1.6)  # least and largest of an attention crop
USUAL_SIDE = 0.6
WINDOW_SIDES = 0.8  # standard deviation of the window around the mode, in predicted sides at the mode
PREFIX = "localizer_"
CXCYS_LAYER = f"{PREFIX}cxcys"
CXCYS_LENGTH = 3  # the box in front of the scores


def attention_crops(
    inputs: keras.KerasTensor, attention_px: int
) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Inputs (n, px, px, 3) -> their crops (n, attention_px, attention_px, 3), and the localizer's output.

    Beyond the input its border is repeated.
    """
    box, output = _localized(inputs)
    fixed = ops.stop_gradient(box)
    px = inputs.shape[1]
    centre_x, centre_y, side = fixed[:, 0:1], fixed[:, 1:2], fixed[:, 2:3]
    across, down = (sampling_weights(centre, side, px, attention_px) for centre in (centre_x, centre_y))
    rows = ops.reshape(ops.matmul(down, ops.reshape(inputs, (-1, px, px * 3))), (-1, attention_px, px, 3))
    return ops.matmul(ops.expand_dims(across, 1), rows), output


def _localized(inputs: keras.KerasTensor) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """The box (n, 3), and the box concatenated with the score map (n, 3 + rows × columns).

    A small convolutional network predicts a score and a size at each position of its map. The box is the
    softmax-weighted mean of those around the mode: the mean of all would lie between two faces.
    """
    x = layers.AveragePooling2D(max(inputs.shape[1] // COARSE_PX, 1), name=f"{PREFIX}coarse")(inputs)
    x = layers.Rescaling(1 / 127.5, -1.0, name=f"{PREFIX}scaled")(x)
    x = layers.Conv2D(24, 3, 2, "same", use_bias=False, name=f"{PREFIX}stem")(x)
    x = _normed(x, "stem")
    for number, (filters, side, stride) in enumerate(
        ((48, 3, 2), (48, 3, 1), (96, 3, 2), (96, 3, 1), (128, 5, 1), (128, 5, 1), (128, 5, 1), (128, 5, 1))
    ):
        name = f"block{number + 1}"
        block_input = x
        x = layers.SeparableConv2D(filters, side, stride, "same", use_bias=False, name=f"{PREFIX}{name}")(x)
        x = _normed(x, name)
        if block_input.shape == x.shape:
            x = layers.Add(name=f"{PREFIX}{name}_add")([block_input, x])
    rows, columns = x.shape[1:3]
    scores = layers.Flatten(name=f"{PREFIX}scores_flat")(layers.Conv2D(1, 1, name=f"{PREFIX}scores")(x))
    usual_side = keras.initializers.Constant(np.log(USUAL_SIDE))
    sizes = layers.Conv2D(1, 1, bias_initializer=usual_side, name=f"{PREFIX}sizes")(x)
    sizes = layers.Flatten(name=f"{PREFIX}sizes_flat")(sizes)
    grid_y, grid_x = (np.mgrid[:rows, :columns] + 0.5) / np.array([rows, columns])[:, None, None]
    grid = np.stack([grid_x.ravel(), grid_y.ravel()], axis=1).astype(np.float32)
    weights = windowed_around_mode(layers.Softmax(name=f"{PREFIX}weights")(scores), sizes, grid)
    log_side = ops.clip(ops.sum(weights * sizes, axis=1, keepdims=True), *np.log(SIDES).tolist())
    box = layers.Concatenate(name=CXCYS_LAYER)([ops.matmul(weights, grid), ops.exp(log_side)])
    return box, layers.Concatenate(name=f"{PREFIX}output")([box, scores])


def windowed_around_mode(
    weights: keras.KerasTensor, log_sides: keras.KerasTensor, grid: np.ndarray
) -> keras.KerasTensor:
    """Multiply weights (n, positions) by a Gaussian window around the largest; they sum to 1 again.

    `log_sides` (n, positions) are logarithms of predicted sides, `grid` (positions, 2) the x and y of the
    positions. No gradient passes through the window.
    """
    mode = ops.cast(weights >= ops.max(weights, axis=1, keepdims=True), "float32")
    mode = mode / ops.sum(mode, axis=1, keepdims=True)
    sides = ops.exp(ops.clip(ops.sum(mode * log_sides, axis=1, keepdims=True), *np.log(SIDES).tolist()))
    sigma = ops.maximum(WINDOW_SIDES * sides, len(grid) ** -0.5)
    centres = ops.matmul(mode, grid)
    squared_distance = ops.square(centres[:, :1] - grid[None, :, 0]) + ops.square(
        centres[:, 1:] - grid[None, :, 1]
    )
    windowed = weights * ops.stop_gradient(ops.exp(-0.5 * squared_distance / ops.square(sigma)))
    return windowed / ops.sum(windowed, axis=1, keepdims=True)


def sampling_weights(
    centre: keras.KerasTensor, side: keras.KerasTensor, px: int, attention_px: int
) -> keras.KerasTensor:
    """(n, attention_px, px): weights of the input's pixels in each pixel of the crop, along one axis.

    They sum to 1: linear interpolation where the crop enlarges, the mean over a tent where it shrinks.
    """
    steps = ((np.arange(attention_px) + 0.5) / attention_px - 0.5).astype(np.float32)[None]
    pixels = ((np.arange(px) + 0.5) / px).astype(np.float32)[None, None]
    positions = ops.clip(centre + side * steps, 0.5 / px, 1 - 0.5 / px)
    reach = ops.expand_dims(ops.maximum(side / attention_px, 1 / px), 2)
    weights = ops.relu(1 - ops.abs(ops.expand_dims(positions, 2) - pixels) / reach)
    return weights / ops.sum(weights, axis=2, keepdims=True)


def _normed(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    x = layers.BatchNormalization(name=f"{PREFIX}{name}_bn")(x)
    return layers.ReLU(name=f"{PREFIX}{name}_relu")(x)

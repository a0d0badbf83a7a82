"""Frames -> a glimpse of each: where the face is, learnt, cut out and scaled inside the network.

A room of its own because it goes before any architecture. A coarse look at the whole frame says where the
face lies; the architecture then reads that place with all the pixels that the frame has of it (Mnih 2014,
Recurrent Models of Visual Attention; cut out as a spatial transformer does, Jaderberg 2015). The place is
learnt from boxes of faces; no other loss moves it, and a saliency map takes it as given.

A place is (centre x, centre y, side) in shares of the frame's side. Layers are named `glimpse_...`. What a
network in training tells of its look is (n, 3 + rows × columns): the place, and behind it the scores around
whose mode it is the mean, so that a loss can say at once where to look (Nibali 2018, numerical coordinate
regression).
"""

import keras
import numpy as np
from keras import layers, ops

COARSE_PX = 128
SIDES = (0.05, 1.6)  # least and largest of a glimpse
USUAL_SIDE = 0.6
WINDOW_SIDES = 0.8  # how wide the mean around the best place is, a standard deviation in sides told there
PREFIX = "localizer_"
CXCYS_LAYER = f"{PREFIX}cxcys"
PLACE = 3


def attention_crops(
    inputs: keras.KerasTensor, attention_px: int
) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """(n, px, px, 3) -> the glimpses (n, glimpse_px, glimpse_px, 3) and the look: their places, and scores.

    Beyond the frame its border goes on.
    """
    place, look = _pass(inputs)
    fixed = ops.stop_gradient(place)
    px = inputs.shape[1]
    centre_x, centre_y, side = fixed[:, 0:1], fixed[:, 1:2], fixed[:, 2:3]
    across, down = (_sampling(centre, side, px, attention_px) for centre in (centre_x, centre_y))
    rows = ops.reshape(ops.matmul(down, ops.reshape(inputs, (-1, px, px * 3))), (-1, attention_px, px, 3))
    return ops.matmul(ops.expand_dims(across, 1), rows), look


def _pass(inputs: keras.KerasTensor) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """The place, and the look of which it is a part.

    A small convolutional network tells a score and a size at each place of its map. The place is the mean of
    those around the best, weighed by a softmax: of all, it would lie between the faces where there are two.
    """
    x = layers.AveragePooling2D(max(inputs.shape[1] // COARSE_PX, 1), name=f"{PREFIX}coarse")(inputs)
    x = layers.Rescaling(1 / 127.5, -1.0, name=f"{PREFIX}scaled")(x)
    x = layers.Conv2D(24, 3, 2, "same", use_bias=False, name=f"{PREFIX}stem")(x)
    x = _normed(x, "stem")
    for number, (filters, side, stride) in enumerate(
        ((48, 3, 2), (48, 3, 1), (96, 3, 2), (96, 3, 1), (128, 5, 1), (128, 5, 1), (128, 5, 1), (128, 5, 1))
    ):
        name = f"block{number + 1}"
        before = x
        x = layers.SeparableConv2D(filters, side, stride, "same", use_bias=False, name=f"{PREFIX}{name}")(x)
        x = _normed(x, name)
        if before.shape == x.shape:
            x = layers.Add(name=f"{PREFIX}{name}_add")([before, x])
    rows, columns = x.shape[1:3]
    scores = layers.Flatten(name=f"{PREFIX}scores_flat")(layers.Conv2D(1, 1, name=f"{PREFIX}scores")(x))
    usual = keras.initializers.Constant(np.log(USUAL_SIDE))
    sizes = layers.Conv2D(1, 1, bias_initializer=usual, name=f"{PREFIX}sizes")(x)
    sizes = layers.Flatten(name=f"{PREFIX}sizes_flat")(sizes)
    y, x_places = (np.mgrid[:rows, :columns] + 0.5) / np.array([rows, columns])[:, None, None]
    grid = np.stack([x_places.ravel(), y.ravel()], axis=1).astype(np.float32)
    fractions = _around_mode(layers.Softmax(name=f"{PREFIX}weights")(scores), sizes, grid)
    log_side = ops.clip(ops.sum(fractions * sizes, axis=1, keepdims=True), *np.log(SIDES).tolist())
    place = layers.Concatenate(name=CXCYS_LAYER)([ops.matmul(fractions, grid), ops.exp(log_side)])
    return place, layers.Concatenate(name=f"{PREFIX}output")([place, scores])


def _around_mode(
    fractions: keras.KerasTensor, sizes: keras.KerasTensor, grid: np.ndarray
) -> keras.KerasTensor:
    """Shares (n, places) times a normal window around the largest, which sum to 1 again.

    `sizes` (n, places) are logarithms of sides, `grid` (places, 2) where the places lie. No loss moves the
    window.
    """
    mode = ops.cast(fractions >= ops.max(fractions, axis=1, keepdims=True), "float32")
    mode = mode / ops.sum(mode, axis=1, keepdims=True)
    sides = ops.exp(ops.clip(ops.sum(mode * sizes, axis=1, keepdims=True), *np.log(SIDES).tolist()))
    sigma = ops.maximum(WINDOW_SIDES * sides, len(grid) ** -0.5)
    centres = ops.matmul(mode, grid)
    away = ops.square(centres[:, :1] - grid[None, :, 0]) + ops.square(centres[:, 1:] - grid[None, :, 1])
    seen = fractions * ops.stop_gradient(ops.exp(-0.5 * away / ops.square(sigma)))
    return seen / ops.sum(seen, axis=1, keepdims=True)


def _sampling(
    centre: keras.KerasTensor, side: keras.KerasTensor, px: int, attention_px: int
) -> keras.KerasTensor:
    """(n, glimpse_px, px): the weight of each row of pixels in each row of the glimpse, which sum to 1.

    Linear between pixels where the glimpse enlarges, the mean over a tent where it shrinks.
    """
    steps = ((np.arange(attention_px) + 0.5) / attention_px - 0.5).astype(np.float32)[None]
    pixels = ((np.arange(px) + 0.5) / px).astype(np.float32)[None, None]
    places = ops.clip(centre + side * steps, 0.5 / px, 1 - 0.5 / px)
    reach = ops.expand_dims(ops.maximum(side / attention_px, 1 / px), 2)
    weights = ops.relu(1 - ops.abs(ops.expand_dims(places, 2) - pixels) / reach)
    return weights / ops.sum(weights, axis=2, keepdims=True)


def _normed(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    x = layers.BatchNormalization(name=f"{PREFIX}{name}_bn")(x)
    return layers.ReLU(name=f"{PREFIX}{name}_relu")(x)

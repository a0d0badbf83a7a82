"""Attention crops: what is cut from an input, how its box is moved, learnt and served."""

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from dataset.augmentation import Augmentation, sampled_warp, warped, warped_cxcys
from dataset.face_boxes import write_boxes
from dataset.face_dataset import FaceDataset
from dataset.records import CHIPS, load_records
from faces.networks import ATTENTION
from recipes.recipe import Recipe, read_recipe, recipe_path
from tests.builders import from_nothing
from training.networks.attention import CXCYS_LENGTH, attention_crops, sampling_weights, windowed_around_mode
from training.networks.build import started_network
from training.networks.losses import LocalizerLoss
from training.phases import set_trainable

PX, ATTENTION_PX = 32, 16
RNG = np.random.default_rng(0)


def cut(
    inputs: np.ndarray, cxcys: tuple[float, float, float], attention_px: int = ATTENTION_PX
) -> np.ndarray:
    """The crop of one input (px, px, 3) at a box, with weights as the network uses them."""
    centre_x, centre_y, side = (ops.reshape(np.float32(value), (1, 1)) for value in cxcys)
    across, down = (
        ops.convert_to_numpy(sampling_weights(centre, side, len(inputs), attention_px))[0]
        for centre in (centre_x, centre_y)
    )
    return np.einsum("ik,jl,klc->ijc", down, across, inputs)


def test_an_attention_crop_of_everything_is_the_input_and_one_of_a_corner_its_pixels() -> None:
    crop = RNG.uniform(0, 255, (PX, PX, 3))
    np.testing.assert_allclose(cut(crop, (0.5, 0.5, 1.0), PX), crop, atol=1e-3)
    np.testing.assert_allclose(cut(crop, (0.25, 0.75, 0.5)), crop[16:, :16], atol=1e-3)


def test_an_attention_crop_averages_where_it_shrinks_and_interpolates_where_it_enlarges() -> None:
    crop = np.kron(RNG.uniform(0, 255, (8, 8, 3)), np.ones((4, 4, 1)))
    small = cut(crop, (0.5, 0.5, 1.0), 4)
    assert small.mean() == pytest.approx(crop.mean(), rel=0.02)
    ramp = np.broadcast_to(np.arange(PX, dtype=float)[None, :, None], (PX, PX, 3))
    steps = np.diff(cut(ramp, (0.5, 0.5, 0.25))[0, :, 0])
    np.testing.assert_allclose(steps, 0.25 * PX / ATTENTION_PX, atol=1e-3)


def test_beyond_the_input_its_border_is_repeated() -> None:
    crop = RNG.uniform(0, 255, (PX, PX, 3))
    beyond = cut(crop, (0.0, 0.5, 1.0), PX)
    np.testing.assert_allclose(beyond[:, :16], np.repeat(crop[:, :1], 16, axis=1), atol=1e-3)
    np.testing.assert_allclose(beyond[:, 16:], crop[:, :16], atol=1e-3)


def test_the_attention_crop_shows_what_is_in_the_box_that_is_output() -> None:
    keras.utils.set_random_seed(3)
    inputs = keras.Input((PX, PX, 3))
    attended, localized = attention_crops(inputs, ATTENTION_PX)
    given = RNG.uniform(0, 255, (2, PX, PX, 3)).astype(np.float32)
    crops, boxes = keras.Model(inputs, [attended, localized[:, :CXCYS_LENGTH]]).predict(given, verbose=0)
    assert crops.shape == (2, ATTENTION_PX, ATTENTION_PX, 3)
    for whole, crop, cxcys in zip(given, crops, boxes, strict=True):
        np.testing.assert_allclose(crop, cut(whole, tuple(cxcys)), atol=0.05)


def test_of_two_faces_the_localizer_takes_one_and_of_one_as_much_as_it_is_wide() -> None:
    x, y = ((np.mgrid[:16, :16] + 0.5) / 16)[::-1].reshape(2, -1)
    grid = np.stack([x, y], axis=1).astype(np.float32)

    def peak(centre_x: float, sigma: float) -> np.ndarray:
        return np.exp(-0.5 * ((x - centre_x) ** 2 + (y - 0.4) ** 2) / sigma**2)

    fractions = np.stack([peak(0.22, 0.04) + 0.9 * peak(0.78, 0.04), peak(0.5, 0.1)]).astype(np.float32)
    fractions /= fractions.sum(axis=1, keepdims=True)
    sizes = np.log(np.full((2, len(grid)), [[0.15], [0.6]], np.float32))
    near = ops.convert_to_numpy(windowed_around_mode(ops.array(fractions), ops.array(sizes), grid))
    np.testing.assert_allclose(near.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(near @ grid, [[0.22, 0.4], [0.5, 0.4]], atol=0.02)
    assert (fractions[0] @ grid)[0] > 0.4
    np.testing.assert_allclose(near[1], fractions[1], atol=0.1 * fractions[1].max())


def test_a_box_moves_with_what_it_marks() -> None:
    canvas = np.zeros((200, 200, 3), np.uint8)
    canvas[60:100, 110:150] = 255
    face_cxcys = np.array([130 / 200, 80 / 200, 40 / 200])
    severities = Augmentation(flip_probability=0.5, shift_fraction=0.1, scale_fraction=0.2)
    for seed in range(6):
        warp = sampled_warp(canvas, severities, np.random.default_rng(seed), 160)
        crop = warped(canvas, warp, 160, (0, 0, 0))[..., 0] / 255
        cxcys = warped_cxcys(face_cxcys, warp, 200, 160) * 160
        ys, xs = np.mgrid[:160, :160] + 0.5
        centre = [(crop * xs).sum() / crop.sum(), (crop * ys).sum() / crop.sum()]
        np.testing.assert_allclose(cxcys[:2], centre, atol=0.3)
        assert cxcys[2] == pytest.approx(np.sqrt(crop.sum()), abs=0.3)


def test_squares_are_those_of_the_face_boxes_in_both_input_modes(data_dir: Path, tmp_path: Path) -> None:
    records = load_records(CHIPS, data_dir, tmp_path).head(5)
    boxes = write_boxes(records, CHIPS, tmp_path, processes=1)
    full, cropped = (read_recipe(recipe_path(f"model_{name}")).variant() for name in ("full", "cropped"))
    columns = ["box_x0", "box_y0", "box_x1", "box_y1", "width", "height"]
    for index, box in enumerate(boxes.set_index("file").loc[records.file, columns].to_numpy(float)):
        x0, y0, x1, y1, width, height = box
        whole = FaceDataset(records, full, boxes, canvas_scale=1.25).face_cxcys_of(index)
        side = max(x1 - x0, y1 - y0) / max(width, height)
        assert whole[2] == pytest.approx(side / 1.25, rel=0.01)
        around = FaceDataset(records, cropped, boxes, canvas_scale=1.25).face_cxcys_of(index)
        np.testing.assert_allclose(around, (0.5, 0.5, 1 / 1.25 / cropped.crop_scale), rtol=0.01)


def test_the_loss_counts_sides_of_the_face_and_nothing_where_none_is_known() -> None:
    true = np.array([[0.5, 0.5, 1.0], [0.5, 0.5, 1.0], [-1, -1, -1]], np.float32)
    boxes = np.array([[0.5, 0.5, 1.0], [0.6, 0.5, 2.0], [0.1, 0.1, 0.1]], np.float32)
    x, y = np.meshgrid((np.arange(4) + 0.5) / 4, (np.arange(4) + 0.5) / 4)
    scores = -(((x - 0.5) / 0.15) ** 2 + ((y - 0.5) / 0.15) ** 2) / 2
    outputs = np.concatenate([boxes, np.repeat(scores.reshape(1, -1), 3, axis=0)], axis=1).astype(np.float32)
    losses = LocalizerLoss().call(tf.constant(true), tf.constant(outputs)).numpy()
    np.testing.assert_allclose(losses, [0, 0.1 + np.log(2), 0], atol=1e-5)
    elsewhere = tf.constant(np.roll(outputs, 1, axis=1)[:1, 3:])
    moved = LocalizerLoss().call(tf.constant(true[:1]), tf.concat([boxes[:1], elsewhere], 1)).numpy()
    assert moved[0] > 1


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    return from_nothing(read_recipe(recipe_path("model_full/second_part.toml")), 48)


def test_a_localizer_is_trained_by_its_phase_alone(recipe: Recipe) -> None:
    started = started_network(recipe.network, 64, None)
    set_trainable(started, recipe.phases[0], recipe.network)
    trained = {layer.name for layer in started.model.layers if layer.trainable and layer.weights}
    assert trained
    assert all(name.startswith("localizer_") for name in trained)
    set_trainable(started, recipe.phases[1], replace(recipe.network, weights="somewhere.keras"))
    trained = {layer.name for layer in started.model.layers if layer.trainable and layer.weights}
    assert not any(name.startswith("localizer_") for name in trained)
    assert "conv_pw_13" in trained


def test_no_gradient_of_a_prediction_reaches_the_localizer(recipe: Recipe) -> None:
    model = started_network(recipe.network, 64, None).model
    inputs = tf.constant(RNG.uniform(0, 255, (2, 64, 64, 3)).astype(np.float32))
    with tf.GradientTape() as tape:
        outputs = model(inputs, training=False)
        prediction = tf.reduce_sum(outputs["female_probability"]) + outputs["age_probabilities"][0, 7]
    weights = [weight for weight in model.trainable_variables if "localizer_" in weight.path]
    assert weights
    assert tape.gradient(prediction, weights) == [None] * len(weights)
    assert ATTENTION in outputs

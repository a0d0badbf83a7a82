"""Networks at their start."""

import numpy as np

from tests.training.conftest import face_network
from training.networks import measure_batch_norm


def test_a_network_whose_batch_norm_is_measured_answers_as_before_and_has_its_frames_statistics() -> None:
    model = face_network(64)
    frames = np.random.default_rng(0).integers(0, 256, (40, 64, 64, 3)).astype(np.float32)
    before = model.predict(frames, verbose=0)
    measure_batch_norm(model, frames)
    after = model.predict(frames, verbose=0)
    for name, values in before.items():
        np.testing.assert_allclose(after[name], values, atol=1e-4)
    first = model.get_layer("conv1_bn")
    outputs = model.get_layer("conv1")(model.get_layer("centred")(frames)).numpy()
    np.testing.assert_allclose(first.moving_mean, outputs.mean((0, 1, 2)), atol=1e-2)

"""The maps of ONNX Runtime are those of tf-keras-vis, on the shipped networks, with the same noise."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import spearmanr

pytest.importorskip("tf_keras_vis", reason="needs TensorFlow and tf-keras-vis (the full environment)")

from faces.framing import Square
from faces.prediction import Network
from faces.readings import AGE, GENDER
from faces.saliency.explain import METHODS, saliency_map
from faces.variants import read_variant
from tests.portraits import frames_of_people
from training.saliency_reference import reference_map

pytestmark = pytest.mark.training

PICTURES = 50
SMOOTH_SAMPLES = 3
ALIKE_FROM = 0.95


@pytest.fixture(scope="module", params=["model_full", "model_cropped"])
def network(request, repository) -> Network:
    variant = read_variant(repository / request.param)
    if not (variant.folder / "network.keras").is_file():
        pytest.skip(f"needs the Keras network: no network.keras in {request.param}")
    return Network(variant, threads=2)


@pytest.fixture(scope="module")
def frames(network) -> list[np.ndarray]:
    """50 with the data sets, else those of the shipped samples."""
    return frames_of_people(network.variant, PICTURES)


@pytest.mark.parametrize("method", METHODS)
def test_onnx_runtime_and_tf_keras_vis_draw_the_same_maps(network, frames, method):
    correlations = []
    for number, frame in enumerate(frames):
        output = (AGE, GENDER)[number % 2]
        ours = saliency_map(network, frame, Square(0, 0, 1), method, output, smooth_samples=SMOOTH_SAMPLES)
        theirs = reference_map(
            network.variant.folder,
            frame,
            method,
            output,
            female_probability=float(network.outputs(frame[None])[1][0]),
            smooth_samples=SMOOTH_SAMPLES,
        )
        # A map that shows nothing agrees with nothing.
        same = 0.0 if ours.is_empty else spearmanr(ours.values.ravel(), theirs.ravel())[0]
        correlations.append(same)
    assert np.median(correlations) >= ALIKE_FROM, f"median {np.median(correlations):.3f} on {len(frames)}"


def test_the_worker_answers_down_its_pipe_and_names_what_is_missing(network, frames, tmp_path):
    frame = frames[0]
    (tmp_path / "variant.toml").write_bytes((network.variant.folder / "variant.toml").read_bytes())
    question = {"method": "gradcam", "output": AGE, "female_probability": 0.5, "px": len(frame)}
    requests = [question | {"folder": str(folder)} for folder in (network.variant.folder, tmp_path)]
    sent = b"".join(json.dumps(request).encode() + b"\n" + frame.tobytes() for request in requests)
    answered = subprocess.run(
        [sys.executable, "-m", "training.saliency_reference"],
        input=sent,
        capture_output=True,
        cwd=Path(__file__).parents[2],
        timeout=300,
        check=True,
    ).stdout
    first, rest = answered.split(b"\n", 1)
    assert json.loads(first) == {"error": None}
    values = np.frombuffer(rest[: frame.shape[0] ** 2 * 4], np.float32)
    assert 0 <= values.min() < values.max() <= 1
    assert "network.keras" in json.loads(rest[frame.shape[0] ** 2 * 4 :])["error"]

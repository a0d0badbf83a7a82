"""The maps of ONNX Runtime are those of tf-keras-vis, on the shipped networks, with the same noise."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import spearmanr

from faces.boxes import Square
from faces.networks import Network
from faces.predictions import AGE, GENDER
from faces.saliency.explain import METHODS, saliency_map
from faces.variants import read_variant
from tests.portraits import crops_of_people
from training.saliency_reference import reference_map

VARIANTS = ("model_full", "model_cropped")
PICTURES = 50  # over all variants: each has a share of them
SMOOTH_SAMPLES = 2
ALIKE_FROM = 0.95


@pytest.fixture(scope="module", params=VARIANTS)
def network(request, repository) -> Network:
    return keras_network(repository / request.param)


def keras_network(folder: Path) -> Network:
    """The served network of a folder that also holds the one of Keras."""
    if not (folder / "network.keras").is_file():
        pytest.skip(f"needs the Keras network: no network.keras in {folder}")
    return Network(read_variant(folder), threads=2)


@pytest.fixture(scope="module")
def inputs(network) -> list[np.ndarray]:
    """Every second of 50 pictures with the data sets, else of the shipped samples."""
    return crops_of_people(network.variant, PICTURES)[
        VARIANTS.index(network.variant.folder.name) :: len(VARIANTS)
    ]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.slow
def test_onnx_runtime_and_tf_keras_vis_compute_the_same_maps(network, inputs, method):
    correlations = []
    for number, crop in enumerate(inputs):
        output = (AGE, GENDER)[number % 2]
        ours = saliency_map(network, crop, Square(0, 0, 1), method, output, smooth_samples=SMOOTH_SAMPLES)
        theirs = reference_map(
            network.variant.folder,
            crop,
            method,
            output,
            female_probability=float(network.outputs(crop[None])[1][0]),
            smooth_samples=SMOOTH_SAMPLES,
        )
        # A map that shows nothing agrees with nothing.
        same = 0.0 if ours.is_empty else spearmanr(ours.values.ravel(), theirs.ravel())[0]
        correlations.append(same)
    assert np.median(correlations) >= ALIKE_FROM, f"median {np.median(correlations):.3f} on {len(inputs)}"


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.slow
def test_both_engines_map_an_attention_crop_to_its_place_in_the_input(repository, method):
    folder = repository / "model_full"  # in the scene of a portrait it attends to a part
    full = keras_network(folder)
    scene = crops_of_people(full.variant, 1)[0]
    ours = saliency_map(full, scene, Square(0, 0, 1), method, AGE, smooth_samples=1)
    theirs = reference_map(folder, scene, method, AGE, female_probability=0.5, smooth_samples=1)
    assert spearmanr(ours.values.ravel(), theirs.ravel())[0] >= ALIKE_FROM
    centre_x, centre_y, side = full.graph(AGE).outputs(scene, [AGE])[1][0]
    pixels = (np.arange(len(scene)) + 0.5) / len(scene)
    beside = abs(pixels[None] - centre_x) > side / 2 + 0.01, abs(pixels[:, None] - centre_y) > side / 2 + 0.01
    assert side < 0.9
    if method != "smoothgrad":
        assert ours.values[beside[0] | beside[1]].max() <= 0.001


@pytest.mark.slow
def test_the_worker_answers_down_its_pipe_and_names_what_is_missing(repository, tmp_path):
    variant = keras_network(repository / "model_cropped").variant
    crop = crops_of_people(variant, 1)[0]
    (tmp_path / "variant.toml").write_bytes((variant.folder / "variant.toml").read_bytes())
    question = {"method": "gradcam", "output": AGE, "female_probability": 0.5, "px": len(crop)}
    requests = [question | {"folder": str(folder)} for folder in (variant.folder, tmp_path)]
    sent = b"".join(json.dumps(request).encode() + b"\n" + crop.tobytes() for request in requests)
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
    values = np.frombuffer(rest[: crop.shape[0] ** 2 * 4], np.float32)
    assert 0 <= values.min() < values.max() <= 1
    assert "network.keras" in json.loads(rest[crop.shape[0] ** 2 * 4 :])["error"]

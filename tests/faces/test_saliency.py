"""Maps of the shipped networks: well formed, placed right, about the answer that was given."""

from dataclasses import replace

import numpy as np
import onnx
import pytest
from scipy.stats import spearmanr

from faces.boxes import Square
from faces.detection import Detector
from faces.files import sha256_of
from faces.input_crops import crop_for, square_for
from faces.networks import Network, age_expectations
from faces.pictures import decode
from faces.predictions import AGE, GENDER, OUTPUTS
from faces.saliency.explain import METHODS, saliency_map
from faces.saliency.gradcam import gradcam
from faces.saliency.gradcam_plus_plus import gradcam_plus_plus
from faces.saliency.gradients import Gradients, gradients_of
from faces.saliency.maps import SaliencyMap, expanded, scaled_to_one
from faces.saliency.smoothgrad import NOISE, noisy_copies
from faces.saliency.targets import target_for
from faces.saliency.vanilla import vanilla
from faces.variants import read_variant
from tests.portraits import crops_of_people

VARIANTS = ("model_full", "model_cropped")
PICTURES = 4  # of the shipped samples: the same with the data sets as without


@pytest.fixture(scope="module", params=VARIANTS)
def network(request, repository) -> Network:
    return Network(read_variant(repository / request.param), threads=1)


@pytest.fixture(scope="module")
def astronaut(repository):
    return decode((repository / "dashboard" / "samples" / "astronaut.jpg").read_bytes(), "astronaut.jpg")


@pytest.fixture(scope="module")
def face(astronaut):
    return Detector(threads=1).faces_in(astronaut)[0]


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("method", METHODS)
def test_every_method_finds_something_in_a_sample(network, astronaut, face, method, output):
    crop, square = crop_for(network.variant, astronaut, face), square_for(network.variant, astronaut, face)
    found = saliency_map(network, crop, square, method, output, smooth_samples=2)
    assert found.values.shape == crop.shape[:2]
    assert found.values.dtype == np.float32
    assert (found.values.min(), found.values.max()) == (0, 1)
    assert not found.is_empty
    again = saliency_map(network, crop, square, method, output, smooth_samples=2)
    np.testing.assert_array_equal(found.values, again.values)


def test_a_step_along_the_gradient_makes_the_expected_age_older(network, astronaut, face):
    crop = crop_for(network.variant, astronaut, face).astype(np.float32)
    gradient = gradients_of(network, target_for(AGE, 0.5))(crop).input_gradient

    def decades(pixels: np.ndarray) -> float:
        feed = {
            "inputs": pixels[None],
            "age_weights": np.zeros((1, 101), np.float32),
            "gender_weight": np.zeros((1, 1), np.float32),
        }
        return float(age_expectations(network.graph(AGE).run(["age_probabilities"], feed)[0])[0]) / 10

    step = (0.5 * gradient / np.linalg.norm(gradient)).astype(np.float32)
    rise = (decades(crop + step) - decades(crop - step)) / 2
    assert rise == pytest.approx(float((gradient * step).sum()), rel=0.2)


def test_the_predicted_gender_is_the_one_explained():
    assert target_for(GENDER, 0.9).gender_weight == 1
    assert target_for(GENDER, 0.1).gender_weight == -1
    assert not target_for(GENDER, 0.9).age_weights.any()


def test_an_output_that_no_network_has_is_refused():
    with pytest.raises(ValueError, match="height"):
        target_for("height", 0.5)


def test_vanilla_gradients_take_the_strongest_channel_whatever_its_sign():
    gradient = np.zeros((2, 2, 3), np.float32)
    gradient[0, 1] = (0.1, -0.7, 0.3)
    empty = np.zeros((1, 1, 1), np.float32)
    found = vanilla(np.zeros((2, 2, 3)), lambda _: Gradients(empty, empty, gradient))
    np.testing.assert_allclose(found, np.array([[0, 0.7], [0, 0]]))


def test_smoothgrad_adds_the_same_noise_every_time_scaled_to_the_input():
    crop = np.random.default_rng(0).integers(50, 150, (16, 16, 3)).astype(np.float32)
    noise = noisy_copies(crop, 200) - crop
    np.testing.assert_array_equal(noise, noisy_copies(crop, 200) - crop)
    assert noise.std() == pytest.approx(NOISE * np.ptp(crop), rel=0.02)
    assert abs(noise.mean()) < 0.2


@pytest.mark.parametrize("method", [gradcam, gradcam_plus_plus])
def test_class_activation_maps_show_evidence_against_the_prediction_only_where_it_counts(method):
    activations = np.zeros((2, 2, 2), np.float32)
    activations[0, 0, 0], activations[1, 1, 1] = 2, 3  # one channel speaks for, one against
    gradient = np.broadcast_to(np.array([1, -1], np.float32), (2, 2, 2))

    def gradients(_crop: np.ndarray) -> Gradients:
        return Gradients(activations, gradient, np.zeros((2, 2, 3), np.float32))

    crop = np.zeros((2, 2, 3), np.float32)
    only_for = method(crop, gradients, counts_both_ways=False)
    np.testing.assert_array_equal(only_for > 0, [[True, False], [False, False]])
    np.testing.assert_array_equal(
        method(crop, gradients, counts_both_ways=True) > 0, [[True, False], [False, True]]
    )


def test_a_small_map_is_expanded_corner_on_corner():
    grown = expanded(np.array([[0.0, 1.0], [2.0, 3.0]]), 5)
    np.testing.assert_allclose(grown[[0, 0, -1, -1], [0, -1, 0, -1]], [0, 1, 2, 3])
    np.testing.assert_allclose(grown[2, 2], 1.5)


def test_a_map_of_an_attention_crop_lies_over_its_square():
    laid = expanded(np.ones((5, 5)), 16, np.array([0.25, 0.75, 0.5]))
    np.testing.assert_allclose(laid[8:, :8], 1)
    assert laid.sum() == pytest.approx(64)


@pytest.mark.parametrize(
    "values", [np.full((3, 3), 7.0), np.full((3, 3), np.nan)], ids=["constant", "not a number"]
)
def test_a_map_without_differences_is_empty_instead_of_noise(values):
    found = SaliencyMap(scaled_to_one(values), Square(0, 0, 3))
    assert found.is_empty
    assert found.fraction_inside((0, 0, 3, 3)) == 0


def test_fractions_are_measured_in_the_coordinates_of_the_picture():
    values = np.zeros((4, 4), np.float32)
    values[1, 2] = 1.0  # the input's third column and second row: x 120 to 130, y 60 to 70
    found = SaliencyMap(values, Square(100, 50, 40))
    assert found.fraction_inside((120, 60, 130, 70)) == 1
    assert found.fraction_inside((0, 0, 110, 100)) == 0
    assert found.area_inside((100, 50, 120, 90)) == 0.5


@pytest.mark.parametrize(
    ("attended_xyxy", "by_chance"),
    [(None, 4 / 16), ((100, 50, 120, 90), 0.5), ((110, 60, 130, 80), 0.25), ((120, 70, 140, 90), 0.0)],
    ids=["all of the input", "its left half", "around a corner of the box", "beside the box"],
)
def test_by_chance_is_the_fraction_of_what_the_network_attends(attended_xyxy, by_chance):
    found = SaliencyMap(np.ones((4, 4), np.float32), Square(100, 50, 40))
    assert found.area_inside((100, 50, 120, 70), attended_xyxy) == pytest.approx(by_chance)


@pytest.fixture(scope="module")
def shuffled(network, tmp_path_factory) -> Network:
    """The same network with the values of every weight tensor in random order."""
    folder = tmp_path_factory.mktemp("shuffled")
    graph = onnx.load(network.variant.network_path)
    rng = np.random.default_rng(0)
    for tensor in graph.graph.initializer:
        values = onnx.numpy_helper.to_array(tensor)
        if values.ndim >= 2:
            tensor.CopyFrom(
                onnx.numpy_helper.from_array(
                    rng.permutation(values.ravel()).reshape(values.shape), tensor.name
                )
            )
    onnx.save(graph, folder / "network.onnx")
    sha256 = sha256_of(folder / "network.onnx")
    return Network(replace(network.variant, folder=folder, network_sha256=sha256), threads=1)


@pytest.mark.parametrize("method", ["vanilla", "smoothgrad"])
def test_gradient_maps_are_of_the_weights_and_not_of_the_picture_alone(network, shuffled, method):
    correlations = []
    for number, crop in enumerate(crops_of_people(network.variant, PICTURES)):
        output = OUTPUTS[number % 2]
        learnt, random = (
            saliency_map(one, crop, Square(0, 0, 1), method, output, smooth_samples=3).values
            for one in (network, shuffled)
        )
        correlations.append(spearmanr(learnt.ravel(), random.ravel())[0])
    assert np.median(correlations) <= 0.5

"""Network + input + method + output -> SaliencyMap: the one call of page, benchmark and tests."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from faces.boxes import Square
from faces.networks import Network
from faces.saliency.gradcam import gradcam
from faces.saliency.gradcam_plus_plus import gradcam_plus_plus
from faces.saliency.gradients import GradientsOf, gradients_of
from faces.saliency.maps import SaliencyMap, scaled_to_one
from faces.saliency.smoothgrad import SAMPLES, smoothgrad
from faces.saliency.targets import Target, target_for
from faces.saliency.vanilla import vanilla


@dataclass(frozen=True)
class Method:
    """A saliency method, with one line for people on what its map means."""

    name: str
    title: str
    meaning: str
    raw_values: Callable[[np.ndarray, GradientsOf, Target, int], np.ndarray]  # the last: smooth_samples


METHODS = {
    method.name: method
    for method in (
        Method(
            "vanilla",
            "Vanilla gradients",
            "How much the answer moves when a pixel changes a little. Sharp, but speckled.",
            lambda crop, gradients, _target, _samples: vanilla(crop, gradients),
        ),
        Method(
            "smoothgrad",
            "SmoothGrad",
            "Vanilla gradients averaged over noisy copies of the input: the speckles fade, what holds stays.",
            lambda crop, gradients, _target, samples: smoothgrad(crop, gradients, samples=samples),
        ),
        Method(
            "gradcam",
            "Grad-CAM",
            "Which regions hold the features that made the answer. Coarse, but steady.",
            lambda crop, gradients, target, _samples: gradcam(
                crop, gradients, counts_both_ways=target.counts_both_ways
            ),
        ),
        Method(
            "gradcam_plus_plus",
            "Grad-CAM++",
            "Like Grad-CAM, but features that speak against each other do not cancel out.",
            lambda crop, gradients, target, _samples: gradcam_plus_plus(
                crop, gradients, counts_both_ways=target.counts_both_ways
            ),
        ),
    )
}


def saliency_map(
    network: Network,
    crop: np.ndarray,
    square: Square,
    method: str,
    output: str,
    *,
    smooth_samples: int = SAMPLES,
) -> SaliencyMap:
    """The saliency map of `output` ("age" or "gender") for one input.

    `crop` is (px, px, 3) uint8 RGB, as `faces.input_crops` makes it from `square`; `method` a key of METHODS;
    `smooth_samples` the noisy copies that SmoothGrad averages. Raises VariantError without the head.
    """
    _, female = network.outputs(crop[None])
    target = target_for(output, float(female[0]))
    gradients = gradients_of(network, target)
    values = METHODS[method].raw_values(crop.astype(np.float32), gradients, target, smooth_samples)
    return SaliencyMap(scaled_to_one(values), square)

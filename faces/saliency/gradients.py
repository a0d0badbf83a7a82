"""Network + input + target -> gradients, computed by the exported graph without TensorFlow."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from faces.networks import ATTENTION, Network
from faces.saliency.targets import Target

FETCHES = ("activations", "activation_gradient", "input_gradient")


@dataclass(frozen=True)
class Gradients:
    """The last feature map and the gradients of a target, for one input; float32, channels last."""

    activations: np.ndarray  # (rows, columns, channels)
    activation_gradient: np.ndarray  # (rows, columns, channels)
    input_gradient: np.ndarray  # (px, px, 3), change of the target for each grey level of a pixel
    attention_cxcys: np.ndarray | None = None  # (3,) square of the feature map in the input; None: all of it


GradientsOf = Callable[[np.ndarray], Gradients]  # (px, px, 3) float32 input, RGB 0-255 -> its gradients


def gradients_of(network: Network, target: Target) -> GradientsOf:
    """A function that computes the gradients of `target` in `network` for any input.

    Raises VariantError where the network has no head for the target.
    """
    graph = network.graph(target.output)
    weights = {"age_weights": target.age_weights, "gender_weight": target.gender_weight}
    weights = {name: weights[name] for name in graph.no_target}

    fetches = [*FETCHES, ATTENTION] if graph.has_attention else list(FETCHES)

    def gradients(crop: np.ndarray) -> Gradients:
        feed = {"inputs": crop[None].astype(np.float32), **weights}
        values = [value[0] for value in graph.run(fetches, feed)]
        return Gradients(*values)

    return gradients

"""Network + frame + target -> gradients, as the exported graph computes them. No TensorFlow.

A room of its own because the methods beside it need gradients, wherever they come from.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from faces.networks import ATTENTION, Network
from faces.saliency.targets import Target

FETCHES = ("activations", "activation_gradient", "input_gradient")


@dataclass(frozen=True)
class Gradients:
    """The last feature map and the gradients of a target, for one frame; float32, channels last."""

    activations: np.ndarray  # (rows, columns, channels)
    activation_gradient: np.ndarray  # (rows, columns, channels)
    input_gradient: np.ndarray  # (px, px, 3), change of the target for each grey level of a pixel
    place: np.ndarray | None = None  # (3,) of the glimpse that the feature map shows; None: of the frame


GradientsOf = Callable[[np.ndarray], Gradients]  # (px, px, 3) float32 frame, RGB 0-255 -> its gradients


def gradients_of(network: Network, target: Target) -> GradientsOf:
    """A function that asks `network` for the gradients of `target` in any frame.

    Raises VariantError where the network does not tell what the target explains.
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

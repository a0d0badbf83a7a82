"""Grad-CAM++: Grad-CAM whose weights favour positions where a channel helps (Chattopadhyay et al. 2018)."""

import numpy as np

from faces.saliency.gradcam import rectified
from faces.saliency.gradients import GradientsOf
from faces.saliency.maps import expanded


def gradcam_plus_plus(crop: np.ndarray, gradients_of: GradientsOf, *, counts_both_ways: bool) -> np.ndarray:
    """(px, px, 3) input -> (px, px), linear between the positions of the last feature map.

    Equation 19 of the paper for the exponential of the target: its derivatives are powers of the gradient
    times a factor that is the same for the whole map, and is left out.
    """
    gradients = gradients_of(crop)
    gradient = gradients.activation_gradient
    second, third = gradient**2, gradient**3
    denominator = 2 * second + third * gradients.activations.sum(axis=(0, 1))
    fractions = second / np.where(second == 0, 1, denominator)
    total = fractions.sum(axis=(0, 1))
    fractions = fractions / np.where(total == 0, 1, total)
    weights = (rectified(gradient, counts_both_ways) * fractions).sum(axis=(0, 1))
    values = rectified(gradients.activations @ weights, counts_both_ways)
    return expanded(values, len(crop), gradients.attention_cxcys)

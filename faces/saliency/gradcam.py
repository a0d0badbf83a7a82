"""Grad-CAM: the last feature map, each channel weighed by its mean gradient (Selvaraju et al. 2017)."""

import numpy as np

from faces.saliency.gradients import GradientsOf
from faces.saliency.maps import expanded


def gradcam(crop: np.ndarray, gradients_of: GradientsOf, *, counts_both_ways: bool) -> np.ndarray:
    """(px, px, 3) input -> (px, px), linear between the positions of the last feature map."""
    gradients = gradients_of(crop)
    weights = gradients.activation_gradient.mean(axis=(0, 1))
    values = rectified(gradients.activations @ weights, counts_both_ways)
    return expanded(values, len(crop), gradients.attention_cxcys)


def rectified(values: np.ndarray, counts_both_ways: bool) -> np.ndarray:
    """Evidence in both directions, or only for the target."""
    return np.abs(values) if counts_both_ways else np.maximum(values, 0)

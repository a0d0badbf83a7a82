"""Grad-CAM: the last feature map, each channel weighed by its mean gradient (Selvaraju et al. 2017)."""

import numpy as np

from faces.saliency.gradients import GradientsOf
from faces.saliency.maps import expanded


def gradcam(crop: np.ndarray, gradients_of: GradientsOf, *, counts_both_ways: bool) -> np.ndarray:
    """(px, px, 3) frame -> (px, px), linear between the places of the last feature map."""
    found = gradients_of(crop)
    weights = found.activation_gradient.mean(axis=(0, 1))
    values = rectified(found.activations @ weights, counts_both_ways)
    return expanded(values, len(crop), found.place)


def rectified(values: np.ndarray, counts_both_ways: bool) -> np.ndarray:
    """Evidence in both directions, or only for the target."""
    return np.abs(values) if counts_both_ways else np.maximum(values, 0)

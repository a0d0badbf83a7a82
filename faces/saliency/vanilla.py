"""Vanilla gradients: how much the target moves when a pixel changes a little (Simonyan et al. 2013)."""

import numpy as np

from faces.saliency.gradients import GradientsOf


def vanilla(crop: np.ndarray, gradients_of: GradientsOf) -> np.ndarray:
    """(px, px, 3) input -> (px, px): the largest absolute gradient among a pixel's three channels."""
    return np.abs(gradients_of(crop).input_gradient).max(axis=-1)

"""SmoothGrad: the mean of vanilla gradients over noisy copies of the input (Smilkov et al. 2017).

A single gradient flickers from pixel to pixel; what survives the noise is what the network relies on.
"""

import numpy as np

from faces.saliency.gradients import GradientsOf

SAMPLES = 16
NOISE = 0.2  # standard deviation, as a fraction of the input's range of values
SEED = 20  # both engines and every published map have the noise of this seed


def smoothgrad(crop: np.ndarray, gradients_of: GradientsOf, *, samples: int = SAMPLES) -> np.ndarray:
    """(px, px, 3) input -> (px, px): the largest mean absolute gradient among a pixel's three channels."""
    total = np.zeros(crop.shape, np.float32)
    for noisy in noisy_copies(crop, samples):
        total += np.abs(gradients_of(noisy).input_gradient)
    return (total / samples).max(axis=-1)


def noisy_copies(crop: np.ndarray, samples: int) -> np.ndarray:
    """(px, px, 3) -> (samples, px, px, 3) float32; the same noise for the same input size."""
    # The legacy generator: tf-keras-vis draws from it, so that with this seed both engines add equal noise.
    noise = np.random.RandomState(SEED).normal(0.0, 1.0, (samples, *crop.shape))
    crop = crop.astype(np.float32)
    return (crop + NOISE * (crop.max() - crop.min()) * noise).astype(np.float32)

"""Output of a network -> Target, the one number whose gradient a map shows.

A room of its own because both engines, and every method, have to explain the same number. For the age it is
the expectation: what is shown as the age. For the gender it is the log odds of the gender that was answered,
because the probability of a sure answer is flat and has no gradient.
"""

from dataclasses import dataclass

import numpy as np

from faces.predictions import AGE, EVEN, GENDER, OUTPUTS


@dataclass(frozen=True)
class Target:
    """Weights of the network's outputs in the number that is explained; arrays as network.onnx takes them."""

    output: str  # AGE or GENDER
    age_weights: np.ndarray  # (1, 101) float32, on the age probabilities
    gender_weight: np.ndarray  # (1, 1) float32, on the log odds of female
    # An age has no opposite: evidence for older and for younger both made it. A gender has one, and only
    # evidence for the answer counts. Class activation maps are rectified accordingly.
    counts_both_ways: bool


def target_for(output: str, female_probability: float) -> Target:
    """The number to explain for AGE or GENDER in a frame that was answered with `female_probability`."""
    if output == AGE:
        # In decades: Grad-CAM++ as published takes the exponential of the target, and e^90 is no float32.
        weights = np.arange(101, dtype=np.float32)[None] / 10
        return Target(AGE, weights, np.zeros((1, 1), np.float32), counts_both_ways=True)
    if output == GENDER:
        sign = 1.0 if female_probability >= EVEN else -1.0
        return Target(
            GENDER, np.zeros((1, 101), np.float32), np.full((1, 1), sign, np.float32), counts_both_ways=False
        )
    raise ValueError(f"An output is one of {OUTPUTS}. Received: '{output}'.")

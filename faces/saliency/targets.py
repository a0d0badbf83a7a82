"""Output of a network -> Target, the number whose gradient a map shows, for both engines and every method.

For the age it is the expectation, which is shown as the age. For the gender it is the log odds of the
predicted gender, because a probability near 1 is flat and has no gradient.
"""

from dataclasses import dataclass

import numpy as np

from faces.predictions import AGE, AGES, EVEN, GENDER, OUTPUTS


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
    """The number to explain for AGE or GENDER of an input with this female probability."""
    if output == AGE:
        # In decades: Grad-CAM++ as published takes the exponential of the target, and e^90 is no float32.
        weights = np.arange(AGES, dtype=np.float32)[None] / 10
        return Target(AGE, weights, np.zeros((1, 1), np.float32), counts_both_ways=True)
    if output == GENDER:
        sign = 1.0 if female_probability >= EVEN else -1.0
        return Target(
            GENDER, np.zeros((1, AGES), np.float32), np.full((1, 1), sign, np.float32), counts_both_ways=False
        )
    raise ValueError(f"An output is one of {OUTPUTS}. Received: '{output}'.")

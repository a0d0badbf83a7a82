"""Labels with gaps + network outputs -> losses and metrics.

An age label is an interval (low, high) in years: an exact age has low = high, a bin (FairFace) low < high,
a missing one is (-1, -1). A gender label is 0 male, 1 female, -1 missing. A missing label costs nothing.
"""

import math

import keras
import tensorflow as tf

from faces.predictions import AGES, EVEN
from recipes.recipe import FOCAL_MSE, LABEL_DISTRIBUTION, MAE, MSE
from recipes.recipe import Loss as LossRecipe
from training.networks.attention import CXCYS_LENGTH

FOCAL_STEEPNESS = 0.2
FACE_SIGMA = 0.15  # of the target around a face's centre, in sides of the face


def age_loss(recipe: LossRecipe) -> keras.losses.Loss:
    """The age loss of a recipe's [loss], unweighted."""
    if recipe.age == LABEL_DISTRIBUTION:
        return AgeLoss(recipe.sigma_years, recipe.expectation_weight)
    return AgeYearsLoss(recipe.age)


@keras.saving.register_keras_serializable("training")
class AgeLoss(keras.losses.Loss):
    """Label distribution for exact ages, likelihood of the bin for the others.

    Exact age a: Kullback-Leibler divergence to a normal distribution around a with `sigma_years`, cut to
    0-100 (label distribution learning, Geng 2016), plus `expectation_weight` x |expected age - a| (DLDL-v2,
    Gao 2018).
    Bin: the negative logarithm of the probability that falls into it.
    """

    def __init__(self, sigma_years: float, expectation_weight: float, name: str = "age_loss") -> None:
        super().__init__(name=name, reduction="sum_over_batch_size")
        self.sigma_years = sigma_years
        self.expectation_weight = expectation_weight

    def call(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        """`y_true` (n, 2) low and high in years, `y_pred` (n, 101) -> (n,) losses."""
        ages = tf.range(AGES, dtype=tf.float32)[None]
        probabilities = tf.clip_by_value(y_pred, 1e-7, 1.0)
        low, high = y_true[:, :1], y_true[:, 1:]
        centre = tf.clip_by_value(low, 0.0, AGES - 1.0)
        target = tf.nn.softmax(-0.5 * tf.square((ages - centre) / self.sigma_years), axis=1)
        divergence = tf.reduce_sum(
            target * (tf.math.log(tf.maximum(target, 1e-7)) - tf.math.log(probabilities)), axis=1
        )
        expectation = tf.reduce_sum(ages * y_pred, axis=1)
        exact = divergence + self.expectation_weight * tf.abs(expectation - centre[:, 0])
        inside = tf.cast((ages >= low) & (ages <= high), tf.float32)
        binned = -tf.math.log(tf.maximum(tf.reduce_sum(probabilities * inside, axis=1), 1e-7))
        known = tf.cast(low[:, 0] >= 0, tf.float32)
        return known * tf.where(low[:, 0] == high[:, 0], exact, binned)

    def get_config(self) -> dict:
        return {"sigma_years": self.sigma_years, "expectation_weight": self.expectation_weight}


@keras.saving.register_keras_serializable("training")
class AgeYearsLoss(keras.losses.Loss):
    """Distance of an age in years to its label, or to the nearer end of a bin.

    `mae`: the distance. `mse`: its square. `focal_mse`: its square x (2 sigmoid(0.2 |distance|) - 1), which
    weighs small errors less (the focal-R loss of Yang et al. 2021, Delving into Deep Imbalanced Regression).
    """

    def __init__(self, kind: str, name: str = "age_loss") -> None:
        super().__init__(name=name, reduction="sum_over_batch_size")
        self.kind = kind

    def call(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        """`y_true` (n, 2) low and high in years, `y_pred` (n, 1) years -> (n,) losses."""
        low, high = y_true[:, 0], y_true[:, 1]
        age = y_pred[:, 0]
        distance = tf.maximum(tf.maximum(low - age, age - high), 0.0)
        square = tf.square(distance)
        losses = {
            MAE: distance,
            MSE: square,
            FOCAL_MSE: square * (2 * tf.sigmoid(FOCAL_STEEPNESS * distance) - 1),
        }
        return tf.cast(low >= 0, tf.float32) * losses[self.kind]

    def get_config(self) -> dict:
        return {"kind": self.kind}


@keras.saving.register_keras_serializable("training")
class GenderLoss(keras.losses.Loss):
    """Binary cross-entropy with `smoothing` of the labels, which are known to be wrong in 2-3 %."""

    def __init__(self, smoothing: float = 0.0, name: str = "gender_loss") -> None:
        super().__init__(name=name, reduction="sum_over_batch_size")
        self.smoothing = smoothing

    def call(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        """`y_true` (n, 1) in {-1, 0, 1}, `y_pred` (n, 1) -> (n,) losses."""
        known = tf.cast(y_true[:, 0] >= 0, tf.float32)
        target = tf.clip_by_value(y_true[:, 0], self.smoothing, 1 - self.smoothing)
        probability = tf.clip_by_value(y_pred[:, 0], 1e-7, 1 - 1e-7)
        loss = -target * tf.math.log(probability) - (1 - target) * tf.math.log(1 - probability)
        return known * loss

    def get_config(self) -> dict:
        return {"smoothing": self.smoothing}


@keras.saving.register_keras_serializable("training")
class LocalizerLoss(keras.losses.Loss):
    """Distance of the box from the face in sides of the face, plus |log| of the ratio of the sides.

    Added is the Kullback-Leibler divergence of the score map to a normal distribution around the face, with
    FACE_SIGMA of its side and at least half a position of the map: the box is a mean over the map, and the
    mean alone says little about where the scores should lie (Nibali 2018).
    """

    def __init__(self, name: str = "localizer_loss") -> None:
        super().__init__(name=name, reduction="sum_over_batch_size")

    def call(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        """`y_true` (n, 3) centre x, centre y, side (-1 where unknown), `y_pred` localizer outputs -> (n,)."""
        known = tf.cast(y_true[:, 2] > 0, tf.float32)
        side = tf.maximum(y_true[:, 2], 1e-3)
        distance = tf.reduce_sum(tf.abs(y_true[:, :2] - y_pred[:, :2]), axis=1) / side
        log_ratio = tf.abs(tf.math.log(y_pred[:, 2] / side))
        scores = y_pred[:, CXCYS_LENGTH:]
        target = _target_map(y_true[:, :2], side, math.isqrt(scores.shape[1]))
        divergence = tf.reduce_sum(target * (tf.math.log(target + 1e-9) - tf.nn.log_softmax(scores)), axis=1)
        return known * (distance + log_ratio + divergence)

    def get_config(self) -> dict:
        return {}


def _target_map(centres: tf.Tensor, sides: tf.Tensor, count: int) -> tf.Tensor:
    """Normal distributions around (n, 2) centres on a map of count × count positions: (n, count * count).

    Centres and (n,) sides are in fractions of the input's side.
    """
    positions = (tf.range(count, dtype=tf.float32) + 0.5) / count
    sigma = tf.maximum(FACE_SIGMA * sides, 0.5 / count)[:, None, None]
    across, down = tf.unstack(tf.exp(-0.5 * ((positions - centres[:, :, None]) / sigma) ** 2), axis=1)
    target = tf.reshape(down[:, :, None] * across[:, None, :], (-1, count * count))
    return target / (tf.reduce_sum(target, axis=1, keepdims=True) + 1e-9)


@keras.saving.register_keras_serializable("training")
class AgeMae(keras.metrics.Mean):
    """Mean absolute error of the expected age, in years, over the exact ages."""

    def __init__(self, name: str = "mae", **kwargs) -> None:  # type: ignore[no-untyped-def]
        super().__init__(name=name, **kwargs)

    def update_state(self, y_true, y_pred, sample_weight=None):  # type: ignore[no-untyped-def]
        exact = tf.cast((y_true[:, 0] >= 0) & (y_true[:, 0] == y_true[:, 1]), tf.float32)
        return super().update_state(tf.abs(ages_in_years(y_pred) - y_true[:, 0]), exact)


@keras.saving.register_keras_serializable("training")
class GenderAccuracy(keras.metrics.Mean):
    """Fraction of the known genders that are predicted correctly."""

    def __init__(self, name: str = "accuracy", **kwargs) -> None:  # type: ignore[no-untyped-def]
        super().__init__(name=name, **kwargs)

    def update_state(self, y_true, y_pred, sample_weight=None):  # type: ignore[no-untyped-def]
        known = tf.cast(y_true[:, 0] >= 0, tf.float32)
        correct = tf.cast((y_pred[:, 0] >= EVEN) == (y_true[:, 0] >= EVEN), tf.float32)
        return super().update_state(correct, known)


def ages_in_years(age_output: tf.Tensor) -> tf.Tensor:
    """(n, 101) age probabilities or (n, 1) years -> (n,) expected ages in years."""
    if age_output.shape[-1] == 1:
        return age_output[:, 0]
    return tf.linalg.matvec(age_output, tf.range(AGES, dtype=tf.float32))

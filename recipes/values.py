"""Values that a recipe's keys may hold: names, ranges, and the sets and layers that they choose from."""

import re
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt, Lt, MinLen
from pydantic import AfterValidator, Field, StringConstraints

from dataset.augmentation import Fraction
from dataset.records import AGEDB, CHIPS, COMPOSITES, FAIRFACE
from faces.toml import WrongTogether
from faces.variants import NAME

TRAINING_SETS = (CHIPS, COMPOSITES, FAIRFACE, AGEDB)

FACERES, IMAGENET, NO_WEIGHTS = "faceres", "imagenet", "none"
WEIGHT_SUFFIXES = (".keras", ".h5")
ALL, HEADS, LOCALIZER = "all", "heads", "localizer"
MAIN, COOLDOWN = "main", "cooldown"  # the mixes of a recipe, as histories and pages name them
TRAINABLE = rf"{ALL}|{HEADS}|{LOCALIZER}|last [1-9][0-9]*|after \S+"

# The functions of training.networks.architectures, and "embedding".
Architecture = Literal[
    "mobilenet", "vgg16", "resnet50", "efficientnetb0", "resnet34", "residual_cnn", "multitask_cnn",
    "embedding",
]  # fmt: skip
Initializer = Literal[
    "glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform", "lecun_normal",
    "random_uniform", "random_normal", "truncated_normal", "orthogonal",
]  # fmt: skip


def _known_weights(weights: str) -> str:
    if weights not in (FACERES, IMAGENET, NO_WEIGHTS) and not weights.endswith(WEIGHT_SUFFIXES):
        raise ValueError(
            f"Input should be '{FACERES}', '{IMAGENET}', '{NO_WEIGHTS}' or the path of a Keras file "
            f"({' or '.join(WEIGHT_SUFFIXES)})"
        )
    return weights


def _known_layers(trainable: str) -> str:
    if not re.fullmatch(TRAINABLE, trainable):
        raise ValueError(f"Input should be '{ALL}', '{HEADS}', '{LOCALIZER}', 'last N' or 'after LAYER'")
    return trainable


def _known_sets(by_set: dict[str, Any]) -> dict[str, Any]:
    for name in by_set:
        if name not in TRAINING_SETS and not name.endswith(".csv"):
            raise WrongTogether(
                name, f"Sets are {', '.join(TRAINING_SETS)} or the path of a .csv file", repr(by_set[name])
            )
    return by_set


def _sum_to_one(fractions: dict[str, float]) -> dict[str, float]:
    if abs(sum(fractions.values()) - 1) > 1e-6:
        raise ValueError("The fractions should sum to 1")
    return fractions


Text = Annotated[str, MinLen(1)]
Name = Annotated[str, StringConstraints(pattern=NAME)]
Count = Annotated[int, Gt(0)]
Positive = Annotated[float, Gt(0)]
Amount = Annotated[float, Ge(0)]
BelowOne = Annotated[float, Ge(0), Lt(1)]
Weights = Annotated[str, AfterValidator(_known_weights)]
Fractions = Annotated[
    dict[str, Fraction], MinLen(1), AfterValidator(_known_sets), AfterValidator(_sum_to_one)
]
Limits = Annotated[dict[str, Count], AfterValidator(_known_sets)]
Trainable = Annotated[
    str, AfterValidator(_known_layers), Field(json_schema_extra={"pattern": f"^({TRAINABLE})$"})
]

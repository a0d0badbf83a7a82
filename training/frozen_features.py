"""A phase that trains heads alone -> the heads as a network, and what the frozen backbone says of each frame.

A room of its own because only here a network is cut in two. The backbone, nearly all of the work, reads every
frame once instead of once an epoch: training frames in as many augmented draws as the recipe says, validation
frames as they are. The heads are the same layers as those of the whole network, so nothing is copied back.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
from tqdm import tqdm

from dataset.augmentation import Augmentation
from recipes.recipe import Recipe
from training.networks.build import StartedNetwork
from training.pipeline import Labelled, sampled_crop

BATCH_SIZE = 32


def heads_of(started: StartedNetwork) -> keras.Model:
    """Features of the backbone in, what the network says out."""
    model = started.model
    return keras.Model(model.get_layer(started.backbone[-1]).output, model.output, name=f"{model.name}_heads")


def with_features(
    started: StartedNetwork,
    sources: Mapping[str, Labelled],
    recipe: Recipe,
    folder: Path,
    *,
    draws: int,
    augmentation: Augmentation,
) -> dict[str, Labelled]:
    """The sources with `features` (draws, n, width): what the backbone says of each frame in each draw of it.

    They lie in `folder` as files that are mapped into memory: of a large set they do not fit.
    """
    model = started.model
    backbone = keras.Model(model.input, model.get_layer(started.backbone[-1]).output)
    folder.mkdir(parents=True, exist_ok=True)
    described = {}
    for number, (name, source) in enumerate(sources.items()):
        count = len(source.inputs)
        shape = (draws, count, *backbone.output.shape[1:])
        features = np.lib.format.open_memmap(folder / f"{number}.npy", "w+", np.float32, shape)
        for draw in range(draws):
            for start in tqdm(range(0, count, BATCH_SIZE), desc=f"features {name} {draw + 1}", unit="batch"):
                inputs = [
                    sampled_crop(
                        source,
                        index,
                        augmentation,
                        recipe.input,
                        np.random.default_rng([recipe.schedule.seed, number, draw, index]),
                    )[0]
                    for index in range(start, min(start + BATCH_SIZE, count))
                ]
                features[draw, start : start + len(inputs)] = backbone.predict_on_batch(
                    np.stack(inputs).astype(np.float32)
                )
        described[name] = replace(source, features=features)
    return described

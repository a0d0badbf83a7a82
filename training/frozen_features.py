"""Phase that trains heads alone -> the heads as a model, and features of the frozen backbone for each input.

The backbone, nearly all of the work, runs once on every input instead of once an epoch: on training inputs in
as many augmented samples as the recipe asks for, on validation inputs as they are. The heads are the same
layers as those of the whole network, so nothing is copied back.
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
    """The heads as a model: features of the backbone in, the network's outputs out."""
    model = started.model
    return keras.Model(model.get_layer(started.backbone[-1]).output, model.output, name=f"{model.name}_heads")


def with_features(
    started: StartedNetwork,
    sources: Mapping[str, Labelled],
    recipe: Recipe,
    folder: Path,
    *,
    samples: int,
    augmentation: Augmentation,
) -> dict[str, Labelled]:
    """The sources with `features` (samples, n, width) of the backbone, for each augmented sample of an input.

    They lie in `folder` as files that are mapped into memory: those of a large set do not fit.
    """
    model = started.model
    backbone = keras.Model(model.input, model.get_layer(started.backbone[-1]).output)
    folder.mkdir(parents=True, exist_ok=True)
    cached: dict[str, Labelled] = {}
    for number, (name, source) in enumerate(sources.items()):
        count = len(source.inputs)
        shape = (samples, count, *backbone.output.shape[1:])
        features = np.lib.format.open_memmap(folder / f"{number}.npy", "w+", np.float32, shape)
        for sample in range(samples):
            for start in tqdm(
                range(0, count, BATCH_SIZE), desc=f"features {name} {sample + 1}", unit="batch"
            ):
                inputs = [
                    sampled_crop(
                        source,
                        index,
                        augmentation,
                        recipe.input,
                        np.random.default_rng([recipe.schedule.seed, number, sample, index]),
                    )[0]
                    for index in range(start, min(start + BATCH_SIZE, count))
                ]
                features[sample, start : start + len(inputs)] = backbone.predict_on_batch(
                    np.stack(inputs).astype(np.float32)
                )
        cached[name] = replace(source, features=features)
    return cached

"""Throughput of the training pipeline and of the training step: does the network ever wait for its inputs?

    python -m benchmarks pipeline

The inputs are noise in the shape of the recipe's cache: neither rate depends on their content.
"""

import argparse
import time
from dataclasses import replace

import numpy as np

INPUTS = 256
REPEATS = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """There are none: all follows from the recipe of `cropped`."""


def run(parsed: argparse.Namespace) -> int:
    import keras

    from recipes.recipe import read_recipe, recipe_path
    from training.phases import compiled
    from training.pipeline import Labelled, training_batches
    from training.run import network_at_start

    recipe = read_recipe(recipe_path("model_cropped/second_part.toml"))
    # Random weights cost what trained ones cost, and need no file.
    recipe = replace(recipe, network=replace(recipe.network, weights="none"))
    rng = np.random.default_rng(0)
    canvas_px = round(recipe.input.input_px * recipe.input.canvas_scale)
    noise = Labelled(
        rng.integers(0, 256, (INPUTS, canvas_px, canvas_px, 3), np.uint8),
        np.repeat(rng.integers(0, 101, (INPUTS, 1)), 2, axis=1).astype(np.float32),
        rng.integers(0, 2, (INPUTS, 1)).astype(np.float32),
    )
    sources = dict.fromkeys(recipe.mix.fractions, noise)
    batch = next(iter(training_batches(sources, recipe, 0)[0]))
    model = compiled(network_at_start(recipe, None, sources), recipe, recipe.phases[-1])
    model.train_on_batch(*batch)
    rates: dict[str, list[float]] = {"pipeline alone": [], "training step alone": []}
    for repeat in range(REPEATS):
        batches, _ = training_batches(sources, recipe, repeat + 1)
        started, count = time.perf_counter(), 0
        for inputs, _ in batches.take(20):
            count += len(inputs)
        rates["pipeline alone"].append(count / (time.perf_counter() - started))
        started = time.perf_counter()
        for _ in range(8):
            model.train_on_batch(*batch)
        rates["training step alone"].append(8 * len(batch[0]) / (time.perf_counter() - started))
    print(f"{recipe.input.input_px} px, Keras {keras.__version__}, {REPEATS} alternating repeats\n")
    print("| | inputs a second, median | least | most |\n|---|---|---|---|")
    for name, values in rates.items():
        print(f"| {name} | {np.median(values):.0f} | {min(values):.0f} | {max(values):.0f} |")
    return 0

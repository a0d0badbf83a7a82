"""Time of a saliency map: each method, and a grid of all variants and outputs, by both engines.

    python -m benchmarks saliency

Median milliseconds on the astronaut sample, once warm; tf-keras-vis only where it is installed.
"""

import argparse
import importlib.util
import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from faces.detection import Detector
from faces.input_crops import crop_for, square_for
from faces.networks import Network
from faces.pictures import decode
from faces.predictions import AGE, OUTPUTS
from faces.saliency.explain import METHODS, saliency_map
from faces.variants import DEFAULT_VARIANTS, read_variant

ASTRONAUT = Path(__file__).parent.parent / "dashboard" / "samples" / "astronaut.jpg"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `python -m benchmarks saliency`."""
    parser.add_argument("--variant", type=Path, action="append", metavar="DIR")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=11)


def run(parsed: argparse.Namespace) -> int:
    """Measure and print; 0 when done."""
    folders = parsed.variant or DEFAULT_VARIANTS
    networks = [Network(read_variant(folder), threads=parsed.threads) for folder in folders]
    picture = decode(ASTRONAUT.read_bytes(), ASTRONAUT.name)
    face = Detector(threads=parsed.threads).faces_in(picture)[0]

    def maps(method: str, networks: list[Network], outputs: Sequence[str]) -> None:
        for network in networks:
            crop = crop_for(network.variant, picture, face)
            square = square_for(network.variant, picture, face)
            for output in outputs:
                saliency_map(network, crop, square, method, output)

    first = networks[0]
    crop = crop_for(first.variant, picture, face)
    print(f"prediction alone: {_median_ms(lambda: first.outputs(crop[None]), parsed.repeats):.1f} ms")
    print(f"| method | one map, ms | grid of {2 * len(networks)}, ms | one map by tf-keras-vis, ms |")
    print("|---|---|---|---|")
    for method in METHODS:
        map_ms = _median_ms(partial(maps, method, [first], [AGE]), parsed.repeats)
        grid_ms = _median_ms(partial(maps, method, networks, OUTPUTS), 3)
        print(f"| {method} | {map_ms:.0f} | {grid_ms:.0f} | {_reference_ms(first, crop, method)} |")
    return 0


def _reference_ms(network: Network, crop: np.ndarray, method: str) -> str:
    """Median time of tf-keras-vis, or the reason why there is none."""
    if not importlib.util.find_spec("tf_keras_vis"):
        return "not installed"
    if not (network.variant.folder / "network.keras").is_file():
        return "no network.keras"
    from training.saliency_reference import reference_map

    one_map = partial(reference_map, network.variant.folder, crop, method, AGE, female_probability=0.5)
    return f"{_median_ms(one_map, 3):.0f}"


def _median_ms(action: Callable[[], object], repeats: int) -> float:
    """Median of `repeats` runs, after one to warm up."""
    action()
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        action()
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)

"""Input crops of people to explain: portraits from the data sets where they are, else the shipped samples."""

import os
from pathlib import Path

import numpy as np

from faces.detection import Detector
from faces.input_crops import crop_for
from faces.pictures import Picture, decode
from faces.variants import Variant

SAMPLES = Path(__file__).resolve().parents[1] / "dashboard" / "samples"


def some_portraits(count: int) -> list[Picture]:
    """At most `count` pictures of people: the shipped samples first, then portraits spread over the set."""
    paths = sorted(SAMPLES.glob("*.jpg"))[:count]
    folder = Path(os.environ.get("AGE_GENDER_DATA", "nowhere")) / "photographs" / "portraits" / "images"
    more = sorted(folder.glob("*.jpg"))
    if more and count > len(paths):
        paths += [more[index] for index in np.linspace(0, len(more) - 1, count - len(paths)).astype(int)]
    return [decode(path.read_bytes(), path.name) for path in paths]


def crops_of_people(variant: Variant, count: int) -> list[np.ndarray]:
    """An input crop of the highest-confidence face in each of `some_portraits`, (px, px, 3) uint8."""
    detector = Detector(threads=1)
    crops = []
    for picture in some_portraits(count):
        faces = detector.faces_in(picture)
        crops.append(crop_for(variant, picture, faces[0] if faces else None))
    return crops

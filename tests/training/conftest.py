"""Small data in the real layouts, and networks at a random start."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from dataset.splits import read_split

if TYPE_CHECKING:
    from recipes.recipe import Recipe


@pytest.fixture(scope="session")
def small_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """UTKFace's and AgeDB's layout and names, with pictures of noise."""
    return with_noise_pictures(tmp_path_factory.mktemp("data"))


def with_noise_pictures(folder: Path) -> Path:
    """Write utkface/ (48 pictures to train, 16 to validate, 16 to test) and agedb/ into the folder."""
    (folder / "utkface").mkdir()
    (folder / "agedb").mkdir()
    split = read_split()
    rng = np.random.default_rng(0)

    def write(path: Path) -> None:
        Image.fromarray(rng.integers(0, 256, (200, 200, 3), np.uint8)).save(path, "JPEG")

    for name, count in (("train", 48), ("validation", 16), ("test", 16)):
        for file in split[split.split == name].file[:count]:
            write(folder / "utkface" / file)
    for number in range(60):
        write(folder / "agedb" / f"{number}_Somebody{number}_{20 + number}_{'fm'[number % 2]}.jpg")
    return folder


def from_nothing(recipe: "Recipe", attention_px: int) -> "Recipe":
    """A recipe of the shipped variants with random start weights and attention crops of `attention_px`."""
    network = replace(recipe.network, weights="none", attention_px=attention_px)
    return replace(recipe, network=network)


def face_network(  # type: ignore[no-untyped-def]
    px: int, weights: str = "none", weights_dir: Path | None = None, *, attention_px: int = 0
):
    """The network of the shipped recipes for inputs of `px`, or for attention crops of them."""
    from recipes.recipe import read_recipe, recipe_path
    from training.networks.build import started_network

    recipe = read_recipe(recipe_path("model_cropped")).network
    return started_network(replace(recipe, weights=weights, attention_px=attention_px), px, weights_dir).model

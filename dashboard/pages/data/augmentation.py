"""Picture + recipe + seed -> the frames that a training would see: one as it is, and any number of draws.

A room of its own because it does in small what the training pipeline does: frame with more around it, then
dataset.augmentation. Recipes are read as files; their TensorFlow stays where it is.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from dashboard.pictures.uploads import Upload
from dataset.augmentation import Augmentation, augmentation_in, augmented
from faces.boxes import Square, square_around
from faces.errors import RecipeError
from faces.input_crops import pixels_in
from faces.variants import FACE

MAIN, COOLDOWN = "main", "cooldown"


@dataclass(frozen=True)
class ShownRecipe:
    """What the preview needs of a recipe.toml; `augmentations` by part of the training, in order."""

    by_face: bool
    crop_scale: float
    canvas_scale: float
    input_px: int
    pad_rgb: tuple[int, ...]
    augmentations: Mapping[str, Augmentation]


def read_shown_recipe(path: Path) -> ShownRecipe:
    """The framing and the augmentations of a recipe. Raises RecipeError, naming what is missing."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        settings = table["input"]
        return ShownRecipe(
            by_face=settings["input_mode"] == FACE,
            crop_scale=float(settings["crop_scale"]),
            canvas_scale=float(settings["canvas_scale"]),
            input_px=int(settings["input_px"]),
            pad_rgb=tuple(int(level) for level in settings["pad_rgb"]),
            augmentations=_augmentations(table),
        )
    except KeyError as error:
        raise RecipeError(f"{path} lacks the key {error}.") from None
    except (OSError, tomllib.TOMLDecodeError, TypeError, ValueError) as error:
        raise RecipeError(f"{path} cannot be read: {error}") from error


def unchanged_crop(upload: Upload, recipe: ShownRecipe) -> np.ndarray:
    """(input_px, input_px, 3) uint8 RGB: the frame as it is served."""
    return _pixels(upload, recipe, _square(upload, recipe), 1.0)


def sampled_crop(upload: Upload, recipe: ShownRecipe, part: str, seed: int, draw: int) -> np.ndarray:
    """(input_px, input_px, 3) uint8 RGB: draw number `draw` under a seed. Equal numbers give equal frames.

    Raises RecipeError where the recipe has no such part.
    """
    if part not in recipe.augmentations:
        raise RecipeError(f"The recipe has the parts {', '.join(recipe.augmentations)}. Received: {part}.")
    square = _square(upload, recipe).scaled(recipe.canvas_scale)
    canvas = _pixels(upload, recipe, square, recipe.canvas_scale)
    faces = upload.answer.faces
    place = np.array(square_around(faces[0].face.box_xyxy, 1.0).within(square)) if faces else None
    rng = np.random.default_rng([seed, draw])
    return augmented(canvas, recipe.augmentations[part], rng, recipe.input_px, recipe.pad_rgb, place)


def strengths_in_words(augmentation: Augmentation) -> list[str]:
    """`flip chance 50 %`, `rotation 10 degrees`: the changes that are switched on."""
    chances = {
        "low_resolution": "low_resolution_probability",
        "blur": "blur_probability",
        "noise": "noise_probability",
        "jpeg": "jpeg_probability",
        "cutout": "cutout_probability",
    }
    words = []
    for field in fields(augmentation):
        value = getattr(augmentation, field.name)
        of = next((chance for start, chance in chances.items() if field.name.startswith(start)), field.name)
        if value and getattr(augmentation, of):
            words.append(_in_words(field.name, value))
    return words


def _in_words(name: str, value: float) -> str:
    if name.endswith(("_probability", "_fraction")):
        words = name.removesuffix("_fraction").replace("_", " ")
        return f"{words} {100 * value:g} %"
    for unit in ("degrees", "px", "levels"):
        if name.endswith(f"_{unit}"):
            return f"{name.removesuffix(f'_{unit}').replace('_', ' ')} {value:g} {unit}"
    return f"{name.replace('_', ' ')} {value:g}"


def _augmentations(table: Mapping[str, Any]) -> dict[str, Augmentation]:
    found = {MAIN: augmentation_in(table["mix"].get("augmentation", {}))}
    if "cooldown" in table:
        found[COOLDOWN] = augmentation_in(table["cooldown"]["mix"].get("augmentation", {}))
    return found


def _square(upload: Upload, recipe: ShownRecipe) -> Square:
    """Around the first face, or the whole picture."""
    picture, faces = upload.picture, upload.answer.faces
    if recipe.by_face and faces:
        return square_around(faces[0].face.box_xyxy, recipe.crop_scale)
    return square_around((0, 0, picture.width, picture.height), 1.0)


def _pixels(upload: Upload, recipe: ShownRecipe, square: Square, around: float) -> np.ndarray:
    """What lies in a square, in `around` times the pixels of a frame each way."""
    return pixels_in(upload.picture.rgb, square, round(recipe.input_px * around), recipe.pad_rgb)

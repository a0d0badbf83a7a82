"""Picture + recipe + seed -> the inputs that a training would see: one as it is, and any number of samples.

It does in small what the training pipeline does: a crop with more around it, then dataset.augmentation.
"""

from dataclasses import fields

import numpy as np

from dashboard.pictures.uploads import Upload
from dataset.augmentation import Augmentation, augmented
from faces.boxes import Square, square_around
from faces.errors import RecipeError
from faces.input_crops import pixels_in
from faces.variants import FACE
from recipes.recipe import Recipe
from recipes.values import COOLDOWN, MAIN


def augmentations_of(recipe: Recipe) -> dict[str, Augmentation]:
    """The augmentation of each part of a training by the name of the part, in order."""
    parts = {MAIN: recipe.mix.augmentation}
    return parts | {COOLDOWN: recipe.cooldown.mix.augmentation} if recipe.cooldown else parts


def unchanged_crop(upload: Upload, recipe: Recipe) -> np.ndarray:
    """(input_px, input_px, 3) uint8 RGB: the input crop as it is served."""
    return _pixels(upload, recipe, _square(upload, recipe), 1.0)


def sampled_crop(upload: Upload, recipe: Recipe, part: str, seed: int, sample: int) -> np.ndarray:
    """(input_px, input_px, 3) uint8 RGB: sample number `sample` under a seed. Equal numbers, equal crops.

    Raises RecipeError where the recipe has no such part.
    """
    augmentations = augmentations_of(recipe)
    if part not in augmentations:
        raise RecipeError(f"The recipe has the parts {', '.join(augmentations)}. Received: {part}.")
    canvas_scale = recipe.input.canvas_scale
    square = _square(upload, recipe).scaled(canvas_scale)
    canvas = _pixels(upload, recipe, square, canvas_scale)
    faces = upload.answer.faces
    face_square = np.array(square_around(faces[0].face.box_xyxy, 1.0).within(square)) if faces else None
    rng = np.random.default_rng([seed, sample])
    return augmented(
        canvas, augmentations[part], rng, recipe.input.input_px, recipe.input.pad_rgb, face_square
    )


def severities_in_words(augmentation: Augmentation) -> list[str]:
    """`flip probability 50 %`, `rotation 10 degrees`: the changes that are switched on."""
    probabilities = {
        "low_resolution": "low_resolution_probability",
        "blur": "blur_probability",
        "noise": "noise_probability",
        "jpeg": "jpeg_probability",
        "cutout": "cutout_probability",
    }
    words = []
    for field in fields(augmentation):
        value = getattr(augmentation, field.name)
        of = next((name for start, name in probabilities.items() if field.name.startswith(start)), field.name)
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


def _square(upload: Upload, recipe: Recipe) -> Square:
    """Around the first face, or the whole picture."""
    picture, faces = upload.picture, upload.answer.faces
    if recipe.input.input_mode == FACE and faces:
        return square_around(faces[0].face.box_xyxy, recipe.input.crop_scale)
    return square_around((0, 0, picture.width, picture.height), 1.0)


def _pixels(upload: Upload, recipe: Recipe, square: Square, around: float) -> np.ndarray:
    """What lies in a square, in `around` times the pixels of the input each way."""
    side_px = round(recipe.input.input_px * around)
    return pixels_in(upload.picture.rgb, square, side_px, recipe.input.pad_rgb)

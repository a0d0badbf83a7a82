"""A variant's folder -> what its network started from, and how long it was trained, in words."""

from pathlib import Path

from evaluation.reports.scores import history_in, read_history
from faces.variants import Variant
from recipes.recipe import FACERES, NO_WEIGHTS, Recipe, read_recipe
from recipes.run import EARLIER_PARTS

START_WORDS = {
    FACERES: "`faceres-deep`, a MobileNet 1.0 trained on faces (MIT)",
    NO_WEIGHTS: "none: random weights",
}


def recipe_of(folder: Path, name: str = "recipe.toml") -> Recipe | None:
    """A recipe in a variant's folder; None where there is none. Raises RecipeError where it is wrong."""
    path = folder / name
    return read_recipe(path) if path.is_file() else None


def recipes_of(folder: Path) -> dict[str, Recipe]:
    """File name -> recipe, of all parts of a training that are there, in their order."""
    names = [f"{part}.toml" for part in (*EARLIER_PARTS, "recipe")]
    return {name: recipe for name in names if (recipe := recipe_of(folder, name)) is not None}


def fractions_words(folder: Path) -> str:
    """From which sets the inputs of each part of the training came."""
    parts = [
        ", ".join(f"{name} {100 * fraction:.0f} %" for name, fraction in recipe.mix.fractions.items())
        for recipe in recipes_of(folder).values()
    ]
    return "; then ".join(parts) or "not recorded"


def start_words(folder: Path) -> str:
    """The start weights, those of the first part where there is one; a path is a Keras file."""
    recipe = next(iter(recipes_of(folder).values()), None)
    if recipe is None:
        return "not recorded"
    return START_WORDS.get(recipe.network.weights, f"`{recipe.network.weights}`")


def training_words(variant: Variant) -> str:
    """Epochs and hours. Raises TableError for a history without the columns for them."""
    history = read_history(variant)
    if history is None:
        return "none: the start weights as they are"
    paths = [variant.folder / f"{part}.csv" for part in EARLIER_PARTS]
    parts = [*(history_in(path) for path in paths if path.is_file()), history]
    return ", then ".join(f"{len(part)} epochs in {part.seconds.sum() / 3600:.1f} hours" for part in parts)

"""recipe.toml -> Recipe: every choice of a training, checked before an hour is spent on it.

A recipe is found by its folder (`model_full`, which holds recipe.toml), by its name in training/recipes/, or
by its path. Every key is required and no other is taken, so that two recipes differ only where they say so.
"""

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from dataset.augmentation import Augmentation, augmentation_in
from dataset.sets import CHIPS, CONTEXT, FAIRFACE
from faces.errors import RecipeError
from faces.variants import FACE, WHOLE_PICTURE, Variant

RECIPES = Path(__file__).parent / "recipes"
TRAINING_SETS = (CHIPS, CONTEXT, FAIRFACE)


@dataclass(frozen=True)
class Framing:
    """Where the variant looks; the one table in which `full` and `cropped` differ."""

    framing: str
    crop_scale: float
    input_px: int
    pad_rgb: list[int]
    canvas_scale: float  # how much around each frame is cached for augmentation to move in


@dataclass(frozen=True)
class Start:
    """Where the weights begin, and what stays as it was."""

    weights: str  # "faceres" or "none"
    frozen_through: str  # name of the last layer that is not trained; "" trains all
    batch_norm: str  # "frozen", or "measured": measured anew on training frames, then trained


@dataclass(frozen=True)
class Loss:
    """See training.losses."""

    sigma_years: float
    expectation_weight: float
    gender_weight: float
    gender_smoothing: float


@dataclass(frozen=True)
class Schedule:
    """AdamW with warm-up and cosine; weights averaged over steps (EMA)."""

    epochs: int
    frames_an_epoch: int
    batch_frames: int
    learning_rate: float
    warmup_share: float
    weight_decay: float
    average_momentum: float
    seed: int


@dataclass(frozen=True)
class Mix:
    """What an epoch is made of: the share of its frames from each set, and how they are augmented.

    `age_balance` is the power by which an age decade's count weakens its pictures: 0 draws them evenly,
    1 draws every decade of a set as often as any other.
    """

    shares: dict[str, float]
    age_balance: float
    augmentation: Augmentation


@dataclass(frozen=True)
class Finish:
    """The last epochs: nearer to what is served than the strong augmentation before them."""

    epochs: int
    mix: Mix


@dataclass(frozen=True)
class Recipe:
    name: str
    path: Path
    framing: Framing
    start: Start
    limits: dict[str, int]  # set -> about how many of its training pictures are used; absent: all
    mix: Mix
    finish: Finish
    loss: Loss
    schedule: Schedule

    def mix_of(self, epoch: int) -> Mix:
        """The mix of an epoch, counted from 0."""
        return self.mix if epoch < self.schedule.epochs - self.finish.epochs else self.finish.mix

    def variant(self) -> Variant:
        """The framing as serving knows it; network, detector and split are filled in by the export."""
        return Variant(
            name=self.name,
            folder=self.path.parent,
            framing=self.framing.framing,
            crop_scale=self.framing.crop_scale,
            input_px=self.framing.input_px,
            pad_rgb=tuple(self.framing.pad_rgb),  # type: ignore[arg-type]
            network_sha256="",
            detector_sha256="",
            split_sha256="",
            recipe=self.name,
            parameters=0,
            flops=0,
            last_convolution="",
        )


def recipe_path(name: str) -> Path:
    """The recipe of a folder, a name in training/recipes/ or a path. Raises RecipeError where none is."""
    for path in (Path(name) / "recipe.toml", RECIPES / f"{name}.toml", Path(name)):
        if path.is_file():
            return path
    known = ", ".join(sorted(path.stem for path in RECIPES.glob("*.toml")))
    raise RecipeError(
        f"There is no recipe '{name}'; a folder with a recipe.toml, a path, or one of: {known}."
    )


def read_recipe(path: Path) -> Recipe:
    """Read and check a recipe. Raises RecipeError, naming the key."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RecipeError(f"{path} cannot be read: {error}") from error
    _check_keys(path, "the recipe", table, {field.name for field in fields(Recipe)} - {"path"})
    recipe = Recipe(
        name=str(table["name"]),
        path=path,
        framing=_section(path, "framing", table, Framing),
        start=_section(path, "start", table, Start),
        limits={key: int(value) for key, value in table["limits"].items()},
        mix=_mix(path, "mix", table["mix"]),
        finish=Finish(int(table["finish"]["epochs"]), _mix(path, "finish.mix", table["finish"]["mix"])),
        loss=_section(path, "loss", table, Loss),
        schedule=_section(path, "schedule", table, Schedule),
    )
    if recipe.framing.framing not in (FACE, WHOLE_PICTURE):
        raise RecipeError(
            f"{path}: framing is '{FACE}' or '{WHOLE_PICTURE}'. Received: '{recipe.framing.framing}'."
        )
    if recipe.start.weights not in ("faceres", "none"):
        raise RecipeError(f"{path}: weights is 'faceres' or 'none'. Received: '{recipe.start.weights}'.")
    if recipe.start.batch_norm not in ("frozen", "measured"):
        raise RecipeError(
            f"{path}: batch_norm is 'frozen' or 'measured'. Received: '{recipe.start.batch_norm}'."
        )
    if set(recipe.finish.mix.shares) - set(recipe.mix.shares):
        raise RecipeError(f"{path}: [finish.mix] draws from sets of [mix].")
    return recipe


def _mix(path: Path, key: str, table: dict[str, Any]) -> Mix:
    _check_keys(path, f"[{key}]", table, {field.name for field in fields(Mix)})
    shares = {name: float(share) for name, share in table["shares"].items()}
    if set(shares) - set(TRAINING_SETS) or not shares or abs(sum(shares.values()) - 1) > 1e-6:
        raise RecipeError(
            f"{path}: [{key}] has shares of {', '.join(TRAINING_SETS)} that sum to 1. Received: {shares}."
        )
    balance = float(table["age_balance"])
    if not 0 <= balance <= 1:
        raise RecipeError(f"{path}: [{key}] age_balance lies in 0 to 1. Received: {balance}.")
    return Mix(shares, balance, augmentation_in(table["augmentation"]))


def _section(path: Path, key: str, table: dict[str, Any], kind: type) -> Any:
    _check_keys(path, f"[{key}]", table[key], {field.name for field in fields(kind)})
    return kind(**table[key])


def _check_keys(path: Path, where: str, table: dict[str, Any], wanted: set[str]) -> None:
    missing, unknown = wanted - set(table), set(table) - wanted
    if missing:
        raise RecipeError(f"{path}: {where} lacks {', '.join(sorted(missing))}.")
    if unknown:
        raise RecipeError(f"{path}: {where} has no {', '.join(sorted(unknown))}.")

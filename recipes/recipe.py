"""recipe.toml -> Recipe: every choice of a training, checked before an hour is spent on it.

A recipe is found by its folder (`model_full`, which holds recipe.toml), by its name in recipes/, or
by its path. What a recipe does not say is off; a key that no recipe knows is refused.
"""

import dataclasses
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from dataset.augmentation import Augmentation, augmentation_in
from dataset.records import AGEDB, CHIPS, COMPOSITES, FAIRFACE
from faces.errors import RecipeError
from faces.variants import Variant

RECIPES = Path(__file__).parent
TRAINING_SETS = (CHIPS, COMPOSITES, FAIRFACE, AGEDB)

FACERES, IMAGENET, NO_WEIGHTS = "faceres", "imagenet", "none"
EMBEDDING = "embedding"
DISTRIBUTION, YEARS = "distribution", "years"
LABEL_DISTRIBUTION, MAE, MSE, FOCAL_MSE = "label_distribution", "mae", "mse", "focal_mse"
AGE_PROBABILITIES, AGE_YEARS, FEMALE = "age_probabilities", "age_years", "female_probability"
FROZEN, MEASURED, TRAINED = "frozen", "measured", "trained"
ALL, HEADS, LOCALIZER = "all", "heads", "localizer"


@dataclass(frozen=True)
class InputRecipe:
    """Where the variant looks; the one table in which `full` and `cropped` differ."""

    input_mode: Literal["face", "whole_image"]
    crop_scale: float
    input_px: int
    pad_rgb: list[int]
    canvas_scale: float  # how much around each frame is cached for augmentation to move in


@dataclass(frozen=True)
class Head:
    """Rectified dense layers, with the dropout that follows each."""

    units: list[int] = field(default_factory=list)
    dropout: list[float] = field(default_factory=list)
    initializer: str = "glorot_uniform"  # Xavier


@dataclass(frozen=True)
class NetworkRecipe:
    """What is trained. Without `age` or without `gender` it tells the other alone."""

    architecture: str  # a name of training.networks.architectures, or "embedding"
    weights: str  # "faceres", "imagenet", "none", or the path of a Keras file
    batch_norm: Literal["frozen", "measured", "trained"]  # measured: on training frames, then trained
    attention_px: int = 0  # side of what is cut from the frame where the face is; 0: the frame itself is read
    pooling: Literal["mean", "flatten"] = "mean"  # of the feature map; see training.networks.build
    embedding_layer: str = ""  # of an embedding network: the layer that is the embedding
    age_output: Literal["distribution", "years"] = "distribution"
    shared: Head = Head()
    age: Head | None = None
    gender: Head | None = None

    @property
    def age_name(self) -> str:
        """The output that tells the age."""
        return AGE_PROBABILITIES if self.age_output == DISTRIBUTION else AGE_YEARS


@dataclass(frozen=True)
class Loss:
    """See training.networks.losses. The total is age_weight × age loss + gender_weight × cross-entropy.

    Where the network takes a glimpse, glimpse_weight × its loss is added.
    """

    age: Literal["label_distribution", "mae", "mse", "focal_mse"]
    age_weight: float = 1.0
    gender_weight: float = 1.0
    gender_smoothing: float = 0.0
    sigma_years: float = 2.0
    expectation_weight: float = 0.0
    localizer_weight: float = 1.0


@dataclass(frozen=True)
class Mix:
    """What an epoch is made of: the share of its frames from each set, and how they are augmented.

    `age_balance` is the power by which an age decade's count weakens its pictures: 0 draws them evenly,
    1 draws every decade of a set as often as any other.
    """

    fractions: dict[str, float]
    augmentation: Augmentation
    age_balance: float = 0.0


@dataclass(frozen=True)
class Cooldown:
    """The last epochs of all: nearer to what is served than the strong augmentation before them."""

    epochs: int
    mix: Mix


@dataclass(frozen=True)
class Phase:
    """Epochs with an optimiser of their own.

    `trainable`: "all"; "heads" (what follows the backbone); "last 3" (the heads and the backbone's last three
    layers with weights); "after LAYER"; or "localizer" (where the network looks, and nothing else).

    Where the heads alone are trained, the backbone can read every frame once for the whole phase, in
    `feature_samples` augmented draws that the epochs take in turn, its own dropout off. 0: once where nothing
    is augmented, else in every epoch anew.
    """

    name: str
    epochs: int
    learning_rate: float
    trainable: str = ALL
    optimizer: Literal["adam", "adamw"] = "adamw"
    schedule: Literal["constant", "cosine", "reduce_on_plateau"] = "cosine"
    warmup_fraction: float = 0.0
    weight_decay: float = 0.0
    layerwise_lr_decay: float = (
        1.0  # of the rate, from one trained layer of the backbone to the one before it
    )
    plateau_epochs: int = 2  # epochs without a lower validation loss before the rate is
    plateau_factor: float = 0.5  # multiplied by this
    feature_samples: int = 0


@dataclass(frozen=True)
class Schedule:
    """What all phases share. Weights are averaged over steps (EMA) where `ema_momentum` is not 0."""

    inputs_per_epoch: int
    batch_size: int
    seed: int
    ema_momentum: float = 0.0
    stop_after_epochs: int = 0  # end a phase after so many without a lower validation loss; 0: never
    wise_ft: bool = False  # export the mean of trained and start weights that validates best


@dataclass(frozen=True)
class Recipe:
    name: str
    path: Path
    input: InputRecipe
    network: NetworkRecipe
    mix: Mix
    cooldown: Cooldown | None
    loss: Loss
    phases: tuple[Phase, ...]
    schedule: Schedule
    limits: dict[str, int]  # set -> about how many of its training pictures are used; absent: all
    published: str  # what others report of this system, on their own split
    average_duplicates: bool  # copies of one UTKFace photograph are trained on with the mean of their ages

    @property
    def epochs(self) -> int:
        return sum(phase.epochs for phase in self.phases)

    def mix_of(self, epoch: int) -> Mix:
        """The mix of an epoch, counted from 0 over all phases."""
        return self.cooldown.mix if self.cooldown and self.in_cooldown(epoch) else self.mix

    def feature_samples(self, phase: Phase) -> int:
        """How often the frozen backbone reads each training frame in a phase; 0: in every epoch."""
        if phase.trainable != HEADS or self.network.weights == NO_WEIGHTS:
            return 0
        return phase.feature_samples or int(self.cooldown is None and self.mix.augmentation == Augmentation())

    def in_cooldown(self, epoch: int) -> bool:
        return self.cooldown is not None and epoch >= self.epochs - self.cooldown.epochs

    def variant(self) -> Variant:
        """The framing as serving knows it; network, detector and split are filled in by the export."""
        return Variant(
            name=self.name,
            folder=self.path.parent,
            input_mode=self.input.input_mode,
            crop_scale=self.input.crop_scale,
            input_px=self.input.input_px,
            pad_rgb=tuple(self.input.pad_rgb),  # type: ignore[arg-type]
            network_sha256="",
            detector_sha256="",
            split_sha256="",
            recipe=self.name,
            parameters=0,
            flops=0,
            last_convolution="",
        )


def recipe_path(name: str) -> Path:
    """The recipe of a folder, a name in recipes/ or a path. Raises RecipeError where none is."""
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
    optional: dict[str, Any] = {"cooldown": None, "limits": {}, "published": "", "average_duplicates": False}
    _check_keys(
        path, "the recipe", table, {one.name for one in dataclasses.fields(Recipe)} - {"path"}, optional
    )
    table = optional | table
    recipe = Recipe(
        name=str(table["name"]),
        path=path,
        input=_section(path, "input", table["input"], InputRecipe),
        network=_network(path, table["network"]),
        mix=_mix(path, "mix", table["mix"]),
        cooldown=_cooldown(path, table["cooldown"]),
        loss=_section(path, "loss", table["loss"], Loss),
        phases=tuple(_section(path, "[phases]", phase, Phase) for phase in table["phases"]),
        schedule=_section(path, "schedule", table["schedule"], Schedule),
        limits={key: int(value) for key, value in table["limits"].items()},
        published=str(table["published"]),
        average_duplicates=bool(table["average_duplicates"]),
    )
    _check_together(recipe)
    return recipe


def _check_together(recipe: Recipe) -> None:
    """What one section alone cannot know to be wrong."""
    network, path = recipe.network, recipe.path
    if network.age is None and network.gender is None:
        raise RecipeError(f"{path}: a network tells [network.age], [network.gender] or both.")
    if (network.age_output == DISTRIBUTION) != (recipe.loss.age == LABEL_DISTRIBUTION):
        raise RecipeError(
            f"{path}: the loss '{LABEL_DISTRIBUTION}' belongs to age_output '{DISTRIBUTION}', the others to "
            f"'{YEARS}'. Received: '{recipe.loss.age}' and '{network.age_output}'."
        )
    if (network.architecture == EMBEDDING) != bool(network.embedding_layer):
        raise RecipeError(f"{path}: embedding_layer is named for the architecture '{EMBEDDING}', only there.")
    faceres_like = NetworkRecipe(
        "mobilenet",
        FACERES,
        network.batch_norm,
        attention_px=network.attention_px,
        shared=Head([256], [0.0]),
        age=Head(),
        gender=Head(),
    )
    if network.weights == FACERES and network != faceres_like:
        raise RecipeError(
            f"{path}: '{FACERES}' are weights of a mobilenet with 256 shared units, an age distribution and "
            f"a gender. Received: {network}."
        )
    if not recipe.phases:
        raise RecipeError(f"{path}: a recipe has one of [[phases]] at least.")
    for phase in recipe.phases:
        if phase.trainable == LOCALIZER and not network.attention_px:
            raise RecipeError(f"{path}: the phase {phase.name} trains the localizer, and attention_px is 0.")
        if phase.layerwise_lr_decay != 1 and phase.optimizer != "adamw":
            raise RecipeError(
                f"{path}: layerwise_lr_decay belongs to 'adamw'. Received: '{phase.optimizer}' in {phase.name}."
            )
        if phase.feature_samples and (phase.trainable != HEADS or recipe.cooldown):
            raise RecipeError(
                f"{path}: feature_samples is for a phase that trains '{HEADS}', in a recipe without [cooldown]. "
                f"Received: {phase.feature_samples} in the phase {phase.name}."
            )
    if recipe.cooldown and set(recipe.cooldown.mix.fractions) - set(recipe.mix.fractions):
        raise RecipeError(f"{path}: [cooldown.mix] draws from sets of [mix].")


def _network(path: Path, table: dict[str, Any]) -> NetworkRecipe:
    heads = {
        name: _section(path, f"network.{name}", table[name], Head)
        for name in ("shared", "age", "gender")
        if name in table
    }
    for name, head in heads.items():
        if head.dropout and len(head.dropout) != len(head.units):
            raise RecipeError(f"{path}: [network.{name}] has a dropout for each of its units, or none.")
        heads[name] = dataclasses.replace(head, dropout=head.dropout or [0.0] * len(head.units))
    return _section(path, "network", table | heads, NetworkRecipe)


def _cooldown(path: Path, table: dict[str, Any] | None) -> Cooldown | None:
    if table is None:
        return None
    _check_keys(path, "[cooldown]", table, {"epochs", "mix"})
    return Cooldown(int(table["epochs"]), _mix(path, "cooldown.mix", table["mix"]))


def _mix(path: Path, key: str, table: dict[str, Any]) -> Mix:
    augmentation = augmentation_in(table.get("augmentation", {}))
    mix = _section(path, key, table | {"augmentation": augmentation}, Mix)
    fractions = mix.fractions
    unknown = {name for name in fractions if name not in TRAINING_SETS and not name.endswith(".csv")}
    if unknown or not fractions or abs(sum(fractions.values()) - 1) > 1e-6:
        raise RecipeError(
            f"{path}: [{key}] has fractions of {', '.join(TRAINING_SETS)} or of .csv files that sum to 1. "
            f"Received: {fractions}."
        )
    if not 0 <= mix.age_balance <= 1:
        raise RecipeError(f"{path}: [{key}] age_balance lies in 0 to 1. Received: {mix.age_balance}.")
    return mix


def _section(path: Path, key: str, table: dict[str, Any], kind: type) -> Any:
    """A dataclass of a table whose keys are its fields; those with defaults may be absent."""
    fields, kinds = {one.name: one for one in dataclasses.fields(kind)}, get_type_hints(kind)
    optional = {
        name
        for name, one in fields.items()
        if one.default is not dataclasses.MISSING or one.default_factory is not dataclasses.MISSING
    }
    _check_keys(path, f"[{key}]", table, set(fields), optional)
    for name, value in table.items():
        values = get_args(kinds[name]) if get_origin(kinds[name]) is Literal else ()
        if values and value not in values:
            raise RecipeError(f"{path}: {name} is one of {', '.join(values)}. Received: '{value}'.")
    return kind(**table)


def _check_keys(
    path: Path, where: str, table: dict[str, Any], known: set[str], optional: Any = frozenset()
) -> None:
    missing, unknown = known - set(table) - set(optional), set(table) - known
    if missing:
        raise RecipeError(f"{path}: {where} lacks {', '.join(sorted(missing))}.")
    if unknown:
        raise RecipeError(f"{path}: {where} has no {', '.join(sorted(unknown))}.")

"""recipe.toml -> Recipe: every choice of a training, checked before an hour is spent on it.

A recipe is found by its folder (`model_full`, which holds recipe.toml), by its name in recipes/, or
by its path. What a recipe does not say is off; a key that no recipe knows is refused.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import field
from pathlib import Path
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt, Le, Lt, MinLen
from pydantic import (
    Field,
    TypeAdapter,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic.dataclasses import dataclass
from pydantic.json_schema import SkipJsonSchema

from dataset.augmentation import Augmentation
from faces.errors import RecipeError
from faces.toml import STRICT, WrongTogether, checked, read_toml
from faces.variants import CropScale, InputMode, InputPx, Level, Variant
from recipes.values import (
    ALL,
    FACERES,
    HEADS,
    IMAGENET,
    LOCALIZER,
    NO_WEIGHTS,
    Amount,
    Architecture,
    BelowOne,
    Count,
    Fraction,
    Fractions,
    Initializer,
    Limits,
    Name,
    Positive,
    Text,
    Trainable,
    Weights,
)

RECIPES = Path(__file__).parent
SCHEMA = RECIPES / "recipe.schema.json"
# Those whose ImageNet weights expect inputs normalised as in training.networks.architectures.
IMAGENET_ARCHITECTURES = ("vgg16", "resnet50", "efficientnetb0")
EMBEDDING = "embedding"
MIN_ATTENTION_PX = 32  # the backbones halve it five times
DISTRIBUTION, YEARS = "distribution", "years"
LABEL_DISTRIBUTION, MAE, MSE, FOCAL_MSE = "label_distribution", "mae", "mse", "focal_mse"
AGE_PROBABILITIES, AGE_YEARS, FEMALE = "age_probabilities", "age_years", "female_probability"
FROZEN, MEASURED, TRAINED = "frozen", "measured", "trained"


@dataclass(frozen=True, config=STRICT)
class InputRecipe:
    """The input crop; the one table in which `full` and `cropped` differ."""

    input_mode: InputMode
    crop_scale: CropScale
    input_px: InputPx
    pad_rgb: tuple[Level, Level, Level]
    canvas_scale: Annotated[float, Ge(1), Le(4)]  # side of what augmentation may move in, over the input's


@dataclass(frozen=True, config=STRICT)
class Head:
    """Rectified dense layers, with the dropout that follows each; without any given it is 0."""

    units: tuple[Count, ...] = ()
    dropout: tuple[BelowOne, ...] = Field(default=(), validate_default=True)
    initializer: Initializer = "glorot_uniform"  # Xavier

    @field_validator("dropout")
    @classmethod
    def _one_a_layer(cls, dropout: tuple[float, ...], info: ValidationInfo) -> tuple[float, ...]:
        units = info.data.get("units", dropout)  # absent where it is wrong itself
        if dropout and len(dropout) != len(units):
            raise ValueError(f"Input should have a dropout for each of {len(units)} units, or none")
        return dropout or (0.0,) * len(units)


@dataclass(frozen=True, config=STRICT)
class NetworkRecipe:
    """The network and its heads: [network.age], [network.gender] or both."""

    architecture: Architecture
    weights: Weights
    batch_norm: Literal["frozen", "measured", "trained"]  # measured: on training inputs, then trained
    attention_px: Annotated[int, Ge(0)] = 0  # side of the attention crop; 0: all of the input
    pooling: Literal["mean", "flatten"] = "mean"  # of the feature map; see training.networks.build
    embedding_layer: str = ""  # of an embedding network: the layer that is the embedding
    age_output: Literal["distribution", "years"] = "distribution"
    shared: Head = Head()
    age: Head | None = None
    gender: Head | None = None

    @property
    def age_name(self) -> str:
        """Name of the output for the age."""
        return AGE_PROBABILITIES if self.age_output == DISTRIBUTION else AGE_YEARS

    @model_validator(mode="after")
    def _fits_together(self) -> "NetworkRecipe":
        if self.age is None and self.gender is None:
            raise WrongTogether(
                "age", "A network has a head [network.age], [network.gender] or both", "neither"
            )
        if (self.architecture == EMBEDDING) != bool(self.embedding_layer):
            raise WrongTogether(
                "embedding_layer",
                f"This key belongs to the architecture '{EMBEDDING}', which needs it",
                f"'{self.embedding_layer}' for '{self.architecture}'",
            )
        if self.weights == IMAGENET and self.architecture not in IMAGENET_ARCHITECTURES:
            raise WrongTogether(
                "weights",
                f"ImageNet weights are for {', '.join(IMAGENET_ARCHITECTURES)}",
                f"'{self.weights}' for '{self.architecture}'",
            )
        if 0 < self.attention_px < MIN_ATTENTION_PX:
            raise WrongTogether(
                "attention_px",
                f"Input should be 0, for all of the input, or at least {MIN_ATTENTION_PX}",
                repr(self.attention_px),
            )
        if self.weights == IMAGENET and self.attention_px:
            raise WrongTogether(
                "attention_px", "ImageNet weights are for all of the input", repr(self.attention_px)
            )
        if self.weights == FACERES and self._unlike_faceres():
            raise WrongTogether(
                "weights",
                f"'{FACERES}' are weights of a mobilenet with 256 shared units, an age distribution and "
                "a gender",
                f"'{self.weights}' for another {' and '.join(self._unlike_faceres())}",
            )
        return self

    def _unlike_faceres(self) -> list[str]:
        """The keys in which the network differs from that of `faceres`."""
        network = {
            "architecture": "mobilenet", "pooling": "mean", "age_output": DISTRIBUTION,
            "shared": Head((256,)), "age": Head(), "gender": Head(),
        }  # fmt: skip
        return [key for key, value in network.items() if getattr(self, key) != value]


@dataclass(frozen=True, config=STRICT)
class Loss:
    """The total: age_weight × age loss + gender_weight × cross-entropy (see training.networks.losses).

    Where the network has a localizer, localizer_weight × its loss is added.
    """

    age: Literal["label_distribution", "mae", "mse", "focal_mse"]
    age_weight: Amount = 1.0
    gender_weight: Amount = 1.0
    gender_smoothing: BelowOne = 0.0
    sigma_years: Annotated[float, Ge(0.1)] = 2.0
    expectation_weight: Amount = 0.0
    localizer_weight: Amount = 1.0


@dataclass(frozen=True, config=STRICT)
class Mix:
    """What an epoch is made of: the fraction of its inputs from each set, and how they are augmented.

    `age_balance` is the power by which an age decade's count weakens its pictures: 0 samples them evenly,
    1 samples every decade of a set as often as any other.
    """

    fractions: Fractions
    augmentation: Augmentation = Augmentation()
    age_balance: Fraction = 0.0


@dataclass(frozen=True, config=STRICT)
class Cooldown:
    """The last epochs of all: nearer to what is served than the strong augmentation before them."""

    epochs: Annotated[int, Ge(0)]
    mix: Mix


@dataclass(frozen=True, config=STRICT)
class Phase:
    """Epochs with an optimiser of their own.

    `trainable`: "all"; "heads" (what follows the backbone); "last 3" (the heads and the backbone's last three
    layers with weights); "after LAYER"; or "localizer" (it alone).

    Where the heads alone are trained, the features of the frozen backbone can be computed once for the whole
    phase, of `feature_samples` augmented samples of each input that the epochs take in turn, its own dropout
    off. 0: once where nothing is augmented, else in every epoch anew.
    """

    name: Text
    epochs: Count
    learning_rate: Positive
    trainable: Trainable = ALL
    optimizer: Literal["adam", "adamw"] = "adamw"
    schedule: Literal["constant", "cosine", "reduce_on_plateau"] = "cosine"
    warmup_fraction: Fraction = 0.0
    weight_decay: Amount = 0.0
    layerwise_lr_decay: Annotated[float, Gt(0), Le(1)] = 1.0  # of the rate, from a layer to the one before
    plateau_epochs: Count = 2  # epochs without a lower validation loss before the learning rate is
    plateau_factor: Annotated[float, Gt(0), Lt(1)] = 0.5  # multiplied by this
    feature_samples: Annotated[int, Ge(0)] = 0

    @model_validator(mode="after")
    def _fits_together(self) -> "Phase":
        if self.layerwise_lr_decay != 1 and self.optimizer != "adamw":
            raise WrongTogether(
                "layerwise_lr_decay",
                "layerwise_lr_decay belongs to 'adamw'",
                f"{self.layerwise_lr_decay} for '{self.optimizer}'",
            )
        if self.feature_samples and self.trainable != HEADS:
            raise WrongTogether(
                "feature_samples",
                f"feature_samples is for a phase that trains '{HEADS}'",
                f"{self.feature_samples} for '{self.trainable}'",
            )
        return self


@dataclass(frozen=True, config=STRICT)
class Schedule:
    """What all phases share. Weights are averaged over steps (EMA) where `ema_momentum` is not 0."""

    inputs_per_epoch: Count
    batch_size: Count
    seed: Annotated[int, Ge(0), Lt(2**32)]
    ema_momentum: BelowOne = 0.0
    stop_after_epochs: Annotated[int, Ge(0)] = 0  # end a phase after so many without a lower validation loss
    wise_ft: bool = False  # export the mean of trained and start weights that validates best

    @model_validator(mode="after")
    def _holds_a_batch(self) -> "Schedule":
        if self.inputs_per_epoch < self.batch_size:
            raise WrongTogether(
                "inputs_per_epoch",
                f"An epoch should have a batch at least, which is batch_size = {self.batch_size}",
                repr(self.inputs_per_epoch),
            )
        return self


@dataclass(frozen=True, config=STRICT)
class Recipe:
    """Every choice of a training. `path` is the file that says them."""

    name: Name
    path: SkipJsonSchema[Path]
    input: InputRecipe
    network: NetworkRecipe
    mix: Mix
    loss: Loss
    phases: Annotated[tuple[Phase, ...], MinLen(1)]
    schedule: Schedule
    cooldown: Cooldown | None = None
    limits: Limits = field(default_factory=dict)  # set -> about how many of its training pictures are used
    published: str = ""  # what others report of this system, on their own split
    average_duplicates: bool = False  # copies of one UTKFace photograph get the mean of their ages

    @property
    def epochs(self) -> int:
        return sum(phase.epochs for phase in self.phases)

    def mix_of(self, epoch: int) -> Mix:
        """The mix of an epoch, counted from 0 over all phases."""
        return self.cooldown.mix if self.cooldown and self.in_cooldown(epoch) else self.mix

    def feature_samples(self, phase: Phase) -> int:
        """Augmented samples of each training input whose features a phase computes once; 0: none is."""
        if phase.trainable != HEADS or self.network.weights == NO_WEIGHTS:
            return 0
        return phase.feature_samples or int(self.cooldown is None and self.mix.augmentation == Augmentation())

    def in_cooldown(self, epoch: int) -> bool:
        return self.cooldown is not None and epoch >= self.epochs - self.cooldown.epochs

    def variant(self) -> Variant:
        """The input mode as serving knows it; network, detector and split are filled in by the export."""
        return Variant(
            name=self.name,
            folder=self.path.parent,
            input_mode=self.input.input_mode,
            crop_scale=self.input.crop_scale,
            input_px=self.input.input_px,
            pad_rgb=self.input.pad_rgb,
            network_sha256="",
            detector_sha256="",
            split_sha256="",
            recipe=self.name,
            parameters=0,
            flops=0,
            last_convolution="",
        )

    @model_validator(mode="after")
    def _fits_together(self) -> "Recipe":
        network = self.network
        if (network.age_output == DISTRIBUTION) != (self.loss.age == LABEL_DISTRIBUTION):
            raise WrongTogether(
                "loss.age",
                f"'{LABEL_DISTRIBUTION}' belongs to the age_output '{DISTRIBUTION}', the others to '{YEARS}'",
                f"'{self.loss.age}' for '{network.age_output}'",
            )
        if network.architecture == EMBEDDING and network.weights == NO_WEIGHTS:
            raise WrongTogether(
                "network.weights", "An embedding network is a Keras file", f"'{network.weights}'"
            )
        weights = {"age": self.loss.age_weight, "gender": self.loss.gender_weight}
        heads = [head for head in weights if getattr(network, head) is not None]
        only_localizer = all(phase.trainable == LOCALIZER for phase in self.phases)
        if not any(weights[head] for head in heads) and not only_localizer:
            raise WrongTogether(
                f"loss.{heads[0]}_weight",
                f"Nothing is trained: the loss of {' and '.join(heads)} weighs nothing",
                " and ".join(repr(weights[head]) for head in heads),
            )
        if strangers := [name for name in self.limits if name not in self.mix.fractions]:
            raise WrongTogether(
                f"limits.{strangers[0]}",
                f"Limits are for the sets of [mix], {', '.join(self.mix.fractions)}",
                repr(self.limits[strangers[0]]),
            )
        names = [phase.name for phase in self.phases]
        if twice := [number for number, name in enumerate(names) if name in names[:number]]:
            raise WrongTogether(
                f"phases.{twice[0]}.name", "Phases have names of their own", repr(names[twice[0]])
            )
        if network.attention_px > self.input.input_px:
            raise WrongTogether(
                "network.attention_px",
                f"The attention crop lies inside the input of {self.input.input_px} px",
                repr(network.attention_px),
            )
        for number, phase in enumerate(self.phases):
            if phase.trainable == LOCALIZER and not network.attention_px:
                raise WrongTogether(
                    f"phases.{number}.trainable",
                    "The network has no localizer: attention_px is 0",
                    f"'{LOCALIZER}'",
                )
            if phase.feature_samples and self.cooldown:
                raise WrongTogether(
                    f"phases.{number}.feature_samples",
                    "feature_samples is for a recipe without [cooldown]",
                    repr(phase.feature_samples),
                )
        if self.cooldown and self.cooldown.epochs > self.epochs:
            raise WrongTogether(
                "cooldown.epochs",
                f"All phases together have {self.epochs} epochs",
                repr(self.cooldown.epochs),
            )
        if self.cooldown and (strange := set(self.cooldown.mix.fractions) - set(self.mix.fractions)):
            raise WrongTogether(
                "cooldown.mix.fractions",
                f"Sets are those of [mix], {', '.join(self.mix.fractions)}",
                ", ".join(sorted(strange)),
            )
        return self


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
    """Read and check a recipe. Raises RecipeError, naming every wrong key and value."""
    return read_toml(path, Recipe, RecipeError, path=path)


def recipe_in(table: Mapping[str, Any], path: Path) -> Recipe:
    """The recipe that a table says, as TOML is parsed; `path` is named in errors."""
    return checked(table, Recipe, RecipeError, path, path=path)


def settings_of(recipe: Recipe) -> dict[str, Any]:
    """Dotted name -> value of every choice but its name: {"phases.0.epochs": 4}."""
    tables = TypeAdapter(Recipe).dump_python(recipe, exclude={"name", "path"})
    return dict(_flat(tables))


def schema_json() -> str:
    """The JSON schema of a recipe, for editors: SCHEMA holds it."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema"} | TypeAdapter(Recipe).json_schema()
    return json.dumps(schema, indent=1) + "\n"


def _flat(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if _is_tables(value) else None
    if inside is None:
        yield key, value
    for name, one in inside or ():
        yield from _flat(one, f"{key}.{name}" if key else str(name))


def _is_tables(value: Any) -> bool:
    return isinstance(value, tuple) and any(isinstance(item, dict) for item in value)

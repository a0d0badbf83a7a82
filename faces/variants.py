"""Variant folder, or two of them -> Variant: a network's name, its input mode, its inputs.

The export writes `variant.toml`, so that serving, evaluation and cards use what the training really did.

`AGE_DIR+GENDER_DIR` is a composite variant: it takes the age from the first network and the gender from the
second, for the same input. Which heads a network has stands in its graph, not here.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, ClassVar, Final, Literal

from annotated_types import Ge, Le

from faces.errors import VariantError
from faces.predictions import OUTPUTS
from faces.toml import STRICT, Matching, Sha256, read_toml, write_toml

WHOLE_IMAGE: Final = "whole_image"
FACE: Final = "face"
COMPOSITE_SIGN = "+"
# Equal in both parts of a composite variant, so that they share one input.
INPUT_FIELDS = ("input_mode", "crop_scale", "input_px", "pad_rgb", "detector_sha256")
DEFAULT_VARIANTS = tuple(Path(__file__).parent.parent / name for name in ("model_full", "model_cropped"))

InputMode = Literal["face", "whole_image"]
Level = Annotated[int, Ge(0), Le(255)]
InputPx = Annotated[int, Ge(16), Le(2048)]
CropScale = Annotated[float, Ge(0.1), Le(10)]  # side of the square over the longer side of the box
NAME = r"^\w[\w.-]*$"  # of a variant or a recipe: also that of a folder
VARIANT_TOML = "variant.toml"


@dataclass(frozen=True)
class Variant:
    """A network with its input mode. `folder` holds network.onnx and calibration.toml.

    Of a composite variant, `parts` are those of its two folders, for the age and for the gender; its own
    folder is only a name, `AGE_DIR+GENDER_DIR`, and holds nothing: its files are those of its parts.
    """

    __pydantic_config__: ClassVar = STRICT

    name: Annotated[str, Matching(NAME, "Input should be a name of letters, digits, '_', '-' and '.'")]
    folder: Path
    input_mode: InputMode
    crop_scale: CropScale  # unused for WHOLE_IMAGE
    input_px: InputPx
    pad_rgb: tuple[Level, Level, Level]
    network_sha256: Sha256
    detector_sha256: Sha256
    split_sha256: Sha256
    recipe: str
    parameters: Annotated[int, Ge(0)]
    flops: Annotated[int, Ge(0)]  # of one forward pass, counted on the exported graph; a multiply-add is two
    last_convolution: str  # name of the layer whose activations Grad-CAM weighs
    parts: tuple["Variant", ...] = ()

    @property
    def network_path(self) -> Path:
        return self.folder / "network.onnx"

    @property
    def networks(self) -> tuple["Variant", ...]:
        """The variants with a folder of their own: both parts of a composite variant, else this one."""
        return self.parts or (self,)

    def part_with_head(self, output: str) -> "Variant":
        """The part that predicts the age, or the gender (one of OUTPUTS); this variant if it has no parts."""
        return self.parts[OUTPUTS.index(output)] if self.parts else self


def read_variant(folder: Path) -> Variant:
    """Read `folder`/variant.toml, or the two of `AGE_DIR+GENDER_DIR`, as one variant.

    Raises VariantError for what is missing or wrong, or where the inputs of two parts would differ.
    """
    folder = Path(folder)
    text = str(folder)
    splits = [
        (Path(text[:at]), Path(text[at + 1 :])) for at, sign in enumerate(text) if sign == COMPOSITE_SIGN
    ]
    if not splits or folder.is_dir():  # a folder may have the sign in its own name
        return _read_single(folder)
    age, gender = next((split for split in splits if all(part.is_dir() for part in split)), splits[0])
    return _composite(folder, _read_single(age), _read_single(gender))


def single_folders(folders: Iterable[Path]) -> list[Path]:
    """The folders that hold a network, each once: of a composite variant, both. Raises VariantError."""
    return list(
        dict.fromkeys(network.folder for folder in folders for network in read_variant(folder).networks)
    )


def _composite(folder: Path, age: Variant, gender: Variant) -> Variant:
    differing = [name for name in INPUT_FIELDS if getattr(age, name) != getattr(gender, name)]
    if differing:
        values = (f"{name} {getattr(age, name)} and {getattr(gender, name)}" for name in differing)
        raise VariantError(
            f"{age.folder} and {gender.folder} make no composite variant: its networks share one input. "
            f"Received: {'; '.join(values)}."
        )
    return replace(
        age,
        name=f"{age.name} {COMPOSITE_SIGN} {gender.name}",
        folder=folder,
        network_sha256=f"{age.network_sha256}{COMPOSITE_SIGN}{gender.network_sha256}",
        recipe=f"{age.recipe} {COMPOSITE_SIGN} {gender.recipe}",
        parameters=age.parameters + gender.parameters,
        flops=age.flops + gender.flops,
        parts=(age, gender),
    )


def write_variant(variant: Variant) -> None:
    """Write the variant's variant.toml whole."""
    path = variant.folder / VARIANT_TOML
    write_toml(path, variant, head="Written by the export; not to be edited.", leave_out=("folder", "parts"))


def _read_single(folder: Path) -> Variant:
    if not (folder / VARIANT_TOML).is_file():
        raise VariantError(f"{folder} is no variant folder: it has no {VARIANT_TOML}.")
    return read_toml(folder / VARIANT_TOML, Variant, VariantError, folder=folder, parts=())

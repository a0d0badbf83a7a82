"""Variant folder -> Variant: a network's name, its framing, its inputs and outputs.

A room of its own because it is the only place that knows how `variant.toml` is written. The file is made by
the export, so that serving, evaluation and cards all read what the training really did.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from faces.errors import VariantError

WHOLE_PICTURE = "whole picture"
FACE = "face"
DEFAULT_VARIANTS = tuple(Path(__file__).parent.parent / name for name in ("model_full", "model_cropped"))


@dataclass(frozen=True)
class Variant:
    """A network with its framing. `folder` holds network.onnx and calibration.toml."""

    name: str
    folder: Path
    framing: str  # WHOLE_PICTURE or FACE
    crop_scale: float  # side of the square over the longer side of the face box; unused for WHOLE_PICTURE
    input_px: int
    pad_rgb: tuple[int, int, int]
    network_sha256: str
    detector_sha256: str
    split_sha256: str
    recipe: str
    parameters: int
    flops: int  # of one forward pass, counted on the exported graph; a multiply-add is two
    last_convolution: str  # name of the layer that Grad-CAM looks at

    @property
    def network_path(self) -> Path:
        return self.folder / "network.onnx"


def read_variant(folder: Path) -> Variant:
    """Read `folder`/variant.toml. Raises VariantError, naming what is missing or wrong."""
    folder = Path(folder)
    path = folder / "variant.toml"
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        variant = Variant(
            name=str(table["name"]),
            folder=folder,
            framing=str(table["framing"]),
            crop_scale=float(table["crop_scale"]),
            input_px=int(table["input_px"]),
            pad_rgb=tuple(int(value) for value in table["pad_rgb"]),  # type: ignore[arg-type]
            network_sha256=str(table["network_sha256"]),
            detector_sha256=str(table["detector_sha256"]),
            split_sha256=str(table["split_sha256"]),
            recipe=str(table["recipe"]),
            parameters=int(table["parameters"]),
            flops=int(table["flops"]),
            last_convolution=str(table["last_convolution"]),
        )
    except FileNotFoundError:
        raise VariantError(f"{folder} is no variant folder: it has no variant.toml.") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise VariantError(f"{path} cannot be read: {error}") from error
    except KeyError as error:
        raise VariantError(f"{path} lacks the key {error}.") from None
    except (TypeError, ValueError) as error:
        raise VariantError(f"{path} holds a value of the wrong kind: {error}") from None
    if variant.framing not in (WHOLE_PICTURE, FACE):
        raise VariantError(
            f"{path}: framing is '{WHOLE_PICTURE}' or '{FACE}'. Received: '{variant.framing}'."
        )
    if len(variant.pad_rgb) != 3:
        raise VariantError(f"{path}: pad_rgb has three values. Received: {variant.pad_rgb}.")
    return variant

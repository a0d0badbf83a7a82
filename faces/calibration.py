"""calibration.toml <-> Calibration: what was fitted on validation, and on what."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, ClassVar

from annotated_types import Ge, Le

from faces.errors import VariantError
from faces.predictions import EVEN
from faces.toml import STRICT, Sha256, checked, toml_table, write_toml

CALIBRATION_TOML = "calibration.toml"
CALIBRATION_HEAD = """\
Written by `python -m evaluation calibrate`; not to be edited.
Below abstention_threshold the answer to a gender is "uncertain"."""

Fraction = Annotated[float, Ge(0), Le(1)]
# Four times what a fit may find: beyond it every age is as likely as any other, or one alone is.
Temperature = Annotated[float, Ge(0.05), Le(20)]


@dataclass(frozen=True)
class FittedOn:
    """The pictures and the network of a calibration, and what it changed there.

    A figure of a head that the network lacks is None, as is `abstained_accuracy` where no gender is abstained
    from.
    """

    __pydantic_config__: ClassVar = STRICT

    set: str
    split: str
    count: Annotated[int, Ge(0)]
    split_sha256: Sha256
    network_sha256: Sha256
    coverage_before: Fraction | None = None
    coverage_after: Fraction | None = None
    gender_log_loss_before: Annotated[float, Ge(0)] | None = None
    gender_log_loss_after: Annotated[float, Ge(0)] | None = None
    answer_rate: Fraction | None = None
    selective_accuracy: Fraction | None = None
    abstained_accuracy: Fraction | None = None


@dataclass(frozen=True)
class Calibration:
    """Fitted on validation: two temperatures, and the least probability with which a gender is predicted.

    A temperature above 1 widens the age distribution, moves genders to a half.
    """

    __pydantic_config__: ClassVar = STRICT

    age_temperature: Temperature = 1.0
    gender_temperature: Temperature = 1.0
    abstention_threshold: Annotated[float, Ge(EVEN), Le(1)] = EVEN
    fitted_on: FittedOn | None = field(default=None, compare=False)


def read_calibration(folder: Path) -> Calibration:
    """`folder`/calibration.toml, or no calibration where there is none. Raises VariantError when broken."""
    path = folder / CALIBRATION_TOML
    if not path.exists():
        return Calibration()
    # Without a file nothing is calibrated; in one, no temperature may be absent.
    needed = dict.fromkeys(("age_temperature", "gender_temperature"))
    return checked(needed | toml_table(path, VariantError), Calibration, VariantError, path)


def write_calibration_toml(folder: Path, calibration: Calibration) -> None:
    """Write `folder`/calibration.toml whole."""
    write_toml(folder / CALIBRATION_TOML, calibration, head=CALIBRATION_HEAD)

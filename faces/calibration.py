"""calibration.toml <-> Calibration: what was fitted on validation, and on what."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, ClassVar

from annotated_types import Ge, Gt, Le

from faces.errors import VariantError
from faces.predictions import EVEN
from faces.toml import STRICT, checked, toml_table, write_toml

CALIBRATION_TOML = "calibration.toml"
CALIBRATION_HEAD = """\
Written by `python -m evaluation calibrate`; not to be edited.
Below abstention_threshold the answer to a gender is "uncertain"."""


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
    split_sha256: str
    network_sha256: str
    coverage_before: float | None = None
    coverage_after: float | None = None
    gender_log_loss_before: float | None = None
    gender_log_loss_after: float | None = None
    answer_rate: float | None = None
    selective_accuracy: float | None = None
    abstained_accuracy: float | None = None


@dataclass(frozen=True)
class Calibration:
    """Fitted on validation: two temperatures, and the least probability with which a gender is predicted.

    A temperature above 1 widens the age distribution, moves genders to a half.
    """

    __pydantic_config__: ClassVar = STRICT

    age_temperature: Annotated[float, Gt(0)] = 1.0
    gender_temperature: Annotated[float, Gt(0)] = 1.0
    abstention_threshold: Annotated[float, Ge(EVEN), Le(1)] = EVEN
    fitted_on: FittedOn | None = field(default=None, compare=False)


def read_calibration(folder: Path) -> Calibration:
    """`folder`/calibration.toml, or no calibration where there is none. Raises VariantError when broken."""
    path = folder / CALIBRATION_TOML
    if not path.exists():
        return Calibration()
    # Without a file nothing is calibrated; in one, a temperature that is absent is none.
    temperatures = {"age_temperature": None, "gender_temperature": None}
    return checked(temperatures | toml_table(path, VariantError), Calibration, VariantError, path)


def write_calibration_toml(folder: Path, calibration: Calibration) -> None:
    """Write `folder`/calibration.toml whole."""
    write_toml(folder / CALIBRATION_TOML, calibration, head=CALIBRATION_HEAD)

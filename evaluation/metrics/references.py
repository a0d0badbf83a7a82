"""references.toml -> published figures, floors and what each evaluation set can show.

These numbers are others': they carry a source, and stand beside ours, never ranked.
"""

from functools import cache
from pathlib import Path
from typing import Annotated, Any

from annotated_types import Ge, Le
from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from evaluation.metrics.definitions import METRICS
from faces.errors import TableError
from faces.toml import STRICT, read_toml

PATH = Path(__file__).with_name("references.toml")


@dataclass(frozen=True, config=STRICT)
class Published:
    """Figures that others report; `values` by metric key, which the file has beside the other keys."""

    name: str
    set: str
    values: dict[str, float]
    source: str

    @model_validator(mode="before")
    @classmethod
    def _gathered(cls, row: Any) -> Any:
        if not isinstance(row, dict):
            return row
        values = {key: value for key, value in row.items() if key in METRICS}
        return {key: value for key, value in row.items() if key not in METRICS} | {"values": values}


@dataclass(frozen=True, config=STRICT)
class Floor:
    """The best value of a metric that the labels of a set allow."""

    set: str
    metric: str
    value: float
    text: str
    source: str


@dataclass(frozen=True, config=STRICT)
class CurveFloor:
    """The best fractions within 1 to 15 years that the labels of a set allow."""

    set: str
    fractions: tuple[Annotated[float, Ge(0), Le(1)], ...]
    text: str


@dataclass(frozen=True, config=STRICT)
class SetDescription:
    """What an evaluation set is called on pages, and what it can and cannot show."""

    name: str
    title: str
    shows: str


@dataclass(frozen=True, config=STRICT)
class References:
    note: str
    published: tuple[Published, ...]
    floors: tuple[Floor, ...] = Field(alias="floor")
    curve_floor: CurveFloor = Field(alias="cs_floor")
    descriptions: tuple[SetDescription, ...] = Field(alias="set")

    @property
    def sets(self) -> dict[str, SetDescription]:
        """The descriptions by the name of the set."""
        return {description.name: description for description in self.descriptions}

    def published_for(self, set_name: str, metric: str) -> list[tuple[str, float]]:
        """(name, value) of everyone who reports the metric on the set."""
        return [
            (entry.name, entry.values[metric])
            for entry in self.published
            if entry.set == set_name and metric in entry.values
        ]

    def floor_for(self, set_name: str, metric: str) -> Floor | None:
        return next((entry for entry in self.floors if (entry.set, entry.metric) == (set_name, metric)), None)


@cache
def read_references() -> References:
    """The committed references. Raises TableError, naming every wrong key and value."""
    return read_toml(PATH, References, TableError)

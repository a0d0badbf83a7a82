"""references.toml -> published figures, floors and what each evaluation set can show.

A room of its own because these numbers are others': they carry a source, and stand beside ours, never ranked.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from evaluation.metrics.definitions import METRICS

PATH = Path(__file__).with_name("references.toml")


@dataclass(frozen=True)
class Published:
    """Figures that others report; `values` by measure key."""

    name: str
    set: str
    values: dict[str, float]
    source: str


@dataclass(frozen=True)
class Floor:
    """The best value of a measure that the labels of a set allow."""

    set: str
    metric: str
    value: float
    text: str
    source: str


@dataclass(frozen=True)
class CurveFloor:
    """The best shares within 1 to 15 years that the labels of a set allow."""

    set: str
    fractions: tuple[float, ...]
    text: str


@dataclass(frozen=True)
class SetDescription:
    """What an evaluation set is called on pages, and what it can and cannot show."""

    name: str
    title: str
    shows: str


@dataclass(frozen=True)
class References:
    note: str
    published: tuple[Published, ...]
    floors: tuple[Floor, ...]
    curve_floor: CurveFloor
    sets: dict[str, SetDescription]

    def published_for(self, set_name: str, metric: str) -> list[tuple[str, float]]:
        """(name, value) of everyone who reports the measure on the set."""
        return [
            (one.name, one.values[metric])
            for one in self.published
            if one.set == set_name and metric in one.values
        ]

    def floor_for(self, set_name: str, metric: str) -> Floor | None:
        return next((one for one in self.floors if (one.set, one.metric) == (set_name, metric)), None)


@cache
def read_references() -> References:
    """The committed references."""
    table = tomllib.loads(PATH.read_text(encoding="utf-8"))
    published = tuple(
        Published(row["name"], row["set"], {key: row[key] for key in row if key in METRICS}, row["source"])
        for row in table["published"]
    )
    floors = tuple(Floor(**row) for row in table["floor"])
    curve = table["cs_floor"]
    return References(
        table["note"],
        published,
        floors,
        CurveFloor(curve["set"], tuple(curve["fractions"]), curve["text"]),
        {row["name"]: SetDescription(**row) for row in table["set"]},
    )

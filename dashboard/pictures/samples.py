"""The pictures that ship with the app, and what is known about the people in them.

`samples/samples.toml` lists them in the order in which they are shown. A picture may have a table of the same
name beside it (name, age, gender, x0, y0, x1, y1): the true ages that Predict puts next to the networks'.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from faces.boxes import iou
from faces.detection import Face
from faces.errors import TableError
from faces.predictions import GENDERS
from faces.toml import STRICT, read_toml

SAMPLES_FOLDER = Path(__file__).parents[1] / "samples"
MATCHING_IOU = 0.2  # the tables' boxes were drawn by another detector, tighter or wider than ours


@dataclass(frozen=True)
class KnownPerson:
    """One person in a sample. `box_xyxy` is None where the picture shows nobody else."""

    name: str
    age_years: float
    gender: str  # "female" or "male"
    box_xyxy: tuple[float, float, float, float] | None


@dataclass(frozen=True)
class Sample:
    """A shipped picture: its file name, what it shows and who made it."""

    __pydantic_config__: ClassVar = STRICT

    file: str
    title: str
    credit: str

    @property
    def path(self) -> Path:
        return SAMPLES_FOLDER / self.file

    def people(self) -> list[KnownPerson]:
        """Those in the picture whose age is known; empty where nothing is."""
        table = self.path.with_suffix(".csv")
        if not table.exists():
            return []
        with open(table, encoding="utf-8", newline="") as file:
            return [
                KnownPerson(
                    row["name"],
                    float(row["age"]),
                    GENDERS[row["gender"] == "1"],
                    tuple(float(row[edge]) for edge in ("x0", "y0", "x1", "y1")) if row.get("x0") else None,  # type: ignore[arg-type]
                )
                for row in csv.DictReader(file)
            ]


@dataclass(frozen=True)
class _Samples:
    """The keys of samples.toml."""

    __pydantic_config__: ClassVar = STRICT

    sample: tuple[Sample, ...]


def shipped_samples() -> list[Sample]:
    """All samples, in the order in which they are shown. Raises TableError where their list is wrong."""
    return list(read_toml(SAMPLES_FOLDER / "samples.toml", _Samples, TableError).sample)


def people_by_face(people: Sequence[KnownPerson], faces: Sequence[Face]) -> dict[int, KnownPerson]:
    """Index of a face -> the known person in it. Each person goes to the face that overlaps most."""
    pairs = sorted(
        (
            (iou(person.box_xyxy, face.box_xyxy) if person.box_xyxy else 1.0, who, which)
            for who, person in enumerate(people)
            for which, face in enumerate(faces)
        ),
        reverse=True,
    )
    matched: dict[int, KnownPerson] = {}
    taken: set[int] = set()
    for overlap, who, which in pairs:
        if overlap >= MATCHING_IOU and who not in taken and which not in matched:
            matched[which] = people[who]
            taken.add(who)
    return matched

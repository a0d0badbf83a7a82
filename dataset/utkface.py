"""UTKFace folder or zip -> labelled records, and the rejected names.

The labels are in the file names, a few of which are broken. Accepted are the folder itself,
`UTKFace/UTKFace` as unpacked, and the zip as downloaded.
"""

from __future__ import annotations

import re
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from faces.errors import DataMissing

RACES = ("White", "Black", "Asian", "Indian", "Other")
OLDEST_YEARS = 116
PICTURE_SUFFIXES = (".jpg", ".jpeg", ".png")
HOW_TO_GET = (
    "UTKFace is published at https://susanqq.github.io/UTKFace/ (aligned and cropped faces); "
    "point --data-dir or AGE_GENDER_DATA at its folder, at a folder that holds it, or at its zip."
)


@dataclass(frozen=True)
class Labels:
    """Labels in a UTKFace file name: gender 0 male, 1 female; race an index into RACES."""

    age_years: int
    gender: int
    race: int


@dataclass(frozen=True)
class Rejected:
    """A file whose name has no usable labels, and the reason."""

    file: str
    reason: str


def labels_in(name: str) -> Labels | str:
    """Labels from `age_gender_race_timestamp….jpg`, or the reason for which there are none."""
    if not name.lower().endswith(PICTURE_SUFFIXES):
        return "not a JPEG or PNG file name"
    parts = name.split("_")
    if not re.fullmatch(r"\d{1,3}", parts[0]):
        return "the name does not begin with an age in years"
    age_years = int(parts[0])
    if age_years > OLDEST_YEARS:
        return f"the age {age_years} is above {OLDEST_YEARS} years"
    if len(parts) < 2 or parts[1] not in ("0", "1"):
        return "the gender is neither 0 (male) nor 1 (female)"
    if len(parts) == 3 and re.match(r"\d{8}", parts[2]):
        return "the race is missing between the gender and the timestamp"
    if len(parts) != 4:
        return f"the name has {len(parts)} parts instead of age_gender_race_timestamp"
    if parts[2] not in ("0", "1", "2", "3", "4"):
        return f"the race {parts[2]!r} is not one of 0 to 4"
    if not re.match(r"\d{8}", parts[3]):
        return "the timestamp does not begin with a date"
    return Labels(age_years, int(parts[1]), int(parts[2]))


def folder_in(data_dir: Path, cache_dir: Path | None = None) -> Path:
    """The folder of UTKFace's pictures: `data_dir`, one nested in it, or its zip unpacked under `cache_dir`.

    Raises DataMissing when there is neither folder nor zip, or a zip and no `cache_dir` to unpack it to.
    """
    data_dir = Path(data_dir)
    if data_dir.is_file() and zipfile.is_zipfile(data_dir):
        return _unpacked(data_dir, cache_dir)
    if data_dir.is_dir():
        folder = _folder_of_chips(data_dir)
        if folder is not None:
            return folder
        for archive in sorted(data_dir.glob("*.zip")):
            if _chips_in_zip(archive):
                return _unpacked(archive, cache_dir)
    raise DataMissing(f"No UTKFace pictures under {data_dir}. {HOW_TO_GET}")


def records(data_dir: Path, cache_dir: Path | None = None) -> tuple[pd.DataFrame, list[Rejected]]:
    """All labelled pictures, sorted by file, and all rejected ones.

    Columns path, file, age_years, gender, race (its word), subject (empty: UTKFace names nobody).
    """
    folder = folder_in(data_dir, cache_dir)
    rows: list[tuple[str, str, float, int, str, str]] = []
    rejected: list[Rejected] = []
    for path in sorted(folder.iterdir(), key=lambda path: path.name):
        if path.name.startswith(".") or path.is_dir():
            continue
        labels = labels_in(path.name)
        if isinstance(labels, str):
            rejected.append(Rejected(path.name, labels))
        else:
            rows.append(
                (str(path), path.name, float(labels.age_years), labels.gender, RACES[labels.race], "")
            )
    columns = ["path", "file", "age_years", "gender", "race", "subject"]
    return pd.DataFrame(rows, columns=columns), rejected


def _holds_chips(folder: Path) -> bool:
    return any(isinstance(labels_in(path.name), Labels) for path in folder.iterdir())


def _folder_of_chips(data_dir: Path) -> Path | None:
    """The first folder with chips: `data_dir`, or one called UTKFace (any case), up to three levels down."""
    if _holds_chips(data_dir):
        return data_dir
    level = [data_dir]
    for _ in range(3):
        level = [
            child
            for folder in level
            for child in sorted(folder.iterdir())
            if child.is_dir() and child.name.lower() == "utkface"
        ]
        for folder in level:
            if _holds_chips(folder):
                return folder
    return None


def _chips_in_zip(archive: Path) -> list[str]:
    """The zip's UTKFace pictures, one for a name: the archive on Kaggle holds every picture twice."""
    if not zipfile.is_zipfile(archive):
        return []
    members: dict[str, str] = {}
    with zipfile.ZipFile(archive) as opened:
        for member in sorted(opened.namelist(), key=lambda member: (member.count("/"), member)):
            folder, _, name = member.rpartition("/")
            # Kaggle's archive also holds `crop_part1`, an older state of the same pictures.
            in_utkface = folder.rpartition("/")[2].lower() in ("utkface", "")
            if in_utkface and name.lower().endswith(PICTURE_SUFFIXES):
                members.setdefault(name, member)
    labelled = any(isinstance(labels_in(name), Labels) for name in members)
    return list(members.values()) if labelled else []


def _unpacked(archive: Path, cache_dir: Path | None) -> Path:
    members = _chips_in_zip(archive)
    if not members:
        raise DataMissing(f"The zip {archive} holds no UTKFace pictures. {HOW_TO_GET}")
    if cache_dir is None:
        raise DataMissing(f"UTKFace is in the zip {archive}, and there is no cache folder to unpack it to.")
    # The size tells a new download of the same name from the old one.
    folder = Path(cache_dir) / "utkface" / f"{archive.stem}-{archive.stat().st_size}"
    if folder.is_dir():
        return folder
    begun = folder.with_name(folder.name + ".part")
    shutil.rmtree(begun, ignore_errors=True)
    begun.mkdir(parents=True)
    with zipfile.ZipFile(archive) as opened:
        for member in members:
            # Only the last part of the member's name is used, so no member can leave the folder.
            (begun / member.rpartition("/")[2]).write_bytes(opened.read(member))
    begun.rename(folder)
    return folder

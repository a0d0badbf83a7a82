"""Data folder -> all that training and evaluation need: labels, duplicates, split, composites, boxes.

Every step is cached: it is continued where it stopped, and quick the second time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryFile

import pandas as pd

from dataset import fairface, utkface
from dataset.composites import write_composites
from dataset.duplicates import cached_fingerprints, duplicate_groups, near_pairs, write_groups
from dataset.face_boxes import write_boxes
from dataset.labels import CHIPS, FAIRFACE, SETS, TRAIN
from dataset.records import load_records
from dataset.splits import (
    FAIRFACE_SPLIT_CSV,
    SPLIT_CSV,
    fairface_split,
    read_split,
    utkface_split,
    write_split,
)
from dataset.tables.columns import UNREADABLE
from faces.errors import DataMissing

MOST_NAMED = 10  # files of a kind, in one sentence


def prepare(data_dir: Path, cache_dir: Path, detector_path: Path, *, write_splits: bool = False) -> None:
    """Run every step and print its result.

    Sets that are not there are named and left out: UTKFace alone is enough to train on chips. Raises
    DataMissing where UTKFace is not under `data_dir` or the cache cannot be written, and, when all that can
    be done is done, for labels without their picture.
    """
    _refuse_unusable(cache_dir)
    absent: dict[str, list[str]] = {}

    def there(name: str, labelled: pd.DataFrame) -> pd.DataFrame:
        """Those of a set's records whose picture is there; the files of the others are kept for the end."""
        exists = labelled.path.map(lambda path: Path(path).is_file()).astype(bool)
        if not exists.all():
            absent[name] = list(labelled.file[~exists])
        return labelled[exists].reset_index(drop=True)

    records, rejected = utkface.records(data_dir, cache_dir)
    print(labels_report(records, rejected))
    prints = cached_fingerprints(list(records.path), "utkface", cache_dir)
    groups = duplicate_groups(prints)
    print(duplicates_report(groups))
    write_groups(list(records.file), groups, cache_dir)
    if write_splits:
        write_split(utkface_split(records, groups), SPLIT_CSV)
    print(split_report(records, groups, read_split()))

    try:
        others = there(FAIRFACE, fairface.records(data_dir))
    except DataMissing as error:
        print(f"Left out: {error}")
    else:
        fairface_prints = cached_fingerprints(list(others.path), FAIRFACE, cache_dir)
        fairface_groups = duplicate_groups(fairface_prints)
        copies = near_pairs(fairface_prints.thumbnails, prints.thumbnails)
        print(f"FairFace: {len(others):,} pictures, {duplicates_report(fairface_groups)}")
        print(f"FairFace and UTKFace share {len(copies)} photographs.")
        if write_splits:
            split = read_split()
            trained_on = records.file.isin(split.file[split.split == TRAIN])
            evaluated = [pair.first for pair in copies if not trained_on[pair.second]]
            write_split(fairface_split(others, fairface_groups, evaluated), FAIRFACE_SPLIT_CSV)
        print(split_report(others, fairface_groups, read_split(FAIRFACE_SPLIT_CSV)))

    try:
        write_composites(load_records(CHIPS, data_dir, cache_dir), data_dir, cache_dir)
    except DataMissing as error:
        print(f"Left out: {error}")
    for name in SETS:
        try:
            labelled = there(name, load_records(name, data_dir, cache_dir))
            boxes = write_boxes(labelled, name, cache_dir, detector_path)
        except DataMissing as error:
            print(f"Left out: {error}")
        else:
            print(boxes_report(name, boxes))
    if absent:
        raise DataMissing(
            " ".join(
                f"Labels of {name} name pictures that are not there. Received: {up_to_ten(files)}."
                for name, files in absent.items()
            )
        )


def up_to_ten(files: Sequence[str]) -> str:
    """The first ten names, and how many there are besides."""
    more = len(files) - MOST_NAMED
    return ", ".join(files[:MOST_NAMED]) + (f" and {more:,} more" if more > 0 else "")


def _refuse_unusable(cache_dir: Path) -> None:
    """Raise DataMissing where the cache cannot be written, before minutes are spent on what it is to hold."""
    try:
        cache_dir.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=cache_dir):
            pass
    except OSError as error:
        raise DataMissing(
            f"The cache folder cannot be written: {error.strerror or error}. "
            f"Received: --cache-dir {cache_dir}."
        ) from error


def labels_report(records: pd.DataFrame, rejected: Sequence[utkface.Rejected]) -> str:
    """How many pictures are labelled, who they show, and every rejected file with its reason."""
    lines = [
        f"UTKFace: {len(records):,} labelled pictures, aged {records.age_years.min():.0f} to "
        f"{records.age_years.max():.0f}, {records.gender.mean():.0%} women; {len(rejected)} rejected."
    ]
    return "\n".join(lines + [f"  {file.file}: {file.reason}" for file in rejected])


def duplicates_report(groups: Sequence[Sequence[int]]) -> str:
    """How many photographs occur more than once."""
    copied = [len(group) for group in groups if len(group) > 1]
    return f"{len(copied):,} photographs occur more than once, in {sum(copied):,} pictures."


def split_report(records: pd.DataFrame, groups: Sequence[Sequence[int]], split: pd.DataFrame) -> str:
    """The sizes of a committed split, and in what the data here differ from those it was made from."""
    split_by_file = dict(zip(split.file, split.split, strict=True))
    counts = Counter(split_by_file.values())
    lines = ["Split: " + ", ".join(f"{count:,} {name}" for name, count in counts.most_common()) + "."]
    absent = set(split_by_file).difference(records.file)
    unlisted = set(records.file).difference(split_by_file)
    crossing = groups_across(records, groups, split_by_file)
    if absent:
        lines.append(f"  {len(absent):,} of its pictures are not in this folder, e.g. {min(absent)}.")
    if unlisted:
        lines.append(
            f"  {len(unlisted):,} pictures of this folder are in no split and not used, e.g. {min(unlisted)}."
        )
    if crossing:
        files = " and ".join(records.file[row] for row in crossing[0][:2])
        lines.append(f"  {len(crossing):,} photographs lie in more than one split, e.g. {files}.")
    if not (absent or unlisted or crossing):
        lines.append(
            "  It fits the pictures here: every one is listed, and no photograph lies in two splits."
        )
    return "\n".join(lines)


def groups_across(
    records: pd.DataFrame, groups: Sequence[Sequence[int]], split_by_file: dict[str, str]
) -> list[Sequence[int]]:
    """Duplicate groups whose pictures lie in more than one split."""
    files = list(records.file)
    return [
        group
        for group in groups
        if len({split_by_file[files[row]] for row in group if files[row] in split_by_file}) > 1
    ]


def boxes_report(name: str, boxes: pd.DataFrame) -> str:
    """In how many pictures of a set a face was found, and which cannot be decoded."""
    if boxes.empty:
        return f"Boxes of {name}: none of the split's pictures are here."
    shown = int((boxes.faces_found > 0).sum())
    single = int((boxes.faces_found == 1).sum())
    report = (
        f"Boxes of {name}: a face in {shown:,} of {len(boxes):,} pictures ({shown / len(boxes):.1%}), "
        f"exactly one in {single:,} ({single / len(boxes):.1%})."
    )
    unreadable = list(boxes.file[boxes.status == UNREADABLE])
    if unreadable:
        report += f"\n  {len(unreadable):,} cannot be decoded: {up_to_ten(unreadable)}."
    return report

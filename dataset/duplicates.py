"""Near-duplicate search: paths of pictures -> pairs and groups of the same photograph.

Two pictures are *identical* when their decoded pixels are equal, and *near* when their thumbnails (24 × 24
box-averaged grey, zero mean, unit norm) have a cosine of at least 0.97, as they are or one of them mirrored.
A split that ignores copies puts test pictures into training. The search is quadratic: numpy in blocks, 15 s
for 24,000 pictures on two cores. Fingerprints and groups are kept in the cache.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from tqdm import tqdm

from dataset.tables.columns import DUPLICATES
from dataset.tables.schema import read_csv_table
from faces.errors import DataMissing
from faces.files import whole_file

THUMBNAIL_PX = 24
NEAR_COSINE = 0.97
BLOCK_ROWS = 1024
CACHE_FORMAT = "fingerprints 1"  # enters the key of the cache; a change computes all fingerprints anew


@dataclass(frozen=True)
class Fingerprints:
    """One row a picture: SHA-256 of the decoded pixels, and its thumbnail.

    `thumbnails` is (n, 576) float32; every row has zero mean and unit norm.
    """

    pixel_sha256: tuple[str, ...]
    thumbnails: np.ndarray


@dataclass(frozen=True)
class NearPair:
    """Rows of two pictures (first < second within one set); `mirrored` when one had to be flipped."""

    first: int
    second: int
    cosine: float
    mirrored: bool


def fingerprints(paths: Sequence[Path | str], *, progress: bool = True) -> Fingerprints:
    """Decode every picture once. A file that does not decode resembles none: a unique hash, a zero row."""
    hashes: list[str] = []
    thumbnails = np.zeros((len(paths), THUMBNAIL_PX**2), np.float32)
    for row, path in enumerate(tqdm(paths, desc="fingerprints", unit="picture", disable=not progress)):
        data = Path(path).read_bytes()
        bgr = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
        if bgr is None:
            hashes.append(f"unreadable {row}")
            continue
        hashes.append(hashlib.sha256(repr(bgr.shape).encode() + bgr.tobytes()).hexdigest())
        thumbnails[row] = thumbnail(bgr)
    return Fingerprints(tuple(hashes), thumbnails)


def cached_fingerprints(paths: Sequence[Path | str], name: str, cache_dir: Path) -> Fingerprints:
    """The fingerprints of the set `name`, cached until the name, size or time of a file changes."""
    path = Path(cache_dir) / "fingerprints" / f"{name}.npz"
    listing = _listing_sha256(paths)
    if path.is_file():
        with np.load(path) as cached:
            if str(cached["listing_sha256"]) == listing:
                return Fingerprints(tuple(cached["pixel_sha256"].tolist()), cached["thumbnails"])
    prints = fingerprints(paths)
    with whole_file(path) as unfinished:
        np.savez(
            unfinished,
            listing_sha256=listing,
            pixel_sha256=np.array(prints.pixel_sha256, str),
            thumbnails=prints.thumbnails,
        )
    return prints


def _listing_sha256(paths: Sequence[Path | str]) -> str:
    listing = hashlib.sha256(CACHE_FORMAT.encode())
    for path in map(Path, paths):
        status = path.stat()
        listing.update(f"\n{path.name} {status.st_size} {status.st_mtime_ns}".encode())
    return listing.hexdigest()


def thumbnail(bgr: np.ndarray) -> np.ndarray:
    """(h, w, 3) uint8 -> (576,) float32 of zero mean and unit norm; zeros for a picture of one flat grey."""
    grey = cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY).astype(np.float32)
    small = cv2.resize(grey, (THUMBNAIL_PX, THUMBNAIL_PX), interpolation=cv2.INTER_AREA).ravel()
    small -= small.mean()
    norm = float(np.linalg.norm(small))
    return small / norm if norm > 1e-3 else np.zeros_like(small)


def identical_groups(prints: Fingerprints) -> list[list[int]]:
    """Groups of two or more pictures with equal pixels, each sorted, in the order of their first members."""
    members: dict[str, list[int]] = defaultdict(list)
    for row, digest in enumerate(prints.pixel_sha256):
        members[digest].append(row)
    return [rows for rows in members.values() if len(rows) > 1]


def near_pairs(thumbnails: np.ndarray, others: np.ndarray | None = None) -> list[NearPair]:
    """Pairs with a cosine of NEAR_COSINE or more, also against the mirrored thumbnails.

    Within `thumbnails` (n, 576) each pair comes once; with `others` (m, 576), pairs of one row from each.
    """
    within = others is None
    right = thumbnails if others is None else others
    flipped = right.reshape(-1, THUMBNAIL_PX, THUMBNAIL_PX)[:, :, ::-1].reshape(right.shape)
    pairs: list[NearPair] = []
    for start in range(0, len(thumbnails), BLOCK_ROWS):
        block = thumbnails[start : start + BLOCK_ROWS]
        # Within one set the cosines are symmetric, mirrored ones too: columns from this block on will do.
        first_column = start if within else 0
        upright = block @ right[first_column:].T
        mirrored = block @ flipped[first_column:].T
        best = np.maximum(upright, mirrored)
        for row, column in np.argwhere(best >= NEAR_COSINE):
            first, second = start + int(row), first_column + int(column)
            if within and first >= second:
                continue
            is_mirrored = bool(mirrored[row, column] > upright[row, column])
            pairs.append(NearPair(first, second, float(best[row, column]), is_mirrored))
    return pairs


def connected_groups(count: int, links: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Connected components of `count` pictures under `links`, singles included: one list of rows a group."""
    first, second = np.array(links, int).reshape(-1, 2).T
    graph = coo_array((np.ones(len(links), bool), (first, second)), shape=(count, count))
    groups: dict[int, list[int]] = defaultdict(list)
    for row, component in enumerate(connected_components(graph, directed=False)[1].tolist()):
        groups[component].append(row)
    return list(groups.values())


def duplicate_groups(prints: Fingerprints) -> list[list[int]]:
    """Every row in exactly one group; rows of one group are the same photograph, directly or by a chain."""
    links = [(pair.first, pair.second) for pair in near_pairs(prints.thumbnails)]
    for group in identical_groups(prints):
        links.extend(zip(group, group[1:], strict=False))
    return connected_groups(len(prints.pixel_sha256), links)


def groups_path(cache_dir: Path) -> Path:
    """Path of the duplicate groups of UTKFace."""
    return Path(cache_dir) / "duplicates" / "utkface.csv"


def write_groups(files: Sequence[str], groups: Sequence[Sequence[int]], cache_dir: Path) -> None:
    """Write the groups of two or more pictures under `cache_dir`; `groups` hold rows of `files`."""
    rows = [
        (number, files[row])
        for number, group in enumerate((group for group in groups if len(group) > 1), start=1)
        for row in group
    ]
    with whole_file(groups_path(cache_dir)) as unfinished:
        pd.DataFrame(rows, columns=DUPLICATES.column_names).to_csv(unfinished, index=False)


def read_duplicate_groups(cache_dir: Path) -> list[list[str]]:
    """Groups of file names that show the same photograph. Raises DataMissing before the first search."""
    path = groups_path(cache_dir)
    if not path.is_file():
        raise DataMissing(f"No duplicate groups at {path}; `python -m dataset prepare` finds them.")
    table = read_csv_table(path, DUPLICATES)
    return [list(files) for _, files in table.groupby("group", sort=True).file]


def with_mean_ages(records: pd.DataFrame, groups: Sequence[Sequence[str]]) -> pd.DataFrame:
    """Records (file, age_years, …) in which copies of one photograph have the mean of their ages."""
    group_of = {file: number for number, files in enumerate(groups) for file in files}
    key = records.file.map(group_of).astype(object).where(records.file.isin(group_of), records.file)
    return records.assign(age_years=records.age_years.groupby(key).transform("mean"))

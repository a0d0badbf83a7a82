"""Options of a command -> the folders of the data sets and of the caches."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from dataset.utkface import HOW_TO_GET
from faces.errors import DataMissing


def default_cache_dir() -> Path:
    """AGE_GENDER_CACHE, or `.cache` in the working directory."""
    return Path(os.environ.get("AGE_GENDER_CACHE", ".cache"))


def add_path_options(parser: argparse.ArgumentParser) -> None:
    """The options --data-dir and --cache-dir; `data_dir_of` reads the former."""
    parser.add_argument(
        "--data-dir",
        type=Path,
        help="folder or zip with UTKFace, and the other sets and weights beside it (AGE_GENDER_DATA)",
    )
    parser.add_argument(
        "--cache-dir", type=Path, default=default_cache_dir(), help="default: AGE_GENDER_CACHE or .cache"
    )


def data_dir_of(called: argparse.Namespace) -> Path:
    """--data-dir, or AGE_GENDER_DATA. Raises DataMissing, saying what to get, where neither is given."""
    named = called.data_dir or os.environ.get("AGE_GENDER_DATA")
    if not named:
        raise DataMissing(f"Which folder holds the data sets? {HOW_TO_GET}")
    return Path(named)

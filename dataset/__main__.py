"""`python -m dataset prepare`, `formats` and `migrate`: data sets made ready, and their tables."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from dataset.paths import add_path_options, data_dir_of
from dataset.preparation import prepare
from dataset.tables.columns import TABLES
from dataset.tables.migration import migrate
from dataset.tables.schema import formats_markdown
from faces.command import add_detector_option, exit_code
from faces.files import whole_file

FORMATS_PAGE = Path(__file__).parent.parent / "docs" / "data_formats.md"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code: 2 for a wrong call or missing data."""
    called = _parser().parse_args(arguments)
    return exit_code(lambda: called.run(called), stopped="Stopped; the same command continues from here.")


def _prepare(called: argparse.Namespace) -> None:
    prepare(data_dir_of(called), called.cache_dir, called.detector, write_splits=called.write_split)


def _migrate(called: argparse.Namespace) -> None:
    for path in [path for folder in called.folders for path in migrate(folder)]:
        print(f"Renamed what {path} holds.")


def _write_formats(_called: argparse.Namespace) -> None:
    with whole_file(FORMATS_PAGE) as unfinished:
        unfinished.write_text(formats_markdown(TABLES), encoding="utf-8")
    print(f"Wrote {FORMATS_PAGE}.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m dataset", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    preparing = commands.add_parser(
        "prepare", help="labels, duplicates, split, composites and face boxes; continued where it stopped"
    )
    preparing.set_defaults(run=_prepare)
    add_path_options(preparing)
    add_detector_option(preparing)
    preparing.add_argument(
        "--write-split", action="store_true", help="make the committed splits anew (changes every figure)"
    )
    migrating = commands.add_parser(
        "migrate", help="give the files of a variant or run folder of an earlier release today's names"
    )
    migrating.set_defaults(run=_migrate)
    migrating.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    formats = commands.add_parser("formats", help="write docs/data_formats.md from the tables' columns")
    formats.set_defaults(run=_write_formats)
    return parser


if __name__ == "__main__":
    sys.exit(main())

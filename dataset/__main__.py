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
from faces.detection import DEFAULT_DETECTOR
from faces.errors import ProjectError
from faces.files import whole_file

FORMATS_PAGE = Path(__file__).parent.parent / "docs" / "data_formats.md"


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 when done, 2 for a wrong call or missing data."""
    called = _parser().parse_args(arguments)
    try:
        if called.command == "formats":
            with whole_file(FORMATS_PAGE) as unfinished:
                unfinished.write_text(formats_markdown(TABLES), encoding="utf-8")
            print(f"Wrote {FORMATS_PAGE}.")
        elif called.command == "migrate":
            for path in [path for folder in called.folders for path in migrate(folder)]:
                print(f"Renamed what {path} holds.")
        else:
            prepare(data_dir_of(called), called.cache_dir, called.detector, write_splits=called.write_split)
    except ProjectError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped; the same command goes on from here.", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m dataset", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    preparing = commands.add_parser(
        "prepare", help="labels, duplicates, split, composites and face boxes; continued where it stopped"
    )
    add_path_options(preparing)
    preparing.add_argument(
        "--detector", type=Path, default=DEFAULT_DETECTOR, help="ONNX file of the detector"
    )
    preparing.add_argument(
        "--write-split", action="store_true", help="make the committed splits anew (changes every figure)"
    )
    migrating = commands.add_parser(
        "migrate", help="give the files of a variant or run folder of an earlier release today's names"
    )
    migrating.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    commands.add_parser("formats", help="write docs/data_formats.md from the tables' columns")
    return parser


if __name__ == "__main__":
    sys.exit(main())

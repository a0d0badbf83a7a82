"""Shared by all command lines: the options --variant and --detector, and the exit codes of errors.

Exit code 2 for a ProjectError, whose sentence goes to standard error, and 130 for Ctrl+C.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from faces.detection import DEFAULT_DETECTOR
from faces.errors import ProjectError

WRONG_CALL, STOPPED = 2, 130


def add_variant_option(parser: argparse.ArgumentParser, words: str) -> None:
    """The option --variant DIR ..., None by default; `words` are its help."""
    # No default: `extend` would add the given folders to it.
    parser.add_argument("--variant", type=Path, nargs="+", action="extend", metavar="DIR", help=words)


def add_detector_option(parser: argparse.ArgumentParser) -> None:
    """The option --detector PATH, by default the shipped one."""
    parser.add_argument(
        "--detector",
        type=Path,
        default=DEFAULT_DETECTOR,
        metavar="PATH",
        help="an ultralytics face detection export, ONNX (default: model_detector/face.onnx)",
    )


def exit_code(command: Callable[[], int | None], *, stopped: str = "Stopped.") -> int:
    """Run a command; `stopped` is printed when Ctrl+C ends it."""
    try:
        return command() or 0
    except ProjectError as error:
        print(error, file=sys.stderr)
        return WRONG_CALL
    except KeyboardInterrupt:
        print(stopped, file=sys.stderr)
        return STOPPED

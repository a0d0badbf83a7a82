"""Shared by all command lines: the options --variant and --detector, and the exit codes of errors.

Exit code 2 for a ProjectError, whose sentence goes to standard error, and for a file or folder that cannot be
used, 130 for Ctrl+C, 141 where whoever reads the output has gone: both as shells count signals.
"""

import argparse
import os
import sys
from collections.abc import Callable
from io import TextIOWrapper
from pathlib import Path

from faces.detection import DEFAULT_DETECTOR
from faces.errors import ProjectError

WRONG_CALL, STOPPED, NO_READER = 2, 130, 141


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
    """Run a command; `stopped` is printed when Ctrl+C ends it.

    What the output's encoding lacks is printed as `\\u5199`, and a reader that stops early, as `head` does,
    ends the command without a word.
    """
    for stream in _streams():
        stream.reconfigure(errors="backslashreplace")
    try:
        code = command() or 0
        for stream in _streams():
            stream.flush()
    except ProjectError as error:
        print(error, file=sys.stderr)
        return WRONG_CALL
    except KeyboardInterrupt:
        print(stopped, file=sys.stderr)
        return STOPPED
    except OSError as error:
        _drop_unprinted()
        if isinstance(error, BrokenPipeError):
            return NO_READER
        if error.errno is None:
            raise
        print(
            f"{error.filename or 'A file or the output'} cannot be used: {error.strerror}.", file=sys.stderr
        )
        return WRONG_CALL
    return code


def _streams() -> list[TextIOWrapper]:
    """Standard output and standard error, where there are any and nobody has put others in their place."""
    return [stream for stream in (sys.stdout, sys.stderr) if isinstance(stream, TextIOWrapper)]


def _drop_unprinted() -> None:
    """Let what a closed or full output did not take go nowhere: Python would print it again at its end."""
    for stream in _streams():
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())

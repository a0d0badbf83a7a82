"""python -m benchmarks NAME: a command for every module beside this one, by its `add_arguments` and `run`."""

import argparse
import sys
from importlib import import_module
from pathlib import Path

from faces.command import exit_code


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure, and print the table that the docs show."
    )
    commands = parser.add_subparsers(dest="name", required=True)
    runs = {}
    for path in sorted(Path(__file__).parent.glob("[a-z]*.py")):
        benchmark = import_module(f"benchmarks.{path.stem}")
        benchmark.add_arguments(commands.add_parser(path.stem, help=(benchmark.__doc__ or "").split("\n")[0]))
        runs[path.stem] = benchmark.run
    parsed = parser.parse_args(arguments)
    return exit_code(lambda: runs[parsed.name](parsed))


if __name__ == "__main__":
    sys.exit(main())

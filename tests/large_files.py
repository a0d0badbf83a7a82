"""`python -m tests.large_files FILE...`: exits 1 where one is larger than 16 MB. A hook of pre-commit."""

import sys
from collections.abc import Sequence
from pathlib import Path

MAX_BYTES = 16_000_000


def too_large(paths: Sequence[Path]) -> list[str]:
    """A line for each file over the limit."""
    sizes = {path: path.stat().st_size for path in paths if path.is_file()}
    return [
        f"{path} has {size / 1e6:.1f} MB; {MAX_BYTES / 1e6:.0f} MB are allowed."
        for path, size in sizes.items()
        if size > MAX_BYTES
    ]


if __name__ == "__main__":
    lines = too_large([Path(name) for name in sys.argv[1:]])
    print("\n".join(lines), end="\n" if lines else "")
    sys.exit(bool(lines))

"""Name of an earlier release -> what it is called now, in words for an error.

`earlier_names.csv` lists them by kind. `python -m dataset migrate` renames by it; both go together one day.
"""

import csv
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

RENAMED_CSV = Path(__file__).with_suffix(".csv")


@cache
def renamed(*kinds: str) -> dict[str, str]:
    """Earlier name -> name, of some kinds of names: "column", "key", "value", ..."""
    with RENAMED_CSV.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {row["old"]: row["new"] for row in rows if row["kind"] in kinds}


def keys_in(document: Any) -> set[str]:
    """All keys of a JSON document, at any depth."""
    if isinstance(document, list):
        return set().union(*map(keys_in, document))
    if isinstance(document, dict):
        return set(document).union(*map(keys_in, document.values()))
    return set()


def earlier_names_in(names: Iterable[str], *kinds: str) -> str:
    """A sentence for an error: which of `names` are earlier ones, and what renames them; empty if none is."""
    pairs = [f"'{name}' is now '{renamed(*kinds)[name]}'" for name in names if name in renamed(*kinds)]
    return f" {'; '.join(pairs)}: `python -m dataset migrate FOLDER` renames them." if pairs else ""

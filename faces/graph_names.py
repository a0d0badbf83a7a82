"""Name of a tensor or layer in a network file -> its name in the code.

Networks that were exported before the terms of the field were adopted keep their bytes; this is the one place
that knows what they call their tensors and layers (`graph_names.json`, earlier name -> name).
"""

import json
from pathlib import Path

_NAMES: dict[str, str] = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
_PREFIXES = {old.removesuffix("*"): new.removesuffix("*") for old, new in _NAMES.items() if old.endswith("*")}


def current_name(name: str) -> str:
    """Return the name that the code uses for a tensor or a layer; names of today's exports are their own."""
    if name in _NAMES:
        return _NAMES[name]
    for old, new in _PREFIXES.items():
        if name.startswith(old):
            return new + name.removeprefix(old)
    return name

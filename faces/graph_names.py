"""Name of a tensor or layer in a network file -> its name in the code.

Networks of earlier exports keep their bytes, and with them earlier names (`graph_names.json`).
"""

import json
from pathlib import Path

_NAMES: dict[str, str] = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
_PREFIXES = {old.removesuffix("*"): new.removesuffix("*") for old, new in _NAMES.items() if old.endswith("*")}


def current_name(name: str) -> str:
    """The name that the code uses for a tensor or layer; a name of today's exports is returned as it is."""
    if name in _NAMES:
        return _NAMES[name]
    for old, new in _PREFIXES.items():
        if name.startswith(old):
            return new + name.removeprefix(old)
    return name

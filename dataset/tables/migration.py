"""Folder of artefacts with earlier names -> the same numbers under today's names.

Renames columns, values and keys of parquet, CSV, TOML and JSON files by `renamed.csv` and leaves every number
and every hash as it is written. Kept until no artefact of an earlier release is needed any more.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from faces.earlier_names import renamed
from faces.files import whole_file

# Columns whose values are renamed too; in any other column `look` or `held` are somebody's words.
VALUE_COLUMNS = ("set", "split", "input_source", "phase")
TABLE_SUFFIXES = {".parquet", ".csv", ".toml", ".json"}


def migrate(folder: Path) -> list[Path]:
    """Rename what `folder`, or one file, holds, in place, each file whole; return the changed files."""
    changed = []
    paths = [folder] if folder.is_file() else sorted(folder.rglob("*"))
    for path in [path for path in paths if path.suffix in TABLE_SUFFIXES]:
        migrate_file: Callable[[Path], bool] = {
            ".parquet": _migrate_parquet,
            ".csv": _migrate_csv,
            ".toml": _migrate_toml,
            ".json": _migrate_json,
        }[path.suffix]
        was_changed = migrate_file(path)
        if path.name in renamed("file"):
            path = path.rename(path.with_name(renamed("file")[path.name]))
            was_changed = True
        if was_changed:
            changed.append(path)
    return changed


def _migrate_parquet(path: Path) -> bool:
    table = pq.read_table(path)
    names = [renamed("column").get(name, name) for name in table.column_names]
    new = table.rename_columns(names)
    for index, name in enumerate(names):
        if name in VALUE_COLUMNS:
            column = new.column(index)
            for old, value in renamed("value").items():
                column = pc.if_else(pc.equal(column, old), pa.scalar(value, column.type), column)
            new = new.set_column(index, name, column)
    new = new.replace_schema_metadata(table.schema.metadata)
    if new.equals(table):
        return False
    with whole_file(path) as unfinished:
        pq.write_table(new, unfinished, compression="zstd")
    return True


def _migrate_csv(path: Path) -> bool:
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    if not lines:
        return False
    names = [renamed("column").get(name, name) for name in lines[0].split(",")]
    places = [index for index, name in enumerate(names) if name in VALUE_COLUMNS]
    rows = [",".join(names)]
    for line in lines[1:]:
        cells = line.split(",")
        for place in places:
            cells[place] = renamed("value").get(cells[place], cells[place])
        rows.append(",".join(cells))
    return _rewrite(path, text, "\n".join(rows) + "\n")


def _migrate_json(path: Path) -> bool:
    text = path.read_text(encoding="utf-8")
    indent = 1 if text.startswith("{\n") else None
    separators = None if indent else (",", ":")
    new = json.dumps(
        _renamed_json(json.loads(text)), indent=indent, separators=separators, ensure_ascii=False
    )
    return _rewrite(path, text, new + "\n" * text.endswith("\n"))


def _renamed_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            renamed("key").get(key, key): (
                renamed("value").get(inner, inner) if key == "unit" else _renamed_json(inner)
            )
            for key, inner in value.items()
        }
    return [_renamed_json(inner) for inner in value] if isinstance(value, list) else value


def _migrate_toml(path: Path) -> bool:
    """Line by line, so that comments, order and the spelling of every number stay."""
    text = path.read_text(encoding="utf-8")
    return _rewrite(path, text, "".join(_renamed_line(line) for line in text.splitlines(keepends=True)))


def _renamed_line(line: str) -> str:
    if line.startswith("#"):
        return renamed("comment").get(line.rstrip("\n"), line.rstrip("\n")) + "\n"
    if line.startswith("["):
        return re.sub(r"[\w.]+", lambda found: _renamed_path(found[0]), line)
    # A dotted path names a section first: "framing.framing" is [input] input_mode.
    line = re.sub(
        r'^(?P<quote>"?)(?P<path>\w+(?:\.\w+)*)(?P=quote)(?= *=)|"(?P<quoted>\w+(?:\.\w+)+)"(?= *=)'
        r"|(?<=[{,] )(?P<inline>\w+)(?= *=)",
        lambda found: _renamed_key(found[0]),
        line,
    )
    return re.sub(
        r'(?P<key>\b(?:input_mode|trainable|set|name)"? = )"(?P<value>[^"]+)"',
        lambda found: found["key"] + '"' + renamed("value").get(found["value"], found["value"]) + '"',
        line,
    )


def _renamed_key(written: str) -> str:
    quote = '"' if written.startswith('"') else ""
    return quote + _renamed_path(written.strip('"'), ends_in_key=True) + quote


def _renamed_path(path: str, *, ends_in_key: bool = False) -> str:
    parts = path.split(".")
    sections, keys = renamed("section"), renamed("key")
    new = [sections.get(part) or keys.get(part, part) for part in parts]
    if ends_in_key:
        new[-1] = keys.get(parts[-1], parts[-1])
    return ".".join(new)


def _rewrite(path: Path, old: str, new: str) -> bool:
    if new == old:
        return False
    with whole_file(path) as unfinished:
        unfinished.write_text(new, encoding="utf-8")
    return True

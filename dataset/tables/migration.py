"""Folder of artefacts with the names of an earlier release -> the same numbers under today's names.

Renames columns, keys and values of parquet, CSV, TOML and JSON files by `faces/earlier_names.csv`; every
number, hash, comment and order stays. Kept until no artefact of an earlier release is needed any more.
"""

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from faces.earlier_names import renamed
from faces.files import whole_file

# Values are renamed under these names alone: elsewhere `look` or `held` may be somebody's words.
VALUE_COLUMNS = ("set", "split", "input_source", "phase")
VALUE_KEYS = ("input_mode", "trainable", "set", "name")


def migrate(folder: Path) -> list[Path]:
    """Rename what `folder`, or one file, holds, in place and each file whole; returns the changed files."""
    paths = [folder] if folder.is_file() else sorted(folder.rglob("*"))
    changed = []
    for path in paths:
        if path.suffix == ".parquet":
            is_changed = _migrate_parquet(path)
        elif path.suffix in _MIGRATED_TEXT:
            is_changed = _migrate_text(path)
        else:
            continue
        if path.name in renamed("file"):
            path, is_changed = path.rename(path.with_name(renamed("file")[path.name])), True
        if is_changed:
            changed.append(path)
    return changed


def _migrate_parquet(path: Path) -> bool:
    old = pq.read_table(path)
    names = [renamed("column").get(name, name) for name in old.column_names]
    old_columns = old.columns
    columns = [
        _renamed_values(column) if name in VALUE_COLUMNS else column
        for name, column in zip(names, old_columns, strict=True)
    ]
    if names == old.column_names and columns == old_columns:
        return False
    schema = pa.schema(
        [field.with_name(name) for field, name in zip(old.schema, names, strict=True)], old.schema.metadata
    )
    with whole_file(path) as unfinished:
        pq.write_table(pa.Table.from_arrays(columns, schema=schema), unfinished, compression="zstd")
    return True


def _renamed_values(column: pa.ChunkedArray) -> pa.ChunkedArray:
    values = [renamed("value").get(value, value) for value in column.to_pylist()]
    return pa.chunked_array([values], column.type)


def _migrate_text(path: Path) -> bool:
    old = path.read_text(encoding="utf-8")
    new = _MIGRATED_TEXT[path.suffix](old)
    if new == old:
        return False
    with whole_file(path) as unfinished:
        unfinished.write_text(new, encoding="utf-8")
    return True


def _migrated_csv(text: str) -> str:
    names, *rows = csv.reader(io.StringIO(text)) if text else [[]]
    names = [renamed("column").get(name, name) for name in names]
    for row in rows:
        for index, (name, cell) in enumerate(zip(names, row, strict=True)):
            if name in VALUE_COLUMNS:
                row[index] = renamed("value").get(cell, cell)
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows([names, *rows] if text else [])
    return written.getvalue()


def _migrated_json(text: str) -> str:
    layout: dict[str, Any] = {"indent": 1} if text.startswith("{\n") else {"separators": (",", ":")}
    new = json.dumps(_renamed_json(json.loads(text)), ensure_ascii=False, **layout)
    return new + "\n" * text.endswith("\n")


def _renamed_json(value: Any) -> Any:
    if isinstance(value, list):
        return [_renamed_json(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        renamed("key").get(key, key): renamed("value").get(item, item)
        if key == "unit"
        else _renamed_json(item)
        for key, item in value.items()
    }


def _migrated_toml(text: str) -> str:
    """Line by line, so that comments, order and the spelling of every number stay.

    A key without a value, once nan, is left out.
    """
    lines = text.splitlines(keepends=True)
    return "".join(_renamed_line(line) for line in lines if not line.rstrip().endswith("= nan"))


def _renamed_line(line: str) -> str:
    if line.startswith("#"):
        return line.replace(line.rstrip("\n"), renamed("comment").get(line.rstrip("\n"), line.rstrip("\n")))
    if line.startswith("["):
        return re.sub(r"[\w.]+", lambda section: _renamed_path(section[0] + ".").rstrip("."), line)
    line = re.sub(r"(^|(?<=[{,] ))[\w.]+(?= *=)", lambda key: _renamed_path(key[0]), line)
    return re.sub(
        rf'\b({"|".join(VALUE_KEYS)}) = "([^"]+)"',
        lambda pair: f'{pair[1]} = "{renamed("value").get(pair[2], pair[2])}"',
        line,
    )


def _renamed_path(path: str) -> str:
    """Rename a dotted key. All but its last part are sections: [input] and its input_mode had one name."""
    *sections, key = path.split(".")
    names = [renamed("section").get(part) or renamed("key").get(part, part) for part in sections]
    return ".".join([*names, renamed("key").get(key, key)])


_MIGRATED_TEXT = {".csv": _migrated_csv, ".json": _migrated_json, ".toml": _migrated_toml}

"""Data frame -> whole file, and file -> checked data frame: the schema of tables, and their provenance.

Rooms share nothing but tables: a file with other columns, or made by another split, network or detector, is
refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from faces.earlier_names import earlier_names_in
from faces.errors import DataMissing, TableError
from faces.files import whole_file
from faces.templates import render

STRING, FLOAT, INTEGER = "string", "float", "integer"
# Strings and integers are never null: an unknown string is empty. Floats are null where there is none.
ARROW_TYPES = {STRING: pa.string(), FLOAT: pa.float64(), INTEGER: pa.int64()}


@dataclass(frozen=True)
class Column:
    """A column: its name, kind (STRING, FLOAT or INTEGER), unit ("" for none) and meaning.

    An optional one may be absent from a CSV or JSON file; no parquet table has any.
    """

    name: str
    kind: str
    unit: str
    meaning: str
    optional: bool = False


@dataclass(frozen=True)
class Table:
    """A kind of table: the path of its files, what one row is, and its columns in order."""

    name: str
    path: str
    row: str
    columns: tuple[Column, ...]

    @property
    def column_names(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def schema(self) -> pa.Schema:
        return pa.schema([(column.name, ARROW_TYPES[column.kind]) for column in self.columns])


@dataclass(frozen=True)
class Provenance:
    """SHA-256 (hex) of what made a table; empty where it took no part (no network makes a table of boxes)."""

    split_sha256: str = ""
    network_sha256: str = ""
    detector_sha256: str = ""


def write_table(rows: pd.DataFrame, table: Table, path: Path, provenance: Provenance) -> None:
    """Write the parquet file whole, its columns in order, the provenance in its metadata.

    Raises TableError when a column is missing, unknown or of another kind; the file is then left as it was.
    """
    _check_names(list(rows.columns), table, path)
    try:
        content = pa.Table.from_pandas(rows[table.column_names], table.schema, preserve_index=False)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise TableError(f"{path}: a column of the {table.name} table has the wrong kind. {error}") from error
    for column in table.columns:
        if column.kind != FLOAT and content[column.name].null_count:
            raise TableError(f"{path}: {column.name} has empty cells, and a {column.kind} is never null.")
    content = content.replace_schema_metadata({"table": table.name, **asdict(provenance)})
    with whole_file(path) as unfinished:
        pq.write_table(content, unfinished, compression="zstd")


def read_table(path: Path, table: Table, expected: Provenance | None = None) -> pd.DataFrame:
    """The data frame of a parquet file that `write_table` wrote.

    Raises DataMissing when the file is not there, and TableError when it holds other columns or was made by
    another split, network or detector than `expected` (whose empty fields match any).
    """
    provenance = provenance_of(path)
    for field in fields(Provenance) if expected else ():
        wanted, received = getattr(expected, field.name), getattr(provenance, field.name)
        if wanted and wanted != received:
            raise TableError(
                f"{path} was made with another {field.name.removesuffix('_sha256')}: expected SHA-256 "
                f"{wanted[:12]}…. Received: {received[:12] or 'none'}…."
            )
    content = pq.read_table(path)
    _check_names(content.column_names, table, path)
    return content.to_pandas()


def read_csv_table(path: Path, table: Table) -> pd.DataFrame:
    """The data frame of a CSV file. Raises DataMissing when it is not there, TableError for other columns."""
    if not Path(path).is_file():
        raise DataMissing(f"There is no table {path}.")
    rows = pd.read_csv(path, dtype={column.name: str for column in table.columns if column.kind == STRING})
    _check_names(list(rows.columns), table, path)
    return rows


def provenance_of(path: Path) -> Provenance:
    """The provenance in a parquet file. Raises DataMissing without the file, TableError without it."""
    path = Path(path)
    if not path.is_file():
        raise DataMissing(f"There is no table {path}.")
    try:
        metadata = pq.read_schema(path).metadata or {}
    except (pa.ArrowInvalid, OSError) as error:
        raise TableError(f"{path} is not a parquet file. {error}") from error
    names = [field.name for field in fields(Provenance)]
    if any(name.encode() not in metadata for name in names):
        raise TableError(f"{path} does not say which split, network and detector made it.")
    return Provenance(**{name: metadata[name.encode()].decode() for name in names})


def formats_markdown(tables: Sequence[Table]) -> str:
    """The page docs/data_formats.md."""
    return render(Path(__file__).with_name("formats.md.j2"), tables=tables)


def _check_names(names: list[str], table: Table, path: Path) -> None:
    missing = [column.name for column in table.columns if not column.optional and column.name not in names]
    unknown = [name for name in names if name not in table.column_names]
    if missing or unknown:
        raise TableError(
            f"{path} is no {table.name} table: missing {missing or 'nothing'}. "
            f"Received beyond its columns: {unknown or 'nothing'}.{earlier_names_in(unknown, 'column')}"
        )

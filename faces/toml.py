"""TOML file <-> dataclass: every wrong key or value is refused by its dotted name, with what arrived.

    model.toml: phases.0.epochs: Input should be greater than 0. Received: -3.

The `__pydantic_config__` of a dataclass, or the `config` of pydantic's own, is STRICT; its annotations have
its ranges. pydantic is imported with the first file that is loaded: it takes half as long as all of `faces`.
"""

import json
import re
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import tomli_w

from faces.earlier_names import earlier_names_in, keys_in, renamed
from faces.errors import ProjectError
from faces.files import whole_file

if TYPE_CHECKING:
    from pydantic import ConfigDict, GetCoreSchemaHandler, TypeAdapter
    from pydantic_core import CoreSchema, ErrorDetails

T = TypeVar("T")


@dataclass(frozen=True)
class Matching:
    """An annotation of a text: all of it matches the regular expression, else `message` is the error's."""

    pattern: str
    message: str

    def __get_pydantic_core_schema__(
        self, source: Any, handler: "GetCoreSchemaHandler"
    ) -> "CoreSchema":  # pydantic's own pattern would be imported with this module
        from pydantic_core.core_schema import no_info_after_validator_function

        return no_info_after_validator_function(self._checked, handler(source))

    def _checked(self, text: str) -> str:
        if not re.fullmatch(self.pattern, text):
            raise ValueError(self.message)
        return text


Sha256 = Annotated[str, Matching("[0-9a-f]{64}", "Input should be 64 hexadecimal digits in lower case")]
# No 1 for true, no "14" for 14, no 160.5 for a whole number, no key beside the known ones, no nan.
STRICT: "ConfigDict" = {"strict": True, "extra": "forbid", "allow_inf_nan": False}
LONGEST_VALUE = 200  # characters of what arrived
_MESSAGES = {
    "unexpected_keyword_argument": "There is no such key",
    "missing": "This key is missing",
    "dataclass_type": "Input should be a table",
    "tuple_type": "Input should be a list",
    "dict_type": "Input should be a table",
}


class WrongTogether(ValueError):
    """A value that another one forbids. A validator raises it with the dotted name of the key in a table."""

    def __init__(self, key: str, message: str, received: str) -> None:
        super().__init__(message)
        self.key, self.received = key, received


def toml_table(path: Path, error: type[ProjectError]) -> dict[str, Any]:
    """The keys of a TOML file, unchecked. Raises `error` where it is absent or no TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise error(f"There is no file {path}.") from None
    except (OSError, ValueError, RecursionError) as problem:  # a number of 5,000 digits is a bare ValueError
        raise error(f"{path} cannot be read: {problem}") from problem


def read_toml(path: Path, kind: type[T], error: type[ProjectError], /, **outside: object) -> T:
    """The file as a `kind`; `outside` are fields of it that are no keys of the file, such as its folder.

    Raises `error`, naming every wrong key and value.
    """
    return checked(toml_table(path, error), kind, error, path, **outside)


def checked(
    table: Mapping[str, Any],
    kind: type[T],
    error: type[ProjectError],
    source: Path | str,
    /,
    **outside: object,
) -> T:
    """The table as a `kind`, as of `read_toml`; `source` is named in errors.

    TOML has no null: a None in the table stands for a key that must not be absent.
    """
    from pydantic import ValidationError

    if both := table.keys() & outside.keys():
        key = min(both)
        raise error(_sentence(source, (key,), _MESSAGES["unexpected_keyword_argument"], repr(table[key])))
    try:
        # As JSON, where a list is a tuple and a table a dataclass, and everything else is strict.
        return _adapter(kind).validate_json(json.dumps({**table, **outside}, default=_as_json))
    except ValidationError as problem:
        keys = keys_in(_adapter(kind).json_schema())
        details = problem.errors(include_url=False)
        raise error(" ".join(_sentences(source, details, table, outside, keys))) from None


def write_toml(path: Path, value: object, *, head: str, leave_out: Collection[str] = ()) -> None:
    """Write a dataclass whole, under the comment `head`, without its Nones and the fields of `leave_out`."""
    table = _adapter(type(value)).dump_python(value, mode="json", exclude_none=True, exclude=set(leave_out))
    comment = "".join(f"# {line}\n" for line in head.splitlines())
    with whole_file(path) as unfinished:
        unfinished.write_text(comment + tomli_w.dumps(table), encoding="utf-8")


def _new_adapter(kind: Any) -> "TypeAdapter":
    from pydantic import TypeAdapter

    return TypeAdapter(kind)


_adapter: Callable[[Any], "TypeAdapter"] = cache(_new_adapter)


def _as_json(value: object) -> object:
    """A path as text; TOML's own date and time as what no key here holds."""
    return str(value) if isinstance(value, Path) else {type(value).__name__: str(value)}


def _sentences(
    source: Path | str,
    details: "list[ErrorDetails]",
    table: Mapping[str, Any],
    outside: Collection[str],
    known_keys: Collection[str],
) -> Iterator[str]:
    key_paths = [detail["loc"] for detail in details]
    for detail in details:
        key_path, received = detail["loc"], detail["input"]
        message, text = _MESSAGES.get(detail["type"], detail["msg"]), repr(received)
        cause = detail.get("ctx", {}).get("error")
        if any(other != key_path and other[: len(key_path)] == key_path for other in key_paths):
            continue  # a list that is too short because its only item is wrong
        if isinstance(cause, WrongTogether):
            key_path, text = (*key_path, cause.key), cause.received
        if isinstance(cause, ValueError):
            message = str(cause)
        if received is None:
            message, received = _MESSAGES["missing"], table
            text = ", ".join(key for key, value in table.items() if value is not None)
        elif detail["type"] == "missing" and isinstance(received, list):
            if key_path[-1] != len(received):
                continue  # the first item that a list lacks is enough
            key_path, message = key_path[:-1], f"Input should have more than {len(received)} items"
        elif detail["type"] == "missing" and isinstance(received, dict):
            text = ", ".join(key for key in received if key not in outside)
        yield _sentence(source, key_path, message, text) + _earlier_names(
            key_path, received, message, known_keys
        )


def _sentence(source: Path | str, key_path: tuple[int | str, ...], message: str, received: str) -> str:
    shortened = received if len(received) <= LONGEST_VALUE else f"{received[:LONGEST_VALUE]}…"
    return f"{source}: {'.'.join(map(str, key_path))}: {message}. Received: {shortened}."


def _earlier_names(
    key_path: tuple[int | str, ...], received: object, message: str, known_keys: Collection[str]
) -> str:
    """What the key or value is called now, where the file can hold that name at all."""
    key, value = [str(name) for name in key_path[-1:]], [received] if isinstance(received, str) else []
    section = key if isinstance(received, dict) else []
    expected = re.findall(r"\w+", message)
    kinds = (
        (section, "section", known_keys),
        (key, "key", [*known_keys, *expected]),
        (value, "value", expected),
    )
    hints = (
        earlier_names_in([name for name in names if renamed(kind).get(name) in accepted], kind)
        for names, kind, accepted in kinds
    )
    return next(filter(None, hints), "")

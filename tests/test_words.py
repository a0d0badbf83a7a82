"""The code speaks the terms of the field: retired names stay retired, the changelog knows the new ones."""

import csv
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from faces.earlier_names import RENAMED_CSV
from tests.builders import REPOSITORY

RETIRED = (Path(__file__).with_name("retired_names.txt")).read_text(encoding="utf-8").split()
PRIVATE_WORDS = ("glimpse", "reading", "readings", "framing", "surest", "trinket")
# These hold names of earlier releases to see that they are refused or renamed.
TESTS_OF_EARLIER_NAMES = (
    "tests/dataset/test_migration.py",
    "tests/recipes/test_recipe.py",
    "tests/test_words.py",
)
# Names that another library gives its arguments.
OF_LIBRARIES = {"training/detector/train.py": {"freeze"}}
CITES_MNIH = "training/networks/attention.py"  # Recurrent Models of Visual Attention takes a "glimpse"


def tracked(*patterns: str) -> list[str]:
    ran = subprocess.run(
        ["git", "ls-files", *patterns], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    return ran.stdout.split()


def words_in(pattern: str, *, but: tuple[str, ...] = ()) -> Iterator[str]:
    # Between letters of other words too: `whole_picture_glimpse` is one word to a regular expression.
    whole_words = re.compile(rf"(?<![a-z])(?:{pattern})(?![a-z])", re.IGNORECASE)
    for name in tracked("*.py", "*.toml", "*.js"):
        if name in but:
            continue
        for number, line in enumerate((REPOSITORY / name).read_text(encoding="utf-8").splitlines(), start=1):
            yield from (f"{name}:{number}: {found}" for found in whole_words.findall(line))


def _names_in(name: str, pattern: re.Pattern[str]) -> set[str]:
    return set(pattern.findall((REPOSITORY / name).read_text(encoding="utf-8")))


def test_no_retired_name_is_left():
    names = re.compile(r"\w+")
    retired = set(RETIRED)
    found = [
        f"{name}: {sorted(left)}"
        for name in tracked("*.py", "*.toml", "*.js")
        if name not in TESTS_OF_EARLIER_NAMES
        and (left := _names_in(name, names) & retired - OF_LIBRARIES.get(name, set()))
    ]
    assert len(retired) > 150
    assert not found, "\n".join(found)


def test_the_private_words_are_gone_but_for_one_citation():
    found = list(words_in("|".join(PRIVATE_WORDS), but=TESTS_OF_EARLIER_NAMES))
    assert [where.split(":")[0] for where in found] == [CITES_MNIH], "\n".join(found)


@pytest.mark.parametrize("kind", ["column", "key", "section", "value", "json", "file", "option", "address"])
def test_the_changelog_has_every_new_name_beside_the_old_one(kind):
    changelog = (REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8")
    with RENAMED_CSV.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] == kind]
    assert rows
    missing = [row["old"] for row in rows if f"| {kind} | `{row['old']}` | `{row['new']}` |" not in changelog]
    assert not missing, f"CHANGELOG.md lacks {missing}"

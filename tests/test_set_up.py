"""What a newcomer is told holds: every pin is exact and installed, and the README leads somewhere."""

import re
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.builders import parsers_of
from tests.large_files import MAX_BYTES, too_large

REPOSITORY = Path(__file__).resolve().parents[1]
CHECK_REQUIREMENTS = ("requirements-run.txt", "requirements-check.txt")
FULL_REQUIREMENTS = ("requirements.txt", "requirements-dev.txt")
REQUIREMENTS = CHECK_REQUIREMENTS + FULL_REQUIREMENTS


PIN = re.compile(r"([\w.-]+)(\[\w+\])?==([\w.]+)")
TRAINING_PACKAGES = {"tensorflow", "keras", "torch", "torchvision", "ultralytics-opencv-headless", "tf2onnx"}


def lines_of(name: str) -> list[str]:
    lines = (REPOSITORY / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith(("#", "-r "))]


def pins_of(name: str) -> list[tuple[str, str]]:
    """(package, version) of each line; an extra such as dash[testing] is a second line for one package."""
    return [(package.lower(), pinned) for package, _, pinned in PIN.findall("\n".join(lines_of(name)))]


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_every_requirement_is_pinned_to_one_version(name):
    loose = [line for line in lines_of(name) if not PIN.fullmatch(line)]
    assert not loose, f"{name}: {loose}"


def test_no_package_is_pinned_to_two_versions():
    pins = [pin for name in REQUIREMENTS for pin in pins_of(name)]
    versions = {package: {pinned for other, pinned in pins if other == package} for package, _ in pins}
    assert not {package for package, pinned in versions.items() if len(pinned) > 1}


@pytest.mark.parametrize(
    "name",
    [*CHECK_REQUIREMENTS, *(pytest.param(name, marks=pytest.mark.training) for name in FULL_REQUIREMENTS)],
)
def test_the_pins_are_what_is_installed_here(name):
    drifted = [
        f"{package}: {pinned} pinned, {installed} installed"
        for package, pinned in pins_of(name)
        if (installed := version(package).split("+")[0]) != pinned  # a local build: torch 2.13.0+cpu
    ]
    assert not drifted, "\n".join(drifted)


def test_the_serving_environment_is_pinned_without_training_libraries():
    assert not TRAINING_PACKAGES & {package for package, _ in pins_of("requirements-run.txt")}


@pytest.mark.parametrize("page", ["README.md", "CHANGELOG.md", "CONTRIBUTING.md"])
def test_every_link_into_the_repository_leads_to_a_file(page):
    text = (REPOSITORY / page).read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)]+)\)", text) if not link.startswith(("http", "#"))]
    dead = [link for link in links if not (REPOSITORY / link.split("#")[0]).exists()]
    assert not dead, f"{page} links to {dead}"


COMMAND_ROW = re.compile(r"^\| `python -m ([^`]*)` \|", re.MULTILINE)
ROOMS_CALLED = [path.parent.name for path in sorted(REPOSITORY.glob("*/__main__.py"))]
NEEDS_TENSORFLOW = ("training", "benchmarks")


@pytest.mark.parametrize(
    "room",
    [pytest.param(room, marks=[pytest.mark.training] * (room in NEEDS_TENSORFLOW)) for room in ROOMS_CALLED],
)
def test_the_readmes_command_table_has_every_command_with_every_option_and_no_other(room):
    rows = COMMAND_ROW.findall((REPOSITORY / "README.md").read_text(encoding="utf-8"))
    table = {
        " ".join(re.findall(r"^[a-z]+|(?<=^" + room + r" )[a-z]+", row)): set(re.findall(r"--[\w-]+", row))
        for row in rows
        if row.split()[0] == room
    }
    commands = {
        command: {option for action in parser._actions for option in action.option_strings} - {"-h", "--help"}
        for command, parser in parsers_of(room).items()
    }
    assert table == commands


CHECKLISTS = ("Add a page", "Add a saliency method", "Add a data set", "Add an architecture or a recipe")


@pytest.mark.parametrize("checklist", ["The loop", "The house", *CHECKLISTS])
def test_every_path_that_contributing_names_is_in_the_tree(checklist):
    text = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = text.split(f"## {checklist}\n")[1].split("\n## ")[0]
    paths = [path for path in re.findall(r"`([\w./-]+)`", section) if "/" in path]
    assert paths
    assert not [path for path in paths if not (REPOSITORY / path).exists()]


def test_what_a_checklist_tells_to_fill_in_is_in_its_file():
    text = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = [
        *re.findall(r"`(\w+)`,? (?:of|in)\s+`([\w./-]+\.py)`", text),
        *((name, path) for path, name in re.findall(r"`([\w./-]+\.py)`[^`\n]* in `([A-Z_]+)`", text)),
    ]
    assert {name for name, _ in named} >= {"METHODS", "FACTS", "answer_of", "PAGE_CALLBACKS", "ARCHITECTURES"}
    files = {path: (REPOSITORY / path).read_text(encoding="utf-8") for _, path in named}
    assert not [(name, path) for name, path in named if name not in files[path]]


def test_a_file_over_16_mb_is_not_committed():
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert not too_large([REPOSITORY / name for name in listed.stdout.split("\0") if name])


def test_a_file_over_the_limit_is_named_with_its_size(tmp_path):
    (tmp_path / "large.bin").write_bytes(bytes(MAX_BYTES + 1_000_000))
    (tmp_path / "small.bin").write_bytes(b"1")
    assert too_large(sorted(tmp_path.iterdir())) == [
        f"{tmp_path / 'large.bin'} has 17.0 MB; 16 MB are allowed."
    ]

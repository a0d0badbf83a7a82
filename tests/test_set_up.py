"""What a newcomer is told holds: every pin is exact and installed, and the README leads somewhere."""

import re
from importlib.metadata import version
from pathlib import Path

import pytest

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


@pytest.mark.parametrize("page", ["README.md", "CHANGELOG.md"])
def test_every_link_into_the_repository_leads_to_a_file(page):
    text = (REPOSITORY / page).read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)]+)\)", text) if not link.startswith(("http", "#"))]
    dead = [link for link in links if not (REPOSITORY / link.split("#")[0]).exists()]
    assert not dead, f"{page} links to {dead}"


def test_every_room_with_a_command_is_in_the_readmes_command_table():
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    rooms = [path.parent.name for path in REPOSITORY.glob("*/__main__.py")]
    undocumented = [room for room in rooms if f"`python -m {room}" not in readme]
    assert not undocumented, f"the README says nothing of python -m {undocumented}"

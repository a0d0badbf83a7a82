"""What a newcomer is told holds: every pin is exact and installed, and the README leads somewhere."""

import re
from importlib.metadata import version
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
REQUIREMENTS = ("requirements-run.txt", "requirements.txt", "requirements-dev.txt")


def pins_in(name: str) -> list[str]:
    lines = (REPOSITORY / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith(("#", "-r "))]


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_every_requirement_is_pinned_to_one_version(name):
    loose = [line for line in pins_in(name) if not re.fullmatch(r"[\w.-]+(\[\w+\])?==[\w.]+", line)]
    assert not loose, f"{name}: {loose}"


def test_no_package_is_pinned_twice():
    packages = [re.split(r"[\[=]", pin)[0].lower().replace("_", "-") for name in REQUIREMENTS for pin in pins_in(name)]
    twice = {package for package in packages if packages.count(package) > 1 and package != "dash"}
    assert not twice, f"pinned twice: {twice}"


def test_the_pins_are_what_is_installed_here():
    drifted = []
    for name in REQUIREMENTS:
        for pin in pins_in(name):
            package, pinned = re.fullmatch(r"([\w.-]+)(?:\[\w+\])?==([\w.]+)", pin).groups()
            installed = version(package).split("+")[0]  # a local build: torch 2.13.0+cpu
            if installed != pinned:
                drifted.append(f"{package}: {pinned} pinned, {installed} installed")
    assert not drifted, "\n".join(drifted)


def test_the_serving_environment_is_pinned_without_training_libraries():
    packages = {pin.split("==")[0].lower() for pin in pins_in("requirements-run.txt")}
    assert not packages & {"tensorflow", "keras", "torch", "torchvision", "ultralytics-opencv-headless", "tf2onnx"}


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

"""Every hostile file has the outcome that its name says, in bounded time and memory."""

import sys
import time
import zipfile

import pytest

from faces.errors import PictureError
from faces.pictures import decode
from tests.faces.hostile import ARCHIVE, hostile_files

MAX_ARCHIVE_BYTES = 300_000
MIN_FILES = 150
MAX_CPU_SECONDS = 1.0
MAX_MEGABYTES = 250

with zipfile.ZipFile(ARCHIVE) as archive:
    FILES = {name: archive.read(name) for name in archive.namelist()}


def test_the_archive_is_small_and_has_many_files():
    assert ARCHIVE.stat().st_size < MAX_ARCHIVE_BYTES
    assert len(FILES) >= MIN_FILES


def test_the_generator_names_the_files_of_the_archive():
    assert [name for name, _ in hostile_files()] == list(FILES)


def outcome_of(name: str) -> str:
    """`answered`, or the name of the error; any other exception fails the test."""
    try:
        decode(FILES[name], name)
    except PictureError as error:
        return type(error).__name__
    return "answered"


@pytest.mark.parametrize("name", FILES)
def test_a_hostile_file_has_its_outcome_within_bounds(name):
    started = time.process_time()
    outcome = outcome_of(name)
    assert outcome == name.partition("_")[0]
    assert time.process_time() - started < MAX_CPU_SECONDS


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the peak of memory is read from /proc")
def test_no_hostile_file_takes_much_memory():
    before = _resident_mb("VmRSS")
    with open("/proc/self/clear_refs", "w", encoding="ascii") as peak:
        peak.write("5")
    for name in FILES:
        outcome_of(name)
    assert _resident_mb("VmHWM") - before < MAX_MEGABYTES


def _resident_mb(key: str) -> float:
    with open("/proc/self/status", encoding="ascii") as status:
        (line,) = [line for line in status if line.startswith(key)]
    return int(line.split()[1]) / 1000

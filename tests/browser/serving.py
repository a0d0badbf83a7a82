"""The real server with the real networks, as a user starts it: for the browser tests and the screenshots."""

import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np

REPOSITORY = Path(__file__).resolve().parents[2]
SAMPLES = REPOSITORY / "dashboard" / "samples"
READY_WITHIN_S = 120


@contextmanager
def served(*arguments: str) -> Iterator[str]:
    """Start `python -m dashboard` on a free port, wait until the networks are warm, yield its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    server = subprocess.Popen(
        [sys.executable, "-m", "dashboard", "--port", str(port), *arguments], cwd=REPOSITORY
    )
    try:
        deadline = time.monotonic() + READY_WITHIN_S
        while not _ready(url):
            assert server.poll() is None, f"the server stopped with exit code {server.returncode}"
            assert time.monotonic() < deadline, f"the server was not ready within {READY_WITHIN_S} s"
            time.sleep(0.2)
        yield url
    finally:
        server.terminate()
        server.wait(timeout=10)


def two_people(folder: Path) -> Path:
    """A picture of two people, 600 px high: two of the shipped portraits side by side."""
    portraits = [cv2.imread(str(path)) for path in sorted(SAMPLES.glob("portrait_*.jpg"))[:2]]
    width = sum(portrait.shape[1] for portrait in portraits)
    height = min(portrait.shape[0] for portrait in portraits)
    picture = np.concatenate([portrait[:height] for portrait in portraits], axis=1)
    path = folder / "two people.jpg"
    cv2.imwrite(str(path), cv2.resize(picture, (round(width * 600 / height), 600)))
    return path


def without_faces(folder: Path) -> Path:
    """A picture in which there is nobody: soft hills under a sky."""
    row, column = np.mgrid[0:480, 0:720]
    hills = row > 300 + 40 * np.sin(column / 90) + 25 * np.sin(column / 37)
    sky, grass = np.array([224, 190, 150]), np.array([80, 140, 95])
    picture = np.where(hills[..., None], grass, sky) + (row / 12)[..., None]
    path = folder / "hills.png"
    cv2.imwrite(str(path), picture.clip(0, 255).astype(np.uint8))
    return path


def truncated(folder: Path) -> Path:
    """The first half of a JPEG."""
    data = (SAMPLES / "astronaut.jpg").read_bytes()
    path = folder / "half a picture.jpg"
    path.write_bytes(data[: len(data) // 2])
    return path


def _ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=2) as response:
            return bool(json.load(response)["ready"])
    except OSError:
        return False

"""The slim environment answers a picture: `.venv/bin/python -m tests.smoke_slim`, run by `make test`.

Not a pytest module, because it must run where neither pytest nor TensorFlow is installed. It starts the
server as a user does, waits until /healthz says ready, and posts a sample to the API.
"""

import importlib.util
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import requests

REPOSITORY = Path(__file__).resolve().parents[1]
SAMPLE = REPOSITORY / "dashboard" / "samples" / "astronaut.jpg"
FORBIDDEN = ("tensorflow", "keras", "torch", "ultralytics")
MAX_ENVIRONMENT_BYTES = 1_100_000_000
READY_WITHIN_S = 120


def check_environment() -> None:
    """No training library is installed, and the environment is as small as the README says."""
    found = [name for name in FORBIDDEN if importlib.util.find_spec(name)]
    assert not found, f"the serving environment holds {found}"
    files = (Path(root, name) for root, _, names in os.walk(sys.prefix) for name in names)
    size = sum(path.lstat().st_size for path in files)
    assert size <= MAX_ENVIRONMENT_BYTES, f"the serving environment takes {size / 1e9:.2f} GB"
    print(f"slim environment: {size / 1e9:.2f} GB, without {', '.join(FORBIDDEN)}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_ready(server: subprocess.Popen, url: str) -> float:
    """Seconds until the networks are warm."""
    started = time.monotonic()
    while time.monotonic() - started < READY_WITHIN_S:
        assert server.poll() is None, f"the server ended with exit code {server.returncode}"
        try:
            if requests.get(f"{url}/healthz", timeout=5).json()["ready"]:
                return time.monotonic() - started
        except requests.ConnectionError:
            pass
        time.sleep(0.2)
    raise AssertionError(f"the server was not ready after {READY_WITHIN_S} s")


def check_answer(url: str) -> None:
    """A good picture is answered with both variants, and a broken one beside it is refused by name."""
    files = [
        ("picture", (SAMPLE.name, SAMPLE.read_bytes(), "image/jpeg")),
        ("picture", ("broken.jpg", SAMPLE.read_bytes()[:5000], "image/jpeg")),
    ]
    response = requests.post(f"{url}/api/v1/predict", files=files, timeout=60)
    assert response.status_code == 200, f"{response.status_code}: {response.text[:300]}"
    good, broken = response.json()
    assert len(good["faces"]) == 1, good
    assert "cropped" in good["faces"][0]["answers"], good
    assert "full" in good["whole_picture"], good
    assert broken["error"]["name"] == "PictureTruncated", broken
    print(f"answered {SAMPLE.name}: {good['faces'][0]['answers']['cropped']}")


def main() -> None:
    check_environment()
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "dashboard", "--host", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen(command, cwd=REPOSITORY) as server:
        try:
            print(f"ready after {wait_until_ready(server, url):.1f} s")
            check_answer(url)
        finally:
            server.terminate()
    print("smoke: the slim environment answers a picture")


if __name__ == "__main__":
    main()

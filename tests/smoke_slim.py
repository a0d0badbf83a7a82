"""The slim environment answers a picture: `.venv/bin/python -m tests.smoke_slim`, run by `make test`.

Not a pytest module, because it must run where neither pytest nor TensorFlow is installed. It starts the
server as a user does and posts a good and a broken picture to the API.
"""

import importlib.util
import os
import sys
from pathlib import Path

import requests

from tests.browser.serving import SAMPLES, served

SAMPLE = SAMPLES / "astronaut.jpg"
FORBIDDEN = ("tensorflow", "keras", "torch", "ultralytics")
MAX_ENVIRONMENT_BYTES = 1_100_000_000


def check_environment() -> None:
    """No training library is installed, and the environment is as small as the README says."""
    found = [name for name in FORBIDDEN if importlib.util.find_spec(name)]
    assert not found, f"the serving environment holds {found}"
    files = (Path(root, name) for root, _, names in os.walk(sys.prefix) for name in names)
    size = sum(path.lstat().st_size for path in files)
    assert size <= MAX_ENVIRONMENT_BYTES, f"the serving environment takes {size / 1e9:.2f} GB"
    print(f"slim environment: {size / 1e9:.2f} GB, without {', '.join(FORBIDDEN)}")


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
    with served() as url:
        check_answer(url)
    print("smoke: the slim environment answers a picture")


if __name__ == "__main__":
    main()

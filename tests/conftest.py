"""What every test may ask for: the data sets where they are present, and a browser that starts anywhere."""

import os
from pathlib import Path

import pytest

from faces.predictions import AGE, GENDER, OUTPUTS
from faces.variants import Variant
from tests.small_networks import exported

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def repository() -> Path:
    """The folder that holds faces/, model_full/ and the rest."""
    return REPOSITORY


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of data sets; a test that asks for it is skipped, with the reason, where there is none."""
    named = os.environ.get("AGE_GENDER_DATA")
    if not named:
        pytest.skip("needs the data sets: AGE_GENDER_DATA is not set")
    folder = Path(named)
    if not (folder / "utkface").is_dir():
        pytest.skip(f"needs the data sets: no utkface folder in AGE_GENDER_DATA={named}")
    return folder


@pytest.fixture(scope="session")
def small_variants(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Variant]:
    """By name: `ages` and `genders`, networks of one task with equal frames, and `both`, one of two tasks."""
    folder = tmp_path_factory.mktemp("variants")
    told: dict[str, tuple[str, ...]] = {"ages": (AGE,), "genders": (GENDER,), "both": OUTPUTS}
    return {name: exported(folder, name, outputs, seed) for seed, (name, outputs) in enumerate(told.items())}


@pytest.fixture(scope="session")
def composite_folder(small_variants: dict[str, Variant]) -> Path:
    """`ages` and `genders` as one variant is called by its two folders."""
    return Path(f"{small_variants['ages'].folder}+{small_variants['genders'].folder}")


def pytest_setup_options():
    """How dash.testing starts Chromium: as root, without a screen, without calls to the outside."""
    from selenium.webdriver.chrome.options import Options

    options = Options()
    for argument in (
        "--headless=new",
        "--no-sandbox",  # Chromium's sandbox refuses root, and CI is root
        "--disable-gpu",
        "--disable-dev-shm-usage",  # containers give /dev/shm 64 MB
        "--disable-quic",
        "--no-first-run",
        "--no-default-browser-check",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-default-apps",
        "--disable-extensions",
        "--disable-sync",
        "--disable-features=Translate,OptimizationHints,MediaRouter",
        "--force-device-scale-factor=1",
        "--window-size=1400,1000",
    ):
        options.add_argument(argument)
    return options

"""One real server and one Chromium for all browser tests, and a visit of a chosen width."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from dash.testing.browser import Browser
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from evaluation.predictions import ROBUSTNESS_FILE
from faces.variants import read_variant
from tests.browser.chromium import chromium_options
from tests.browser.serving import served
from tests.robustness_tables import robustness_table

WAIT_S = 60  # a busy machine answers late, not wrongly


@pytest.fixture(scope="session")
def server_url(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The two shipped variants, with robustness tables made by rule, and a run: a copy of `cropped`."""
    folder = tmp_path_factory.mktemp("served")
    variants = []
    for name in ("model_full", "model_cropped"):
        (folder / name).mkdir()
        for path in (repository / name).iterdir():
            if path.name != ROBUSTNESS_FILE:
                (folder / name / path.name).symlink_to(path)
        variant = read_variant(folder / name)
        robustness_table(
            {variant.name: {"full": 1.0, "cropped": 0.5}[variant.name]},
            ["chips", "portraits"],
            split_sha256=variant.split_sha256,
            network_sha256=variant.network_sha256,
            detector_sha256=variant.detector_sha256,
        ).to_csv(folder / name / ROBUSTNESS_FILE, index=False)
        variants.append(str(folder / name))
    run = folder / "runs" / "again"
    shutil.copytree(repository / "model_cropped", run, ignore=shutil.ignore_patterns("*.keras"))
    with served("--variant", *variants, str(run), "--runs", str(run.parent)) as url:
        yield url


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    downloads = str(tmp_path_factory.mktemp("downloads"))
    options = [chromium_options()]
    with Browser(
        "Chrome", headless=True, options=options, download_path=downloads, percy_run=False
    ) as browser:
        browser.driver.implicitly_wait(0)  # else "there is none" takes two seconds to find out
        yield browser


@pytest.fixture
def dash_br(chromium: Browser, server_url: str) -> Browser:
    """Return a browser that remembers nothing, in a new tab. (By this name Dash pictures what has failed.)"""
    driver = chromium.driver
    (before,) = driver.window_handles
    driver.switch_to.new_window("tab")
    tab = driver.current_window_handle
    driver.switch_to.window(before)
    driver.close()
    driver.switch_to.window(tab)
    driver.execute_cdp_cmd("Storage.clearDataForOrigin", {"origin": server_url, "storageTypes": "all"})
    driver.get_log("browser")  # what the tab before complained of is read away
    return chromium


@pytest.fixture
def visit(dash_br, server_url):
    """Open a page, wide unless told otherwise; returns the browser with a few questions one may ask it."""

    def open_page(path: str = "/", width: int = 1400, height: int = 1000) -> Visit:
        page = Visit(dash_br.driver)
        page.resize(width, height)
        dash_br.driver.get(server_url + path)
        page.wait_for("#content > *")
        return page

    return open_page


class Visit:
    """What a visitor does and sees."""

    def __init__(self, driver):
        self.driver = driver

    def resize(self, width, height=1000):
        """A screen of another size: a telephone where it is narrower than 768 px."""
        screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 768}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def texts(self, selector):
        return [element.text for element in self.all(selector)]

    def scroll_width(self):
        """How wide the page is, in pixels: more than the screen where it scrolls sideways."""
        return self.driver.execute_script("return document.documentElement.scrollWidth")

    def wait_for(self, selector, count=1):
        """The elements, once there are at least `count` of them."""
        WebDriverWait(self.driver, WAIT_S).until(lambda _: len(self.all(selector)) >= count, selector)
        return self.all(selector)

    def wait_until(self, condition, what):
        """Wait for something that the page may replace while it is being looked at."""
        patient = WebDriverWait(self.driver, WAIT_S, ignored_exceptions=[StaleElementReferenceException])
        patient.until(lambda _: condition(), what)

    def wait_until_gone(self, selector):
        WebDriverWait(self.driver, WAIT_S).until(lambda _: not self.all(selector), selector)

    def choose(self, *paths):
        """Choose files, as in the dialog of the operating system."""
        self.wait_for("#upload-area")
        self.all("#choose-pictures")[0].send_keys("\n".join(map(str, paths)))

    def click(self, selector):
        self.driver.execute_script("arguments[0].click()", self.wait_for(selector)[0])

    def console_errors(self):
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]

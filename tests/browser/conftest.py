"""One real server for all browser tests, started as a user starts it, and a browser of a chosen width."""

import pytest
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from tests.browser.serving import served

WAIT_S = 60  # a busy machine answers late, not wrongly


@pytest.fixture(scope="session")
def server_url():
    with served() as url:
        yield url


@pytest.fixture
def visit(dash_br, server_url):
    """Open a page, wide unless told otherwise; returns the browser with a few questions one may ask it."""

    def open_page(path: str = "/", width: int = 1400, height: int = 1000, url: str = server_url) -> Visit:
        screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 768}
        dash_br.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        dash_br.driver.get(url + path)
        return Visit(dash_br.driver)

    return open_page


def wait_until(page, condition, what):
    """Wait for something that the page may replace while it is being looked at."""
    patient = WebDriverWait(page.driver, WAIT_S, ignored_exceptions=[StaleElementReferenceException])
    patient.until(lambda _: condition(), what)


class Visit:
    """What a visitor does and sees."""

    def __init__(self, driver):
        self.driver = driver
        self.wait_for("#content > *")

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def texts(self, selector):
        return [element.text for element in self.all(selector)]

    def wait_for(self, selector, count=1):
        """The elements, once there are at least `count` of them."""
        WebDriverWait(self.driver, WAIT_S).until(lambda _: len(self.all(selector)) >= count, selector)
        return self.all(selector)

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

"""`make screenshots`: every page and state, wide and narrow, light and dark.

They are there to be looked at. What does the eye meet first, is it the answer to the page's question, and
what could be taken away? `--figures` writes docs/figures/predict.png instead, a picture in the public domain.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait
from tqdm import tqdm

from tests.browser.chromium import chromium_options
from tests.browser.serving import REPOSITORY, served, truncated, two_people, without_faces

SIZES = {"1400": (1400, 1000), "390": (390, 844)}
SCHEMES = ("light", "dark")
SETTLE_S = 0.8  # transitions and late pictures
SCROLL_S = 0.2
ANSWER_WITHIN_S = 120
COMPLETE = """
    return !document.querySelector("[data-dash-is-loading='true'], .skeleton")
        && [...document.images].every((image) => image.complete);
"""

State = tuple[str, Callable[[Chrome, str], None]]


def main() -> None:
    parser = argparse.ArgumentParser(prog="make screenshots", description=__doc__)
    parser.add_argument("--out", type=Path, default=REPOSITORY / "screenshots")
    parser.add_argument("--only", default="", help="take only the states whose name contains this")
    parser.add_argument("--data-dir", help="also take the states that need the data sets")
    parser.add_argument("--figures", action="store_true", help="write docs/figures/predict.png, nothing else")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    arguments = ["--data-dir", options.data_dir] if options.data_dir else []
    with tempfile.TemporaryDirectory() as folder, served(*arguments) as url:
        if options.figures:
            _write_figure(url)
            return
        states = [state for state in _states(Path(folder)) if options.only in state[0]]
        looks = [(size, scheme) for size in SIZES for scheme in SCHEMES]
        for size, scheme in tqdm(looks, desc="screenshots"):
            with browser(*SIZES[size], scheme) as driver:
                for name, go in states:
                    go(driver, url)
                    _whole_page(driver, options.out / f"{name}_{size}_{scheme}.png", SIZES[size])


def _write_figure(url: str) -> None:
    """The README's picture: the first screen of Solvay's answer, one face lit."""
    path = REPOSITORY / "docs" / "figures" / "predict.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    with browser(1280, 860, "light") as driver:
        _sample("solvay_1927.jpg")(driver, url)
        _settle(driver)
        _light_face(driver, 1)
        driver.save_screenshot(str(path))


def _states(folder: Path) -> list[State]:
    """Name -> what to do to get there."""
    people, nobody, broken = two_people(folder), without_faces(folder), truncated(folder)
    return [
        ("predict_first_visit", _page("/")),
        ("predict_one_face", _sample("portrait_G000600.jpg")),
        ("predict_solvay", _sample("solvay_1927.jpg")),
        ("predict_two_people_asked", _asked(people)),
        ("predict_refused_beside_good", _uploaded(broken, people)),
        ("predict_no_face", _uploaded(nobody)),
        ("saliency_sample", _page("/saliency?sample=astronaut.jpg&face=0", "h1")),
        ("saliency_two_people", _explained(people)),
        ("metrics", _page("/metrics", "h1")),
        ("training", _page("/training", ".ag-row")),
        ("data", _page("/data", ".augmentation-samples")),
        ("about", _page("/about", ".about-card")),
        ("not_found", _page("/nowhere")),
    ]


@contextmanager
def browser(width: int, height: int, scheme: str) -> Iterator[Chrome]:
    """Chromium as the tests start it, with a screen of this size and this preferred colour scheme."""
    driver = Chrome(options=chromium_options())
    try:
        _set_screen(driver, width, height)
        driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": width < 768})
        preference = {"name": "prefers-color-scheme", "value": scheme}
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [preference]})
        yield driver
    finally:
        driver.quit()


def _set_screen(driver: Chrome, width: int, height: int) -> None:
    screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 768}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)


def _page(path: str, until: str = "#content > *") -> Callable[[Chrome, str], None]:
    def go(driver: Chrome, url: str) -> None:
        driver.get(url + path)
        _wait(driver, until)
        time.sleep(SETTLE_S)

    return go


def _sample(file: str) -> Callable[[Chrome, str], None]:
    def go(driver: Chrome, url: str) -> None:
        driver.get(f"{url}/?sample={file}")
        _wait(driver, ".face-card")

    return go


def _uploaded(*pictures: Path) -> Callable[[Chrome, str], None]:
    def go(driver: Chrome, url: str) -> None:
        driver.get(url)
        _wait(driver, "#upload-area")
        driver.find_element(By.ID, "choose-pictures").send_keys("\n".join(map(str, pictures)))
        answered = ".entry-answered, .problem"
        WebDriverWait(driver, ANSWER_WITHIN_S).until(
            lambda _: len(driver.find_elements(By.CSS_SELECTOR, answered)) == len(pictures)
        )
        _wait(driver, ".answer-faces")

    return go


def _asked(picture: Path) -> Callable[[Chrome, str], None]:
    def go(driver: Chrome, url: str) -> None:
        _uploaded(picture)(driver, url)
        button = _wait(driver, ".close-up-button")
        driver.execute_script("arguments[0].click()", button)
        _wait(driver, ".close-up-rows .axis-row")
        _light_face(driver, 1)

    return go


def _explained(picture: Path) -> Callable[[Chrome, str], None]:
    def go(driver: Chrome, url: str) -> None:
        _uploaded(picture)(driver, url)
        driver.execute_script("arguments[0].click()", _wait(driver, ".card-actions a"))
        _wait(driver, "h1")
        time.sleep(SETTLE_S)

    return go


def _light_face(driver: Chrome, number: int) -> None:
    card = _wait(driver, f".face-card[data-face='{number}']")
    driver.execute_script("arguments[0].dispatchEvent(new MouseEvent('mouseover', {bubbles: true}))", card)
    time.sleep(SETTLE_S)


def _wait(driver: Chrome, selector: str) -> WebElement:
    found = WebDriverWait(driver, ANSWER_WITHIN_S).until(
        lambda _: driver.find_elements(By.CSS_SELECTOR, selector)
    )
    return found[0]


def _settle(driver: Chrome) -> None:
    WebDriverWait(driver, ANSWER_WITHIN_S).until(lambda _: driver.execute_script(COMPLETE))
    time.sleep(SETTLE_S)


def _whole_page(driver: Chrome, path: Path, size: tuple[int, int]) -> None:
    """The page down to its end, at most eight screens of it, once it is complete."""
    # Metrics draws a section when it comes near the screen, which makes the page longer.
    top = 0
    while top < driver.execute_script("return document.documentElement.scrollHeight"):
        driver.execute_script(f"window.scrollTo(0, {top})")
        time.sleep(SCROLL_S)
        top += size[1] // 2
    driver.execute_script("window.scrollTo(0, 0)")
    _settle(driver)
    height = driver.execute_script("return document.documentElement.scrollHeight")
    # A screen as high as the page: a table that is pictured beyond the screen's edge is drawn empty.
    _set_screen(driver, size[0], min(height, 8 * size[1]))
    _settle(driver)
    driver.save_screenshot(str(path))
    _set_screen(driver, *size)


if __name__ == "__main__":
    main()

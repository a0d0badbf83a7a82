"""Chromium as the browser tests and the screenshots start it."""

from selenium.webdriver.chrome.options import Options


def chromium_options() -> Options:
    """Return options with which it starts as root, without a screen, and calls nobody outside."""
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

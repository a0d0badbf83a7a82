"""Every page opens without a complaint in the console, wide and narrow, and stays on this machine."""

import pytest

PAGES = {
    "/": "#upload-area",
    "/?sample=astronaut.jpg": ".face-card",
    "/saliency": "h1",
    "/saliency?sample=astronaut.jpg&face=0": "h1",
    "/metrics": "h1",
    "/training": "h1",
    "/data": "h1",
    "/about": ".about-card",
}


@pytest.mark.parametrize("path", PAGES)
def test_a_page_opens_without_an_error_in_the_console_and_fits_a_narrow_screen(visit, path):
    page = visit(path)
    page.wait_for(PAGES[path])
    page.wait_until_gone("[data-dash-is-loading='true']")
    page = visit(path, 390)
    page.wait_for(PAGES[path])
    page.wait_until_gone("[data-dash-is-loading='true']")
    assert page.scroll_width() <= 390
    assert page.console_errors() == []


@pytest.mark.parametrize("path", ["/?sample=astronaut.jpg", "/about"])
def test_nothing_is_loaded_from_another_machine(visit, server_url, path):
    page = visit(path)
    page.wait_for(PAGES[path])
    names = page.driver.execute_script(
        "return performance.getEntriesByType('resource').map((one) => one.name)"
    )
    elsewhere = [name for name in names if not name.startswith((server_url, "data:", "blob:"))]
    assert len(names) > 10
    assert elsewhere == []


def test_the_colour_scheme_is_switched_and_remembered(visit):
    page = visit("/about")
    scheme = "return document.documentElement.dataset.mantineColorScheme"
    before = page.driver.execute_script(scheme)
    page.click("#colour-scheme-switch")
    other = {"light": "dark", "dark": "light"}[before]
    page.wait_for(f"[data-mantine-color-scheme='{other}']")
    page = visit("/")
    assert page.driver.execute_script(scheme) == other


def test_the_navigation_of_a_narrow_screen_opens_and_leads_on(visit):
    page = visit("/", 390, 844)
    page.click("#burger")
    page.wait_for(".nav-narrow a[href='/about']")
    page.click(".nav-narrow a[href='/about']")
    page.wait_for(".about-card")
    assert page.texts(".nav-narrow a[aria-current='page']") in (["About"], [""])  # closed again: no text

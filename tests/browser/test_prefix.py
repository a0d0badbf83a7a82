"""Under a prefix, as a proxy shows the workbench, pages, pictures, maps and links stay below it."""

from tests.browser.conftest import Visit
from tests.browser.serving import served

PREFIX = "/lab/workbench"


def test_the_workbench_works_under_a_prefix(dash_br):
    with served("--url-prefix", PREFIX) as url:
        page = Visit(dash_br.driver)
        page.resize(1400)
        dash_br.driver.get(f"{url}{PREFIX}/")
        page.wait_for("#upload-area")
        page.click(".sample")
        page.wait_for(".face-card img")
        page.click(".face-card a.button")
        page.wait_for(".saliency-grid img, .saliency-body img")
        assert dash_br.driver.current_url.startswith(f"{url}{PREFIX}/saliency?")
        page.click(".nav-wide a[href$='/about']")
        page.wait_for(".about-card")
        page.wait_for(f".nav-wide a[href='{PREFIX}/about'][aria-current='page']")
        page.click("#colour-scheme-switch")
        names = page.driver.execute_script(
            "return performance.getEntriesByType('resource').map((entry) => entry.name)"
        )
        assert len(names) > 10
        assert [name for name in names if not name.startswith((f"{url}{PREFIX}/", "data:", "blob:"))] == []
        cookie = page.driver.get_cookie("scheme")
        assert cookie["path"] == f"{PREFIX}/"
        broken = "return [...document.images].filter((image) => image.complete && !image.naturalWidth).length"
        assert page.driver.execute_script(broken) == 0
        assert page.console_errors() == []

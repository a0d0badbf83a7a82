"""Data in a real browser, without a data set: who is in the pictures, and samples of an augmentation."""

SOURCES = "return [...document.querySelectorAll('.augmentation-samples img')].map((image) => image.src)"
DRAWN = """
    const images = [...document.querySelectorAll(".augmentation-samples img")];
    return images.length === 10 && images.every((image) => image.complete && image.naturalWidth > 0);
"""
PIXELS = """
    return [...document.querySelectorAll(".augmentation-samples img")].map((image) => {
        const canvas = document.createElement("canvas");
        canvas.width = canvas.height = 32;
        canvas.getContext("2d").drawImage(image, 0, 0, 32, 32);
        return canvas.toDataURL();
    });
"""


def drawn(page):
    """The ten inputs as data URLs, once all of them have arrived."""
    page.wait_until(lambda: page.driver.execute_script(DRAWN), "ten inputs")
    return page.driver.execute_script(PIXELS)


def test_an_augmentation_is_sampled_twice_and_shows_two_pictures(visit):
    page = visit("/data")
    first = drawn(page)
    assert len(set(first)) == 10
    before = page.driver.execute_script(SOURCES)
    page.click("#data-sample-again")
    page.wait_until(lambda: page.driver.execute_script(SOURCES)[1:] != before[1:], "other samples")
    second = drawn(page)
    assert second[0] == first[0]  # the picture as it is
    assert not set(second[1:]) & set(first[1:])
    assert "seed=2" in page.driver.current_url
    assert page.console_errors() == []


def test_a_url_brings_the_same_samples_back(visit):
    path = "/data?picture=sample%3Aportrait_G000600.jpg&recipe=model_full&part=main&seed=7"
    first = drawn(visit(path))
    assert drawn(visit(path)) == first


def test_who_is_in_the_pictures_is_told_without_a_data_set(visit):
    page = visit("/data")
    drawn(page)
    page.wait_until(lambda: len(page.all(".chart .main-svg")) >= 3, "figures")
    page.wait_until(lambda: all(page.texts(".chart-title")), "titles")
    assert len(page.all(".counts-table")) == 3
    page.resize(390)
    page.wait_until(lambda: page.scroll_width() <= 390, "a page as narrow as the screen")
    assert page.console_errors() == []

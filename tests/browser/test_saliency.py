"""Saliency in a real browser, with the real networks: another method is another map, all else asks nobody."""

from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from tests.browser.serving import two_people

SHOWN = ".saliency-rows[data-shown='{} onnx']"
CANVASES = "return [...document.querySelectorAll('canvas.map')].map((canvas) => canvas.toDataURL())"
REQUESTS = (
    "return performance.getEntriesByType('resource').filter((one) => one.name.includes('/saliency/')).length"
)


def shown(page, method="gradcam"):
    """The four maps as data addresses, once all of them are drawn."""
    page.wait_for(SHOWN.format(method))
    assert page.all(".panel-map.is-problem") == []
    return page.driver.execute_script(CANVASES)


def choose(page, control, value):
    page.click(f"#{control} input[value='{value}']")


def test_another_method_shows_another_map(visit):
    page = visit("/saliency?sample=astronaut.jpg")
    maps = {"gradcam": shown(page)}
    meanings = {"gradcam": page.texts("#saliency-meaning")[0]}
    for method in ("vanilla", "smoothgrad", "gradcam_plus_plus"):
        choose(page, "saliency-method", method)
        maps[method] = shown(page, method)
        meanings[method] = page.texts("#saliency-meaning")[0]
        assert f"method={method}" in page.driver.current_url
    assert len(set(meanings.values())) == 4
    assert all(len(drawn) == 4 for drawn in maps.values())
    assert len({one for drawn in maps.values() for one in drawn}) == 16
    assert all("in the face" in text for text in page.texts(".panel-fraction"))
    assert len(page.texts("#saliency-agreement p")) == 2
    assert len(page.all(".panel .attended")) == 6  # in the input and both maps of each network
    assert page.console_errors() == []


def test_colours_opacity_and_zoom_ask_nobody(visit):
    page = visit("/saliency?sample=astronaut.jpg&scale=inferno&opacity=65&view=whole")
    before = shown(page)
    requests = page.driver.execute_script(REQUESTS)
    choose(page, "saliency-view", "near")
    page.wait_for(".saliency-rows.view-near")
    page.all("#saliency-opacity [role=slider]")[0].send_keys(Keys.ARROW_RIGHT)
    page.click("#saliency-scale")
    page.click("[role=option][value=viridis]")
    WebDriverWait(page.driver, 10).until(lambda _: page.driver.execute_script(CANVASES) != before)
    WebDriverWait(page.driver, 10).until(lambda _: "scale=viridis" in page.driver.current_url)
    assert (
        page.driver.execute_script(
            "return document.querySelector('.saliency-rows').style.getPropertyValue('--opacity')"
        )
        == "0.7"
    )
    assert page.driver.execute_script(REQUESTS) == requests
    assert page.console_errors() == []


def test_a_url_brings_the_same_view_back(visit):
    page = visit("/saliency?sample=solvay_1927.jpg&face=3&method=vanilla&scale=cividis&opacity=40&view=whole")
    drawn = shown(page, "vanilla")
    assert page.all(".saliency-rows")[0].get_attribute("data-face") == "3"
    assert [one.get_attribute("aria-pressed") for one in page.all(".face-choice")].index("true") == 3
    again = visit("/" + page.driver.current_url.split("/", 3)[3])
    assert shown(again, "vanilla") == drawn
    assert "opacity=40" in again.driver.current_url
    assert "view-near" not in again.all(".saliency-rows")[0].get_attribute("class")


def test_the_crosshair_stands_on_the_same_point_in_both_rows(visit):
    page = visit("/saliency?sample=astronaut.jpg")
    shown(page)
    stage = page.all(".panel-map .stage")[0]
    page.driver.execute_script("arguments[0].focus()", stage)
    stage.send_keys(Keys.ARROW_UP)
    predictions = page.texts(".map-value")
    assert len(predictions) == 6
    assert predictions[0] == predictions[3]  # the place, under both frames
    assert 0 <= float(predictions[1]) <= 1
    for _ in range(30):
        stage.send_keys(Keys.ARROW_RIGHT)
    assert page.texts(".map-value")[4] == "outside the input"  # outside of what `cropped` was given


def test_a_face_from_predict_is_explained_and_another_can_be_chosen(visit, tmp_path):
    page = visit()
    page.choose(two_people(tmp_path))
    page.wait_for(".face-card", count=2)
    page.click(".face-card[data-face='2'] a[href^='/saliency']")
    second = shown(page)
    assert page.texts(".row-label p") == ["input: the whole picture", "input: face 2"]
    page.click(".face-choice[data-explain-face='0']")
    page.wait_for(".saliency-rows[data-face='0']")
    first = shown(page)
    assert page.texts(".row-label p") == ["input: the whole picture, attended to face 2", "input: face 1"]
    assert first[:2] == second[:2]  # the whole picture is the same
    assert first[2:] != second[2:]
    assert "face=0" in page.driver.current_url
    assert page.console_errors() == []

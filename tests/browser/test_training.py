"""Three runs in a real browser: their curves over each other, and any two of them compared on every page."""

import shutil

import pytest

from tests.browser.conftest import wait_until
from tests.browser.serving import REPOSITORY, served

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def server_url(tmp_path_factory):
    """A server with the two shipped variants and a run: a copy of `cropped` under another name."""
    runs = tmp_path_factory.mktemp("training") / "runs"
    shutil.copytree(REPOSITORY / "model_cropped", runs / "again", ignore=shutil.ignore_patterns("*.keras"))
    with served("--runs", str(runs)) as url:
        yield url


@pytest.mark.parametrize("width", [1400, 390])
def test_the_curves_of_three_runs_lie_over_each_other(visit, width):
    page = visit("/training", width)
    wait_until(page, lambda: len(page.all(".chart .main-svg")) >= 4, "figures")
    wait_until(page, lambda: all(page.texts(".chart-title")), "titles")
    solid = ".chart[data-chart='loss'] .legendtext"
    wait_until(page, lambda: len(page.all(solid)) == 4, "three runs and what is dotted")
    assert page.texts(solid) == ["full", "cropped", "again", "training pictures"]
    rows = page.wait_for(".ag-row", count=3)
    assert len(rows) == 3
    assert page.driver.execute_script("return document.documentElement.scrollWidth") <= width
    assert page.console_errors() == []


def test_the_address_says_which_runs_are_drawn(visit):
    page = visit("/training?runs=again,full")
    solid = ".chart[data-chart='loss'] .legendtext"
    wait_until(page, lambda: page.texts(solid)[:2] == ["full", "again"], "two runs")
    page.click(".mantine-Chip-root input[value='full']")
    wait_until(page, lambda: page.texts(solid)[:1] == ["again"], "one run")
    wait_until(page, lambda: page.driver.current_url.endswith("?runs=again"), "its address")


def test_two_of_the_three_are_compared_on_metrics(visit):
    page = visit("/metrics?set=portraits&split=test&first=cropped&second=again")
    page.wait_for(".metrics-sentence")
    names = [one.get_attribute("data-variant") for one in page.wait_for(".tile .tile-value", count=8)]
    assert set(names) == {"cropped", "again"}
    tiles = page.texts(".tile-value")
    assert tiles[0] == tiles[1]  # a copy reads as its original does
    assert page.console_errors() == []


def test_two_of_the_three_answer_a_picture(visit):
    page = visit("/?sample=astronaut.jpg&first=cropped&second=again")
    page.wait_for(".face-card")
    assert page.texts(".axis-age .row-variant") == ["cropped", "again"]
    assert "first=cropped&second=again" in page.driver.current_url
    assert "sample=astronaut.jpg" in page.driver.current_url
    assert page.console_errors() == []


def test_explain_shows_the_maps_of_the_two_that_were_chosen(visit):
    page = visit("/?sample=astronaut.jpg&first=cropped&second=again")
    page.wait_for(".face-card")
    page.click(".card-actions a")
    page.wait_for(".saliency-rows")
    assert [one.get_attribute("data-variant") for one in page.all(".saliency-row")] == ["cropped", "again"]


def test_choosing_another_variant_answers_the_same_picture_again(visit):
    page = visit("/?sample=astronaut.jpg")
    page.wait_for(".face-card")
    assert page.texts(".axis-age .row-variant") == ["cropped", "full"]
    page.click("[aria-label='Variants'] input")
    page.click("[role=option][value=again]")
    wait_until(page, lambda: page.texts(".axis-age .row-variant") == ["again", "cropped"], "other pair")
    wait_until(page, lambda: "first=again&second=cropped" in page.driver.current_url, "its address")


def test_two_of_the_three_are_explained(visit):
    page = visit("/saliency?sample=astronaut.jpg&face=0&first=again&second=full")
    page.wait_for(".saliency-rows[data-shown='gradcam onnx']")
    assert [one.get_attribute("data-variant") for one in page.all(".saliency-row")] == ["again", "full"]
    assert "first=again&second=full" in page.driver.current_url
    assert page.console_errors() == []


def test_the_navigation_leads_to_both_new_pages(visit):
    page = visit("/training", 800)
    for path, heading in (("/data", "Data"), ("/training", "Training")):
        page.click(f".nav-wide a[href='{path}']")
        wait_until(page, lambda wanted=heading: wanted in page.texts("h1"), heading)
        assert page.driver.execute_script("return document.documentElement.scrollWidth") <= 800

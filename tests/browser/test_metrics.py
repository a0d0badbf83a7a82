"""The Metrics page shows the numbers that the committed tables give, whatever set and split are chosen."""

import pandas as pd
import pytest

from evaluation.inference.corruptions import CORRUPTIONS
from evaluation.metrics.comparisons import HEADLINE_KEYS, compared
from evaluation.metrics.registry import all_estimates
from evaluation.predictions import read_predictions

FILLED = ".chart, .ag-row, .alert"  # what a section may hold once it was drawn


@pytest.fixture(scope="module")
def predictions(repository):
    table = read_predictions([repository / "model_full", repository / "model_cropped"])
    if table.empty:
        pytest.skip("needs predictions: model_full and model_cropped hold none")
    return table


def choose(page, control, value):
    """Click one segment of a control."""
    page.click(f"#metrics-{control} input[value='{value}']")


def shown_tiles(page):
    """Printed values by (metric, variant)."""
    return {
        (tile.get_attribute("data-metric"), value.get_attribute("data-variant")): value.text
        for tile in page.wait_for(".tile", 4)
        for value in tile.find_elements("css selector", ".tile-value")
    }


def tiles_of(rows: pd.DataFrame):
    return {
        (key, name): estimates[key].text
        for name in ("full", "cropped")
        for estimates in (all_estimates(rows[rows.variant == name]),)
        for key in HEADLINE_KEYS
    }


@pytest.mark.slow
def test_switching_set_and_split_shows_the_numbers_of_the_tables(visit, predictions):
    page = visit("/metrics")
    page.wait_for(".metrics-sentence")
    for set_name, split in (("chips", "validation"), ("portraits", "test")):
        choose(page, "set", set_name)
        choose(page, "split", split)
        rows = predictions[(predictions.set == set_name) & (predictions.split == split)]
        expected = compared(rows, "full", "cropped").sentence
        page.wait_until(lambda wanted=expected: page.texts(".metrics-sentence") == [wanted], expected)
        assert shown_tiles(page) == tiles_of(rows)
        assert f"set={set_name}&split={split}" in page.driver.current_url
    assert page.console_errors() == []


def test_every_figure_is_shown_with_a_title_and_without_a_complaint(visit, predictions):
    page = visit("/metrics?set=portraits&split=test")
    page.wait_for(".tile", 4)
    for section in page.all(".metrics-section"):
        page.driver.execute_script("arguments[0].scrollIntoView()", section)
        page.wait_until(lambda one=section: one.find_elements("css selector", FILLED), "cards")
    page.wait_until(lambda: len(page.all(".chart .main-svg")) >= 20, "figures")
    page.wait_until(lambda: all(page.texts(".chart-title")), "titles")
    page.resize(390)
    page.wait_until(lambda: page.scroll_width() <= 390, "a page as narrow as the screen")
    assert page.console_errors() == []


@pytest.mark.parametrize("width", [1400, 390])
def test_the_section_that_a_url_names_stays_on_the_screen(visit, predictions, width):
    page = visit("/metrics?set=chips&split=test#fairness", width, 800)
    for section in ("slices", "fairness"):  # what is drawn above it is of another height than its placeholder
        drawn = f"#{section} :is({FILLED})"
        page.wait_until(lambda selector=drawn: page.all(selector), section)
    top = "return document.getElementById('fairness').getBoundingClientRect().top"
    page.wait_until(lambda: 0 <= page.driver.execute_script(top) <= 120, "fairness on top of the screen")


def test_the_matrices_show_counts_or_fractions(visit, predictions):
    page = visit("/metrics?set=portraits&split=test#gender")
    matrix = "[data-chart='gender_first'] .textpoint"
    rows = predictions[(predictions.set == "portraits") & (predictions.variant == "full")]
    men_predicted_right = ((rows.gender == 0) & (rows.female_probability < 0.5)).sum()
    page.wait_until(lambda: f"{men_predicted_right:,}" in page.texts(matrix), "counts")
    page.click("input[value='row']")
    fraction = men_predicted_right / (rows.gender == 0).sum()
    page.wait_until(lambda: f"{100 * fraction:.1f}" in page.texts(matrix), "row shares")


def test_robustness_is_a_panel_a_change_that_switches_to_genders(visit):
    page = visit("/metrics?set=chips&split=test#robustness")
    titles = "#robustness .chart-title"
    blur = "Blur: full +5.00, cropped +2.50 years"
    kinds = len(CORRUPTIONS)
    page.wait_until(lambda: len(page.texts(titles)) == kinds and page.texts(titles)[0] == blur, "titles")
    page.wait_until(lambda: len(page.all("#robustness .main-svg")) >= kinds, "panels")

    def columns():
        return len({panel.location["x"] for panel in page.all("#robustness .chart")})

    for width, expected in ((390, 1), (1400, 2)):
        page.resize(width)
        page.wait_until(lambda wanted=expected: columns() == wanted, f"{expected} columns")
    page.click("#robustness input[value='gender_accuracy']")
    points = "Blur: full −5.0, cropped −2.5 points"
    page.wait_until(lambda: points in page.texts(titles), "genders")
    choose(page, "set", "fgnet")
    alerts = "#robustness .alert"
    page.wait_until(lambda: any("Not measured" in text for text in page.texts(alerts)), "another set")
    assert not page.all("#robustness .chart")[0].is_displayed()
    page.resize(390)
    page.wait_until(lambda: page.scroll_width() <= 390, "a page as narrow as the screen")
    assert page.console_errors() == []

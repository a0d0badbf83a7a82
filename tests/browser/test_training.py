"""Three runs in a real browser: their curves over each other, and any two of them compared on every page."""


def test_the_curves_of_three_runs_lie_over_each_other(visit):
    page = visit("/training")
    page.wait_until(lambda: len(page.all(".chart .main-svg")) >= 4, "figures")
    page.wait_until(lambda: all(page.texts(".chart-title")), "titles")
    solid = ".chart[data-chart='loss'] .legendtext"
    page.wait_until(lambda: len(page.all(solid)) == 4, "three runs and what is dotted")
    assert page.texts(solid) == ["full", "cropped", "again", "training pictures"]
    rows = page.wait_for(".ag-row", count=3)
    assert len(rows) == 3
    page.resize(390)
    page.wait_until(lambda: page.scroll_width() <= 390, "a page as narrow as the screen")
    assert page.console_errors() == []


def test_the_url_names_the_runs_whose_curves_are_shown(visit):
    page = visit("/training?runs=again,full")
    solid = ".chart[data-chart='loss'] .legendtext"
    page.wait_until(lambda: page.texts(solid)[:2] == ["full", "again"], "two runs")
    page.click(".mantine-Chip-root input[value='full']")
    page.wait_until(lambda: page.texts(solid)[:1] == ["again"], "one run")
    page.wait_until(lambda: page.driver.current_url.endswith("?runs=again"), "its address")


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
    page.wait_until(lambda: page.texts(".axis-age .row-variant") == ["again", "cropped"], "other pair")
    page.wait_until(lambda: "first=again&second=cropped" in page.driver.current_url, "its address")


def test_the_navigation_leads_to_both_new_pages(visit):
    page = visit("/training", 800)
    for path, heading in (("/data", "Data"), ("/training", "Training")):
        page.click(f".nav-wide a[href='{path}']")
        page.wait_until(lambda wanted=heading: wanted in page.texts("h1"), heading)
        assert page.scroll_width() <= 800

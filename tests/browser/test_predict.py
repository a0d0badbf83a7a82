"""Predict in a real browser, with the real networks: what a visitor does first."""

import re

from selenium.webdriver.common.keys import Keys

from faces.pictures import MAX_BYTES
from tests.browser.serving import SAMPLES, truncated, two_people, without_faces

AGE = re.compile(r"^\d{1,3} \(\d{1,3}–\d{1,3}\)$")


def test_two_people_get_two_boxes_and_an_age_each(visit, tmp_path):
    page = visit()
    page.choose(two_people(tmp_path))
    page.wait_for(".face-card", count=2)
    assert page.texts(".box") == ["1", "2"]
    ages = page.texts(".headline-age")
    assert len(ages) == 2
    older, younger = map(int, ages)  # the portrait on the left shows a man of 82, on the right a woman of 34
    assert 45 <= older <= 100
    assert 18 <= younger <= 45
    assert [text.split()[0] for text in page.texts(".headline-gender")] == ["male", "female"]
    words = page.texts(".axis-age .row-words")
    assert len(words) == 4  # both variants on both cards
    assert all(AGE.match(word) for word in words)
    assert "on the whole picture" in page.texts(".whole-picture")[0]
    assert page.texts(".entry-words") == ["two people.jpg\n2 faces"]
    assert page.console_errors() == []


def test_full_predicts_for_one_face_on_demand(visit, tmp_path):
    page = visit()
    page.choose(two_people(tmp_path))
    page.wait_for(".face-card", count=2)
    page.click(".face-card[data-face='2'] .close-up-button")
    page.wait_for(".face-card[data-face='2'] .close-up-rows .axis-row", count=2)
    assert page.texts(".face-card[data-face='2'] .close-up-rows .row-of-what") == ["close up", "close up"]
    assert AGE.match(page.texts(".face-card[data-face='2'] .axis-age .close-up-rows .row-words")[0])
    assert not page.all(".face-card[data-face='1'] .close-up-rows .axis-row")


def test_a_broken_file_has_its_problem_and_the_one_beside_it_is_answered(visit, tmp_path):
    page = visit()
    page.choose(truncated(tmp_path), two_people(tmp_path))
    page.wait_for(".face-card", count=2)
    (problem,) = page.texts(".problem-text")
    assert problem.startswith("half a picture.jpg ends in the middle of the picture data. Please")
    page.click(".problem button")
    page.wait_until_gone(".problem")
    assert len(page.all(".face-card")) == 2
    assert page.console_errors() == []


def test_a_file_over_the_limit_is_not_dropped_in_silence(visit, tmp_path):
    path = tmp_path / "huge scan.png"
    path.write_bytes(bytes(MAX_BYTES + 500_000))
    page = visit()
    page.choose(path)
    page.wait_for(".problem")
    assert page.texts(".problem-text") == [
        "huge scan.png has 20.5 MB; at most 20 MB are read. Please choose a smaller version of it."
    ]
    assert page.all(".welcome")  # nothing was answered: the page is still the first one


def test_a_picture_can_be_pasted(visit):
    page = visit()
    page.wait_for(".sample img")
    paste = """
        const done = arguments[arguments.length - 1];
        fetch("/pictures/sample/astronaut.jpg/thumbnail.jpg").then((answer) => answer.blob()).then((blob) => {
            const data = new DataTransfer();
            data.items.add(new File([blob], "image.jpg", {type: "image/jpeg"}));
            document.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true}));
            done();
        });
    """
    page.driver.execute_async_script(paste)
    page.wait_for(".face-card")
    assert page.texts(".entry-name") == ["image.jpg"]


def test_a_phone_is_offered_its_camera(visit):
    page = visit("/", 390, 844)
    (camera,) = page.wait_for("#take-photo")
    assert camera.get_attribute("capture") == "user"
    assert page.wait_for("[data-action='photograph']")


def test_a_name_that_is_markup_is_shown_as_text(visit, tmp_path):
    path = tmp_path / "<b onclick=alert(1)>Ada.jpg"
    path.write_bytes((SAMPLES / "astronaut.jpg").read_bytes())
    page = visit()
    page.choose(path)
    page.wait_for(".face-card")
    assert page.texts(".caption-name") == [path.name]
    assert not page.all("b[onclick]")


def test_a_picture_that_the_server_forgot_says_so(visit, tmp_path):
    page = visit()
    page.choose(two_people(tmp_path), without_faces(tmp_path))
    page.wait_for(".entry-answered", count=2)
    page.wait_for(".face-card", count=2)
    forget = """
        const done = arguments[arguments.length - 1];
        const keys = [...document.querySelectorAll(".entry img")].map((image) => image.src.split("/")[4]);
        fetch("/pictures/forget", {method: "POST", body: JSON.stringify(keys)}).then(() => done(keys.length));
    """
    assert page.driver.execute_async_script(forget) == 2
    page.click(".entry[data-entry='2']")
    page.wait_for(".alert-problem")
    assert page.texts(".alert-title") == ["hills.png has expired."]
    assert "30 minutes" in page.texts(".alert-text")[0]


def test_a_sample_has_a_url_and_its_true_ages(visit):
    page = visit("/?sample=solvay_1927.jpg")
    page.wait_for(".face-card", count=27)
    page.wait_for(".ground-truth-mark", count=27)
    summary = page.texts("#predict-summary")[0]
    assert re.match(r"cropped: \d+ of 2\d ages within 5 years, \d+ of 2\d genders right", summary)
    assert any(text.startswith("Marie Curie") for text in page.texts(".headline-person"))


def test_typed_truth_is_compared_with_all_variants(visit):
    page = visit("/?sample=astronaut.jpg")
    page.wait_for(".face-card")
    assert not page.all("#predict-ground-truth:not([hidden])")
    page.click(".ground-truth summary")
    page.wait_for(".ground-truth-form input")[0].send_keys("35", Keys.TAB)
    page.wait_for(".ground-truth-mark", count=2)
    assert [text.split()[0] for text in page.texts(".ground-truth-mark")] == ["cropped", "full"]
    assert page.all("#predict-ground-truth:not([hidden])")


def test_a_lit_card_lights_its_box_and_the_other_way_round(visit, tmp_path):
    page = visit()
    page.choose(two_people(tmp_path))
    page.wait_for(".face-card", count=2)
    light = "arguments[0].dispatchEvent(new MouseEvent('mouseover', {bubbles: true}))"
    page.driver.execute_script(light, page.all(".face-card[data-face='2']")[0])
    assert page.texts(".box.is-lit") == ["2"]
    page.driver.execute_script(light, page.all(".box[data-face='1']")[0])
    assert [card.get_attribute("data-face") for card in page.all(".face-card.is-lit")] == ["1"]


def test_the_page_can_be_used_with_the_keyboard_alone(visit):
    page = visit()
    page.wait_for(".sample")
    body = page.all("body")[0]
    body.send_keys(Keys.TAB)
    assert page.driver.switch_to.active_element.text == "Skip to the content"
    page.driver.switch_to.active_element.send_keys(Keys.ENTER)
    reached = []
    for _ in range(4):
        page.driver.switch_to.active_element.send_keys(Keys.TAB)
        reached.append(page.driver.switch_to.active_element.text)
    assert reached[0] == "Choose pictures"
    assert "Astronaut" in reached
    page.all(".sample[data-file='astronaut.jpg']")[0].send_keys(Keys.ENTER)
    page.wait_for(".face-card")


def test_pictures_outlive_a_change_of_page(visit):
    page = visit("/?sample=astronaut.jpg")
    page.wait_for(".face-card")
    page.click(".nav-wide a[href='/about']")
    page.wait_for(".about-card")
    page.click(".nav-wide a[href='/']")
    page.wait_for(".face-card")
    assert page.texts(".entry-name") == ["astronaut.jpg"]

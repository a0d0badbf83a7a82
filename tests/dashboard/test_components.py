"""What the parts of Predict and About show for an answer, without a browser."""

import json
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import pytest

from dashboard.pages.about.facts import card_section, design_of, lineage_facts, recipe_differences
from dashboard.pages.predict.answer_view import answer_view, faces_in_words, timings_in_words
from dashboard.pages.predict.answered_picture import AnsweredPicture
from dashboard.pages.predict.axes import Row, age_row, gender_row
from dashboard.pages.predict.face_card import saliency_url
from dashboard.pictures.uploads import Upload
from dashboard.shared.variant_choice import comparison_in
from evaluation.reports.lineage import recipe_of
from faces.answer import Answer, AnsweredFace
from faces.detection import Face
from faces.predictions import Prediction, age_in_words, gender_in_words
from faces.variants import WHOLE_IMAGE
from recipes.recipe import settings_of

PREDICTION = Prediction(age_years=34.2, age_low=28.1, age_high=40.3, female_probability=0.93)
COLOURS = {"full": "var(--full)", "cropped": "var(--cropped)"}


def styles_of(component, class_name):
    """The styles of all parts of a component that have this class."""
    found = []
    for part in component._traverse():
        if getattr(part, "className", None) == class_name:
            found.append(part.style)
    return found


def view_of(upload, **changes):
    shown = AnsweredPicture("key", upload.answer, ["full", "cropped"], ["cropped"], ["full"], COLOURS)
    return json.dumps(answer_view(replace(shown, **changes)).to_plotly_json(), default=vars)


def test_an_age_is_written_with_its_interval():
    assert age_in_words(PREDICTION) == "34 (28–40)"


@pytest.mark.parametrize(
    ("female_probability", "words"),
    [(0.93, "female 93 %"), (0.07, "male 93 %"), (0.5, "female 50 %")],
    ids=["surely female", "surely male", "uncertain"],
)
def test_a_gender_is_written_with_its_own_probability(female_probability, words):
    assert gender_in_words(Prediction(34, 28, 40, female_probability)) == words


def test_an_uncertain_gender_is_written_without_a_number():
    unsure = Prediction(1, 0, 2, 0.45, abstention_threshold=0.7)
    assert gender_in_words(unsure) == "gender uncertain"
    assert "uncertain" in str(gender_row(Row("full", unsure, COLOURS["full"])))


def test_a_dot_stands_at_the_age_and_the_interval_around_it():
    row = age_row(Row("cropped", PREDICTION, COLOURS["cropped"]))
    assert styles_of(row, "dot") == [{"left": "34.20%"}]
    assert styles_of(row, "interval") == [{"left": "28.10%", "width": "12.20%"}]


def test_an_age_over_a_hundred_stays_on_the_axis():
    row = age_row(Row("cropped", Prediction(99, 95, 104, 0.5), COLOURS["cropped"]))
    assert styles_of(row, "interval") == [{"left": "95.00%", "width": "5.00%"}]


def test_a_gender_bar_starts_in_the_middle():
    right = gender_row(Row("full", PREDICTION, COLOURS["full"]))
    left = gender_row(Row("full", Prediction(34, 28, 40, 0.07), COLOURS["full"]))
    assert styles_of(right, "bar") == [{"left": "50.00%", "width": "43.00%"}]
    assert styles_of(left, "bar") == [{"left": "7.00%", "width": "43.00%"}]


@pytest.mark.parametrize(("count", "words"), [(0, "no face"), (1, "1 face"), (29, "29 faces")])
def test_faces_are_counted_in_words(count, words):
    assert faces_in_words(count) == words


def test_stage_times_are_one_line():
    times = {"decode": 4.1, "detect": 9.0, "crop": 0.6, "network": 5.2}
    assert timings_in_words(times) == "decode 4 · detect 9 · crop 1 · networks 5 ms"


def test_explain_leads_to_the_face_of_a_sample_or_an_upload():
    assert saliency_url("sample:a.jpg", 3, ["full"]) == "/saliency?sample=a.jpg&face=3&first=full"
    assert saliency_url("t0ken", 0, ["full"]) == "/saliency?picture=t0ken&face=0&first=full"


def test_explain_takes_along_the_comparison_that_was_chosen():
    address = saliency_url("t0ken", 0, ["wide", "full"])
    query = dict(parse_qsl(urlsplit(address).query))
    assert comparison_in(query, ["full", "cropped", "wide"]) == ("wide", "full")


def test_only_of_several_faces_a_prediction_for_the_whole_picture_is_named_so(context, astronaut):
    upload = context.workbench.answered(astronaut, "a.jpg")
    assert "row-of-what" not in view_of(upload)
    two = Upload(upload.file, Answer("a.jpg", 512, 512, upload.answer.faces * 2, upload.answer.whole_picture))
    assert "row-of-what" in view_of(two)


def test_the_card_of_a_face_names_the_face_that_full_attended_to(context, astronaut):
    file = context.workbench.answered(astronaut, "a.jpg").file
    faces = [AnsweredFace(Face((x0, 0, x0 + 80, 100), 0.9), {"cropped": PREDICTION}) for x0 in (10, 310)]
    at_second = Answer(
        "a.jpg", 512, 512, faces, {"full": replace(PREDICTION, attended_xyxy=(300, 0, 400, 100))}
    )
    view = view_of(Upload(file, at_second))
    assert "(attended to face 2)" in view
    assert view.count('"face 2"') == view.count('"whole picture"') == 2  # age and gender, on one card each
    between = Answer(
        "a.jpg", 512, 512, faces, {"full": replace(PREDICTION, attended_xyxy=(100, 0, 300, 200))}
    )
    view = view_of(Upload(file, between))
    assert "(attended to the dashed square)" in view
    assert '"face 2"' not in view


def test_without_a_face_all_variants_answer_on_the_whole_picture(context, astronaut):
    answered = context.workbench.answered(astronaut, "a.jpg")
    nobody = Upload(answered.file, Answer("a.jpg", 512, 512, [], {"full": PREDICTION, "cropped": PREDICTION}))
    view = view_of(nobody)
    assert "No face found." in view
    assert "close-up-button" not in view
    assert "headline-age" not in view, "an age without a face is no headline"
    assert "axis-gender" not in view


def test_a_card_says_what_is_unusual_about_its_face(context, astronaut):
    picture = context.workbench.answered(astronaut, "a.jpg").picture
    faces = [
        AnsweredFace(Face((10, 10, 90, 90), 0.38), {"cropped": PREDICTION}),
        AnsweredFace(Face((110, 10, 190, 90), 0.9, 0), {"cropped": PREDICTION}),
        AnsweredFace(
            Face((210, 10, 290, 90), 0.9, None), {"cropped": replace(PREDICTION, doubt="unclear_turn")}
        ),
    ]
    view = view_of(Upload(picture, Answer("a.jpg", 512, 512, faces, {}, turned_degrees=180)))
    assert "This picture lies turned by 180" in view
    assert "perhaps a face, 38 %" in view
    assert view.count("box is-unlikely") == 1
    assert "upright" in view
    assert "which way up is unclear" in view
    assert "gender uncertain" in view


def test_the_attended_square_stays_within_the_picture(context, astronaut):
    answered = context.workbench.answered(astronaut, "a.jpg")
    attended = replace(PREDICTION, attended_xyxy=(-51.2, 128.0, 256.0, 640.0))
    view = view_of(Upload(answered.file, Answer("a.jpg", 512, 512, [], {"full": attended})))
    assert '"left": "0.000%", "top": "25.000%", "width": "50.000%", "height": "75.000%"' in view
    assert "that full attended to" in view
    elsewhere = Answer("a.jpg", 512, 512, [], {"full": PREDICTION})
    assert '"attended-square"' not in view_of(Upload(answered.file, elsewhere))


def test_one_variant_of_faces_alone_has_no_close_up(context, astronaut):
    answered = context.workbench.answered(astronaut, "a.jpg")
    face = AnsweredFace(Face((10, 10, 90, 90), 0.9), {"cropped": PREDICTION})
    alone = Upload(answered.file, Answer("a.jpg", 512, 512, [face], {}))
    assert "close-up-button" not in view_of(alone, whole_picture_variants=[])


def test_the_facts_of_a_variant_come_from_its_files(context):
    for variant in context.variants.values():
        facts = {fact.name: fact for fact in (*design_of(variant), *lineage_facts(variant))}
        assert facts["Parameters"].value == f"{variant.parameters:,}"
        assert variant.split_sha256 in facts["Split"].title
        assert facts["Split"].value == f"{variant.split_sha256[:12]}…"


def test_a_wrong_recipe_is_a_fact_in_words_and_has_no_settings(context, tmp_path):
    (tmp_path / "recipe.toml").write_text("epochs = 3\n", encoding="utf-8")
    variant = replace(context.variants["cropped"], folder=tmp_path)
    facts = {fact.name: fact.value for fact in lineage_facts(variant)}
    assert "recipe.toml: epochs: There is no such key. Received: 3." in facts["Data"]
    assert recipe_differences([tmp_path, tmp_path]) == ({}, 0)


def test_full_and_cropped_differ_in_the_input_and_what_follows_from_it_alone(context):
    different, settings = recipe_differences(context.tables.variant_folders)
    before = ["runs/second_part_full/network.keras", "runs/second_part_cropped/network.keras"]
    assert different.pop("network.weights") == before
    assert set(different) == {"input.input_mode"}
    assert settings > 20
    recipes = [recipe_of(folder, "first_part.toml") for folder in context.tables.variant_folders]
    full, cropped = (settings_of(recipe) for recipe in recipes if recipe)
    assert full == cropped | {"input.input_mode": WHOLE_IMAGE}


def test_limits_come_before_licences_and_are_those_of_the_card(context):
    variant = context.variants["cropped"]
    assert "To decide about a person" in card_section(variant, "Must not be used")
    assert "AGPL-3.0" in card_section(variant, "Licences")
    assert card_section(variant, "No such heading") == ""

"""Networks with one head, and a composite variant of two, on the pages: a missing head is named."""

import json
import re

import numpy as np
import pandas as pd
import pytest

from dashboard.app import create_app
from dashboard.context import load_context
from dashboard.pages.about.facts import design_of, figures_of, lineage_facts
from dashboard.pages.metrics.charts.catalogue import CHARTS
from dashboard.pages.metrics.charts.chart import View
from dashboard.pages.metrics.headline import headline, tiles
from dashboard.pages.metrics.matrices import matrix_counts, matrix_titles
from dashboard.pages.metrics.matrix_figures import confusion_difference_figure, confusion_figure
from dashboard.pages.metrics.numbers import Numbers
from dashboard.pages.metrics.selection import Selection
from dashboard.pages.metrics.table import table_rows
from dashboard.pages.predict import ids as predict_ids
from dashboard.pages.predict.axes import Row, age_row, gender_row
from dashboard.pages.predict.ground_truth import GroundTruth, marks
from dashboard.pages.saliency import ids as saliency_ids
from dashboard.pictures.routes import csv_of
from dashboard.shared import ids as shell_ids
from dashboard.shared.figures import FigureColours
from dashboard.shared.theme import LIGHT, Palette
from evaluation.runs import COMPLETE
from faces.predictions import AGE, GENDER, Prediction, age_in_words, gender_in_words
from tests.builders import answer_of, predictions_of

OF_AGE, OF_GENDER = Prediction(34.2, 28.1, 40.3, None), Prediction(None, None, None, 0.93)
NAMES = ("single", "both")
SELECTED = Selection("chips", "test", "all", *NAMES)
ALONE = Selection("chips", "test", "all", "single", "")
COLOURS = {name: f"var(--variant-{index})" for index, name in enumerate(NAMES)}
FIGURE_COLOURS = FigureColours(Palette(NAMES), LIGHT)
ABOUT_GENDERS = {"gender_scores", "accuracy_by_answer_rate", "accuracy_by_face_fraction"}
ABOUT_AGES = {key for key in CHARTS if not key.startswith("training")} - ABOUT_GENDERS


@pytest.fixture(scope="module")
def app_context(small_variants, composite_folder):
    folders = [small_variants["ages"].folder, composite_folder, small_variants["genders"].folder]
    return load_context(folders)


@pytest.fixture(scope="module")
def app_client(app_context):
    return create_app(app_context).server.test_client()


def predict_answer(client, *variants: str) -> str:
    """What Predict shows for the astronaut with these variants: JSON as text."""
    shown = {"id": 1, "key": "sample:astronaut.jpg", "name": "astronaut.jpg", "state": "answered"}
    pair = (predict_ids.COMPARISON, list(variants))
    return answer_of(client, f"{predict_ids.ANSWER}.children", (shell_ids.SHOWN, shown), pair)


@pytest.mark.training
def test_predict_shows_what_is_predicted_and_names_what_is_not(app_client):
    answer = predict_answer(app_client, "ages", "genders")
    assert "ages" in answer
    assert "genders" in answer
    assert answer.count('"not predicted"') == 2  # one row of ages, one of genders
    assert "gender not predicted" in answer  # under the large age of the first variant
    assert not re.search(r"\b(nan|NaN|None)\b", answer)
    paired = predict_answer(app_client, "ages + genders")
    assert "not predicted" not in paired


@pytest.mark.training
def test_a_card_of_a_network_without_ages_has_a_headline(app_client):
    answer = predict_answer(app_client, "genders")
    assert "age not predicted" in answer
    assert "headline-age" not in answer


@pytest.mark.training
@pytest.mark.parametrize(
    ("name", "outputs"), [("ages", [AGE]), ("genders", [GENDER]), ("ages + genders", [AGE, GENDER])]
)
def test_saliency_offers_the_maps_that_the_network_has(app_client, name, outputs):
    answer = answer_of(
        app_client,
        f"{saliency_ids.ROWS}.children",
        (f"{saliency_ids.PICTURE}.value", "sample:astronaut.jpg"),
        (saliency_ids.FACE, {"key": "sample:astronaut.jpg", "face": 0}),
        (saliency_ids.COMPARISON, [name]),
    )
    assert re.findall(r'"data-output": "(\w+)"', answer) == outputs
    for output in {AGE, GENDER} - set(outputs):
        assert f"{name} predicts no {output}." in answer
    for output in (AGE, GENDER):
        asked = {"key": "sample:astronaut.jpg", "variant": name, "output": output, "method": "gradcam"}
        found = app_client.get("/saliency/map", query_string=asked).json
        assert ("error" not in found) == (output in outputs)
        if output not in outputs:
            assert found["error"].startswith(f"{name} has no {output} head.")


@pytest.mark.training
def test_the_api_answers_null_and_the_csv_nothing_without_a_head(app_client, app_context, astronaut):
    context = app_context
    upload = context.workbench.answered(astronaut, "a.jpg")
    (face,) = json.loads(json.dumps(upload.answer.as_dict(), allow_nan=False))["faces"]
    assert face["answers"]["ages"]["gender"] is None
    assert face["answers"]["ages"]["age_years"] == face["answers"]["ages + genders"]["age_years"]
    assert face["answers"]["genders"]["age_low"] is None
    rows = csv_of(upload).splitlines()
    assert [row.split(",")[8] for row in rows if ",ages," in row] == [
        str(face["answers"]["ages"]["age_years"])
    ]
    assert all(",,," in row for row in rows if ",genders," in row)


@pytest.mark.training
def test_both_trainings_of_a_composite_variant_are_runs_and_its_facts_are_those_of_both(
    app_context, small_variants
):
    assert [run.name for run in app_context.tables.runs()] == ["ages", "genders"]
    assert {run.state for run in app_context.tables.runs()} == {COMPLETE}
    pair = app_context.variants["ages + genders"]
    facts = {fact.name: fact.value for fact in (*design_of(pair), *lineage_facts(pair))}
    parameters = sum(small_variants[name].parameters for name in ("ages", "genders"))
    assert facts["Parameters"] == f"{parameters:,}"
    assert (facts["Recipe (age)"], facts["Recipe (gender)"]) == ("recipe of ages", "recipe of genders")
    assert figures_of(pair)[0] == {}


def test_a_prediction_without_a_head_has_a_row_without_a_mark():
    assert age_in_words(OF_GENDER) == "age not predicted"
    assert gender_in_words(OF_AGE) == "gender not predicted"
    for row in (age_row(Row("a", OF_GENDER, "red")), gender_row(Row("a", OF_AGE, "red"))):
        assert "not predicted" in str(row)
        assert not {"dot", "bar", "interval"} & {getattr(part, "className", None) for part in row._traverse()}


def test_a_prediction_without_a_head_is_neither_right_nor_wrong():
    answers = {"ages": OF_AGE.as_dict(), "genders": OF_GENDER.as_dict()}
    found = marks(answers, GroundTruth(34, "female"), tolerance_years=5)
    assert [(mark.variant, mark.output, mark.right) for mark in found] == [
        ("ages", "age", True),
        ("genders", "gender", True),
    ]


# --- Metrics --------------------------------------------------------------------------------------------
def predictions(missing: str) -> pd.DataFrame:
    """Predictions of `single`, without a head of `missing`, and `both`, which errs more: 200 pictures."""
    rng = np.random.default_rng(4)
    true, female = rng.integers(0, 90, 200), rng.integers(0, 2, 200)
    tables = []
    for name, spread in zip(NAMES, (4.0, 6.0), strict=True):
        probability = np.clip(female * 0.6 + 0.2 + rng.normal(0, spread / 20, 200), 0, 1)
        table = predictions_of(
            true, true + rng.normal(0, spread, 200), female=female, probability=probability, variant=name
        )
        tables.append(table)
    of = {AGE: ["predicted_age_years", "age_low_years", "age_high_years"], GENDER: ["female_probability"]}
    tables[0][of[missing]] = np.nan
    if missing == GENDER:
        tables[0]["predicted_gender"] = ""
    return pd.concat(tables, ignore_index=True)


@pytest.fixture(scope="module", params=[GENDER, AGE], ids=["no gender", "no age"])
def without_head(request) -> tuple[str, Numbers]:
    return request.param, Numbers(predictions(request.param))


def words_of(figure) -> str:
    return f"{figure.layout.meta['title']} {' '.join(note.text for note in figure.layout.annotations)}"


@pytest.mark.parametrize("key", CHARTS)
def test_every_chart_is_plotted_beside_a_variant_of_one_task(without_head, key):
    missing, numbers = without_head
    chart = CHARTS[key]
    figure = chart.plot(chart.table(numbers, SELECTED), View(numbers, SELECTED, FIGURE_COLOURS))
    words = words_of(figure)
    assert words.strip()
    assert "nan" not in words
    alone = chart.plot(chart.table(numbers, ALONE), View(numbers, ALONE, FIGURE_COLOURS))
    if key in (ABOUT_AGES if missing == AGE else ABOUT_GENDERS) - {
        "predicted_against_true_2",
        "disagreement",
    }:
        assert f"single predicts no {missing}s." in words_of(alone)


def test_titles_are_of_the_variant_with_the_head_alone(without_head):
    missing, numbers = without_head
    key = "gender_scores" if missing == GENDER else "cs_curve"
    figure = CHARTS[key].plot(CHARTS[key].table(numbers, SELECTED), View(numbers, SELECTED, FIGURE_COLOURS))
    title = figure.layout.meta["title"]
    assert "–" not in title
    assert "cannot be compared" not in title
    assert title.endswith(f"single predicts no {missing}s.")


def test_disagreement_names_the_variant_without_ages():
    numbers = Numbers(predictions(AGE))
    chart = CHARTS["disagreement"]
    figure = chart.plot(chart.table(numbers, SELECTED), View(numbers, SELECTED, FIGURE_COLOURS))
    assert "single predicts no ages." in words_of(figure)


def test_the_matrices_name_the_variant_without_the_head(without_head):
    missing, numbers = without_head
    counts = matrix_counts(numbers, SELECTED, missing)
    titles = matrix_titles(counts, SELECTED, missing)
    assert titles[0] == f"single: no {missing}s predicted"
    assert titles[1].startswith("both: ")
    assert titles[2] == "both minus single: nothing to compare"
    assert "None of these" in words_of(confusion_figure(counts[0], titles[0], LIGHT))
    difference = confusion_difference_figure(counts[0], counts[1], titles[2], NAMES, LIGHT)
    assert "both have predicted" in words_of(difference)


def test_headline_tiles_and_table_compare_what_both_predict(without_head):
    missing, numbers = without_head
    predicted = {AGE: GENDER, GENDER: AGE}[missing]
    assert f"{missing}s cannot be compared here" in numbers.comparison(SELECTED).sentence
    assert f"predicts no {missing}s" in str(headline(numbers, ALONE, COLOURS))
    shown = {
        tile.to_plotly_json()["props"]["data-metric"]: str(tile) for tile in tiles(numbers, SELECTED, COLOURS)
    }
    compared = {AGE: "mae", GENDER: "accuracy"}
    assert "Not predicted by both" in shown[compared[missing]]
    assert "single − both" in shown[compared[predicted]]
    by_label = dict(zip(numbers.comparison(SELECTED).differences, table_rows(numbers, SELECTED), strict=True))
    assert by_label[compared[missing]]["state"] == "–"
    assert "winner" not in by_label[compared[missing]]
    assert by_label[compared[missing]]["count"] == 200
    assert by_label[compared[predicted]]["difference"] is not None


def test_the_longer_of_two_names_is_coloured_whole():
    names = {"single": "ages + genders", "both": "ages"}
    numbers = Numbers(predictions(GENDER).replace({"variant": names}))
    selection = Selection("chips", "test", "all", "ages", "ages + genders")
    colours = {"ages": "red", "ages + genders": "blue"}
    (_, sentence, *_) = headline(numbers, selection, colours).children
    assert sentence.children[0].children == "ages + genders"
    assert sentence.children[0].style == {"color": "blue"}

"""Figures are pure: a table goes in, a figure with title, units and counts comes out, in either scheme."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dashboard.pages.metrics.charts.catalogue import CHARTS
from dashboard.pages.metrics.charts.chart import View
from dashboard.pages.metrics.fairness import fairness_columns, fairness_rows
from dashboard.pages.metrics.headline import headline, tiles
from dashboard.pages.metrics.matrices import matrix_counts, matrix_table, matrix_titles
from dashboard.pages.metrics.matrix_figures import (
    COLUMNS,
    COUNTS,
    ROWS,
    confusion_difference_figure,
    confusion_figure,
)
from dashboard.pages.metrics.numbers import Numbers
from dashboard.pages.metrics.selection import Selection, selection_from, sets_in, splits_in
from dashboard.pages.metrics.table import table_columns, table_rows
from dashboard.shared.figures import HEIGHT_PX, FigureColours
from dashboard.shared.theme import DARK, LIGHT, Palette
from dataset.tables.columns import FACE_FOUND, NO_FACE
from evaluation.metrics.definitions import METRICS
from evaluation.metrics.fairness import fairness_groups
from evaluation.runs import COMPLETE, Run

NAMES = ("full", "cropped")
COLOURS = {"full": "var(--full)", "cropped": "var(--cropped)"}
PALETTE = Palette(NAMES)


@pytest.fixture(scope="module")
def predictions():
    """Predictions of two variants for 120 pictures of `composites`, on three of which no face was found."""
    rng = np.random.default_rng(0)
    count = 120
    true, female = rng.integers(0, 90, count).astype(float), rng.integers(0, 2, count)
    found = np.arange(count) >= 3
    tables = []
    for name, spread in (("full", 7.0), ("cropped", 5.0)):
        predicted = np.clip(true + rng.normal(0, spread, count), 0, 100)
        tables.append(
            pd.DataFrame(
                {
                    "file": [f"{number}.jpg" for number in range(count)],
                    "set": "composites",
                    "split": "test",
                    "variant": name,
                    "subject": "",
                    "age_years": true,
                    "age_first_years": true,
                    "age_last_years": true,
                    "gender": female,
                    "race": "",
                    "status": np.where(found, FACE_FOUND, NO_FACE),
                    "face_fraction": np.where(found, rng.uniform(0.1, 1, count), np.nan),
                    "predicted_age_years": predicted,
                    "age_low_years": predicted - 7,
                    "age_high_years": predicted + 7,
                    "female_probability": np.clip(
                        0.5 + (female - 0.5) * 0.6 + rng.normal(0, 0.3, count), 0, 1
                    ),
                }
            )
        )
    table = pd.concat(tables, ignore_index=True)
    likelier = np.where(table.female_probability >= 0.6, "female", "male")
    return table.assign(
        predicted_gender=np.where(table.female_probability.between(0.4, 0.6), "uncertain", likelier)
    )


@pytest.fixture(scope="module")
def numbers(predictions):
    return Numbers(predictions, {name: run_of(name) for name in (*NAMES, "wide")})


def run_of(name):
    history = {"epoch": [1, 2], "phase": ["main", "cooldown"], "seconds": 60.0, "loss": [2.0, 1.5]}
    return Run(name, Path(name), COMPLETE, pd.DataFrame(history | {"validation_loss": [1.8, 1.6]}))


BOTH = Selection("composites", "test", "all", "full", "cropped")
ALONE = Selection("composites", "test", "all", "full", "")


@pytest.mark.parametrize("scheme", [LIGHT, DARK])
@pytest.mark.parametrize("selection", [BOTH, ALONE], ids=["two variants", "one variant"])
@pytest.mark.parametrize("key", CHARTS)
def test_every_chart_is_plotted_with_a_title_in_both_schemes(numbers, key, selection, scheme):
    chart = CHARTS[key]
    figure = chart.plot(
        chart.table(numbers, selection), View(numbers, selection, FigureColours(PALETTE, scheme))
    )
    assert figure.layout.height == HEIGHT_PX
    assert figure.layout.meta["title"] or (selection is ALONE and key.endswith("_2"))
    assert chart.about


@pytest.mark.parametrize("key", CHARTS)
def test_a_selection_without_pictures_is_plotted_with_a_title(numbers, key):
    nowhere = Selection("fgnet", "test", "all", "full", "cropped")
    chart = CHARTS[key]
    figure = chart.plot(chart.table(numbers, nowhere), View(numbers, nowhere, FigureColours(PALETTE, LIGHT)))
    assert figure.layout.meta["title"]


@pytest.mark.parametrize("key", CHARTS)
def test_a_set_with_age_bins_alone_is_plotted(predictions, key):
    bins = predictions.assign(set="fairface", split="test", age_years=np.nan)
    numbers, selection = Numbers(bins), Selection("fairface", "test", "all", "full", "cropped")
    figure = CHARTS[key].plot(
        CHARTS[key].table(numbers, selection), View(numbers, selection, FigureColours(PALETTE, LIGHT))
    )
    assert figure.layout.meta["title"]


def test_the_headline_of_a_set_with_age_bins_alone_is_of_bins(predictions):
    bins = predictions.assign(set="fairface", split="test", age_years=np.nan)
    selection = selection_from({"set": "fairface"}, bins, NAMES)
    assert selection.split == "test"
    assert "in the right bin" in str(headline(Numbers(bins), selection, COLOURS))
    estimates = [
        tile.to_plotly_json()["props"]["data-metric"] for tile in tiles(Numbers(bins), selection, COLOURS)
    ]
    assert estimates == ["bin_accuracy", "bin_off_by_one", "accuracy", "auc"]


def test_the_served_threshold_stands_on_the_curve_of_accuracy_against_answer_rate(numbers):
    chart = CHARTS["accuracy_by_answer_rate"]
    figure = chart.plot(chart.table(numbers, BOTH), View(numbers, BOTH, FigureColours(PALETTE, LIGHT)))
    curve, rule = figure.data[0], figure.data[1]
    nearest = int(np.argmin(np.abs(np.array(curve.x) - rule.x[0])))
    assert curve.y[nearest] == pytest.approx(rule.y[0], abs=0.03)


def test_a_variant_has_its_colour_in_every_figure(numbers):
    for key in ("cs_curve", "gender_scores", "mae_by_age_female"):
        figure = CHARTS[key].plot(
            CHARTS[key].table(numbers, BOTH), View(numbers, BOTH, FigureColours(PALETTE, DARK))
        )
        drawn = {
            trace.name: trace.marker.color or trace.line.color for trace in figure.data if trace.name in NAMES
        }
        assert drawn == {name: PALETTE.hex(name, DARK) for name in NAMES}


def test_the_training_curves_are_those_of_the_selected_variants_with_their_phases(numbers):
    chart, swapped = CHARTS["training_loss"], Selection("composites", "test", "all", "cropped", "full")
    table = chart.table(numbers, swapped)
    figure = chart.plot(table, View(numbers, swapped, FigureColours(PALETTE, LIGHT)))
    assert list(dict.fromkeys(table.run)) == ["cropped", "full"]
    assert figure.layout.meta["title"] == "Loss: cropped 1.6, full 1.6 at the end"
    assert [mark.text for mark in figure.layout.annotations] == ["cooldown"]


def test_networks_that_came_without_a_history_have_no_curves_and_the_card_says_so(predictions):
    chart = CHARTS["training_loss"]
    figure = chart.plot(
        chart.table(Numbers(predictions), BOTH),
        View(Numbers(predictions), BOTH, FigureColours(PALETTE, LIGHT)),
    )
    assert "None of these trainings" in figure.layout.annotations[0].text


def test_a_matrix_shows_counts_or_fractions_and_its_hover_always_the_count():
    counts = pd.DataFrame([[8, 2], [1, 9]], ["male", "female"], ["male", "female"])
    shown = {
        fractions: confusion_figure(counts, "", LIGHT, fractions=fractions).data[0]
        for fractions in (COUNTS, ROWS, COLUMNS)
    }
    words = confusion_figure(counts, "", LIGHT).data[1]
    assert list(words.text) == ["8", "2", "1", "9"]
    assert len(set(words.textfont.color)) == 2  # light on the dark cells and the other way round
    assert shown[COUNTS].text[0][1] == "2"
    assert shown[ROWS].text[0][1] == "20.0"
    assert shown[COLUMNS].text[0][1] == "18.2"
    assert all(one.customdata[0][1] == 2 for one in shown.values())


def test_the_colour_of_a_difference_says_who_is_better_and_not_which_sign_it_has():
    full = pd.DataFrame([[8, 2], [2, 8]], ["male", "female"], ["male", "female"])
    cropped = pd.DataFrame([[9, 1], [3, 7]], ["male", "female"], ["male", "female"])
    matrix = confusion_difference_figure(full, cropped, "", NAMES, LIGHT).data[0]
    assert np.array(matrix.z).tolist() == [[1, 1], [-1, -1]]
    assert matrix.text[0][0] == "+1"
    assert matrix.text[0][1] == "−1"


def test_the_two_matrices_are_of_the_same_pictures_and_the_csv_holds_both(numbers):
    first, second = matrix_counts(numbers, BOTH, "age")
    assert first.to_numpy().sum() == second.to_numpy().sum() == 120
    assert (first.sum(axis=1) == second.sum(axis=1)).all()
    table = matrix_table(numbers, BOTH, "gender")
    assert list(table.columns) == ["true", "predicted", "full", "cropped"]
    assert table.full.sum() == 120
    assert len(matrix_titles([first, second], BOTH, "age")) == 3


def test_the_table_has_a_row_a_metric_with_both_intervals_and_the_difference(numbers):
    rows = table_rows(numbers, BOTH)
    assert len(rows) == len(METRICS)
    fields = {column["field"] for column in table_columns(BOTH, COLOURS)}
    assert fields <= set().union(*rows)
    mae = rows[0]
    assert mae["first_low"] < mae["first"] < mae["first_high"]
    assert mae["difference"] == pytest.approx(mae["first"] - mae["second"], abs=2e-6)
    assert mae["winner"] == "cropped"
    assert mae["second_text"].startswith("◂")


def test_the_headline_says_the_sentence_and_what_the_set_can_show(numbers):
    words = str(headline(numbers, BOTH, COLOURS))
    assert "synthetic" in words
    assert "No face was found on 2.5 % of the pictures" in words
    assert len(tiles(numbers, BOTH, COLOURS)) == 4


def test_one_variant_alone_has_a_headline_without_a_comparison(numbers):
    words = str(headline(numbers, ALONE, COLOURS))
    assert "on average" in words
    assert "better" not in words


def test_face_found_leaves_the_other_pictures_out_of_both_variants(numbers):
    found = Selection("composites", "test", "found", "full", "cropped")
    assert numbers.comparison(found).count == 117
    assert numbers.estimates(found, "full")["mae"].count == 117


@pytest.mark.parametrize(
    ("wanted", "selected"),
    [
        ({}, BOTH),
        ({"set": "nonsense", "split": "nowhere", "first": "nobody"}, BOTH),
        ({"first": "cropped"}, Selection("composites", "test", "all", "cropped", "full")),
        ({"first": "full", "second": "full"}, BOTH),
        ({"pictures": "found"}, Selection("composites", "test", "found", "full", "cropped")),
    ],
    ids=["nothing", "nonsense", "the other first", "the same twice", "face found"],
)
def test_a_url_becomes_the_nearest_selection_that_exists(predictions, wanted, selected):
    assert selection_from(wanted, predictions, NAMES) == selected


def test_a_selection_and_its_url_are_equal(predictions):
    assert BOTH.query == "?set=composites&split=test&pictures=all&first=full&second=cropped"
    assert selection_from(BOTH.as_dict, predictions, NAMES) == BOTH


def test_sets_and_splits_are_offered_in_their_usual_order(predictions):
    more = pd.concat([predictions, predictions.assign(set="chips"), predictions.assign(split="train")])
    assert sets_in(more) == ["chips", "composites"]
    assert splits_in(more, "composites") == ["train", "test"]


@pytest.fixture
def of_two_races(predictions):
    return predictions.assign(race=np.where(predictions.index % 2, "Asian", "White"))


def test_the_fairness_table_has_a_row_a_group_and_figures_of_both_variants(of_two_races):
    rows = fairness_rows(Numbers(of_two_races), BOTH)
    fields = {
        field["field"]
        for column in fairness_columns(rows, BOTH, COLOURS)
        for field in column.get("children", [column])
    }
    assert fields <= set().union(*rows)
    assert {"first_mae", "second_mae", "first_accuracy", "second_bias"} <= fields
    assert "first_bin_accuracy" not in fields
    whole = [row for row in rows if row["age_group"] == "all"]
    assert sum(row["count"] for row in whole) == 120


def test_a_group_is_named_once_and_leaves_a_phone_room_for_a_figure(predictions):
    def rows_of(race):
        return fairness_rows(Numbers(predictions.assign(race=race)), BOTH)

    def column_of(race):
        return fairness_columns(rows_of(race), BOTH, COLOURS)[0]

    rows = rows_of("Indian")
    assert [row["order"] for row in rows] == list(range(len(rows)))
    assert {"Indian female", "Indian male"} == {row["group"] for row in rows if row["age_group"] == "all"}
    assert all(row["age_group"] in row["group"] for row in rows if row["age_group"] != "all")
    assert column_of("White")["width"] < column_of("Southeast Asian")["width"] <= 390 / 2


def test_the_release_before_stands_beside_that_of_today(of_two_races):
    numbers = Numbers(of_two_races)
    cells = fairness_groups(numbers.rows(BOTH, "full")).assign(
        set="composites", split="test", variant="full", network_sha256="0"
    )
    rows = fairness_rows(Numbers(of_two_races, earlier=cells), BOTH)
    assert all(row["first_mae_before"] == row["first_mae"] for row in rows)
    assert not any("second_mae_before" in row for row in rows)


def test_a_set_that_names_no_races_has_an_empty_fairness_table(numbers):
    assert fairness_rows(numbers, BOTH) == []
    assert not any(column.get("children") for column in fairness_columns([], BOTH, COLOURS))

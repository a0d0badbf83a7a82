"""The Robustness section shows what was measured, and says so where nothing was."""

import numpy as np
import pytest

from dashboard.pages.metrics.robustness import (
    ACCURACY,
    FACE_FOUND,
    MAE,
    PANEL_METRICS,
    is_measured,
    panel_figure,
    robustness_note,
    robustness_rows_of,
    robustness_section,
)
from dashboard.pages.metrics.robustness_figures import PANEL_HEIGHT_PX
from dashboard.pages.metrics.selection import Selection
from dashboard.shared.figures import FigureColours
from dashboard.shared.theme import DARK, LIGHT, Palette
from evaluation.inference.corruptions import CORRUPTIONS
from evaluation.predictions import ROBUSTNESS_COMMAND
from tests.robustness_tables import robustness_table

BOTH = Selection("chips", "test", "all", "full", "cropped")
ALONE = Selection("chips", "test", "all", "cropped", "")
TABLE = robustness_table()
COLOURS = {scheme: FigureColours(Palette(BOTH.names), scheme) for scheme in (LIGHT, DARK)}
every_kind = pytest.mark.parametrize("kind", [corruption.key for corruption in CORRUPTIONS])


def curve_of(figure, name):
    return next(trace for trace in figure.data if trace.name == name)


@every_kind
@pytest.mark.parametrize("shown", PANEL_METRICS.values(), ids=PANEL_METRICS)
@pytest.mark.parametrize("scheme", [LIGHT, DARK])
def test_every_panel_is_plotted_with_a_title_for_every_metric(kind, shown, scheme):
    figure = panel_figure(TABLE, BOTH, kind, shown, COLOURS[scheme])
    assert figure.layout.height == PANEL_HEIGHT_PX
    assert figure.layout.meta["title"]
    assert figure.layout.yaxis.title.text == shown.axis


@pytest.mark.parametrize("shown", PANEL_METRICS.values(), ids=PANEL_METRICS)
def test_all_panels_have_the_same_axis_of_values_and_every_interval_fits_in(shown):
    ranges = {
        panel_figure(TABLE, BOTH, corruption.key, shown, COLOURS[LIGHT]).layout.yaxis.range
        for corruption in CORRUPTIONS
    }
    assert len(ranges) == 1
    low, high = ranges.pop()
    columns = [name for name in TABLE.columns if name.startswith(shown.column)]
    if shown is not FACE_FOUND:
        assert low <= TABLE[columns].min().min()
        assert TABLE[columns].max().max() <= high


def test_a_panel_starts_unchanged_and_is_labelled_in_the_unit_of_its_change():
    figure = panel_figure(TABLE, BOTH, "rotation", MAE, COLOURS[LIGHT])
    assert list(figure.layout.xaxis.ticktext) == ["–", "5", "10", "15", "20", "30"]
    assert figure.layout.xaxis.title.text == "degrees, to either side"
    assert list(curve_of(figure, "full").y) == [4.5, 5.5, 6.5, 7.5, 8.5, 9.5]
    assert [point[0] for point in curve_of(figure, "full").customdata][:2] == [
        "unchanged",
        "5 (degrees, to either side)",
    ]


def test_a_variant_has_its_colour_and_a_band_of_its_interval():
    figure = panel_figure(TABLE, BOTH, "blur", MAE, COLOURS[DARK])
    for name in BOTH.names:
        curve = curve_of(figure, name)
        assert curve.line.color == COLOURS[DARK].variant(name)
        band = figure.data[list(figure.data).index(curve) - 1]
        assert max(band.y) == pytest.approx(max(curve.y) + 0.2)
        assert min(band.y) == pytest.approx(min(curve.y) - 0.2)


@pytest.mark.parametrize(
    ("shown", "title"),
    [
        (MAE, "Blur: full +5.00, cropped +2.50 years"),
        (ACCURACY, "Blur: full −5.0, cropped −2.5 points"),
        (FACE_FOUND, "Blur: 50.0 % of the faces found"),
    ],
    ids=["MAE", "gender accuracy", "face found"],
)
def test_a_heading_says_what_the_strongest_step_changes(shown, title):
    assert panel_figure(TABLE, BOTH, "blur", shown, COLOURS[LIGHT]).layout.meta["title"] == title


def test_one_variant_alone_has_one_curve():
    figure = panel_figure(TABLE, ALONE, "blur", MAE, COLOURS[LIGHT])
    assert [trace.name for trace in figure.data if trace.name] == ["cropped"]


def test_the_csv_of_a_panel_holds_what_is_plotted_and_no_hashes():
    table = robustness_rows_of(TABLE, BOTH, "noise")
    assert len(table) == 12
    assert list(table.severity.unique()) == [0, 1, 2, 3, 4, 5]
    assert not any(name.endswith("sha256") for name in table.columns)
    assert np.isnan(table.level[table.severity == 0]).all()


def test_without_a_table_the_section_names_the_command_that_writes_one():
    assert ROBUSTNESS_COMMAND in str(robustness_section(TABLE.iloc[:0]))


def test_the_section_has_a_panel_a_kind_of_change_and_a_switch():
    section = str(robustness_section(TABLE))
    assert all(f"'key': '{corruption.key}'" in section for corruption in CORRUPTIONS)
    assert all(shown.label in section for shown in PANEL_METRICS.values())


@pytest.mark.parametrize(
    "elsewhere",
    [
        Selection("composites", "test", "all", "full", "cropped"),
        Selection("chips", "train", "all", "full", ""),
    ],
    ids=["another set", "another split"],
)
def test_sets_that_were_not_measured_have_a_note(elsewhere):
    assert is_measured(TABLE, BOTH)
    assert not is_measured(TABLE, elsewhere)
    assert "Not measured on these pictures" in str(robustness_note(TABLE, elsewhere))
    assert "500 pictures of chips" in str(robustness_note(TABLE, BOTH))

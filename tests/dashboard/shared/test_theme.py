"""A variant keeps its colour on every page, in both schemes, and in Python as in CSS."""

import re

import pytest
from plotly.colors import sample_colorscale

from dashboard.shared.theme import (
    DARK,
    LIGHT,
    contrast,
    diverging_scale,
    neutral,
    readable_on,
    sequential_scale,
    serve_variants,
    split_colour,
    variant_colour,
    variant_css,
)

SERVED = ["full", "cropped", "wide", "deep", "old", "new", "small", "large"]


@pytest.fixture
def served():
    serve_variants(SERVED)
    yield SERVED
    serve_variants([])


@pytest.mark.parametrize("scheme", [LIGHT, DARK])
def test_eight_variants_have_eight_colours_that_can_be_read_as_text(served, scheme):
    colours = [variant_colour(name, served, scheme) for name in served]
    assert len(set(colours)) == 8
    for surface in ("paper", "surface"):
        for colour in colours:
            assert contrast(colour, neutral(surface, scheme)) >= 4.5, colour


def test_contrast_is_that_of_wcag():
    assert contrast("#ffffff", "rgb(0, 0, 0)") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)  # the grey that just fails


@pytest.mark.parametrize("scheme", [LIGHT, DARK])
@pytest.mark.parametrize("scale", [sequential_scale, diverging_scale])
def test_a_text_is_readable_on_every_colour_of_a_matrix(scheme, scale):
    for colour in sample_colorscale(scale(scheme), 101):
        assert contrast(readable_on(colour), colour) >= 4.5, colour


def test_a_figure_of_two_does_not_number_the_variants_anew(served):
    assert variant_colour("deep", ["deep", "full"]) == variant_colour("deep", served)
    assert variant_css("deep", ["deep", "full"]) == "var(--variant-2)"


def test_a_run_that_is_not_served_comes_after_those_that_are(served):
    assert variant_css("young", ["young"]) == "var(--variant-1)"  # the seventh other: colours come again
    assert variant_css("full", ["young"]) == "var(--full)"


@pytest.mark.parametrize(("scheme", "block"), [(LIGHT, 0), (DARK, 1)])
def test_the_style_sheet_holds_the_same_colours(repository, served, scheme, block):
    css = (repository / "dashboard" / "assets" / "0_shell" / "theme.css").read_text(encoding="utf-8")
    values = dict(re.findall(r"--([\w-]+): (#\w{6});", css.split("}")[block]))
    for name in served:
        variable = variant_css(name, served).removeprefix("var(--").removesuffix(")")
        assert values[variable] == variant_colour(name, served, scheme)


@pytest.mark.parametrize("scheme", [LIGHT, DARK])
def test_the_splits_have_colours_of_their_own(served, scheme):
    splits = {split_colour(split, scheme) for split in ("train", "validation", "test")}
    assert len(splits) == 3
    assert splits.isdisjoint(variant_colour(name, served, scheme) for name in served)

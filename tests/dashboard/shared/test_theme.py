"""A variant keeps its colour on every page, in both schemes, and in Python as in CSS."""

import re
from types import SimpleNamespace

import pytest
from plotly.colors import sample_colorscale

from dashboard.app import create_app
from dashboard.context import AppContext, current_context
from dashboard.shared.theme import (
    DARK,
    LIGHT,
    NEUTRALS,
    Palette,
    contrast,
    diverging_scale,
    neutral,
    readable_on,
    sequential_scale,
    split_colour,
)

SERVED = ["full", "cropped", "wide", "deep", "old", "new", "small", "large"]
PALETTE = Palette(SERVED)


@pytest.fixture(scope="module")
def css(repository) -> dict[str, dict[str, str]]:
    """The custom properties of the style sheet that are colours, by scheme."""
    (sheet,) = (repository / "dashboard" / "assets").rglob("*theme.css")
    light, dark, *_ = sheet.read_text(encoding="utf-8").split("}")
    assert "dark" in dark
    return {
        scheme: dict(re.findall(r"--([\w-]+): (#\w{6});", block))
        for scheme, block in ((LIGHT, light), (DARK, dark))
    }


@pytest.mark.parametrize("scheme", [LIGHT, DARK])
def test_eight_variants_have_eight_colours_that_can_be_read_as_text(scheme):
    colours = [PALETTE.hex(name, scheme) for name in SERVED]
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


def test_two_apps_in_one_process_keep_their_own_colours():
    def context_of(*names):
        return AppContext(SimpleNamespace(variants=dict.fromkeys(names)), tables=None, pictures=None)  # type: ignore[arg-type]

    apps = [create_app(context_of(*names)) for names in (("full", "wide", "deep"), ("deep", "wide"))]
    colours = []
    for app in (*apps, apps[0]):
        with app.server.app_context():
            colours.append(current_context().palette.css_colours())
    assert colours[0] == {"full": "var(--full)", "wide": "var(--variant-1)", "deep": "var(--variant-2)"}
    assert colours[1] == {"deep": "var(--variant-1)", "wide": "var(--variant-2)"}
    assert colours[2] == colours[0]


def test_a_run_that_is_not_served_comes_after_those_that_are():
    palette = PALETTE.including(["young", "deep", "full"])
    assert palette.css("young") == "var(--variant-1)"  # the seventh other: colours come again
    assert all(palette.hex(name, DARK) == PALETTE.hex(name, DARK) for name in SERVED)
    assert PALETTE.css("deep") == palette.css("deep") == "var(--variant-2)"
    assert Palette(["young"]).css("full") == "var(--full)"
    with pytest.raises(ValueError):
        PALETTE.hex("young")


@pytest.mark.parametrize("scheme", [LIGHT, DARK])
def test_the_style_sheet_holds_the_same_colours(css, scheme):
    variants = {PALETTE.css(name)[len("var(--") : -1]: PALETTE.hex(name, scheme) for name in SERVED}
    neutrals = {role: neutral(role, scheme) for role in NEUTRALS[scheme]}
    expected = variants | neutrals
    assert {name: css[scheme].get(name) for name in expected} == expected


def test_both_schemes_have_the_same_colours_in_the_style_sheet_and_in_python(css):
    assert css[LIGHT].keys() == css[DARK].keys()
    assert NEUTRALS[LIGHT].keys() == NEUTRALS[DARK].keys()


@pytest.mark.parametrize("scheme", [LIGHT, DARK])
def test_the_splits_have_colours_of_their_own(scheme):
    splits = {split_colour(split, scheme) for split in ("train", "validation", "test")}
    assert len(splits) == 3
    assert splits.isdisjoint(PALETTE.hex(name, scheme) for name in SERVED)

"""A comparison comes from a URL that people type, and never compares a variant with itself."""

import pytest

from dashboard.shared.variant_choice import VariantChoice, comparison_in

NAMES = ["full", "cropped", "wide"]


@pytest.mark.parametrize(
    ("query", "comparison"),
    [
        ({}, ("full", "cropped")),
        ({"first": "wide"}, ("wide", "full")),
        ({"second": "wide"}, ("full", "wide")),
        ({"first": "cropped", "second": "cropped"}, ("cropped", "full")),
        ({"first": "nobody", "second": "nothing"}, ("full", "cropped")),
    ],
    ids=["nothing", "the first", "the second", "the same twice", "nonsense"],
)
def test_a_url_becomes_the_nearest_comparison_that_exists(query, comparison):
    assert comparison_in(query, NAMES) == comparison


def test_one_variant_alone_is_compared_with_none():
    assert comparison_in({"second": "cropped"}, ["full"]) == ("full",)


@pytest.mark.parametrize(("names", "hidden"), [(NAMES[:1], True), (NAMES[:2], True), (NAMES, False)])
def test_a_choice_is_offered_from_three_variants_on(names, hidden):
    assert VariantChoice("page-comparison").layout(comparison_in({}, names), names).hidden is hidden

"""What people type into a URL becomes the nearest value that exists."""

import pytest

from dashboard.shared.url_params import integer_in


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (None, 7),
        ("", 7),
        ("12", 12),
        ("0", 1),
        ("101", 100),
        ("-3", 7),
        ("1.5", 7),
        ("²", 7),
        ("9" * 5000, 7),
    ],
    ids=["none", "empty", "known", "too low", "too high", "signed", "not whole", "a superscript", "endless"],
)
def test_a_number_of_a_url_is_the_nearest_that_is_allowed_or_the_default(text, number):
    assert integer_in(text, 1, 100, 7) == number

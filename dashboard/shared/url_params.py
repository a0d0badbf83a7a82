"""Text in an address -> a value that a page can use. People type and cut addresses: nothing raises."""

MOST_DIGITS = 9


def whole_number(text: str | None, least: int, most: int, otherwise: int) -> int:
    """The number from `least` to `most` that is nearest to what an address says, or `otherwise`."""
    # isdecimal, not isdigit: "²" is a digit that int() refuses, and so are thousands of digits.
    if not text or not text.isdecimal() or len(text) > MOST_DIGITS:
        return otherwise
    return min(max(int(text), least), most)

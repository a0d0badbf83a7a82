"""Parameters of a URL -> values that a page can use. People type and cut URLs: nothing raises.

And the other way round: the path of a page or route, as links have it.
"""

from collections.abc import Sequence

import flask

MAX_DIGITS = 9


def integer_in(text: str | None, lowest: int, highest: int, default: int) -> int:
    """The integer from `lowest` to `highest` that is nearest to the parameter's, or `default`."""
    # isdecimal, not isdigit: "²" is a digit that int() refuses, and so are thousands of digits.
    if not text or not text.isdecimal() or len(text) > MAX_DIGITS:
        return default
    return min(max(int(text), lowest), highest)


def one_of(wanted: str | None, known: Sequence[str], default: str | None = None) -> str:
    """The parameter where it is one of `known`, else `default`, or the first of them."""
    if wanted is not None and wanted in known:
        return wanted
    return known[0] if default is None else default


def path_of(path: str) -> str:
    """The path of a page or route under the prefix of the request being answered; `pathOf` in scripts."""
    return f"{flask.request.script_root}{path}" if flask.has_request_context() else path

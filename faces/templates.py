"""Jinja2 template and values -> text of a generated page.

Whatever serves answers leaves this module alone: Jinja2 is loaded only where a page is written.
"""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined


@cache
def environment(folder: Path) -> Environment:
    """The templates in `folder`. A name that a template lacks raises jinja2.UndefinedError.

    Filters beside Jinja2's own: `thousands` (2,371) and `percent` (95.0 %, with `decimals`).
    """
    templates = Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    templates.filters |= {"thousands": "{:,}".format, "percent": percent}
    return templates


def render(template: Path, **values: object) -> str:
    """The text of a template file with `values` filled in."""
    return environment(template.parent).get_template(template.name).render(values)


def percent(fraction: float, decimals: int = 1) -> str:
    """`95.0 %` of 0.95."""
    return f"{100 * fraction:.{decimals}f} %"

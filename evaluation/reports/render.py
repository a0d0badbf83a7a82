"""Name of a template in `templates` and values -> text of a card or page."""

import json
from functools import partial
from pathlib import Path

from evaluation.metrics.estimates import formatted
from faces.templates import environment

TEMPLATES = Path(__file__).with_name("templates")

_environment = environment(TEMPLATES)
_environment.filters |= {
    "quantity": formatted,
    "number": partial(formatted, with_unit=False),
    "quoted": partial(json.dumps, ensure_ascii=False),
}


def render(template: str, **values: object) -> str:
    """The text of a template with `values` filled in.

    Filters: `quantity(unit)` with and `number(unit)` without the unit, both as `formatted` writes them, and
    `quoted`: a JSON string, which is YAML too.
    """
    return _environment.get_template(template).render(values)

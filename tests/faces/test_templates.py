"""Templates write exactly what stands in them, and refuse a value that nobody gave."""

import subprocess
import sys

import jinja2
import pytest

from faces.templates import percent, render


@pytest.fixture
def template(tmp_path):
    """A page with a loop: tags leave no lines behind, and Markdown's characters stay as they are."""
    path = tmp_path / "page.md.j2"
    text = "# {{ title }}\n\n{% for count in counts %}\n- {{ count | thousands }}\n{% endfor %}\n"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_page_has_the_lines_of_its_template_and_ends_as_it_does(template):
    assert render(template, title="<a> & b", counts=[1, 2371]) == "# <a> & b\n\n- 1\n- 2,371\n"


def test_a_value_that_is_missing_is_an_error_and_not_an_empty_place(template):
    with pytest.raises(jinja2.UndefinedError, match="title"):
        render(template, counts=[])


@pytest.mark.parametrize(("decimals", "text"), [(1, "95.0 %"), (0, "95 %")])
def test_a_fraction_is_shown_in_per_cent(decimals, text):
    assert percent(0.95, decimals) == text


def test_what_answers_pictures_loads_no_template_engine():
    program = "import sys, faces.answer, faces.__main__; print('jinja2' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert ran.stdout.strip() == "False", ran.stderr

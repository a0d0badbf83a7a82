"""The pages of docs/ hold together: decisions are short and have a status, links lead somewhere."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[1] / "docs"
DECISIONS, EXPERIMENTS = DOCS / "decisions", DOCS / "experiments"
NOTES = sorted(DECISIONS.glob("[0-9]*.md"))
MOST_WORDS = 150
STATUS = re.compile(r"^Status: (in force|superseded by (\d{4}))$", re.MULTILINE)
INDEX_LINE = re.compile(r"^\| \[(\d{4})\]\((\S+)\) \| (.*?) \| (.*?) \| (.*?) \|$", re.MULTILINE)


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def title_of(path: Path) -> tuple[str, str]:
    """(number, title) of a note's first line."""
    head = re.fullmatch(r"# (\d{4}) (.+)", text_of(path).splitlines()[0])
    assert head, f"{path.name} does not begin with `# NNNN Title`"
    return head[1], head[2]


@pytest.mark.parametrize("note", NOTES, ids=lambda note: note.stem)
def test_a_decision_is_short_and_says_whether_it_holds(note):
    text = text_of(note)
    words = len(text.split())
    assert words <= MOST_WORDS, f"{note.name} has {words} words; what is longer belongs in docs/experiments"
    assert title_of(note)[0] == note.name[:4]
    statuses = STATUS.findall(text)
    assert len(statuses) == 1, f"{note.name} has no line `Status: in force` or `Status: superseded by NNNN`"
    successor = statuses[0][1]
    if successor:
        numbers = [other.name[:4] for other in NOTES]
        assert successor in numbers, f"{note.name} is superseded by {successor}, which there is not"
        assert successor > note.name[:4]


def test_no_two_decisions_have_one_number():
    numbers = [note.name[:4] for note in NOTES]
    assert len(numbers) == len(set(numbers)) > 0


def test_the_index_has_every_decision_with_its_title_and_its_status():
    lines = INDEX_LINE.findall(text_of(DECISIONS / "README.md"))
    index = {file: (number, title, status) for number, file, title, status, _ in lines}
    notes = {note.name: (*title_of(note), STATUS.findall(text_of(note))[0][0]) for note in NOTES}
    assert index == notes
    assert list(index) == sorted(index)


def test_the_index_has_every_experiment_with_an_answer_and_the_decision_that_rests_on_it():
    lines = INDEX_LINE.findall(text_of(EXPERIMENTS / "README.md"))
    assert [file for _, file, *_ in lines] == sorted(path.name for path in EXPERIMENTS.glob("[0-9]*.md"))
    for number, file, _, answer, decision in lines:
        assert title_of(EXPERIMENTS / file)[0] == number
        assert re.search(r"\d", answer), f"the answer of {file} has no figure"
        assert f"(../decisions/{number}-" in decision


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda page: str(page.relative_to(DOCS)))
def test_every_link_inside_docs_leads_to_a_file(page):
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", text_of(page)) if not link.startswith("http")]
    dead = [link for link in links if not (page.parent / link.split("#")[0]).exists()]
    assert not dead, f"{page.relative_to(DOCS)} links to {dead}"

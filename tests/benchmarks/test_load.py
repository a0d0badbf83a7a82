"""The load test's page comes from its results, and its bounds are those of the page."""

import json

import pytest

from benchmarks.attacks.attacks import ATTACKS
from benchmarks.load import exceeded_bounds, page_of


@pytest.fixture
def results(repository):
    path = repository / "docs" / "load.json"
    if not path.is_file():
        pytest.skip("not measured yet: python -m benchmarks load --out docs/load.json")
    return json.loads(path.read_text(encoding="utf-8"))


def test_the_page_is_made_from_the_committed_results(repository, results):
    assert page_of(results) == (repository / "docs" / "load.md").read_text(encoding="utf-8")


def test_every_attack_was_measured_and_every_bound_holds(results):
    assert [row["attack"] for row in results["rows"]] == list(ATTACKS)
    assert not exceeded_bounds(results)


def test_what_exceeds_a_bound_is_named(results):
    row = results["rows"][0]
    row |= {"median_ms": 3.1 * results["quiet_median_ms"], "peak_mb": 1_201, "kept": False}
    sentences = exceeded_bounds(results)
    assert len(sentences) == 3
    assert all(sentence.startswith(f"{row['attack']}: ") for sentence in sentences)

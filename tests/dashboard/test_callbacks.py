"""Callbacks, called as the browser calls them: what URLs, sets, variants and pictures lead to."""

import json
import re
import shutil

import pandas as pd
import pytest

from dashboard.app import create_app
from dashboard.context import load_context
from dashboard.pages.metrics import ids as metrics_ids
from dashboard.pages.metrics.selection import Selection
from dashboard.pages.predict import ids as predict_ids
from dashboard.pages.saliency import ids as saliency_ids
from dashboard.shared import ids as shell_ids
from evaluation.metrics.comparisons import HEADLINE_KEYS, compared
from evaluation.metrics.registry import all_estimates
from evaluation.predictions import read_predictions
from tests.browser.serving import without_faces
from tests.builders import answer_of, components_in, text_of
from tests.dashboard.conftest import SHIPPED

HEADLINE = f"..{metrics_ids.HEADLINE}.children...{metrics_ids.TILES}.children.."


@pytest.fixture(scope="module")
def three(repository, tmp_path_factory):
    """An app with the two shipped variants and a copy of `cropped` called `again`."""
    run = tmp_path_factory.mktemp("runs") / "again"
    shutil.copytree(repository / "model_cropped", run, ignore=shutil.ignore_patterns("*.keras"))
    return create_app(load_context([*(repository / name for name in SHIPPED), run])).server.test_client()


@pytest.fixture(scope="module")
def predictions(repository):
    return read_predictions([repository / name for name in SHIPPED])


def page_of(client, url: str) -> str:
    """The page that a URL opens: JSON as text."""
    path, _, search = url.partition("?")
    outputs = ".._pages_content.children..._pages_store.data.."
    search = f"?{search}" if search else ""
    return answer_of(
        client, outputs, (f"{shell_ids.LOCATION}.pathname", path), (f"{shell_ids.LOCATION}.search", search)
    )


def selected_in(page: str) -> dict[str, str]:
    """What the Metrics page shows, as its store holds it."""
    (store,) = re.findall(rf'"id": "{metrics_ids.SELECTION}", "data": (\{{[^{{}}]*\}})', page)
    return json.loads(store)


def headline_of(client, selected: dict[str, str]) -> str:
    return answer_of(client, HEADLINE, (metrics_ids.SELECTION, selected))


def tiles_in(shown: str) -> dict[tuple[str, str], str]:
    """Printed values by (metric, variant)."""
    return {
        (tile["data-metric"], value["data-variant"]): text_of(value)
        for tile in components_in(shown, "tile")
        for value in components_in(json.dumps(tile), "tile-value")
    }


def assert_shows(shown: str, rows: pd.DataFrame) -> None:
    (sentence,) = components_in(shown, "metrics-sentence")
    assert text_of(sentence) == compared(rows, "full", "cropped").sentence
    assert tiles_in(shown) == {
        (key, name): estimates[key].text
        for name in ("full", "cropped")
        for estimates in (all_estimates(rows[rows.variant == name]),)
        for key in HEADLINE_KEYS
    }


@pytest.mark.parametrize(
    ("set_name", "split"),
    [
        pytest.param("chips", "test", marks=pytest.mark.slow),
        pytest.param("chips", "validation", marks=pytest.mark.slow),
        ("fgnet", "test"),
        ("portraits", "test"),
    ],
)
def test_a_set_and_split_show_the_numbers_of_the_tables(client, predictions, set_name, split):
    rows = predictions[(predictions.set == set_name) & (predictions.split == split)]
    selected = Selection(set_name, split, "all", "full", "cropped").as_dict
    assert_shows(headline_of(client, selected), rows)


def test_a_url_brings_the_same_metrics_back(client, predictions):
    selected = selected_in(page_of(client, "/metrics?set=fgnet&split=test&pictures=found"))
    rows = predictions[(predictions.set == "fgnet") & (predictions.status == "face found")]
    assert_shows(headline_of(client, selected), rows)


def test_a_url_that_names_nothing_known_shows_what_there_is(client):
    selected = selected_in(page_of(client, "/metrics?set=nonsense&split=nowhere&first=nobody"))
    assert selected == Selection("chips", "test", "all", "full", "cropped").as_dict


def test_two_of_three_are_compared_on_metrics(three):
    selected = selected_in(page_of(three, "/metrics?set=portraits&split=test&first=cropped&second=again"))
    assert (selected["first"], selected["second"]) == ("cropped", "again")
    tiles = tiles_in(headline_of(three, selected))
    assert {name for _, name in tiles} == {"cropped", "again"}
    copied = [text for (_, name), text in tiles.items() if name == "again"]
    assert copied == [text for (_, name), text in tiles.items() if name == "cropped"]


def predict_answer(client, key: str, name: str, *comparison: str) -> str:
    shown = {"id": 1, "key": key, "name": name, "state": "answered"}
    chosen = (predict_ids.COMPARISON, list(comparison))
    return answer_of(client, f"{predict_ids.ANSWER}.children", (shell_ids.SHOWN, shown), chosen)


def test_two_of_three_answer_a_picture(three):
    shown = predict_answer(three, "sample:astronaut.jpg", "astronaut.jpg", "cropped", "again")
    assert [text_of(row) for row in components_in(shown, "row-variant")][:2] == ["cropped", "again"]


def test_a_sample_shows_who_is_on_it(client):
    shown = predict_answer(client, "sample:solvay_1927.jpg", "solvay_1927.jpg", "full", "cropped")
    assert "Marie Curie" in shown
    assert len(components_in(shown, "face-card")) >= 27


def test_a_picture_that_the_server_forgot_says_so_on_both_pages(client):
    shown = predict_answer(client, "no-such-token", "hills.png", "full", "cropped")
    assert "hills.png has expired." in shown
    assert "30 minutes" in shown
    explained = saliency_rows_of(client, "no-such-token", "full", "cropped")
    assert "This picture cannot be explained." in explained
    assert "30 minutes" in explained
    assert "never stored" in explained


def saliency_rows_of(client, key: str, *comparison: str) -> str:
    return answer_of(
        client,
        f"{saliency_ids.ROWS}.children",
        (f"{saliency_ids.PICTURE}.value", key),
        (saliency_ids.FACE, {"key": key, "face": 0}),
        (saliency_ids.COMPARISON, list(comparison)),
    )


def test_two_of_three_are_explained(three):
    shown = saliency_rows_of(three, "sample:astronaut.jpg", "again", "full")
    names = re.findall(r'"data-variant": "(\w+)"', shown)
    assert list(dict.fromkeys(names)) == ["again", "full"]


def test_a_page_that_is_not_there_says_so(client):
    assert "There is no such page" in page_of(client, "/nowhere")


def test_a_picture_without_a_face_is_answered_and_explained_as_a_whole(client, tmp_path):
    path = without_faces(tmp_path)
    with path.open("rb") as file:
        entry = client.post("/pictures", data={"picture": (file, path.name)}).get_json()
    assert entry["faces"] == 0
    key = entry["key"]
    shown = predict_answer(client, key, path.name, "full", "cropped")
    assert [text_of(title) for title in components_in(shown, "alert-title")] == ["No face found."]
    explained = saliency_rows_of(client, key, "full", "cropped")
    assert [text_of(title) for title in components_in(explained, "alert-title")] == ["No face found."]
    assert "input: the whole picture" in explained
    assert "input: face" not in explained

"""Cards of figures are filled and saved by two callbacks, in every app of a process."""

import pytest

from dashboard.app import create_app
from dashboard.pages.data import ids
from dashboard.pages.data.callbacks import DISTRIBUTION_CARDS
from dashboard.shared import ids as shell_ids


def called(client, part, *arguments, state=()):
    """The answer of the callback with this output of the card `gender`."""
    parts = ["figure", "title"] if part == "figure" else ["file"]
    properties = {"figure": "figure", "title": "children", "file": "data"}
    outputs = [
        {"id": DISTRIBUTION_CARDS.id_of(name, "gender"), "property": properties[name]} for name in parts
    ]
    joined = [f'{{"key":["MATCH"],"type":"data-distribution-{name}"}}.{properties[name]}' for name in parts]
    body = {
        "output": f"..{'...'.join(joined)}.." if len(joined) > 1 else joined[0],
        "outputs": outputs if len(outputs) > 1 else outputs[0],
        "inputs": [{"id": id_, "property": name, "value": value} for id_, name, value in arguments],
        "state": [{"id": id_, "property": name, "value": value} for id_, name, value in state],
        "changedPropIds": [],
    }
    response = client.post("/_dash-update-component", json=body)
    assert response.status_code == 200, response.data[:2000]
    return response.get_json()["response"]


def test_a_card_shows_its_figure_and_the_title_of_it(client):
    figure = DISTRIBUTION_CARDS.id_of("figure", "gender")
    answer = called(
        client,
        "figure",
        (shell_ids.COLOUR_SCHEME, "data", "dark"),
        (ids.FRACTIONS, "value", "counts"),
        state=[(figure, "id", figure)],
    )
    shown = next(value for id_, value in answer.items() if "figure" in id_)["figure"]
    assert shown["layout"]["yaxis"]["title"]["text"] == "pictures"
    heading = next(value for id_, value in answer.items() if "title" in id_)["children"]
    assert heading == shown["layout"]["meta"]["title"]
    assert "labelled female" in heading


def test_the_csv_of_a_card_holds_its_table(client):
    button = DISTRIBUTION_CARDS.id_of("save", "gender")
    answer = called(
        client,
        "file",
        (button, "n_clicks", 1),
        state=[(ids.FRACTIONS, "value", "fractions"), (button, "id", button)],
    )
    (saved,) = answer.values()
    assert saved["data"]["filename"] == "gender_by_split.csv"
    assert saved["data"]["content"].startswith("value,split,count,fraction\nmale,train,")


@pytest.mark.parametrize("served_first", [0, 1])
def test_two_apps_of_a_process_have_all_callbacks_each(context, served_first):
    clients = [create_app(context).server.test_client() for _ in range(2)]
    first, second = (
        [callback["output"] for callback in client.get("/_dash-dependencies").get_json()]
        for client in (clients[served_first], clients[1 - served_first])
    )
    assert first == second
    assert any("predict-answer" in output for output in first)

"""What is not there is refused with the right code, in JSON or on a page; nothing ends in a 500."""

import json
from typing import Any

import pytest
from dash import Dash
from werkzeug.test import TestResponse

from dashboard.app import create_app
from dashboard.deployment import Deployment
from tests.browser.test_pages import PAGES

# One of each kind of value that JSON has, and some that Python's callbacks trip over.
VALUES: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    10**30,
    1.5,
    float("nan"),
    "",
    "x",
    "\ud800",
    [],
    [[]],
    [None],
    {},
    {"a": 1},
)


@pytest.fixture(scope="module")
def app(context) -> Dash:
    app = create_app(context)
    assert app.server.test_client().get("/").status_code == 200  # registers the callbacks of the pages
    return app


@pytest.mark.parametrize(
    "path", ["/", "/metrics", "/metrics/", "/saliency?face=0", "/data", "/training", "/about"]
)
def test_a_page_answers_200(client, path):
    response = client.get(path)
    assert (response.status_code, response.mimetype) == (200, "text/html")


@pytest.mark.parametrize(
    "path", ["/nowhere", "/metrics/more", "/not-found-404", "/saliency/nothing.png", "/Metrics"]
)
def test_a_page_that_is_not_there_answers_404_and_is_shown(client, path):
    response = client.get(path)
    assert (response.status_code, response.mimetype) == (404, "text/html")
    assert "_dash-config" in response.text


@pytest.mark.parametrize(
    "path",
    [
        "/api",
        "/api/",
        "/api/v1",
        "/api/v1/nothing",
        "/api/v2/predict",
        "/healthz/deep",
        "/pictures/nonsense",
        "/pictures/nonsense/picture.jpg",
        "/pictures/sample/nobody.jpg/thumbnail.jpg",
        "/pictures/sample:astronaut.jpg/face/99.jpg",
        "/assets/nothing.js",
        "/_dash-component-suites/dash/nothing.js",
        "/_dash-component-suites/os/path.py",
        "/_dash-nothing",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_what_no_program_finds_answers_404_in_json(client, path, method):
    response = client.open(path, method=method)
    # An address of another method says so: pictures are there to be shown.
    assert response.status_code in ((404,) if method == "GET" else (404, 405))
    assert response.get_json()["error"]["message"]


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/api/v1/predict", {"POST"}),
        ("/api/v1/variants", {"GET", "HEAD"}),
        ("/api/v1/openapi.json", {"GET", "HEAD"}),
        ("/healthz", {"GET", "HEAD"}),
        ("/pictures", {"POST"}),
        ("/metrics", {"GET", "HEAD"}),
        ("/", {"GET", "HEAD"}),
        ("/_dash-update-component", {"POST"}),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"])
def test_a_method_that_an_address_does_not_take_answers_405_and_names_those_that_it_takes(
    client, path, methods, method
):
    if method in methods:
        pytest.skip("it takes this one")
    response = client.open(path, method=method)
    assert response.status_code == 405
    assert {allowed.strip() for allowed in response.headers["Allow"].split(",")} == {*methods, "OPTIONS"}
    assert response.get_json()["error"]["name"] == "MethodNotAllowed"


def test_options_names_the_methods_of_an_address(client):
    response = client.options("/api/v1/predict")
    assert (response.status_code, response.headers["Allow"]) == (200, "POST, OPTIONS")
    assert client.options("/api/v1/nothing").status_code == 404


def test_a_host_that_is_not_allowed_is_refused_with_the_option_that_allows_it(context):
    client = create_app(
        context, Deployment(allowed_hosts=("faces.example", ".lab.example"))
    ).server.test_client()
    for host in ("faces.example", "FACES.example:8443", "lab.example", "a.lab.example"):
        assert client.get("/healthz", headers={"Host": host}).status_code == 200
    for host in ("evil.example", "xfaces.example", "evillab.example", "faces.example.evil.example"):
        response = client.get("/healthz", headers={"Host": host})
        assert response.status_code == 400
        assert "--allowed-host" in response.get_json()["error"]["message"]


@pytest.mark.parametrize(
    "url",
    [
        "/saliency?picture=sample:astronaut.jpg&picture=b",
        "/data?page=-1&page=2",
        "/data?ages=0&ages=1&recipe=a&recipe=b&seed=1&seed=2&part=x&part=y",
        "/training?runs=a&runs=b",
        "/metrics?set=fgnet&set=chips&split=test&split=x&first=full&first=cropped",
        "/?sample=a&sample=b&first=full&first=x",
        "/about?a=1&a=2",
        "/nowhere?a=1&a=2",
    ],
)
def test_a_url_with_repeated_keys_shows_its_page(app, url):
    path, _, search = url.partition("?")
    response = call(app, ".._pages_content.children..._pages_store.data..", [path, f"?{search}"])
    assert response.status_code == 200
    assert response.get_json()["response"]["_pages_content"]["children"]


def test_of_repeated_keys_the_first_counts(app):
    page = call(app, ".._pages_content.children..._pages_store.data..", ["/metrics", "?set=fgnet&set=chips"])
    assert '"set": "fgnet"' in json.dumps(page.get_json())


def call(app: Dash, output: str, values: list) -> TestResponse:
    """Call the callback that fills `output` as the browser does, with these values of inputs and states."""
    declared = [*app.callback_map[output]["inputs"], *app.callback_map[output]["state"]]
    assert len(declared) == len(values)
    outputs = [
        {"id": resolved(name.rpartition(".")[0]), "property": name.rpartition(".")[2].partition("@")[0]}
        for name in output.strip(".").split("...")
    ]
    inputs = [
        {"id": resolved(one["id"]), "property": one["property"], "value": value}
        for one, value in zip(declared, values, strict=True)
    ]
    body: dict[str, Any] = {
        "output": output,
        "outputs": outputs if output.startswith("..") else outputs[0],
        "inputs": [[one] if '["ALL"]' in declared[at]["id"] else one for at, one in enumerate(inputs)],
        "changedPropIds": [],
    }
    if '["ALL"]' in output:
        body["outputs"] = [[one] if isinstance(one["id"], dict) else one for one in body["outputs"]]
    return app.server.test_client().post("/_dash-update-component", json=body)


def resolved(name: str) -> object:
    """The id of one component that a pattern matches."""
    if not name.startswith("{"):
        return name
    return {key: 0 if isinstance(value, list) else value for key, value in json.loads(name).items()}


def test_no_value_of_a_callback_ends_in_a_500(app):
    seen = set()
    for output, callback in list(app.callback_map.items()):
        count = len(callback["inputs"]) + len(callback["state"])
        for value in VALUES:
            response = call(app, output, [value] * count)
            seen.add(response.status_code)
            assert response.status_code in (200, 204, 400), (output, value, response.data[:300])
    assert seen >= {200, 400}


def test_what_a_callback_trips_over_is_in_the_log(app, caplog):
    values = ["sample:astronaut.jpg", {"key": "sample:astronaut.jpg"}, ["full", "cropped"]]  # no "face"
    assert call(app, "saliency-rows.children", values).status_code == 400
    assert "KeyError: 'face'" in caplog.text


@pytest.mark.parametrize(
    "body",
    [
        *(json.dumps(value) for value in VALUES),
        "",
        "{",
        "[" * 100_000,
        '{"a":' * 500 + "1" + "}" * 500,
        '{"output": "shell.navbar", "inputs": ' + "[" * 70 + "]" * 70 + "}",
        '{"output": 7}',
        '{"output": "x"}',
        '{"output": "..x..", "inputs": 7, "state": "x", "outputs": {}}',
        '{"output": "predict-answer.children", "inputs": [{"id": [], "property": 7}]}',
        '{"output": "predict-answer.children", "inputs": [], "changedPropIds": {"a": 1}}',
        '{"output": "predict-answer.children", "outputs": [[[7]]], "inputs": [{}, {}]}',
    ],
)
@pytest.mark.parametrize(
    "path", ["/_dash-update-component", "/api/v1/predict", "/pictures/forget", "/pictures"]
)
def test_no_body_ends_in_a_500(client, path, body):
    response = client.post(path, data=body, content_type="application/json")
    assert response.status_code in (200, 204, 400)


@pytest.mark.parametrize(
    "path",
    [
        "/pictures/sample:astronaut.jpg/face/999999999999999999999.jpg",
        "/pictures/sample:..%2Fapp.py/picture.jpg",
        "/pictures/set:chips/%00/picture.jpg",
        "/pictures/%F0%9F%98%80/thumbnail.jpg",
        "/assets/%00",
        "/assets/..%2Fapp.py",
        "/saliency/map?key=sample:astronaut.jpg&variant=full&face=99999999999999999999&method=vanilla&output=age",
        "/saliency/map?key=a&key=b&variant=full&variant=x",
        "/saliency/map?key=sample:astronaut.jpg&variant=full&engine=x&visit=" + "v" * 2000,
        "/saliency/input.png?key=sample:astronaut.jpg&variant=full&face=-1",
        "/data/input.jpg?picture=sample:astronaut.jpg&recipe=full&sample=99999999999999999999&seed=-9",
        "/data/input.jpg?picture=sample:astronaut.jpg&recipe=full&sample=" + "9" * 5000,
        "/data/input.jpg?picture=sample:astronaut.jpg&recipe=full&sample=1&part=nothing",
    ],
)
def test_no_address_ends_in_a_500(client, path):
    assert client.get(path).status_code < 500


def test_every_page_of_the_browser_tests_is_one_here(client):
    assert {client.get(path).status_code for path in PAGES} == {200}

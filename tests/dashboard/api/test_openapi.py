"""The OpenAPI document is valid, says what the API does, and nothing that is made from it finds a fault."""

import subprocess
import sys
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from schemathesis import GenerationMode

from dashboard.app import create_app
from dashboard.deployment import Deployment
from tests.browser.serving import served, without_faces
from tests.dashboard.api.test_predict import post

MAX_EXAMPLES = 15  # for each operation, beside the examples and the edges of its schema


@pytest.fixture(scope="module")
def document(client):
    response = client.get("/api/v1/openapi.json")
    assert response.mimetype == "application/json"
    return response.get_json()


def problems(document: dict, schema: str, value: object) -> list[str]:
    """What is wrong with a value by a schema of the document, components included."""
    whole = {"$ref": f"#/components/schemas/{schema}", "components": document["components"]}
    return [error.message for error in Draft202012Validator(whole).iter_errors(value)]


def test_the_document_is_valid(document):
    assert document["openapi"].startswith("3.1.")
    validate(document)


def test_the_document_of_a_server_with_keys_is_valid_and_says_how_to_send_one(context):
    app = create_app(context, Deployment(api_keys=("secret",))).server
    document = app.test_client().get("/api/v1/openapi.json").get_json()
    validate(document)
    assert set(document["components"]["securitySchemes"]) == {"bearer", "header"}
    assert document["paths"]["/api/v1/predict"]["post"]["security"]


def test_the_document_has_every_address_of_the_api_and_no_other(client, document):
    rules = [rule for rule in client.application.url_map.iter_rules() if rule.endpoint.startswith("api.")]
    methods = {rule.rule: {method.lower() for method in rule.methods} & {"get", "post"} for rule in rules}
    assert {path: set(operations) for path, operations in document["paths"].items()} == methods


def test_under_a_prefix_the_document_names_it(context):
    client = create_app(context, Deployment(url_prefix="/workbench")).server.test_client()
    assert client.get("/workbench/api/v1/openapi.json").get_json()["servers"] == [{"url": "/workbench"}]


def test_real_answers_are_what_the_document_says(client, document, astronaut, repository):
    samples = repository / "dashboard" / "samples"
    pictures = [(path.name, path.read_bytes()) for path in sorted(samples.glob("portrait_*.jpg"))]
    flat = b"BM" + bytes(9)
    answers = post(
        client, ("astronaut.jpg", astronaut), ("half.jpg", astronaut[:999]), ("x.bmp", flat), *pictures
    )
    assert problems(document, "Answers", answers.get_json()) == []
    assert problems(document, "Variants", client.get("/api/v1/variants").get_json()) == []
    assert problems(document, "HealthObject", client.get("/healthz").get_json()) == []
    assert problems(document, "ErrorAnswer", client.get("/api/v1/predict").get_json()) == []


def test_an_answer_without_a_face_is_what_the_document_says(client, document, tmp_path):
    (answer,) = post(client, ("hills.png", without_faces(tmp_path).read_bytes())).get_json()
    assert answer["faces"] == []
    assert problems(document, "Answers", [answer]) == []


def test_a_key_that_the_document_does_not_know_is_seen(client, document, astronaut):
    (answer,) = post(client, ("astronaut.jpg", astronaut)).get_json()
    assert problems(document, "AnswerObject", answer | {"mood": "cheerful"})
    answer["faces"][0]["answers"]["cropped"]["mood"] = "cheerful"
    assert problems(document, "Answers", [answer])
    del answer["width"]
    assert problems(document, "Answers", [answer])


def test_the_example_of_a_call_is_one(document):
    call = document["components"]["schemas"]["PredictCall"]
    for images in call["properties"]["images"]["examples"]:
        assert problems(document, "PredictCall", {"images": images}) == []
    assert problems(document, "PredictCall", {"images": []})
    assert problems(document, "PredictCall", {"images": ["x"], "image": 1})


@pytest.mark.parametrize(
    "mode",
    [
        pytest.param(mode, id=mode.name.lower(), marks=[pytest.mark.slow] * (mode is GenerationMode.POSITIVE))
        for mode in GenerationMode
    ],
)
def test_calls_made_from_the_document_are_answered_as_it_says(client, mode):
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", client.application)
    predict = schema["/api/v1/predict"]["POST"]
    bounded = settings(
        max_examples=MAX_EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )

    @bounded
    @given(case=predict.as_strategy(generation_mode=mode))
    def check(case):
        case.call_and_validate(headers={"Accept-Encoding": "identity"})  # the client unpacks nothing

    check()


@pytest.mark.slow
def test_schemathesis_finds_nothing_at_a_running_server(tmp_path):
    program = Path(sys.executable).with_name("schemathesis")
    bounds = ["--max-examples", str(MAX_EXAMPLES), "--max-time", "30", "--seed", "1", "--no-color"]
    with served() as url:
        ran = subprocess.run(
            [program, "run", f"{url}/api/v1/openapi.json", *bounds],
            capture_output=True,
            text=True,
            check=False,
        )
    assert ran.returncode == 0, ran.stdout[-5000:]

"""How a server stands in its network: options, prefix, keys, rate, compression, hashes in addresses."""

import argparse
import gzip
import json
import re
import time

import brotli
import limits
import pytest

from dashboard import deployment as deployment_module
from dashboard.__main__ import main
from dashboard.app import create_app
from dashboard.deployment import LOOPBACK_HOSTS, Deployment, add_deployment_options, deployment_of
from faces.errors import ProjectError
from tests.browser.test_pages import PAGES
from tests.builders import answer_of

PREFIX = "/lab/workbench"
ADDRESS = re.compile(r'"(?:href|src|data-map|value)": "(/[^"]*)"|(?:href|src)="(/[^"]*)"')


def deployment(*options: str, host: str = "127.0.0.1") -> Deployment:
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default=host)
    add_deployment_options(parser)
    return deployment_of(parser.parse_args(options))


@pytest.mark.parametrize("text", ["/workbench", "workbench", "/workbench/", "//workbench"])
def test_a_prefix_is_one_however_it_is_written(text):
    assert deployment("--url-prefix", text).url_prefix == "/workbench"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--url-prefix", "/a b"], "a prefix is a path"),
        (["--url-prefix", "//evil.example/<"], "a prefix is a path"),
        (["--trusted-proxy", "proxy.example"], "a proxy is an address or a network"),
        (["--trusted-proxy", "10.0.0.0/99"], "a proxy is an address or a network"),
        (["--allowed-host", "https://a.example"], "a host is a name"),
        (["--allowed-host", "a.example:80"], "a host is a name"),
        (["--allowed-host", "*"], "a host is a name"),
        (["--rate-limit", "0"], "a rate is a number of calls"),
        (["--rate-limit", "many"], "a rate is a number of calls"),
        (["--rate-limit", "5/fortnight"], "a rate is a number of calls"),
    ],
)
def test_an_impossible_option_is_refused_with_a_sentence_and_exit_code_2(options, sentence, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(options)
    assert stopped.value.code == 2
    message = capsys.readouterr().err
    assert sentence in message
    assert f"Received: {options[1]!r}" in message


def test_without_names_a_server_of_this_machine_answers_to_those_of_this_machine_alone():
    assert deployment().allowed_hosts == LOOPBACK_HOSTS
    assert deployment("--host", "::1").allowed_hosts == LOOPBACK_HOSTS
    assert deployment("--host", "0.0.0.0").allowed_hosts == ()
    assert deployment("--trusted-proxy", "127.0.0.1").allowed_hosts == ()
    assert deployment("--allowed-host", "A.example").allowed_hosts == ("a.example",)


def test_keys_come_from_a_file_or_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv(deployment_module.API_KEYS, "one two")
    assert deployment().api_keys == ("one", "two")
    (tmp_path / "keys").write_text("# of the lab\nthree\n\n  four  \n", encoding="utf-8")
    assert deployment("--api-key-file", str(tmp_path / "keys")).api_keys == ("three", "four")


@pytest.mark.parametrize("text", [None, "", "# nothing\n", "two words\n", "schlüssel\n"])
def test_a_file_without_usable_keys_is_refused_and_no_key_is_shown(tmp_path, text):
    if text is not None:
        (tmp_path / "keys").write_text(text, encoding="utf-8")
    with pytest.raises(ProjectError) as refused:
        deployment("--api-key-file", str(tmp_path / "keys"))
    assert "schlüssel" not in str(refused.value)


def client_of(context, **settings):
    return create_app(context, Deployment(**settings)).server.test_client()


def test_with_keys_the_api_asks_for_one_and_pages_do_not(context):
    client = client_of(context, api_keys=("first", "second"))
    for headers in (
        {"Authorization": "Bearer first"},
        {"X-API-Key": "second"},
        {"Authorization": "bearer second"},
    ):
        assert client.get("/api/v1/variants", headers=headers).status_code == 200
    for headers in ({}, {"X-API-Key": "third"}, {"Authorization": "Basic Zmlyc3Q6"}, {"X-API-Key": ""}):
        response = client.get("/api/v1/variants", headers=headers)
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"].lower().startswith("bearer")
        assert response.get_json()["error"]["name"] == "ApiKeyRefused"
    assert client.post("/api/v1/predict", data=b"").status_code == 401
    for path in ("/", "/healthz", "/api/v1/openapi.json", "/pictures/sample/astronaut.jpg/thumbnail.jpg"):
        assert client.get(path).status_code == 200


def test_above_the_rate_calls_are_told_when_to_come_again(context):
    client = client_of(context, rate_limit=limits.parse("2/second"), api_keys=("a", "b"))
    key_a, key_b = ({"X-API-Key": key} for key in "ab")
    path = "/api/v1/variants"
    assert [client.get(path, headers=key_a).status_code for _ in range(3)] == [200, 200, 429]
    refused = client.get(path, headers=key_a)
    assert int(refused.headers["Retry-After"]) == 1
    assert refused.get_json()["error"]["name"] == "TooManyCalls"
    assert client.get(path, headers=key_b).status_code == 200  # another caller
    assert [client.get(path, headers={"X-API-Key": "guess"}).status_code for _ in range(3)] == [401, 401, 429]
    assert client.get("/healthz").status_code == 200
    time.sleep(1.1)
    assert client.get(path, headers=key_a).status_code == 200


def test_without_keys_the_rate_is_that_of_an_address(context):
    client = client_of(context, rate_limit=limits.parse("1/hour"))
    path = "/api/v1/openapi.json"
    codes = [
        client.get(path, environ_overrides={"REMOTE_ADDR": peer}).status_code
        for peer in ("1.1.1.1", "1.1.1.1", "1.1.1.2")
    ]
    assert codes == [200, 429, 200]


@pytest.mark.parametrize(
    ("encoding", "decompress"), [("br", brotli.decompress), ("gzip", gzip.decompress)], ids=["brotli", "gzip"]
)
def test_answers_are_compressed_and_pictures_are_not(client, encoding, decompress):
    for path in ("/", "/_dash-layout", "/api/v1/openapi.json", script_of(client)):
        plain = client.get(path)
        small = client.get(path, headers={"Accept-Encoding": encoding})
        assert small.headers["Content-Encoding"] == encoding
        assert "Accept-Encoding" in small.headers["Vary"]
        assert len(small.data) < 0.7 * len(plain.data)
        if path.startswith("/_dash-component"):
            assert decompress(small.data) == plain.data
    picture = client.get("/pictures/sample:astronaut.jpg/picture.jpg", headers={"Accept-Encoding": encoding})
    assert "Content-Encoding" not in picture.headers


def script_of(client) -> str:
    return re.findall(r'src="(/_dash-component-suites/dash/dash-renderer/[^"]+)"', client.get("/").text)[0]


def test_files_whose_address_names_their_content_are_kept_for_a_year_and_pages_are_not(client):
    index = client.get("/").text
    assets = re.findall(r'(?:src|href)="(/assets/[^"]+)"', index)
    assert len(assets) > 10
    for path in (*assets, script_of(client)):
        response = client.get(path)
        assert response.status_code == 200
        assert response.cache_control.max_age == 365 * 24 * 3600
    assert client.get("/").cache_control.max_age is None
    other = re.sub(r"/assets/\w+/", "/assets/000000000000/", assets[0])
    assert client.get(other).status_code == 404


@pytest.mark.parametrize("how", ["option", "proxy"])
def test_under_a_prefix_every_address_of_every_page_leads_somewhere(context, how):
    """The addresses of index, layouts and callbacks, as a crawler finds them."""
    proxies = {"trusted_proxies": (deployment("--trusted-proxy", "127.0.0.1").trusted_proxies)}
    client = client_of(context, **({"url_prefix": PREFIX} if how == "option" else proxies))
    if how == "proxy":
        client.environ_base["HTTP_X_FORWARDED_PREFIX"] = PREFIX
    cut = PREFIX if how == "option" else ""  # what the proxy cuts off before it passes a call on
    found = set()
    for page in PAGES:
        index = client.get(f"{cut}{page}")
        assert index.status_code == 200
        assert f'data-prefix="{PREFIX}"' in index.text
        (config,) = re.findall(r'id="_dash-config"[^>]*>(.*?)</script>', index.text)
        assert json.loads(config)["requests_pathname_prefix"] == f"{PREFIX}/"
        found |= addresses_in(index.text)
        path, _, search = page.partition("?")
        outputs = ".._pages_content.children..._pages_store.data.."
        location = (("_pages_location.pathname", PREFIX + path), ("_pages_location.search", f"?{search}"))
        found |= addresses_in(answer_of(client, outputs, *location))
    found |= addresses_in(client.get(f"{cut}/_dash-layout").text)
    shown = {"id": 1, "key": "sample:astronaut.jpg", "name": "astronaut.jpg", "state": "answered"}
    comparison = ["full", "cropped"]
    answer = answer_of(
        client, "predict-answer.children", ("shown", shown), ("predict-comparison", comparison)
    )
    rows = answer_of(
        client,
        "saliency-rows.children",
        ("saliency-picture.value", shown["key"]),
        ("saliency-face", {"key": shown["key"], "face": 0}),
        ("saliency-comparison", comparison),
    )
    found |= addresses_in(answer) | addresses_in(rows)
    assert len(found) > 40
    assert {address for address in found if not address.startswith(f"{PREFIX}/")} == set()
    pages_and_files = [address for address in found if "/saliency/map?" not in address]  # slow, tested there
    called = [address if cut else address.removeprefix(PREFIX) for address in pages_and_files]
    lost = {address for address in called if client.get(address).status_code != 200}
    assert lost == set()


def addresses_in(text: str) -> set[str]:
    return {one.replace("&amp;", "&") for pair in ADDRESS.findall(text) for one in pair if one}


def test_no_script_or_style_names_an_address_past_the_prefix(repository):
    for path in sorted((repository / "dashboard" / "assets").rglob("*.[jc]s*")):
        text = path.read_text(encoding="utf-8")
        by_hand = re.findall(r"""(?<!pathOf\()["'`(]/[a-z][\w/]*""", text)
        assert by_hand == [], path.name


def test_a_page_outside_of_the_prefix_that_a_program_names_is_no_500(context):
    client = client_of(context, url_prefix=PREFIX)
    body = {
        "output": ".._pages_content.children..._pages_store.data..",
        "outputs": [
            {"id": "_pages_content", "property": "children"},
            {"id": "_pages_store", "property": "data"},
        ],
        "inputs": [
            {"id": "_pages_location", "property": "pathname", "value": "/elsewhere"},
            {"id": "_pages_location", "property": "search", "value": ""},
        ],
        "changedPropIds": [],
    }
    client.get(f"{PREFIX}/")
    assert client.post(f"{PREFIX}/_dash-update-component", json=body).status_code == 400

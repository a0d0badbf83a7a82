"""Whose words count about where a call comes from: a trusted proxy's, and nobody else's."""

from ipaddress import ip_network

import flask
import pytest

from dashboard.proxy import TrustedProxies, UnderPrefix, peer_address

NETWORKS = [ip_network("127.0.0.1"), ip_network("10.0.0.0/8")]


def seen(peer: str, url_prefix: str = "", path: str = "/page", **headers: str) -> dict[str, str]:
    """What the app behind the middleware sees of a call from `peer`."""
    app = flask.Flask("echo")

    @app.get("/<path:rest>")
    def echo(rest: str) -> dict[str, str]:
        request = flask.request
        return {
            "peer": peer_address(request),
            "url": request.url,
            "root": request.script_root,
            "path": request.path,
            "forwarded": ",".join(name for name, _ in request.headers if name.startswith("X-Forwarded")),
        }

    app.wsgi_app = TrustedProxies(UnderPrefix(app.wsgi_app, url_prefix), NETWORKS)  # type: ignore[method-assign]
    named = {f"X-Forwarded-{name.title()}": value for name, value in headers.items()}
    response = app.test_client().get(path, headers=named, environ_overrides={"REMOTE_ADDR": peer})
    assert response.status_code == 200
    return response.get_json()


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("198.51.100.1, 203.0.113.7", "203.0.113.7"),  # what the client itself claims stands first
        ("203.0.113.7, 10.1.2.3", "203.0.113.7"),  # two trusted proxies in a row
        ("10.9.9.9, 10.1.2.3", "10.9.9.9"),
        ("203.0.113.7:4711", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("[2001:db8:1:2:3::4]:443", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("unknown", "127.0.0.1"),
        ("203.0.113.7, nonsense", "127.0.0.1"),
        ("", "127.0.0.1"),
    ],
)
def test_a_trusted_proxy_says_who_the_client_is(forwarded, client):
    assert seen("127.0.0.1", **{"for": forwarded})["peer"] == client


@pytest.mark.parametrize("peer", ["203.0.113.9", "2001:db8::1", "127.0.0.2"])
def test_what_anybody_else_forwards_is_removed(peer):
    headers = {"for": "198.51.100.1", "proto": "https", "host": "evil.example", "port": "1", "prefix": "/x"}
    answer = seen(peer, **headers)
    assert answer["peer"] in (peer, "2001:db8::/64")
    assert answer["url"] == "http://localhost/page"
    assert (answer["root"], answer["forwarded"]) == ("", "")


def test_a_trusted_proxy_says_under_which_address_the_browser_sees_the_server():
    answer = seen("10.0.0.1", proto="https", host="faces.example:8443", prefix="/workbench")
    assert answer["url"] == "https://faces.example:8443/workbench/page"
    assert answer["root"] == "/workbench"


@pytest.mark.parametrize("path", ["/page", "/workbench/page"], ids=["cut off by the proxy", "passed on"])
def test_a_prefix_holds_whether_or_not_the_proxy_cuts_it_off(path):
    answer = seen("203.0.113.9", "/workbench", path)
    assert (answer["root"], answer["path"]) == ("/workbench", "/page")


def test_a_path_that_only_begins_like_the_prefix_is_not_under_it():
    assert seen("203.0.113.9", "/work", "/workbench/page")["path"] == "/workbench/page"


@pytest.mark.parametrize("prefix", ["//evil.example", "/a b", "/a/../b;", "/<script>", "javascript:"])
def test_a_prefix_that_is_no_path_is_dropped(prefix):
    assert seen("127.0.0.1", prefix=prefix)["root"] == ""


def test_a_scheme_or_port_that_is_none_is_dropped():
    assert seen("127.0.0.1", proto="javascript", port="x")["url"] == "http://localhost/page"

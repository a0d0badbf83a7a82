"""Addresses and methods that are not there: JSON with 404 or 405 for programs, a page with 404 for people."""

from collections.abc import Sequence

import dash
import flask
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest, HTTPException, MethodNotAllowed, NotFound
from werkzeug.routing import RoutingException

from dashboard.deployment import is_allowed_host
from dashboard.errors import as_json

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
# Below these nobody types an address.
FOR_PROGRAMS = ("api", "healthz", "pictures", "assets")


def is_page(path: str) -> bool:
    """Whether a page is registered under this path."""
    return path.strip("/") in {
        page["path"].strip("/")
        for page in dash.page_registry.values()
        if not page["module"].endswith("not_found_404")
    }


def register(server: flask.Flask, catch_all: str, allowed_hosts: Sequence[str]) -> None:
    """Refuse what `server` has no answer to; `catch_all` is the endpoint that shows a page for any path."""

    @server.before_request
    def refuse_unknown() -> ResponseReturnValue | None:
        request = flask.request
        if not is_allowed_host(request.host, allowed_hosts):
            raise BadRequest(
                f"This server is not called {request.host[:80]!r}. Its owner names it with --allowed-host."
            )
        methods = _methods_at(server, request, catch_all)
        if not methods:
            _refuse_but_for_people(request)
            return None
        if request.method == "OPTIONS":
            return flask.Response(headers={"Allow": ", ".join([*methods, "OPTIONS"])})
        if request.method not in methods:
            raise MethodNotAllowed(
                [*methods, "OPTIONS"],
                f"{request.path} takes {' and '.join(methods)}. Received: {request.method}.",
            )
        return None

    server.register_error_handler(HTTPException, as_json)


def _refuse_but_for_people(request: flask.Request) -> None:
    """Let Dash show its page that says so, with 404, or raise NotFound."""
    first = request.path.strip("/").partition("/")[0]
    if request.method in ("GET", "HEAD") and first not in FOR_PROGRAMS and not first.startswith("_"):
        return
    raise NotFound(f"There is nothing under {request.path[:80]}. Received: {request.method}.")


def _methods_at(server: flask.Flask, request: flask.Request, catch_all: str) -> list[str]:
    """The methods that this address takes, HEAD beside GET; none where only the catch-all answers."""
    adapter = server.create_url_adapter(request)
    methods = []
    for method in METHODS:
        try:
            rule, _ = adapter.match(method=method, return_rule=True)  # type: ignore[union-attr]
        except (HTTPException, RoutingException):
            continue
        if rule.endpoint != catch_all or is_page(request.path):
            methods += [method, "HEAD"] if method == "GET" else [method]
    return methods

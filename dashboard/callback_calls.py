"""Calls of Dash's own endpoints by anybody -> 400 or 404 with a sentence, where Dash would answer 500.

The browser sends what the page holds; a program may send anything.
"""

import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode

import flask
from dash.exceptions import DashException, DependencyException, PreventUpdate
from pydantic import BaseModel, StrictStr, ValidationError
from werkzeug.exceptions import BadRequest, NotFound

from faces.errors import ProjectError

log = logging.getLogger(__name__)

LOCATION = "_pages_location"  # as Dash calls the component that holds the URL
View = Callable[..., Any]
# What Python and its libraries raise over a value of another kind than they expect.
REFUSED = (
    DashException,
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    ArithmeticError,
    RuntimeError,
    ProjectError,
)


class _Dependency(BaseModel):
    """A property of a component: its id is a name, or a dictionary of names and numbers."""

    id: StrictStr | dict[str, str | int | float | bool]
    property: StrictStr
    value: Any = None


class _Output(BaseModel):
    """A property that a callback fills."""

    id: StrictStr | dict[str, str | int | float | bool]
    property: StrictStr


class _CallbackCall(BaseModel):
    """The body of `_dash-update-component`, as far as Dash relies on it."""

    output: StrictStr
    outputs: _Output | list[_Output | list[_Output]] = []
    inputs: list[_Dependency | list[_Dependency]] = []
    state: list[_Dependency | list[_Dependency]] = []
    changedPropIds: list[StrictStr] = []


def checked_callbacks(dispatch: View, callbacks: dict[str, Any]) -> View:
    """The view `dispatch` of Dash, called only with what names one of its `callbacks` and fits it."""

    def checked() -> Any:
        body = flask.request.get_json()
        _check(body, callbacks)
        _simplify_url(body.get("inputs", []))
        try:
            return dispatch()
        except PreventUpdate:
            raise
        except REFUSED as error:
            # Every value came from outside: such as no page sends, or a callback is wrong. The log has both.
            log.exception("The callback of %s failed.", body["output"][:80])
            raise BadRequest("The values of this call are not those of a page.") from error

    return checked


def checked_files(serve: View) -> View:
    """The view `serve` of packages' files, with 404 for a package or file that no page asks for."""

    def checked(package_name: str, fingerprinted_path: str) -> Any:
        try:
            return serve(package_name, fingerprinted_path)
        except (DependencyException, OSError, KeyError) as error:
            raise NotFound(f"No page loads {fingerprinted_path[:80]} of {package_name[:40]}.") from error

    return checked


def _check(body: Any, callbacks: dict[str, Any]) -> None:
    """Raise BadRequest for a body that does not call one of the callbacks."""
    try:
        call = _CallbackCall.model_validate(body)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        raise BadRequest(f"{'.'.join(map(str, fault['loc'])) or 'The body'}: {fault['msg']}.") from error
    if call.output not in callbacks:
        raise BadRequest(f"No callback fills {call.output[:80]!r}.")
    declared = [*callbacks[call.output]["inputs"], *callbacks[call.output]["state"]]
    received = [*call.inputs, *call.state]
    if len(received) != len(declared) or not all(map(_fits, received, declared)):
        raise BadRequest(f"The inputs are not those of the callback that fills {call.output[:80]!r}.")


def _fits(received: _Dependency | list[_Dependency], declared: dict[str, str]) -> bool:
    """Whether a value, or all that a pattern matches, are of the declared property."""
    values = received if isinstance(received, list) else [received]
    return all(value.property == declared["property"] for value in values)


def _simplify_url(inputs: list[Any]) -> None:
    """Keep the first of each parameter of the URL, as browsers' URLSearchParams does: pages take one."""
    for received in inputs:
        if isinstance(received, dict) and received["id"] == LOCATION and received["property"] == "search":
            search = received["value"] if isinstance(received.get("value"), str) else ""
            first = dict(reversed(parse_qsl(search.removeprefix("?"), keep_blank_values=True)))
            received["value"] = f"?{urlencode(first)}" if first else ""

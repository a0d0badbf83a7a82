"""The callbacks of one page: collected when its module is imported, registered with every app that is made.

`dash.callback` writes into a global list that the first app of a process empties; a second app, as tests make
it, would have none.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from dash import ClientsideFunction, Dash

Function = TypeVar("Function", bound=Callable[..., Any])


class Callbacks:
    """What a `flask.Blueprint` is to routes."""

    def __init__(self) -> None:
        self._registrations: list[Callable[[Dash], Any]] = []

    def server(self, *dependencies: Any, **options: Any) -> Callable[[Function], Function]:
        """Decorator of a function in Python; takes the arguments of `dash.callback`."""

        def collected(function: Function) -> Function:
            self._registrations.append(lambda app: app.callback(*dependencies, **options)(function))
            return function

        return collected

    def browser(self, namespace: str, function: str, *dependencies: Any, **options: Any) -> None:
        """Name a function of a script under assets/: `window.dash_clientside[namespace][function]`."""
        script = ClientsideFunction(namespace, function)
        self._registrations.append(lambda app: app.clientside_callback(script, *dependencies, **options))

    def register(self, app: Dash) -> None:
        """Add all of them to `app`."""
        for registration in self._registrations:
            registration(app)

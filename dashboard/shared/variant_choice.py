"""The two variants that Predict and Saliency compare: from the URL, or chosen where more are served."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import dash_mantine_components as dmc
from dash import Input, Output, dcc, html

from dashboard.context import current_context
from dashboard.shared.callbacks import Callbacks
from dashboard.workbench import SHOWN_AT_ONCE


def comparison_in(query: Mapping[str, str], names: Sequence[str]) -> tuple[str, ...]:
    """The (first, second) variant that a URL names, or the nearest that exist: by default the first two.

    Of one variant alone there is no second.
    """
    first = query.get("first") if query.get("first") in names else names[0]
    others = [name for name in names if name != first]
    second = query.get("second") if query.get("second") in others else next(iter(others), None)
    return tuple(name for name in (first, second) if name)


@dataclass(frozen=True)
class VariantChoice:
    """A Store of the names of the compared variants under `id` and, from three variants on, two Selects."""

    id: str

    def layout(self, comparison: Sequence[str], names: Sequence[str]) -> html.Div:
        """`comparison` holds the names of the compared variants, `names` those of all."""
        first, second = (*comparison, None)[:SHOWN_AT_ONCE]
        return html.Div(
            [
                dcc.Store(id=self.id, data=list(comparison)),
                html.Div(id=f"{self.id}-url-params", hidden=True),
                _select(f"{self.id}-first", "First variant", first, names),
                _select(
                    f"{self.id}-second", "Second variant", second, [name for name in names if name != first]
                ),
            ],
            className="variant-choice",
            role="group",
            hidden=len(names) <= SHOWN_AT_ONCE,
            **{"aria-label": "Variants"},
        )

    def register(self, callbacks: Callbacks) -> None:
        """Fill the Store from the Selects, and name both variants in the URL."""

        @callbacks.server(
            Output(self.id, "data"),
            Output(f"{self.id}-second", "data"),
            Output(f"{self.id}-second", "value"),
            Input(f"{self.id}-first", "value"),
            Input(f"{self.id}-second", "value"),
            prevent_initial_call=True,
        )
        def choose(first: str, second: str | None) -> tuple[list[str], list[str], str | None]:
            """A variant is not compared with itself: the second makes room for the first."""
            names = list(current_context().variants)
            comparison = comparison_in({"first": first, "second": second or ""}, names)
            return list(comparison), [name for name in names if name != first], (*comparison, None)[1]

        callbacks.browser(
            "shell",
            "comparisonUrlParams",
            Output(f"{self.id}-url-params", "children"),
            Input(self.id, "data"),
            prevent_initial_call=True,
        )


def _select(id_: str, label: str, value: str | None, names: Sequence[str]) -> dmc.Select:
    return dmc.Select(id=id_, value=value, data=list(names), label=label, allowDeselect=False, w=170)

"""The two variants that a page compares: read from its address, and chosen where more than two are served.

A room of its own because Predict and Saliency compare alike: a pair is a Store of two names (of one, where
one variant is served alone), two Selects that fill it, and `first` and `second` in the address.
"""

from collections.abc import Mapping, Sequence

import dash_mantine_components as dmc
from dash import MATCH, ClientsideFunction, Input, Output, callback, clientside_callback, dcc, html

from dashboard.context import current_context
from dashboard.shared import ids
from dashboard.workbench import SHOWN_AT_ONCE


def pair_in(query: Mapping[str, str], names: Sequence[str]) -> tuple[str, ...]:
    """The pair that an address names, or the nearest that exists: by default the first two variants."""
    first = query.get("first") if query.get("first") in names else names[0]
    others = [name for name in names if name != first]
    second = query.get("second") if query.get("second") in others else next(iter(others), None)
    return tuple(name for name in (first, second) if name)


def pair_chooser(page: str, pair: Sequence[str], names: Sequence[str]) -> html.Div:
    """The Store of the pair and, from three variants on, the Selects. `page` tells the choosers apart."""
    first, second = (*pair, None)[:SHOWN_AT_ONCE]
    return html.Div(
        [
            dcc.Store(id=ids.pair(ids.PAIR, page), data=list(pair)),
            html.Div(id=ids.pair(ids.PAIR_ADDRESS, page), hidden=True),
            dmc.Select(
                id=ids.pair(ids.PAIR_FIRST, page),
                value=first,
                data=list(names),
                label="First variant",
                allowDeselect=False,
                w=170,
            ),
            dmc.Select(
                id=ids.pair(ids.PAIR_SECOND, page),
                value=second,
                data=[name for name in names if name != first],
                label="Second variant",
                allowDeselect=False,
                w=170,
            ),
        ],
        className="variant-pair",
        role="group",
        hidden=len(names) <= SHOWN_AT_ONCE,
        **{"aria-label": "Variants"},
    )


@callback(
    Output(ids.pair(ids.PAIR, MATCH), "data"),
    Output(ids.pair(ids.PAIR_SECOND, MATCH), "data"),
    Output(ids.pair(ids.PAIR_SECOND, MATCH), "value"),
    Input(ids.pair(ids.PAIR_FIRST, MATCH), "value"),
    Input(ids.pair(ids.PAIR_SECOND, MATCH), "value"),
    prevent_initial_call=True,
)
def choose_pair(first: str, second: str | None) -> tuple[list[str], list[str], str | None]:
    """A variant is not compared with itself: the second makes room for the first."""
    names = list(current_context().variants)
    pair = pair_in({"first": first, "second": second or ""}, names)
    return list(pair), [name for name in names if name != pair[0]], (*pair, None)[1]


clientside_callback(
    ClientsideFunction("pair", "address"),
    Output(ids.pair(ids.PAIR_ADDRESS, MATCH), "children"),
    Input(ids.pair(ids.PAIR, MATCH), "data"),
    prevent_initial_call=True,
)

"""Metrics: Which variant is better, is the difference real, and where does each fail?

Controls and URL become a Selection (selection.py), numbers are computed once for it (numbers.py), sections
are filled when they come near the screen, and every figure fills its own card.
"""

from typing import Any

import dash
import dash_mantine_components as dmc
from dash import dcc, html

from dashboard.context import current_context
from dashboard.pages.metrics import ids
from dashboard.pages.metrics.numbers import numbers_of
from dashboard.pages.metrics.sections import SECTIONS
from dashboard.pages.metrics.selection import (
    ALL_PICTURES,
    FOUND_ONLY,
    Selection,
    selection_from,
    sets_in,
    splits_in,
)
from dashboard.shared.alerts import PROBLEM, alert, page_heading, skeleton
from faces.errors import ProjectError

dash.register_page(
    __name__, path="/metrics", name="Metrics", title="Metrics · Age and gender workbench", order=3
)

QUESTION = "Which variant is better, is the difference real, and where does each fail?"


def layout(**query: str) -> html.Div:
    """The page; set, split, pictures, first and second come from the URL."""
    context = current_context()
    heading = page_heading("Metrics", QUESTION)
    try:
        numbers = numbers_of(context)
    except ProjectError as error:
        return html.Div([heading, alert("The predictions cannot be shown.", str(error), tone=PROBLEM)])
    if numbers.predictions.empty:
        command = html.Code("python -m evaluation predict --data-dir DIR")
        return html.Div(
            [heading, alert("There are no predictions yet.", ["This page reads tables: ", command])]
        )
    selection = selection_from(query, numbers.predictions, list(context.variants))
    return html.Div(
        [
            heading,
            dcc.Store(id=ids.SELECTION, data=selection.as_dict),
            html.Div(id=ids.URL_PARAMS, hidden=True),
            _controls(selection, sets_in(numbers.predictions), splits_in(numbers.predictions, selection.set)),
            html.Div(skeleton(190), id=ids.HEADLINE, className="metrics-headline", **{"aria-live": "polite"}),
            html.Div([skeleton(196) for _ in range(4)], id=ids.TILES, className="grid-4"),
            html.Nav(
                [html.A(section.title, href=f"#{anchor}") for anchor, section in SECTIONS.items()],
                className="section-links",
                **{"aria-label": "Sections"},
            ),
            *(_section(anchor) for anchor in SECTIONS),
        ],
        className="metrics",
    )


def _controls(selection: Selection, sets: list[str], splits: list[str]) -> html.Div:
    names = list(current_context().variants)
    variants = [
        dmc.Select(id=id_, value=value, data=names, label=label, allowDeselect=False, w=150)
        for id_, value, label in (
            (ids.FIRST, selection.first, "First variant"),
            (ids.SECOND, selection.second, "Second variant"),
        )
    ]
    pictures = [{"value": ALL_PICTURES, "label": "all"}, {"value": FOUND_ONLY, "label": "face found"}]
    return html.Div(
        [
            _choice("Set", ids.SET, selection.set, sets),
            _choice("Split", ids.SPLIT, selection.split, splits),
            _choice("Pictures", ids.PICTURES, selection.pictures, pictures),
            # Two variants are always compared; a choice is offered from three on.
            html.Div(variants, className="metrics-comparison", hidden=len(names) < 3),
        ],
        className="metrics-controls",
    )


def _choice(label: str, id_: str, value: str, options: list[Any]) -> html.Div:
    control = dmc.SegmentedControl(id=id_, value=value, data=options)
    return html.Div(
        [html.Span(label, className="control-label"), control], role="group", **{"aria-label": label}
    )


def _section(anchor: str) -> html.Section:
    """A heading and the place for what stands under it; filled when the visitor comes near."""
    section = SECTIONS[anchor]
    return html.Section(
        [
            html.H2(section.title),
            html.Div(skeleton(section.height_px), id=ids.of_section(ids.SECTION_BODY, anchor)),
            dcc.Store(id=ids.of_section(ids.SECTION_NEAR, anchor), data=False),
        ],
        id=anchor,
        className="metrics-section",
    )

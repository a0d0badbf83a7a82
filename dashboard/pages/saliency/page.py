"""Saliency: Which pixels led to the answers, and can the map be trusted?"""

import dash
from dash import dcc, html

from dashboard.context import current_context
from dashboard.pages.saliency import ids
from dashboard.pages.saliency.callbacks import VARIANT_CHOICE
from dashboard.pages.saliency.controls import (
    key_in,
    method_choice,
    method_in,
    painting_choice,
    picture_choice,
)
from dashboard.pages.saliency.grid import placeholder
from dashboard.pictures.store import FIRST_SAMPLE
from dashboard.shared.alerts import page_heading
from dashboard.shared.url_params import integer_in
from dashboard.shared.variant_choice import comparison_in
from faces.saliency.explain import METHODS

dash.register_page(
    __name__, path="/saliency", name="Saliency", title="Saliency · Age and gender workbench", order=2
)

QUESTION = "Which pixels led to the answers, and can you trust the map?"
MAX_FACES = 10_000


def layout(**query: str) -> html.Div:
    """The page; picture (or sample, or set), face, method, engine and painting come from the URL."""
    context = current_context()
    key, method, names = key_in(query), method_in(query), list(context.variants)
    comparison = comparison_in(query, names)
    face_index = integer_in(query.get("face"), 0, MAX_FACES, 0)
    return html.Div(
        [
            page_heading("Saliency", QUESTION),
            dcc.Store(id=ids.FACE, data={"key": key, "face": face_index}),
            dcc.Store(id=ids.DEFAULT_PICTURE, data=FIRST_SAMPLE),
            dcc.Store(id=ids.MEANINGS, data={method.name: method.meaning for method in METHODS.values()}),
            VARIANT_CHOICE.layout(comparison, names),
            html.Div(
                [
                    picture_choice(context, key),
                    method_choice([context.variants[name] for name in comparison], method, query),
                    painting_choice(query),
                ],
                className="saliency-bar",
            ),
            html.Div(
                [html.Div(placeholder(len(comparison)), id=ids.ROWS), _aside(METHODS[method].meaning)],
                className="saliency-body",
            ),
        ],
        className="saliency",
    )


def _aside(meaning: str) -> html.Aside:
    """Whether the maps agree, and what their colours mean."""
    alone = len(current_context().variants) == 1
    return html.Aside(
        [
            html.H2("Do they agree?", hidden=alone),
            html.Div(
                id=ids.AGREEMENT, className="saliency-agreement", hidden=alone, **{"aria-live": "polite"}
            ),
            html.H2("What the maps mean"),
            html.P(meaning, id=ids.MEANING, className="saliency-meaning"),
            html.Div(
                [html.Span("least"), html.Span(className="legend-bar"), html.Span("most")],
                id=ids.LEGEND,
                className="saliency-legend",
                title="From the least to the most important pixel of each map; the top 0.5 % share a colour",
            ),
            html.P("Trust what several methods show; a single map may mislead.", className="quiet"),
        ],
        className="saliency-aside",
    )

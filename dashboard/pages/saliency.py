"""Saliency: Which pixels made the networks say so?"""

import dash
from dash import html

from dashboard.components.notices import notice, page_heading

dash.register_page(__name__, path="/saliency", name="Saliency", title="Saliency", order=2)


def layout(**_query: str) -> html.Div:
    """The page; the address's query arrives as keyword arguments."""
    return html.Div(
        [page_heading("Saliency", "Which pixels made the networks say so?"), notice("Nothing to show yet.")]
    )

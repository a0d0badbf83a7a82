"""Metrics: Which variant is better, is the difference real, and where does each fail?"""

import dash
from dash import html

from dashboard.components.notices import notice, page_heading

dash.register_page(__name__, path="/metrics", name="Metrics", title="Metrics", order=3)


def layout(**_query: str) -> html.Div:
    """The page; the address's query arrives as keyword arguments."""
    return html.Div(
        [
            page_heading(
                "Metrics", "Which variant is better, is the difference real, and where does each fail?"
            ),
            notice("Nothing to show yet."),
        ]
    )

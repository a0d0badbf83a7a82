"""About: What are these networks, and what must they not be used for?"""

import dash
from dash import html

from dashboard.components.notices import notice, page_heading

dash.register_page(__name__, path="/about", name="About", title="About", order=4)


def layout(**_query: str) -> html.Div:
    """The page; the address's query arrives as keyword arguments."""
    return html.Div(
        [
            page_heading("About", "What are these networks, and what must they not be used for?"),
            notice("Nothing to show yet."),
        ]
    )

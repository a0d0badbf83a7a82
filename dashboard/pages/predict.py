"""Predict: what does each variant say about this picture, how sure is it, and how long did it take?"""

import dash
from dash import html

from dashboard.components.notices import notice, page_heading

dash.register_page(__name__, path="/", name="Predict", title="Predict", order=1)


def layout(**_query: str) -> html.Div:
    return html.Div([page_heading("Predict", "x"), notice("Nothing to show yet.")])

"""A URL under which there is no page."""

import dash
from dash import dcc, html

from dashboard.shared.alerts import alert, page_heading
from dashboard.shared.url_params import path_of

dash.register_page(__name__, title="Not found · Age and gender workbench")


def layout(**_query: str) -> html.Div:
    return html.Div(
        [
            page_heading("There is no such page", "The address may be mistyped, or from another version."),
            alert(
                "Predict is a good place to begin.",
                action=dcc.Link("To Predict", href=path_of("/"), className="button"),
            ),
        ]
    )

"""Predict: what does each variant answer for this picture, how sure is it, and how long did it take?"""

import dash
from dash import html

from dashboard.context import current_context
from dashboard.pages.predict import ids
from dashboard.pages.predict.callbacks import VARIANT_CHOICE
from dashboard.pages.predict.upload_area import upload_area
from dashboard.shared.variant_choice import comparison_in

dash.register_page(__name__, path="/", name="Predict", title="Predict · Age and gender workbench", order=1)


def layout(**query: str) -> html.Div:
    """The page; `?sample=FILE` is taken up by the browser, which keeps the pictures of this visit."""
    context = current_context()
    names = list(context.variants)
    comparison = comparison_in(query, names)
    return html.Div(
        [
            upload_area(
                list(context.pictures.samples.values()),
                [context.variants[name] for name in comparison],
                context.palette.css_colours(),
            ),
            VARIANT_CHOICE.layout(comparison, names),
            html.Ul(
                id=ids.FILMSTRIP,
                className="filmstrip",
                **{"aria-label": "Your pictures", "aria-live": "polite"},
            ),
            html.Div(id=ids.PROBLEMS, className="problems"),
            html.Div(id=ids.ANSWER),
        ],
        id=ids.PREDICT,
        className="predict",
    )

"""What stands in the place of content that is not there: an alert, or a skeleton while it is computed.

A calm alert says that all is well and nothing is there; a problem says what happened, to which file, and what
to do.
"""

from typing import Any

from dash import html

CALM, PROBLEM = "calm", "problem"


def alert(title: str, text: Any = None, *, tone: str = CALM, action: Any = None) -> html.Div:
    """A box with a title, a sentence and perhaps a button or link. A screen reader says a problem at once."""
    parts = [html.P(title, className="alert-title")]
    if text is not None:
        parts.append(html.P(text, className="alert-text"))
    if action is not None:
        parts.append(html.Div(action, className="alert-action"))
    return html.Div(parts, className=f"alert alert-{tone}", role="alert" if tone == PROBLEM else "status")


def page_heading(title: str, question: str) -> html.Div:
    """The head of a page: its name and the question that it answers."""
    return html.Div([html.H1(title), html.P(question, className="page-question")], className="page-heading")


def skeleton(height_px: int, *, width: str = "100%") -> html.Div:
    """A pulsing rectangle in the final size of what is being computed."""
    return html.Div(
        className="skeleton", style={"height": height_px, "width": width}, **{"aria-hidden": "true"}
    )

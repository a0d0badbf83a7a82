"""Training: which trainings are there, how did they learn, and which is best so far?

Runs are read from their folders (evaluation/runs.py) whenever something is shown, and again every few seconds
while one of them trains. Curves and table are made anew only when a file changed.
"""

from collections.abc import Sequence

import dash
import dash_mantine_components as dmc
from dash import dcc, html

from dashboard.context import current_context
from dashboard.pages.training import ids
from dashboard.pages.training.callbacks import CURVE_CARDS
from dashboard.pages.training.curves import CURVES, chosen_in
from dashboard.pages.training.progress import is_any_training, mark_of, progress_of
from dashboard.pages.training.table import runs_table
from dashboard.shared.alerts import alert, page_heading
from dashboard.shared.grids import csv_button
from evaluation.runs import Run

dash.register_page(
    __name__, path="/training", name="Training", title="Training · Age and gender workbench", order=4
)

QUESTION = "Which trainings are there, how did they learn, and which is best so far?"
REFRESH_MS = 5000


def layout(**query: str) -> html.Div:
    """The page; the runs whose curves are shown come from the URL: `?runs=full,wide`."""
    context = current_context()
    runs, ms_a_picture = context.tables.runs(), context.workbench.ms_a_picture
    heading = page_heading("Training", QUESTION)
    if not runs:
        command = html.Code("python -m training run model_full --data-dir DIR")
        return html.Div([heading, alert("No runs yet.", ["Start one: ", command])])
    names = [run.name for run in runs]
    cards = [CURVE_CARDS.card(key, curve.about) for key, curve in CURVES.items()]
    return html.Div(
        [
            heading,
            dcc.Store(id=ids.RUNS, data=mark_of(runs, ms_a_picture)),
            dcc.Interval(id=ids.LIVE, interval=REFRESH_MS, disabled=not is_any_training(runs)),
            html.Div(id=ids.URL_PARAMS, hidden=True),
            html.Div(progress_of(runs), id=ids.PROGRESS, className="training-progress"),
            html.Div(runs_table(runs, ms_a_picture), className="data-grid"),
            html.Div(
                [html.P("The best scores are marked ◂.", className="quiet"), csv_button(ids.TABLE)],
                className="training-foot",
            ),
            html.H2("Curves"),
            dmc.ChipGroup(_chips(runs), id=ids.CHOSEN, value=chosen_in(query, names), multiple=True),
            html.Div(cards, className="grid-2"),
        ],
        className="training",
    )


def _chips(runs: Sequence[Run]) -> list[dmc.Chip]:
    palette = current_context().palette.including(run.name for run in runs)
    return [
        dmc.Chip(
            [html.Span(className="training-dot", style={"background": palette.css(run.name)}), run.name],
            value=run.name,
            variant="outline",
            color="gray",
            disabled=not run.epochs_done,
        )
        for run in runs
    ]

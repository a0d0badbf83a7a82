"""Histories of runs -> the curves of one quantity, laid over each other. Pure, as dashboard.shared.figures.

A run has one colour; training frames are dotted, validation is solid. Where a phase begins a line stands with
its name. The zoom that a visitor chose stays when a new epoch comes (`uirevision`).
"""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from dashboard.shared.figures import empty_figure, finished
from dashboard.shared.theme import neutral, variant_colour
from evaluation.runs import Run

SYMBOLS = ("circle", "square", "diamond", "x")  # colours come again after some runs; then the marks differ
COLOURS_UNTIL_REPEAT = 8
FEW_EPOCHS = 12
ROWS_OF_NAMES, LINE_PX = 5, 14
NEAR_THE_END = 0.7


def curves_figure(
    runs: Sequence[Run],
    columns: Sequence[str],
    title: str,
    names: Sequence[str],
    scheme: str | None,
    *,
    axis: str,
    tickformat: str = "",
    logarithmic: bool = False,
) -> go.Figure:
    """One quantity of the chosen runs by epoch.

    `columns` of their histories: that of training frames and that of validation, or one alone. `names` are
    those of all runs, which fix the colours. Runs without these columns are left out.
    """
    told = [run for run in runs if columns[-1] in run.history and run.epochs_done]
    if not told:
        return empty_figure(title, "None of these trainings has this curve.", scheme)
    figure = go.Figure()
    for run in told:
        for column, words, dash in _lines(columns):
            if column in run.history:
                _add_curve(figure, run, column, words, dash, names, scheme, tickformat)
    if len(columns) > 1:
        figure.add_scatter(
            x=[None], y=[None], name="training frames", mode="lines",
            line={"color": neutral("quiet", scheme), "dash": "dot", "width": 2},
        )  # fmt: skip
    quiet, last = neutral("quiet", scheme), max(run.epochs_done for run in told)
    for number, (epoch, words) in enumerate(phase_marks(told).items()):
        # Names hang one below the other, and those at the right end before their line: none covers another.
        figure.add_vline(
            x=epoch - 0.5, line={"color": quiet, "width": 1, "dash": "dash"},
            annotation={
                "text": words, "font": {"color": quiet, "size": 12},
                "yshift": -LINE_PX * (number % ROWS_OF_NAMES),
            },
            annotation_position="top left" if epoch > NEAR_THE_END * last else "top right",
        )  # fmt: skip
    few = all(run.epochs_done <= FEW_EPOCHS for run in told)
    figure.update_xaxes(title="epoch", dtick=1 if few else None)
    figure.update_yaxes(title=axis, tickformat=tickformat, type="log" if logarithmic else None)
    if logarithmic:
        figure.update_yaxes(exponentformat="power", dtick=1)
    return finished(figure, title, scheme).update_layout(uirevision="chosen by the visitor")


def phase_marks(runs: Sequence[Run]) -> Mapping[int, str]:
    """Epoch -> names of the phases that begin with it, after the first; whose they are where runs differ."""
    starts: dict[int, dict[str, list[str]]] = {}
    for run in runs:
        for epoch, phase in run.phase_starts[1:]:
            starts.setdefault(epoch, {}).setdefault(phase, []).append(run.name)
    return {
        epoch: ", ".join(
            phase if len(whose) == len(runs) else f"{phase} ({', '.join(whose)})"
            for phase, whose in starts[epoch].items()
        )
        for epoch in sorted(starts)
    }


def _lines(columns: Sequence[str]) -> list[tuple[str, str, str]]:
    """(column, what it is of, dash) of each line of a run."""
    if len(columns) == 1:
        return [(columns[0], "", "solid")]
    return [(columns[0], ", training", "dot"), (columns[1], ", validation", "solid")]


def _add_curve(
    figure: go.Figure,
    run: Run,
    column: str,
    words: str,
    dash: str,
    names: Sequence[str],
    scheme: str | None,
    tickformat: str,
) -> None:
    symbol = SYMBOLS[names.index(run.name) // COLOURS_UNTIL_REPEAT % len(SYMBOLS)]
    figure.add_scatter(
        x=run.history.epoch, y=run.history[column], name=run.name, legendgroup=run.name, mode="lines+markers",
        line={"color": variant_colour(run.name, names, scheme), "dash": dash, "width": 2},
        marker={"size": 5, "symbol": symbol}, showlegend=dash == "solid", customdata=run.history.phase,
        hovertemplate=(
            f"{run.name}{words}<br>epoch %{{x}} (%{{customdata}}): "
            f"%{{y:{tickformat or '.3~g'}}}<extra></extra>"
        ),
    )  # fmt: skip

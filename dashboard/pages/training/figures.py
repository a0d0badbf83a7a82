"""Histories of runs -> the curves of one quantity, laid over each other. Pure, as dashboard.shared.figures.

A run has one colour; training pictures are dotted, validation is solid. Where a phase begins stands a line
with its name. The zoom that a visitor chose stays when a new epoch comes (`uirevision`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from dashboard.shared.figures import FigureColours, empty_figure, finished
from evaluation.runs import Run

SYMBOLS = ("circle", "square", "diamond", "x")  # colours come again after some runs; then the marks differ
COLOURS_UNTIL_REPEAT = 8
FEW_EPOCHS = 12
ROWS_OF_NAMES, LINE_PX = 5, 14
NEAR_THE_END = 0.7


@dataclass(frozen=True)
class CurveAxis:
    """The axis of the quantity; `tickformat` is Plotly's."""

    title: str
    tickformat: str = ""
    logarithmic: bool = False


@dataclass(frozen=True)
class Line:
    """One line of each run: a column of its history, what it is of, how it is dashed."""

    column: str
    of: str = ""
    dash: str = "solid"


def curves_figure(
    runs: Sequence[Run],
    columns: Sequence[str],
    title: str,
    names: Sequence[str],
    colours: FigureColours,
    axis: CurveAxis,
) -> go.Figure:
    """One quantity of the chosen runs by epoch.

    `columns` of their histories: that of training pictures and that of validation, or one alone. `names` are
    those of all runs. Runs without these columns are left out.
    """
    shown = [run for run in runs if columns[-1] in run.history and run.epochs_done]
    if not shown:
        return empty_figure(title, "None of these trainings has this curve.", colours.scheme)
    figure = go.Figure()
    for run in shown:
        symbol = SYMBOLS[names.index(run.name) // COLOURS_UNTIL_REPEAT % len(SYMBOLS)]
        for line in _lines(columns):
            if line.column in run.history:
                _add_curve(figure, run, line, symbol, colours.variant(run.name), axis)
    if len(columns) > 1:
        figure.add_scatter(
            x=[None], y=[None], name="training pictures", mode="lines",
            line={"color": colours.neutral("quiet"), "dash": "dot", "width": 2},
        )  # fmt: skip
    _add_phases(figure, shown, colours.neutral("quiet"))
    few = all(run.epochs_done <= FEW_EPOCHS for run in shown)
    figure.update_xaxes(title="epoch", dtick=1 if few else None)
    figure.update_yaxes(
        title=axis.title, tickformat=axis.tickformat, type="log" if axis.logarithmic else None
    )
    if axis.logarithmic:
        figure.update_yaxes(exponentformat="power", dtick=1)
    return finished(figure, title, colours.scheme).update_layout(uirevision="chosen by the visitor")


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


def _lines(columns: Sequence[str]) -> list[Line]:
    if len(columns) == 1:
        return [Line(columns[0])]
    return [Line(columns[0], ", training", "dot"), Line(columns[1], ", validation")]


def _add_curve(figure: go.Figure, run: Run, line: Line, symbol: str, colour: str, axis: CurveAxis) -> None:
    figure.add_scatter(
        x=run.history.epoch, y=run.history[line.column], name=run.name, legendgroup=run.name,
        mode="lines+markers", line={"color": colour, "dash": line.dash, "width": 2},
        marker={"size": 5, "symbol": symbol}, showlegend=line.dash == "solid", customdata=run.history.phase,
        hovertemplate=(
            f"{run.name}{line.of}<br>epoch %{{x}} (%{{customdata}}): "
            f"%{{y:{axis.tickformat or '.3~g'}}}<extra></extra>"
        ),
    )  # fmt: skip


def _add_phases(figure: go.Figure, runs: Sequence[Run], colour: str) -> None:
    """A line where a phase begins. Names hang one below the other, and near the end before their line."""
    last = max(run.epochs_done for run in runs)
    for number, (epoch, name) in enumerate(phase_marks(runs).items()):
        figure.add_vline(
            x=epoch - 0.5, line={"color": colour, "width": 1, "dash": "dash"},
            annotation={
                "text": name, "font": {"color": colour, "size": 12},
                "yshift": -LINE_PX * (number % ROWS_OF_NAMES),
            },
            annotation_position="top left" if epoch > NEAR_THE_END * last else "top right",
        )  # fmt: skip

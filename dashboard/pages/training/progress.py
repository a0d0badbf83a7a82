"""Runs -> how far each training is, what it will take, how to resume one that was stopped."""

from collections.abc import Mapping, Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import html

from dashboard.shared.alerts import PROBLEM, alert
from evaluation.runs import STOPPED, TRAINING, UNREADABLE, Run


def is_any_training(runs: Sequence[Run]) -> bool:
    """Whether a run trains now."""
    return any(run.state == TRAINING for run in runs)


def progress_of(runs: Sequence[Run]) -> list[Any]:
    """A line for each run that trains, was stopped or cannot be read; none for the others."""
    lines: list[Any] = []
    for run in runs:
        if run.state == TRAINING:
            lines.append(_progress(run))
        elif run.state == STOPPED:
            text = f"{run.name} was stopped after epoch {run.epochs_done}. Go on with it: "
            lines.append(html.P([text, html.Code(run.resume_command)], className="training-line"))
        elif run.state == UNREADABLE:
            lines.append(alert(f"{run.name} cannot be read.", run.problem, tone=PROBLEM))
    return lines


def mark_of(runs: Sequence[Run], ms_a_picture: Mapping[str, float]) -> str:
    """A text that differs when anything that the page shows of the runs does."""
    return "; ".join(
        f"{run.name} {run.state} {run.epochs_done} {run.updated} {len(run.estimates or ())} "
        f"{ms_a_picture.get(run.name, 0):.1f}"
        for run in runs
    )


def minutes_in_words(seconds: float) -> str:
    """`3 minutes`, `1 hour 20 minutes`; under a minute is `a minute`."""
    minutes = max(round(seconds / 60), 1)
    hours, rest = divmod(minutes, 60)
    parts = [f"{hours} hour{'s' if hours > 1 else ''}"] if hours else []
    if rest or not hours:
        parts.append(f"{rest} minutes" if rest > 1 else "a minute")
    return " ".join(parts)


def _progress(run: Run) -> html.Div:
    of_all = f"epoch {run.epochs_done} of {run.epochs}" if run.epochs else f"epoch {run.epochs_done}"
    parts = [f"{run.name} trains: {of_all}"]
    if run.epochs_done:
        parts.append(f"phase {run.history.phase.iloc[-1]}")
    if run.seconds_left is not None:
        parts.append(f"about {minutes_in_words(run.seconds_left)} left")
    if run.device:
        parts.append(f"on {run.device}")
    if run.skipped_pictures:
        parts.append(f"{run.skipped_pictures:,} unreadable pictures skipped")
    fraction = 100 * run.epochs_done / run.epochs if run.epochs else 0
    return html.Div(
        [
            html.P(", ".join(parts) + "."),
            dmc.Progress(
                value=fraction, color="gray", size="sm", **{"aria-label": f"Progress of {run.name}"}
            ),
        ],
        className="training-line",
        role="status",
    )

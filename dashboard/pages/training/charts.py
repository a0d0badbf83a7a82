"""The curves of the Training page: for each, the frame that it shows and the figure that is drawn of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from dashboard.pages.training.figures import curves_figure
from evaluation.runs import Run

ABOUT_BOTH = (
    "Solid: validation split. Dotted: augmented training frames, which are harder. A dashed line "
    "stands where a phase of the training begins. In a phase called look, where the network looks is all "
    "that is trained, and in its middle the figures say little."
)
CHOSEN_AT_FIRST = 4


@dataclass(frozen=True)
class Curve:
    """One quantity by epoch. `columns` are those of a history: of training frames and of validation."""

    key: str
    words: str
    columns: tuple[str, ...]
    axis: str
    about: str
    tickformat: str = ""
    logarithmic: bool = False

    def table(self, runs: Sequence[Run]) -> pd.DataFrame:
        """Columns run, epoch, phase and those of the curve: what the figure shows."""
        shown = [
            run.history[["epoch", "phase", *(name for name in self.columns if name in run.history)]].assign(
                run=run.name
            )
            for run in runs
        ]
        columns = ["run", "epoch", "phase", *self.columns]
        return pd.concat([one.reindex(columns=columns) for one in shown] or [pd.DataFrame(columns=columns)])

    def draw(self, runs: Sequence[Run], names: Sequence[str], scheme: str | None) -> go.Figure:
        """`names` are those of all runs, which fix the colours."""
        return curves_figure(
            runs, self.columns, self.title(runs), names, scheme,
            axis=self.axis, tickformat=self.tickformat, logarithmic=self.logarithmic,
        )  # fmt: skip

    def title(self, runs: Sequence[Run]) -> str:
        """What the last epoch of each run says; of many runs, what is drawn."""
        column, form = self.columns[-1], self.tickformat or ".3g"
        lasts = [
            f"{run.name} {run.history[column].iloc[-1]:{form}}"
            for run in runs
            if column in run.history and run.history[column].tail(1).notna().any()
        ]
        if not lasts or len(lasts) > 3:
            return f"{self.words} of {len(lasts)} runs" if lasts else self.words
        return f"{self.words}: {', '.join(lasts)} at the end"


def chosen_in(query: Mapping[str, str], names: Sequence[str]) -> list[str]:
    """The runs that an address names, in the order of all; by default the first four."""
    wanted = query.get("runs", "").split(",")
    return [name for name in names if name in wanted] or list(names[:CHOSEN_AT_FIRST])


CURVES = {
    curve.key: curve
    for curve in (
        Curve("loss", "Loss", ("loss", "validation_loss"), "loss (lower is better)", ABOUT_BOTH),
        Curve(
            "age_error",
            "Age error",
            ("age_mae_years", "validation_age_mae_years"),
            "mean absolute error, years",
            ABOUT_BOTH,
            ".2f",
        ),
        Curve(
            "gender_accuracy",
            "Gender accuracy",
            ("gender_accuracy", "validation_gender_accuracy"),
            "share read right",
            ABOUT_BOTH,
            ".1%",
        ),
        Curve(
            "learning_rate",
            "Learning rate",
            ("learning_rate",),
            "learning rate (logarithmic)",
            "How large the steps of the optimiser are at the end of each epoch.",
            logarithmic=True,
        ),
    )
}

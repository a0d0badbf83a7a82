"""The curves of the Training page: of each, its table and its figure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from dashboard.pages.training.figures import CurveAxis, curves_figure
from dashboard.shared.figures import FigureColours
from evaluation.runs import Run

ABOUT_BOTH = (
    "Solid: validation split. Dotted: augmented training pictures, which are harder. A dashed line "
    "stands where a phase of the training begins. In a phase called localizer, only the small network that "
    "places the attention crop is trained, and in its middle the curves say little."
)
CHOSEN_AT_FIRST = 4


@dataclass(frozen=True)
class Curve:
    """One quantity by epoch. `columns` are those of a history: of training pictures and of validation."""

    key: str
    label: str
    columns: tuple[str, ...]
    axis: CurveAxis
    about: str

    def table(self, runs: Sequence[Run]) -> pd.DataFrame:
        """Columns run, epoch, phase and those of the curve: what the figure shows."""
        columns = ["run", "epoch", "phase", *self.columns]
        tables = [run.history.assign(run=run.name).reindex(columns=columns) for run in runs]
        return pd.concat(tables or [pd.DataFrame(columns=columns)])

    def plot(self, runs: Sequence[Run], names: Sequence[str], colours: FigureColours) -> go.Figure:
        """`names` are those of all runs, which fix the marks that tell equal colours apart."""
        return curves_figure(runs, self.columns, self.title(runs), names, colours, self.axis)

    def title(self, runs: Sequence[Run]) -> str:
        """The values after the last epoch; of more than three runs, how many there are."""
        column, value_format = self.columns[-1], self.axis.tickformat or ".3g"
        last_values = [
            f"{run.name} {run.history[column].iloc[-1]:{value_format}}"
            for run in runs
            if column in run.history and run.history[column].tail(1).notna().any()
        ]
        if not last_values:
            return self.label
        if len(last_values) > 3:
            return f"{self.label} of {len(last_values)} runs"
        return f"{self.label}: {', '.join(last_values)} at the end"


def chosen_in(query: Mapping[str, str], names: Sequence[str]) -> list[str]:
    """The runs that a URL names, in the order of all; by default the first four."""
    wanted = query.get("runs", "").split(",")
    return [name for name in names if name in wanted] or list(names[:CHOSEN_AT_FIRST])


CURVES = {
    curve.key: curve
    for curve in (
        Curve("loss", "Loss", ("loss", "validation_loss"), CurveAxis("loss (lower is better)"), ABOUT_BOTH),
        Curve(
            "age_error",
            "Age error",
            ("age_mae_years", "validation_age_mae_years"),
            CurveAxis("mean absolute error, years", ".2f"),
            ABOUT_BOTH,
        ),
        Curve(
            "gender_accuracy",
            "Gender accuracy",
            ("gender_accuracy", "validation_gender_accuracy"),
            CurveAxis("share predicted right", ".1%"),
            ABOUT_BOTH,
        ),
        Curve(
            "learning_rate",
            "Learning rate",
            ("learning_rate",),
            CurveAxis("learning rate (logarithmic)", logarithmic=True),
            "How large the steps of the optimiser are at the end of each epoch.",
        ),
    )
}

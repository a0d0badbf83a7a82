"""The curves of the Training page, of the selected variants alone."""

from dashboard.pages.metrics.charts.chart import Chart
from dashboard.pages.metrics.numbers import Numbers
from dashboard.pages.metrics.selection import Selection
from dashboard.pages.training.curves import CURVES
from evaluation.runs import Run


def _runs(numbers: Numbers, selection: Selection) -> list[Run]:
    return [numbers.runs[name] for name in selection.names if name in numbers.runs]


def _chart_of(key: str) -> Chart:
    curve = CURVES[key]
    return Chart(
        f"training_{key}",
        lambda numbers, selection: curve.table(_runs(numbers, selection)),
        lambda _, view: curve.plot(_runs(view.numbers, view.selection), view.names, view.colours),
        curve.about,
    )


TRAINING_CHARTS = tuple(_chart_of(key) for key in ("loss", "age_error", "gender_accuracy"))

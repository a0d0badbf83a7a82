"""Confusion matrices -> figures: one of counts or fractions, and one of how two of them differ.

The colour of a difference says which variant is better, not which sign it has. Pure functions, as in
dashboard.shared.figures.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.colors import sample_colorscale

from dashboard.shared.figures import empty_figure, finished
from dashboard.shared.theme import diverging_scale, readable_on, sequential_scale

COUNTS, ROWS, COLUMNS = "counts", "row", "column"
MATRIX_HEIGHT_PX = 340


def confusion_figure(
    counts: pd.DataFrame, title: str, scheme: str | None, *, fractions: str = COUNTS
) -> go.Figure:
    """A square matrix of counts (rows true, columns predicted), as counts or fractions of rows or columns."""
    if not counts.to_numpy().any():
        return _nothing(title, "None of these pictures has both a prediction and a label.", scheme)
    shown, texts = _as_shown(counts, fractions)
    largest = 1.0 if fractions != COUNTS else max(float(counts.to_numpy().max()), 1.0)
    figure = go.Figure(
        go.Heatmap(
            z=shown, x=list(counts.columns), y=list(counts.index), text=texts,
            customdata=counts.to_numpy(), colorscale=sequential_scale(scheme), zmin=0, zmax=largest,
            showscale=False, xgap=2, ygap=2,
            hovertemplate="true %{y}, predicted %{x}<br>%{customdata:,} pictures<extra></extra>",
        )
    )  # fmt: skip
    return _matrix(figure, title, scheme)


def confusion_difference_figure(
    first: pd.DataFrame,
    second: pd.DataFrame,
    title: str,
    names: Sequence[str],
    scheme: str | None,
    *,
    fractions: str = COUNTS,
    is_real: pd.DataFrame | None = None,
) -> go.Figure:
    """second minus first of two matrices of the same pictures; the colour says which variant is better there.

    More is better on the diagonal and worse off it, so the colour is not the sign of the number. Cells of
    `is_real` (bool, as the matrices), where the paired difference is detected, are bold.
    """
    if not (first.to_numpy().any() and second.to_numpy().any()):
        return _nothing(title, "It needs pictures that both have predicted.", scheme)
    change = _as_shown(second, fractions)[0] - _as_shown(first, fractions)[0]
    better = np.where(np.eye(len(change), dtype=bool), change, -change)
    if fractions == COUNTS:
        texts = [[f"{value:+.0f}" if value else "" for value in row] for row in change]
    else:
        digits = _digits(first)
        texts = [
            [f"{100 * value:+.{digits}f}" if round(100 * value, digits) else "" for value in row]
            for row in change
        ]
    texts = [[text.replace("-", "−") for text in row] for row in texts]
    if is_real is not None:
        texts = [
            [f"<b>{text}</b>" if bold and text else text for text, bold in zip(row, bolds, strict=True)]
            for row, bolds in zip(texts, is_real.to_numpy(), strict=True)
        ]
    largest = max(float(np.abs(better).max()), 1.0 if fractions == COUNTS else 0.01)
    figure = go.Figure(
        go.Heatmap(
            z=better, x=list(first.columns), y=list(first.index), text=texts,
            customdata=np.dstack([first.to_numpy(), second.to_numpy()]),
            colorscale=diverging_scale(scheme), zmid=0, zmin=-largest, zmax=largest, showscale=False,
            xgap=2, ygap=2,
            hovertemplate=(
                f"true %{{y}}, predicted %{{x}}<br>{names[0]}: %{{customdata[0]:,}}<br>"
                f"{names[1]}: %{{customdata[1]:,}} pictures<extra></extra>"
            ),
        )
    )  # fmt: skip
    return _matrix(figure, title, scheme)


def _nothing(title: str, text: str, scheme: str | None) -> go.Figure:
    return empty_figure(title, text, scheme).update_layout(height=MATRIX_HEIGHT_PX)


def _as_shown(counts: pd.DataFrame, fractions: str) -> tuple[np.ndarray, list[list[str]]]:
    """The numbers of a matrix and their texts: counts, or fractions of rows or columns (0 where empty)."""
    numbers = counts.to_numpy(float)
    if fractions == COUNTS:
        return numbers, [[f"{value:,.0f}" if value else "" for value in row] for row in numbers]
    totals = numbers.sum(axis=1 if fractions == ROWS else 0, keepdims=True)
    numbers = np.divide(numbers, totals, out=np.zeros_like(numbers), where=totals > 0)
    digits = _digits(counts)
    return numbers, [[f"{100 * value:.{digits}f}" if value else "" for value in row] for row in numbers]


def _digits(counts: pd.DataFrame) -> int:
    """Decimals of a percentage: the cells of a large matrix have room for none."""
    return 1 if len(counts) <= 3 else 0


def _matrix(figure: go.Figure, title: str, scheme: str | None) -> go.Figure:
    cells = figure.data[0]
    figure.add_trace(_cell_texts(cells))
    size = len(cells.x)
    figure.update_xaxes(
        title="predicted",
        showgrid=False,
        type="category",
        tickangle=-45 if size > 4 else 0,
        range=(-0.5, size - 0.5),
    )
    figure.update_yaxes(title="true", showgrid=False, type="category", range=(size - 0.5, -0.5))
    return finished(figure, title, scheme).update_layout(height=MATRIX_HEIGHT_PX, margin={"t": 4})


def _cell_texts(cells: go.Heatmap) -> go.Scatter:
    """The texts of a heatmap in colours with contrast to its cells.

    Plotly's own are grey or white, neither of which has enough on a colour of middle brightness.
    """
    fractions = np.clip((np.asarray(cells.z) - cells.zmin) / (cells.zmax - cells.zmin), 0, 1).ravel()
    scale = [list(stop) for stop in cells.colorscale]
    columns, rows = np.meshgrid(cells.x, cells.y)
    return go.Scatter(
        x=columns.ravel(), y=rows.ravel(), text=np.asarray(cells.text).ravel(), mode="text",
        textfont={"color": [readable_on(colour) for colour in sample_colorscale(scale, fractions)]},
        hoverinfo="skip", showlegend=False,
    )  # fmt: skip

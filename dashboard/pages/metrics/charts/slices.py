"""The charts by slice of the pictures: by decade of the true age and gender, and by the size of the face."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.pages.metrics.charts.chart import (
    MANY,
    NO_EXACT_AGES,
    NO_GENDERS,
    Chart,
    Plot,
    View,
    needs_head,
    table_of_each,
)
from dashboard.pages.metrics.numbers import Numbers
from dashboard.pages.metrics.selection import Selection
from dashboard.pages.metrics.slice_figures import SliceAxes, slices_figure
from evaluation.metrics.paired_slices import by_decade, by_face_fraction
from evaluation.metrics.slice_sentences import slices_in_words
from evaluation.metrics.slices import MIN_PICTURES, error_by_decade_and_gender, error_by_face_fraction
from faces.predictions import AGE, GENDER, GENDERS

FACE_SIZE = (
    "by the size of the face that the detector found: its longer side over the picture's shorter side. With "
    "95 % intervals of each variant; the heading rests on their paired differences, corrected for all sizes "
    "shown. Pictures without a found face are left out."
)


# --- By age and gender ----------------------------------------------------------------------------------
def _by_decade_and_gender(numbers: Numbers, selection: Selection) -> pd.DataFrame:
    return numbers.once(
        ("by decade", selection), lambda: table_of_each(numbers, selection, error_by_decade_and_gender)
    )


def _by_decade(gender: str, metric: str) -> Chart:
    @needs_head(AGE)
    def plot(table: pd.DataFrame, view: View) -> go.Figure:
        of_gender = table[table.gender == gender]
        if table.empty:
            return view.empty(NO_EXACT_AGES)
        if of_gender.empty:
            return view.empty(f"No {MANY[gender]} in these pictures")
        finding = _errors_in_words(of_gender, gender, view) if metric == "mae" else _bias_in_words(of_gender)
        axes = SliceAxes(
            metric,
            "MAE, years" if metric == "mae" else "bias, years",
            "true age, years",
            list(dict.fromkeys(table.sort_values("slice", key=_decade_order).slice)),
            value_range=_value_range(table, metric),
            max_count=int(table["count"].max()),
        )
        title = f"{MANY[gender].capitalize()}: {finding}"
        return slices_figure(of_gender, title, view.names, view.colours, axes)

    definition = (
        "Mean absolute error" if metric == "mae" else "Mean of predicted minus true age: above 0 is too old"
    )
    return Chart(
        f"{metric}_by_age_{gender}",
        _by_decade_and_gender,
        plot,
        f"{definition}. By decade of the true age, with 95 % intervals of each variant; the bars "
        "count the pictures.",
    )


def _errors_in_words(slices: pd.DataFrame, gender: str, view: View) -> str:
    """Where the variants differ by a paired difference, and which ages are predicted worst."""
    if len(view.names) < 2:
        return _worst_in_words(slices)
    code = GENDERS.index(gender)
    differences = view.numbers.paired_slices(
        view.selection, f"age of {gender}", lambda rows: by_decade(rows).where(rows.gender == code), "mae"
    )
    finding = slices_in_words(differences, view.names[0], view.names[1], "at")
    return f"{finding}. {_worst_in_words(slices).capitalize()}"


def _worst_in_words(slices: pd.DataFrame) -> str:
    large = slices[slices["count"] >= MIN_PICTURES]
    if large.empty:
        return "too few pictures to compare ages"
    worst = large.iloc[int(np.argmax(large.mae))]
    return f"ages {worst['slice']} are predicted worst, {worst['mae']:.1f} years off ({worst['variant']})"


def _bias_in_words(slices: pd.DataFrame) -> str:
    biased = slices[(slices["count"] >= MIN_PICTURES) & ((slices.bias_low > 0) | (slices.bias_high < 0))]
    if biased.empty:
        return "no age group is predicted too old or too young"
    most = biased.iloc[int(np.argmax(biased.bias.abs()))]
    years = f"{abs(most['bias']):.1f} years too {'old' if most['bias'] > 0 else 'young'}"
    return f"ages {most['slice']} are predicted {years} ({most['variant']})"


def _decade_order(slices: pd.Series) -> pd.Series:
    return slices.str.extract(r"^(\d+)", expand=False).astype(int)


def _value_range(table: pd.DataFrame, metric: str) -> tuple[float, float]:
    """The axis range that figures side by side share; whiskers of tiny slices may leave it."""
    large = table[table["count"] >= 5] if (table["count"] >= 5).any() else table
    low, high = float(large[f"{metric}_low"].min()), float(large[f"{metric}_high"].max())
    margin = 0.05 * max(high - low, 1.0)
    return (0.0 if metric == "mae" else low - margin), high + margin


# --- By the size of the face ----------------------------------------------------------------------------
def _by_face_fraction(numbers: Numbers, selection: Selection) -> pd.DataFrame:
    return numbers.once(
        ("by face fraction", selection), lambda: table_of_each(numbers, selection, error_by_face_fraction)
    )


def _plot_by_face_fraction(metric: str) -> Plot:
    is_age = metric == "mae"

    @needs_head(AGE if is_age else GENDER)
    def plot(table: pd.DataFrame, view: View) -> go.Figure:
        if table.empty:
            return view.empty("No face was found in these pictures")
        if table[metric].isna().all():
            return view.empty(NO_EXACT_AGES if is_age else NO_GENDERS)
        low, high = _value_range(table, metric)
        axes = SliceAxes(
            metric,
            "MAE, years" if is_age else "genders right",
            "face, share of the picture's side",
            list(dict.fromkeys(table.slice)),
            value_range=(low, high if is_age else min(high, 1.02)),
            as_percent=not is_age,
        )
        title = _face_fraction_title(table, metric, view)
        return slices_figure(table, title, view.names, view.colours, axes)

    return plot


def _face_fraction_title(table: pd.DataFrame, metric: str, view: View) -> str:
    """Name the sizes at which the two variants differ by a paired difference in MAE or accuracy."""
    what = "error" if metric == "mae" else "gender accuracy"
    known = [name for name in view.names if table[metric][table.variant == name].notna().any()]
    if len(known) < 2:
        return f"How the size of the face moves the {what} of {' and '.join(known)}"
    differences = view.numbers.paired_slices(view.selection, "face fraction", by_face_fraction, metric)
    finding = slices_in_words(differences, view.names[0], view.names[1], "where the face takes")
    return f"{what.capitalize()}: {finding}"


SLICE_CHARTS = (
    *(_by_decade(gender, metric) for metric in ("mae", "bias") for gender in ("female", "male")),
    Chart(
        "mae_by_face_fraction",
        _by_face_fraction,
        _plot_by_face_fraction("mae"),
        f"Mean absolute error {FACE_SIZE}",
    ),
    Chart(
        "accuracy_by_face_fraction",
        _by_face_fraction,
        _plot_by_face_fraction("accuracy"),
        f"Genders predicted right {FACE_SIZE}",
    ),
)

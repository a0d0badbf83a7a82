"""The charts of the Metrics page: for each, the frame that it shows and the figure that is drawn of it.

A room of its own because the frame is also what the CSV button saves: nothing is drawn that cannot be traced.
`CHARTS` is the list; the page lays them out and calls `frame`, then `draw`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.pages.metrics.numbers import Numbers
from dashboard.pages.metrics.selection import Selection
from dashboard.pages.training.charts import CURVES
from dashboard.shared import figures
from evaluation.metrics.abstention import accuracy_by_answer_rate
from evaluation.metrics.definitions import CS_YEARS, is_better
from evaluation.metrics.differences import both_with
from evaluation.metrics.estimates import Estimate, formatted
from evaluation.metrics.references import read_references
from evaluation.metrics.rows import NO_AGE_HEAD, heads, with_ages, with_genders
from evaluation.metrics.slices import (
    MIN_PICTURES,
    error_by_decade_and_gender,
    error_by_face_fraction,
)
from evaluation.runs import Run
from faces.predictions import AGE, GENDER

MANY = {"male": "men", "female": "women"}
NO_EXACT_AGES = "No exact ages in these pictures"


@dataclass(frozen=True)
class View:
    """What a figure is drawn for, besides its frame."""

    numbers: Numbers
    selection: Selection
    scheme: str | None

    @property
    def names(self) -> tuple[str, ...]:
        return self.selection.names


Draw = Callable[[pd.DataFrame, View], go.Figure]


@dataclass(frozen=True)
class Chart:
    """`frame` computes what is shown, `draw` draws it; `about` explains it under a question mark."""

    key: str
    table: Callable[[Numbers, Selection], pd.DataFrame]
    draw: Draw
    about: str


def _of_both(
    numbers: Numbers, selection: Selection, table: Callable[[pd.DataFrame], pd.DataFrame]
) -> pd.DataFrame:
    """The frame of every selected variant, one under the other, with a first column `variant`."""
    tables = [table(numbers.rows(selection, name)) for name in selection.names]
    for name, one in zip(selection.names, tables, strict=True):
        one.insert(0, "variant", name)
    return pd.concat(tables, ignore_index=True)


def _estimate_rows(numbers: Numbers, selection: Selection, keys: Sequence[tuple[str, str]]) -> pd.DataFrame:
    """Columns score, variant, value, low, high, count of some measures; `keys` are (measure, words)."""
    rows = []
    for key, words in keys:
        for name in selection.names:
            metric = numbers.estimates(selection, name)[key]
            rows.append((words, name, metric.value, metric.low, metric.high, metric.count))
    return pd.DataFrame(rows, columns=["score", "variant", "value", "low", "high", "count"])


def _each(view: View, key: str, words: Callable[[dict[str, Estimate]], str]) -> str:
    """`full 4.31, cropped 4.12`: the same words about each variant whose measure `key` is known."""
    estimates = {name: view.numbers.estimates(view.selection, name) for name in view.names}
    known = [name for name in view.names if estimates[name][key].known]
    return ", ".join(f"{name} {words(estimates[name])}" for name in known or view.names)


def _silent(view: View, output: str) -> list[str]:
    """The selected variants that tell the other of AGE and GENDER alone."""
    told = {name: heads(view.numbers.rows(view.selection, name)) for name in view.names}
    return [name for name, outputs in told.items() if outputs and output not in outputs]


def _silence_in_words(names: Sequence[str], output: str) -> str:
    return f"{' and '.join(names)} {'tell' if len(names) > 1 else 'tells'} no {output}s."


def _where_told(output: str) -> Callable[[Draw], Draw]:
    """The figure of what the selected variants tell; its title names one that does not tell `output`.

    Where none does, the figure is empty and says so.
    """

    def of(draw: Draw) -> Draw:
        def drawn(table: pd.DataFrame, view: View) -> go.Figure:
            silent = _silent(view, output)
            words = _silence_in_words(silent, output)
            if len(silent) == len(view.names):
                return figures.empty_figure(f"{output.capitalize()}s are not told", words, view.scheme)
            figure = draw(table, view)
            if silent:
                figure.layout.meta = figure.layout.meta | {"title": f"{figure.layout.meta['title']}. {words}"}
            return figure

        return drawn

    return of


# --- Gender ---------------------------------------------------------------------------------------------
GENDER_SCORES = [
    (f"{score}_{gender}", f"{words}, {MANY[gender]}")
    for gender in ("female", "male")
    for score, words in (("precision", "Precision"), ("recall", "Recall"), ("f1", "F1"))
]


def _gender_scores(numbers: Numbers, selection: Selection) -> pd.DataFrame:
    return _estimate_rows(numbers, selection, GENDER_SCORES)


@_where_told(GENDER)
def _draw_gender_scores(table: pd.DataFrame, view: View) -> go.Figure:
    estimates = [view.numbers.estimates(view.selection, name) for name in view.names]
    told = [
        (own["recall_female"].value, own["recall_male"].value) for own in estimates if own["accuracy"].known
    ]
    if not told:
        title = "No genders in these pictures"
    elif all(women < men for women, men in told):
        title = "Women are read wrong more often than men"
    elif all(women > men for women, men in told):
        title = "Men are read wrong more often than women"
    elif any(women == women and men == men for women, men in told):
        title = "Women and men are read about equally well"
    else:
        title = "Women and men cannot be told apart here: one of them is missing"
    return figures.scores_figure(table, title, view.names, view.scheme)


def _accuracy_by_answer_rate(numbers: Numbers, selection: Selection) -> pd.DataFrame:
    return _of_both(numbers, selection, lambda rows: accuracy_by_answer_rate(with_genders(rows)))


@_where_told(GENDER)
def _plot_accuracy_by_answer_rate(table: pd.DataFrame, view: View) -> go.Figure:
    if table.empty:
        return figures.empty_figure("No genders in these pictures", "", view.scheme)
    estimates = {name: view.numbers.estimates(view.selection, name) for name in view.names}
    rules = pd.DataFrame(
        [
            (name, own["answer_rate"].value, right.value, right.low, right.high, right.count)
            for name, own in estimates.items()
            for right in (own["selective_accuracy"],)
        ],
        columns=["variant", "fraction", "value", "low", "high", "count"],
    )
    told = _each(
        view,
        "accuracy",
        lambda own: f"tells {own['answer_rate'].text}, {own['selective_accuracy'].text} of them right",
    )
    return figures.abstention_figure(table, rules, told, view.names, view.scheme)


# --- Age ------------------------------------------------------------------------------------------------
def age_density(rows: pd.DataFrame) -> pd.DataFrame:
    """Counts on a grid of ages: columns true_years, predicted_years (both where bins start), count."""
    aged = with_ages(rows)
    step = figures.DENSITY_STEP_YEARS
    edges = np.arange(0, figures.OLDEST_SHOWN + step, step)
    counts, _, _ = np.histogram2d(
        aged.age_years.clip(upper=figures.OLDEST_SHOWN), aged.predicted_age_years, bins=[edges, edges]
    )
    true, predicted = np.meshgrid(edges[:-1], edges[:-1], indexing="ij")
    return pd.DataFrame(
        {
            "true_years": true.ravel(),
            "predicted_years": predicted.ravel(),
            "count": counts.ravel().astype(int),
        }
    )


def _density_of(place: int) -> Chart:
    def draw(table: pd.DataFrame, view: View) -> go.Figure:
        if place >= len(view.names):
            return figures.empty_figure("", "There is one variant alone.", view.scheme)
        name = view.names[place]
        estimates = view.numbers.estimates(view.selection, name)
        bias = estimates["bias"]
        if bias.reason == NO_AGE_HEAD:
            return figures.empty_figure(f"{name}: {NO_AGE_HEAD}", _silence_in_words([name], AGE), view.scheme)
        title = f"{name}: ages are right on average" if bias.known else f"{name}: no exact ages"
        if bias.low > 0 or bias.high < 0:
            way = "old" if bias.value > 0 else "young"
            title = f"{name}: {abs(bias.value):.1f} years too {way} on average"
        own = table[table.variant == name]
        return figures.density_figure(own, title, view.scheme, most=float(table["count"].max()))

    return Chart(
        f"predicted_against_true_{place + 1}",
        lambda numbers, selection: _of_both(numbers, selection, age_density),
        draw,
        "How often each predicted age goes with each true age. On the dotted line both are equal.",
    )


def _cs(numbers: Numbers, selection: Selection) -> pd.DataFrame:
    keys = [(f"cs_{years}", str(years)) for years in CS_YEARS]
    rows = _estimate_rows(numbers, selection, keys)
    return rows.assign(years=rows.score.astype(int), fraction=rows.value)[
        ["variant", "years", "fraction", "low", "high", "count"]
    ]


@_where_told(AGE)
def _draw_cs(table: pd.DataFrame, view: View) -> go.Figure:
    references = read_references()
    of_set = view.selection.set == references.curve_floor.set
    published = [
        (name, years, value)
        for years in CS_YEARS
        for name, value in references.published_for(view.selection.set, f"cs_{years}")
    ]
    title = "Within 5 years: " + _each(view, "cs_5", lambda estimates: estimates["cs_5"].text)
    return figures.cs_figure(
        table, title, view.names, view.scheme,
        floor=references.curve_floor.fractions if of_set else (), published=published, note=references.note,
    )  # fmt: skip


def _mae(numbers: Numbers, selection: Selection) -> pd.DataFrame:
    return _estimate_rows(numbers, selection, [("mae", "mae")])


@_where_told(AGE)
def _draw_beside_others(table: pd.DataFrame, view: View) -> go.Figure:
    references = read_references()
    floor = references.floor_for(view.selection.set, "mae")
    title = "Off on average: " + _each(view, "mae", lambda estimates: estimates["mae"].text)
    return figures.beside_others_figure(
        table, references.published_for(view.selection.set, "mae"), title, view.names, view.scheme,
        floor=floor.value if floor else None, note=references.note,
    )  # fmt: skip


# --- By age and gender ----------------------------------------------------------------------------------
def _by_decade_and_gender(numbers: Numbers, selection: Selection) -> pd.DataFrame:
    return numbers.once(
        ("by decade", selection), lambda: _of_both(numbers, selection, error_by_decade_and_gender)
    )


def _by_decade(gender: str, metric: str) -> Chart:
    @_where_told(AGE)
    def draw(table: pd.DataFrame, view: View) -> go.Figure:
        own = table[table.gender == gender]
        if table.empty:
            return figures.empty_figure(NO_EXACT_AGES, "", view.scheme)
        if own.empty:
            return figures.empty_figure(f"No {MANY[gender]} in these pictures", "", view.scheme)
        order = list(dict.fromkeys(table.sort_values("slice", key=_decade_order).slice))
        told = _worst_words(own) if metric == "mae" else _one_sided_words(own)
        return figures.slices_figure(
            own, metric, f"{MANY[gender].capitalize()}: {told}", view.names, view.scheme,
            axis="MAE, years" if metric == "mae" else "bias, years", slices_of="true age, years",
            order=order, value_range=_range_of(table, metric), most_pictures=int(table["count"].max()),
        )  # fmt: skip

    words = (
        "Mean absolute error" if metric == "mae" else "Mean of predicted minus true age: above 0 is too old"
    )
    return Chart(
        f"{metric}_by_age_{gender}",
        _by_decade_and_gender,
        draw,
        f"{words}. By decade of the true age, with 95 % intervals; the bars count the pictures.",
    )


def _worst_words(slices: pd.DataFrame) -> str:
    told = slices[slices["count"] >= MIN_PICTURES]
    if told.empty:
        return "too few pictures to tell ages apart"
    worst = told.iloc[int(np.argmax(told.mae))]
    return f"ages {worst['slice']} are read worst, {worst['mae']:.1f} years off ({worst['variant']})"


def _one_sided_words(slices: pd.DataFrame) -> str:
    sure = slices[(slices["count"] >= MIN_PICTURES) & ((slices.bias_low > 0) | (slices.bias_high < 0))]
    if sure.empty:
        return "no age group is read too old or too young"
    most = sure.iloc[int(np.argmax(sure.bias.abs()))]
    way = "old" if most["bias"] > 0 else "young"
    return f"ages {most['slice']} are read {abs(most['bias']):.1f} years too {way} ({most['variant']})"


def _decade_order(slices: pd.Series) -> pd.Series:
    return slices.str.extract(r"^(\d+)", expand=False).astype(int)


def _range_of(table: pd.DataFrame, metric: str) -> tuple[float, float]:
    """The axis range that figures side by side share; whiskers of tiny slices may leave it."""
    told = table[table["count"] >= 5] if (table["count"] >= 5).any() else table
    low, high = float(told[f"{metric}_low"].min()), float(told[f"{metric}_high"].max())
    margin = 0.05 * max(high - low, 1.0)
    return (0.0 if metric == "mae" else low - margin), high + margin


# --- By the face's share --------------------------------------------------------------------------------
def _by_fraction(numbers: Numbers, selection: Selection) -> pd.DataFrame:
    return numbers.once(("by share", selection), lambda: _of_both(numbers, selection, error_by_face_fraction))


def _drawn_by_fraction(metric: str) -> Draw:
    @_where_told(AGE if metric == "mae" else GENDER)
    def draw(table: pd.DataFrame, view: View) -> go.Figure:
        of_ages = metric == "mae"
        if table.empty:
            return figures.empty_figure("No face was found in these pictures", "", view.scheme)
        if table[metric].isna().all():
            nothing = NO_EXACT_AGES if of_ages else "No genders in these pictures"
            return figures.empty_figure(nothing, "", view.scheme)
        low, high = _range_of(table, metric)
        return figures.slices_figure(
            table, metric, _fraction_title(table, metric, view.names), view.names, view.scheme,
            axis="MAE, years" if of_ages else "genders read right",
            slices_of="face, share of the picture's side",
            order=list(dict.fromkeys(table.slice)), value_range=(low, high if of_ages else min(high, 1.02)),
            as_percent=not of_ages,
        )  # fmt: skip

    return draw


def _fraction_title(table: pd.DataFrame, metric: str, names: Sequence[str]) -> str:
    """Name the size at which the two variants are furthest apart in MAE or accuracy."""
    what = "error" if metric == "mae" else "gender accuracy"
    told = [name for name in names if table[metric][table.variant == name].notna().any()]
    if len(told) < 2:
        return f"How the size of the face moves the {what} of {' and '.join(told)}"
    first, second = (table[table.variant == name].set_index("slice") for name in names)
    gap = (first[metric] - second[metric]).dropna()
    above = first[f"{metric}_low"] > second[f"{metric}_high"]
    below = second[f"{metric}_low"] > first[f"{metric}_high"]
    apart = gap[above | below]
    if apart.empty:
        return f"At no size of the face are the two clearly apart in {what}"
    size = str(apart.abs().idxmax())
    better = names[0] if is_better(metric, first[metric][size], second[metric][size]) else names[1]
    by = f"{abs(apart[size]):.1f} years" if metric == "mae" else f"{100 * abs(apart[size]):.1f} points"
    return f"{better} gains most where the face takes {size}: {by}"


# --- Disagreement ---------------------------------------------------------------------------------------
def _errors(numbers: Numbers, selection: Selection) -> pd.DataFrame:
    if not selection.second:
        return pd.DataFrame(columns=["file", "age_years", "first_error", "second_error"])
    first, second = both_with(with_ages, *numbers.pair(selection))
    return pd.DataFrame(
        {
            "file": first.file.to_numpy(),
            "age_years": first.age_years.to_numpy(),
            "first_error": (first.predicted_age_years - first.age_years).to_numpy(),
            "second_error": (second.predicted_age_years - second.age_years).to_numpy(),
        }
    )


def _draw_errors(table: pd.DataFrame, view: View) -> go.Figure:
    if table.empty:
        words = "One variant is here."
        if view.selection.second:
            words = "Both answered none of these pictures with an exact age."
            if silent := _silent(view, AGE):
                words = _silence_in_words(silent, AGE)
        return figures.empty_figure("Disagreement needs two variants with ages", words, view.scheme)
    apart = (table.first_error - table.second_error).abs() > 10
    title = (
        f"The two are more than 10 years apart on {formatted(apart.mean(), 'fraction')} "
        f"of the pictures ({apart.sum():,} of {len(table):,})"
    )
    return figures.disagreement_figure(table, title, view.names, view.scheme)


# --- Training -------------------------------------------------------------------------------------------
def _curve(key: str) -> Chart:
    """A curve of the Training page, of the selected variants alone."""
    curve = CURVES[key]

    def runs(numbers: Numbers, selection: Selection) -> list[Run]:
        return [numbers.runs[name] for name in selection.names if name in numbers.runs]

    return Chart(
        f"training_{key}",
        lambda numbers, selection: curve.table(runs(numbers, selection)),
        lambda _, view: curve.draw(runs(view.numbers, view.selection), view.names, view.scheme),
        curve.about,
    )


CHARTS = {
    chart.key: chart
    for chart in (
        Chart(
            "gender_scores",
            _gender_scores,
            _draw_gender_scores,
            "Precision: of those read as a gender, how many are. Recall: of a gender, how many are so read.",
        ),
        Chart(
            "accuracy_by_answer_rate",
            _accuracy_by_answer_rate,
            _plot_accuracy_by_answer_rate,
            "Telling only the more probable genders leaves fewer answers, and more of them right. The large "
            "point is the rule that is served: whatever is less probable is answered as uncertain.",
        ),
        _density_of(0),
        _density_of(1),
        Chart(
            "cs_curve",
            _cs,
            _draw_cs,
            "Cumulative score: the share of pictures whose age is off by at most so many years. Dotted: what "
            "a perfect estimator would reach, for the labels of UTKFace are noisy themselves.",
        ),
        Chart(
            "beside_others",
            _mae,
            _draw_beside_others,
            "Published results were measured on other splits of UTKFace: for orientation, not for a ranking.",
        ),
        *(_by_decade(gender, metric) for metric in ("mae", "bias") for gender in ("female", "male")),
        Chart(
            "mae_by_face_fraction",
            _by_fraction,
            _drawn_by_fraction("mae"),
            "Mean absolute error by the size of the face that the detector found: its longer side over the "
            "picture's shorter side. With 95 % intervals; pictures without a found face are left out.",
        ),
        Chart(
            "accuracy_by_face_fraction",
            _by_fraction,
            _drawn_by_fraction("accuracy"),
            "Genders read right by the size of the face that the detector found: its longer side over the "
            "picture's shorter side. With 95 % intervals; pictures without a found face are left out.",
        ),
        Chart(
            "disagreement", _errors, _draw_errors, "One dot a picture: the error of one against the other."
        ),
        *(_curve(key) for key in ("loss", "age_error", "gender_accuracy")),
    )
}

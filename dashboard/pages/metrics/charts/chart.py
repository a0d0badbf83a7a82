"""What a chart of the Metrics page is: a table, which the CSV button saves as well, and a figure of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from dashboard.pages.metrics.numbers import Numbers
from dashboard.pages.metrics.selection import Selection
from dashboard.shared.figures import FigureColours, empty_figure
from evaluation.metrics.estimates import Estimate
from evaluation.metrics.rows import heads

MANY = {"male": "men", "female": "women"}
NO_EXACT_AGES = "No exact ages in these pictures"
NO_GENDERS = "No genders in these pictures"


@dataclass(frozen=True)
class View:
    """What a figure is made for, besides its table."""

    numbers: Numbers
    selection: Selection
    colours: FigureColours

    @property
    def names(self) -> tuple[str, ...]:
        """The selected variants."""
        return self.selection.names

    @property
    def scheme(self) -> str | None:
        """The colour scheme, "light" or "dark"."""
        return self.colours.scheme

    def empty(self, title: str, text: str = "") -> go.Figure:
        """The figure of a chart without data."""
        return empty_figure(title, text, self.scheme)

    def without_head(self, output: str) -> list[str]:
        """The selected variants that have predictions, but none of `output`, AGE or GENDER."""
        heads_of = {name: heads(self.numbers.rows(self.selection, name)) for name in self.names}
        return [name for name, outputs in heads_of.items() if outputs and output not in outputs]

    def each(self, key: str, text: Callable[[dict[str, Estimate]], str]) -> str:
        """`full 4.31, cropped 4.12`: the same text about each variant of which the metric `key` is known."""
        estimates = {name: self.numbers.estimates(self.selection, name) for name in self.names}
        known = [name for name in self.names if estimates[name][key].known]
        return ", ".join(f"{name} {text(estimates[name])}" for name in known or self.names)


Table = Callable[[Numbers, Selection], pd.DataFrame]
Plot = Callable[[pd.DataFrame, View], go.Figure]


@dataclass(frozen=True)
class Chart:
    """`table` computes what is shown, `plot` makes the figure; `about` explains it under a question mark."""

    key: str
    table: Table
    plot: Plot
    about: str


def table_of_each(
    numbers: Numbers, selection: Selection, table: Callable[[pd.DataFrame], pd.DataFrame]
) -> pd.DataFrame:
    """The tables of the selected variants, one under the other, with a first column `variant`."""
    tables = [table(numbers.rows(selection, name)) for name in selection.names]
    for name, rows in zip(selection.names, tables, strict=True):
        rows.insert(0, "variant", name)
    return pd.concat(tables, ignore_index=True)


def estimates_table(numbers: Numbers, selection: Selection, keys: Sequence[tuple[str, str]]) -> pd.DataFrame:
    """Columns score, variant, value, low, high, count; `keys` are (metric, its name in the column score)."""
    rows = []
    for key, score in keys:
        for name in selection.names:
            estimate = numbers.estimates(selection, name)[key]
            rows.append((score, name, estimate.value, estimate.low, estimate.high, estimate.count))
    return pd.DataFrame(rows, columns=["score", "variant", "value", "low", "high", "count"])


def no_head_in_words(names: Sequence[str], output: str) -> str:
    """`single predicts no ages.`"""
    return f"{' and '.join(names)} {'predict' if len(names) > 1 else 'predicts'} no {output}s."


def needs_head(output: str) -> Callable[[Plot], Plot]:
    """Decorator of a plot of `output`, AGE or GENDER: its title names a variant without that head.

    Where no selected variant has it, the figure is empty and says so.
    """

    def decorated(plot: Plot) -> Plot:
        def plotted(table: pd.DataFrame, view: View) -> go.Figure:
            without = view.without_head(output)
            if len(without) == len(view.names):
                text = no_head_in_words(without, output)
                return view.empty(f"{output.capitalize()}s are not predicted", text)
            figure = plot(table, view)
            if without:
                title = f"{figure.layout.meta['title']}. {no_head_in_words(without, output)}"
                figure.layout.meta = figure.layout.meta | {"title": title}
            return figure

        return plotted

    return decorated

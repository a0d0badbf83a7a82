"""Labels -> who is in the pictures, by split: a figure of each thing, its numbers as a table beside it."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
from dash import html

from dashboard.pictures.utkface import GENDERS, SPLITS, age_groups, counts_by_split
from dataset.utkface import RACES


@dataclass(frozen=True)
class Distribution:
    """One label in the file names: its column, its values in order, the title of its axis."""

    key: str
    column: str
    order: tuple[str, ...]
    axis: str
    title: Callable[[pd.DataFrame], str]
    about: str

    def table(self, names: pd.DataFrame) -> pd.DataFrame:
        """Columns value, split, count, fraction."""
        return counts_by_split(names, self.column, self.order)


def _most_common(names: pd.DataFrame, column: str) -> str:
    """`26 % are 20–29`: the most common value and its share of all pictures."""
    fractions = names[column].value_counts(normalize=True)
    return f"{100 * fractions.iloc[0]:.0f} % are {fractions.index[0]}" if len(fractions) else "No pictures"


def _age_title(names: pd.DataFrame) -> str:
    return f"{_most_common(names, 'age_group')}: children and the old are few"


def _gender_title(names: pd.DataFrame) -> str:
    fraction = (names.gender == "female").mean() if len(names) else 0.0
    return f"{100 * fraction:.0f} % are labelled female"


def _race_title(names: pd.DataFrame) -> str:
    return _most_common(names, "race")


DISTRIBUTIONS = {
    distribution.key: distribution
    for distribution in (
        Distribution(
            "age",
            "age_group",
            tuple(age_groups()),
            "age, years",
            _age_title,
            "Ages from the file names of UTKFace. The splits are made so that every decade is alike in all "
            "three.",
        ),
        Distribution(
            "gender",
            "gender",
            GENDERS,
            "gender, as labelled",
            _gender_title,
            "The label that somebody gave the photograph; there are two.",
        ),
        Distribution(
            "race",
            "race",
            RACES,
            "race, as UTKFace words it",
            _race_title,
            "UTKFace's own five words. The splits are not made by it: what differs here is chance.",
        ),
    )
}


def counts_table(counts: pd.DataFrame, of: str) -> html.Table:
    """A row a value, a column a split: pictures, and their share of the split."""
    head = [html.Th(of), *(html.Th(split, colSpan=2) for split in SPLITS)]
    rows = []
    for value, of_value in counts.groupby("value", sort=False):
        cells = []
        for count, fraction in zip(of_value["count"], of_value.fraction, strict=True):
            cells += [html.Td(f"{count:,}"), html.Td(f"{100 * fraction:.1f} %", className="quiet")]
        rows.append(html.Tr([html.Th(value, scope="row"), *cells]))
    sums = counts.groupby("split", sort=False)["count"].sum()
    total = [html.Td(f"{sums.get(split, 0):,}", colSpan=2, className="count-sum") for split in SPLITS]
    return html.Table(
        [html.Thead(html.Tr(head)), html.Tbody([*rows, html.Tr([html.Th("all", scope="row"), *total])])],
        className="counts-table figures-align",
    )

"""Predictions of one variant -> figures by gender, race and age group; two releases -> who is read worse now.

A room of its own because an average is nobody: a variant may gain on the whole and lose on a group. Cells
with few pictures are told with their counts, and never named; a change is named where its paired interval
lies on the worse side as a whole.
"""

import numpy as np
import pandas as pd

from dataset.records import CHIPS, FAIRFACE
from dataset.tables.columns import FAIRNESS_FIGURES
from evaluation.metrics.age_bins import (
    AGE_GROUPS,
    of_known_age_groups,
    predicted_groups,
    true_groups,
    with_bins_alone,
)
from evaluation.metrics.metrics import GENDERS, answered, is_female, predicted_female, with_ages, with_genders
from evaluation.metrics.slices import mean_of
from faces.predictions import EVEN

FAIRNESS_SETS = (CHIPS, FAIRFACE)  # the sets that name races; `context` shows the faces of `chips` again
ALL_AGES = "all"
FEWEST_COMPARED = 100  # groups with fewer pictures are never called worse than before
GROUP_COLUMNS = [
    "gender", "race", "age_group", "count",
    *(f"{figure}{end}" for figure in FAIRNESS_FIGURES for end in ("", "_low", "_high")),
]  # fmt: skip
CHANGE_COLUMNS = ["gender", "race", "figure", "count", "before", "now", "change", "low", "high", "is_worse"]


def fairness_groups(predictions: pd.DataFrame) -> pd.DataFrame:
    """CELL_COLUMNS: for each gender and race that occur a row of all ages, and one an age group that occurs.

    No rows where the set names no races. `mae` and `bias` are NaN where no age is exact, `bin_accuracy`
    where one is, and all figures of what the network does not tell.
    """
    rows = _grouped(predictions)
    cells = []
    for gender, race, own in _by_gender_and_race(rows):
        cells.append([gender, race, ALL_AGES, *_figures(own)])
        groups = true_groups(own)
        for place, name in enumerate(AGE_GROUPS):
            if (groups == place).any():
                cells.append([gender, race, name, *_figures(own[groups == place])])
    return pd.DataFrame(cells, columns=GROUP_COLUMNS)


def changes_since(before: pd.DataFrame, predictions: pd.DataFrame) -> pd.DataFrame:
    """CHANGE_COLUMNS, a row a gender, race and figure (`mae`, `accuracy`), on pictures that both answered.

    `before` holds file, predicted_age_years and female_probability of an earlier release of the variant,
    `predictions` the present rows of one set. `change` is now less before, `low` and `high` its 95 % paired
    bootstrap interval; `is_worse` where that lies on the worse side as a whole on enough pictures.
    """
    rows = with_genders(with_ages(_grouped(predictions)))
    rows = rows.merge(before, on="file", suffixes=("", "_before"))
    changes = []
    for gender, race, own in _by_gender_and_race(rows):
        female = is_female(own)
        by_figure = {
            "mae": [
                np.abs((own[column] - own.age_years).to_numpy(float))
                for column in ("predicted_age_years_before", "predicted_age_years")
            ],
            "accuracy": [
                ((own[column] >= EVEN) == female).to_numpy(float)
                for column in ("female_probability_before", "female_probability")
            ],
        }
        for figure, (earlier, now) in by_figure.items():
            change, low, high = mean_of(now - earlier, own)
            is_worse = len(own) >= FEWEST_COMPARED and (low > 0 if figure == "mae" else high < 0)
            told = [earlier.mean(), now.mean(), change, low, high, is_worse]
            changes.append([gender, race, figure, len(own), *told])
    return pd.DataFrame(changes, columns=CHANGE_COLUMNS)


def _grouped(predictions: pd.DataFrame) -> pd.DataFrame:
    """The answered rows whose gender, race and age group are known."""
    rows = of_known_age_groups(answered(predictions))
    rows = rows[rows.gender.isin((0, 1))]
    return rows[rows.race.fillna("").astype(str) != ""]


def _by_gender_and_race(rows: pd.DataFrame) -> list[tuple[str, str, pd.DataFrame]]:
    """(gender, race, rows), women first, races by name."""
    found = sorted(
        {(GENDERS[gender], str(race)) for gender, race in zip(rows.gender, rows.race, strict=True)}
    )
    return [
        (gender, race, rows[(rows.gender == GENDERS.index(gender)) & (rows.race.astype(str) == race)])
        for gender, race in found
    ]


def _figures(rows: pd.DataFrame) -> list[float]:
    """Count, then value, low and high of each of FAIRNESS_FIGURES."""
    aged, binned, gendered = with_ages(rows), with_bins_alone(rows), with_genders(rows)
    error = (aged.predicted_age_years - aged.age_years).to_numpy(float)
    return [
        len(rows),
        *mean_of(np.abs(error), aged),
        *mean_of(error, aged),
        *mean_of((predicted_female(gendered) == is_female(gendered)).astype(float), gendered),
        *mean_of((predicted_groups(binned) == true_groups(binned)).astype(float), binned),
    ]

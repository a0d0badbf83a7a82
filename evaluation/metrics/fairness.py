"""Predictions of one variant -> estimates by gender, race and age group, and their changes since a release.

Groups with few pictures keep their counts, and are never named; a change is named where its paired interval
lies on the worse side as a whole.
"""

import numpy as np
import pandas as pd

from dataset.records import CHIPS, FAIRFACE
from dataset.tables.columns import FAIRNESS_FIGURES
from evaluation.metrics.age_bins import AGE_GROUPS, predicted_groups, true_groups
from evaluation.metrics.bootstrap import mean_with_interval
from evaluation.metrics.differences import NAN, Difference, corrected, difference_of_means
from evaluation.metrics.rows import (
    answered,
    gender_is_correct,
    is_female,
    predicted_female,
    subjects_of,
    with_ages,
    with_bins_alone,
    with_genders,
    with_races,
    with_true_age_group,
    with_true_gender,
)
from faces.predictions import GENDERS

FAIRNESS_SETS = (CHIPS, FAIRFACE)  # the sets that name races; `composites` shows the faces of `chips` again
ALL_AGES = "all"
FEWEST_COMPARED = 100  # groups with fewer pictures are never called worse than before
GROUP_COLUMNS = [
    "gender", "race", "age_group", "count",
    *(f"{figure}{end}" for figure in FAIRNESS_FIGURES for end in ("", "_low", "_high")),
]  # fmt: skip
CHANGE_COLUMNS = [
    "gender",
    "race",
    "figure",
    "count",
    "before",
    "now",
    "change",
    "low",
    "high",
    "is_worse",
    "p_corrected",
]


def fairness_groups(predictions: pd.DataFrame) -> pd.DataFrame:
    """GROUP_COLUMNS: for each gender and race that occur a row of all ages and one per age group.

    No rows where the set names no races. `mae` and `bias` are NaN where no age is exact, `bin_accuracy`
    where one is, and all figures of a head that the network lacks.
    """
    groups = []
    for gender, race, rows in _by_gender_and_race(_labelled(predictions)):
        groups.append([gender, race, ALL_AGES, *_figures(rows)])
        age_groups = true_groups(rows)
        for index, name in enumerate(AGE_GROUPS):
            if (age_groups == index).any():
                groups.append([gender, race, name, *_figures(rows[age_groups == index])])
    return pd.DataFrame(groups, columns=GROUP_COLUMNS)


def changes_since(before: pd.DataFrame, predictions: pd.DataFrame) -> pd.DataFrame:
    """CHANGE_COLUMNS, one row per gender, race and figure (`mae`, `accuracy`), on the common pictures.

    `before` holds file, predicted_age_years and female_probability of an earlier release of the variant,
    `predictions` the present rows of one set. `change` is now minus before, `low` and `high` its 95 % paired
    bootstrap interval; `is_worse` where that lies on the worse side as a whole on enough pictures, and
    `p_corrected` its p-value after Holm's correction for all groups of enough pictures; NaN for the others.
    """
    rows = with_genders(with_ages(_labelled(predictions)))
    rows = rows.merge(before, on="file", suffixes=("", "_before"))
    changes, tested = [], []
    for gender, race, group in _by_gender_and_race(rows):
        by_figure = {"mae": _absolute_errors(group), "accuracy": _hits(group)}
        for figure, (earlier, now) in by_figure.items():
            (difference,) = difference_of_means(figure, (now - earlier)[:, None], subjects_of(group))
            low, high = difference.low, difference.high
            is_tested = len(group) >= FEWEST_COMPARED
            is_worse = is_tested and (low > 0 if figure == "mae" else high < 0)
            values = [earlier.mean(), now.mean(), difference.value, low, high, is_worse]
            changes.append([gender, race, figure, len(group), *values])
            tested.append(difference if is_tested else Difference(figure, NAN, NAN, NAN, 0))
    p_values = [NAN if one.p_corrected is None else one.p_corrected for one in corrected(tested)]
    table = pd.DataFrame(changes, columns=CHANGE_COLUMNS[:-1])
    return table.assign(p_corrected=np.array(p_values, float))


def _absolute_errors(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """(n,) absolute age errors in years, before and now."""
    baseline, current = rows.predicted_age_years_before, rows.predicted_age_years
    return tuple(np.abs((ages - rows.age_years).to_numpy(float)) for ages in (baseline, current))


def _hits(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """(n,) 1 where the gender is predicted correctly, before and now."""
    baseline, current = rows.female_probability_before, rows.female_probability
    return tuple(
        (predicted_female(probability) == is_female(rows)).astype(float)
        for probability in (baseline, current)
    )


def _labelled(predictions: pd.DataFrame) -> pd.DataFrame:
    """The answered rows whose gender, race and age group are known."""
    return with_races(with_true_gender(with_true_age_group(answered(predictions))))


def _by_gender_and_race(rows: pd.DataFrame) -> list[tuple[str, str, pd.DataFrame]]:
    """(gender, race, rows), women first, races by name."""
    groups = sorted(
        {(GENDERS[gender], str(race)) for gender, race in zip(rows.gender, rows.race, strict=True)}
    )
    return [
        (gender, race, rows[(rows.gender == GENDERS.index(gender)) & (rows.race.astype(str) == race)])
        for gender, race in groups
    ]


def _figures(rows: pd.DataFrame) -> list[float]:
    """Count, then value, low and high of each of FAIRNESS_FIGURES."""
    aged, binned, gendered = with_ages(rows), with_bins_alone(rows), with_genders(rows)
    error = (aged.predicted_age_years - aged.age_years).to_numpy(float)
    in_bin = (predicted_groups(binned) == true_groups(binned)).astype(float)
    return [
        len(rows),
        *mean_with_interval(np.abs(error), subjects_of(aged)),
        *mean_with_interval(error, subjects_of(aged)),
        *mean_with_interval(gender_is_correct(gendered).astype(float), subjects_of(gendered)),
        *mean_with_interval(in_bin, subjects_of(binned)),
    ]

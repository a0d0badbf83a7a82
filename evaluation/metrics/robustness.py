"""Predictions on pictures of every condition -> metrics under each, and how two variants differ there."""

import numpy as np
import pandas as pd

from evaluation.metrics.bootstrap import interval, resample_weights, weighted_means
from evaluation.metrics.differences import Difference, corrected, difference_of_means
from evaluation.metrics.rows import gender_is_correct, is_female, predicted_female, subjects_of


def robustness_rows(
    pictures: pd.DataFrame, age_years: np.ndarray, female_probability: np.ndarray
) -> pd.DataFrame:
    """One row per condition: count, then mae and gender_accuracy, each with its 95 % interval _low, _high.

    `pictures` are n records (file, subject, age_years, gender), both predictions (n, conditions). Pictures
    that lack a label, or a prediction under any condition, are left out. All conditions share the resamples.
    """
    known = _counted(pictures, age_years)
    rows = pictures[known]
    errors = np.abs(age_years[known] - rows.age_years.to_numpy(float)[:, None])
    correct = predicted_female(female_probability[known]) == is_female(rows)[:, None]
    weights = resample_weights(subjects_of(rows))
    table = pd.DataFrame({"count": [len(rows)] * age_years.shape[1]})
    for name, values in (("mae", errors), ("gender_accuracy", correct.astype(float))):
        low, high = np.array([interval(means) for means in weighted_means(weights, values).T]).T
        table = table.assign(**{name: values.mean(axis=0), f"{name}_low": low, f"{name}_high": high})
    return table


def robustness_predictions(
    pictures: pd.DataFrame, conditions: pd.DataFrame, age_years: np.ndarray, female_probability: np.ndarray
) -> pd.DataFrame:
    """One row per picture that `robustness_rows` counts and condition, columns of ROBUSTNESS_PREDICTIONS.

    `conditions` (corruption, severity) has a row a column of the predictions; set and variant are left out.
    """
    known = _counted(pictures, age_years)
    rows = pictures.loc[known, ["file", "subject", "age_years", "gender"]]
    tables = [
        rows.assign(
            gender=rows.gender.astype(int),
            corruption=str(corruption),
            severity=int(severity),
            predicted_age_years=age_years[known, column].round(3),
            female_probability=female_probability[known, column].round(4),
        )
        for column, (corruption, severity) in enumerate(
            zip(conditions.corruption, conditions.severity, strict=True)
        )
    ]
    return pd.concat(tables, ignore_index=True)


def condition_differences(
    predictions: pd.DataFrame, first: str, second: str
) -> dict[tuple[str, str, int], Difference]:
    """Paired differences of two variants by (metric, corruption, severity); metrics: mae, gender_accuracy.

    `predictions` are ROBUSTNESS_PREDICTIONS of one set. All conditions of a metric are corrected together.
    Empty where the two were not measured on common pictures.
    """
    tables = [
        predictions[predictions.variant == name].set_index(["corruption", "severity", "file"], drop=False)
        for name in (first, second)
    ]
    shared = tables[0].index.intersection(tables[1].index)
    if not len(shared):
        return {}
    rows, other = tables[0].loc[shared], tables[1].loc[shared]
    deltas = pd.DataFrame(
        {
            "mae": _absolute_errors(rows) - _absolute_errors(other),
            "gender_accuracy": gender_is_correct(rows).astype(float) - gender_is_correct(other),
        },
        index=shared,
    )
    by_key: dict[tuple[str, str, int], Difference] = {}
    for metric, key in (("mae", "mae"), ("gender_accuracy", "accuracy")):
        by_condition = deltas[metric].unstack(["corruption", "severity"])
        people = rows.drop_duplicates("file").set_index("file", drop=False).loc[by_condition.index]
        listed = corrected(difference_of_means(key, by_condition.to_numpy(float), subjects_of(people)))
        conditions = by_condition.columns.to_frame(index=False)
        for corruption, severity, difference in zip(
            conditions.corruption, conditions.severity, listed, strict=True
        ):
            by_key[metric, str(corruption), int(severity)] = difference
    return by_key


def _absolute_errors(rows: pd.DataFrame) -> np.ndarray:
    return np.abs((rows.predicted_age_years - rows.age_years).to_numpy(float))


def _counted(pictures: pd.DataFrame, age_years: np.ndarray) -> np.ndarray:
    """(n,) bool: the pictures with both labels, and with predictions under every condition."""
    labelled = pictures.age_years.notna() & pictures.gender.isin((0, 1))
    return labelled.to_numpy() & np.isfinite(age_years).all(axis=1)

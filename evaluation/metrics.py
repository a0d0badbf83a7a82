"""Rows of a predictions table -> measures of age and gender, confusion matrices, curves.

Values come from scikit-learn, intervals from evaluation.bootstrap. A room of its own because it takes tables
only: it runs where no network and no picture is. Rows without a prediction (status "unreadable") or without
the true value count in nothing, and every measure says how many pictures it stands on. What cannot be
computed (no picture, one gender, one age) is NaN with its reason, never an exception.

Columns used: file, subject, age_years, gender (0 male, 1 female), predicted_age_years, age_low_years,
age_high_years, female_probability.
"""

import math

import numpy as np
import pandas as pd
from sklearn import metrics as sk

from evaluation.bootstrap import drawn_weights, interval, weighted_aucs, weighted_means, weighted_medians
from evaluation.measures import AGE_KEYS, CS_YEARS, GENDER_KEYS, Measure

# First year of each age group; the groups are those of FairFace, so that sets with bins can be read alike.
AGE_GROUP_STARTS = (0, 3, 10, 20, 30, 40, 50, 60, 70)
AGE_GROUPS = ("0–2", "3–9", "10–19", "20–29", "30–39", "40–49", "50–59", "60–69", "70+")
GENDERS = ("male", "female")  # the index is the coding of the tables
NOTHING = float("nan")


def with_ages(predictions: pd.DataFrame) -> pd.DataFrame:
    """The rows that have a true and a predicted age."""
    return predictions[predictions.age_years.notna() & predictions.predicted_age_years.notna()]


def with_genders(predictions: pd.DataFrame) -> pd.DataFrame:
    """The rows that have a true gender and a female probability."""
    return predictions[predictions.gender.isin((0, 1)) & predictions.female_probability.notna()]


def subjects_of(predictions: pd.DataFrame) -> np.ndarray:
    """(n,) whom each row shows: the subject where the set names it, else the picture itself."""
    subjects, files = predictions.subject.fillna("").astype(str), predictions.file.astype(str)
    return np.where(subjects != "", "subject " + subjects, "file " + files).astype(str)


def says_female(predictions: pd.DataFrame) -> np.ndarray:
    """(n,) bool: a female probability of one half or more is read as female, as the answer does."""
    return (predictions.female_probability >= 0.5).to_numpy()


def age_measures(predictions: pd.DataFrame) -> dict[str, Measure]:
    """Every age measure with its 95 % bootstrap interval, in the order of AGE_KEYS."""
    rows = with_ages(predictions)
    if rows.empty:
        return {
            key: Measure(key, NOTHING, NOTHING, NOTHING, 0, "no pictures with an age") for key in AGE_KEYS
        }
    true, predicted = rows.age_years.to_numpy(float), rows.predicted_age_years.to_numpy(float)
    low, high = rows.age_low_years.to_numpy(float), rows.age_high_years.to_numpy(float)
    error = predicted - true
    within = {years: np.abs(error) <= years for years in CS_YEARS}
    covered = (low <= true) & (true <= high)
    one_age = len(np.unique(true)) < 2

    values = {
        "mae": sk.mean_absolute_error(true, predicted),
        "median_error": sk.median_absolute_error(true, predicted),
        "bias": error.mean(),
        "mse": sk.mean_squared_error(true, predicted),
        "rmse": sk.root_mean_squared_error(true, predicted),
        "r2": NOTHING if one_age else sk.r2_score(true, predicted),
        **{f"cs_{years}": within[years].mean() for years in CS_YEARS},
        "coverage": covered.mean(),
        "interval_width": (high - low).mean(),
    }

    weights = drawn_weights(subjects_of(rows))
    columns = {
        "mae": np.abs(error),
        "bias": error,
        "mse": error**2,
        "true": true,
        "true²": true**2,
        **{f"cs_{years}": within[years] for years in CS_YEARS},
        "coverage": covered,
        "interval_width": high - low,
    }
    means = dict(
        zip(columns, weighted_means(weights, np.column_stack(list(columns.values()))).T, strict=True)
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        drawn = means | {
            "median_error": weighted_medians(weights, np.abs(error)),
            "rmse": np.sqrt(means["mse"]),
            "r2": 1 - means["mse"] / (means["true²"] - means["true"] ** 2),
        }
    reasons = {"r2": "all pictures have the same age"} if one_age else {}
    return _measures(AGE_KEYS, values, drawn, len(rows), reasons)


def gender_measures(predictions: pd.DataFrame) -> dict[str, Measure]:
    """Every gender measure with its 95 % bootstrap interval, in the order of GENDER_KEYS."""
    rows = with_genders(predictions)
    if rows.empty:
        return {
            key: Measure(key, NOTHING, NOTHING, NOTHING, 0, "no pictures with a gender")
            for key in GENDER_KEYS
        }
    female = rows.gender.to_numpy() == 1
    probability = rows.female_probability.to_numpy(float)
    called = says_female(rows)
    values: dict[str, float] = {"accuracy": sk.accuracy_score(female, called)}
    reasons: dict[str, str] = {}
    one_gender = female.all() or not female.any()
    if one_gender:
        reasons |= dict.fromkeys(
            ("auc", "mcc"), f"only {'women' if female.all() else 'men'} in these pictures"
        )
    else:
        values |= {"auc": sk.roc_auc_score(female, probability), "mcc": sk.matthews_corrcoef(female, called)}
    for code, name in enumerate(GENDERS):
        many = ("men", "women")[code]
        precision, recall, f1, _ = sk.precision_recall_fscore_support(
            female, called, labels=[bool(code)], zero_division=np.nan
        )
        values |= {f"precision_{name}": precision[0], f"recall_{name}": recall[0], f"f1_{name}": f1[0]}
        reasons |= {
            f"precision_{name}": f"no picture was read as {name}",
            f"recall_{name}": f"no {many} in these pictures",
            f"f1_{name}": f"no {many} in these pictures, and none read",
        }

    weights = drawn_weights(subjects_of(rows))
    cells = np.column_stack([~female & ~called, ~female & called, female & ~called, female & called])
    drawn = _gender_statistics(weighted_means(weights, cells))
    if not one_gender:
        drawn["auc"] = weighted_aucs(weights, female, probability)
    return _measures(GENDER_KEYS, values, drawn, len(rows), reasons)


def all_measures(predictions: pd.DataFrame) -> dict[str, Measure]:
    """Age and gender measures of the same rows."""
    return age_measures(predictions) | gender_measures(predictions)


def gender_confusion(predictions: pd.DataFrame) -> pd.DataFrame:
    """Counts (2, 2): rows are true genders, columns read ones, in the order of GENDERS."""
    rows = with_genders(predictions)
    return _confusion(rows.gender.to_numpy(int), says_female(rows).astype(int), GENDERS)


def age_group_confusion(predictions: pd.DataFrame) -> pd.DataFrame:
    """Counts (9, 9): rows are the groups of true ages, columns of predicted ones, as in AGE_GROUPS."""
    rows = with_ages(predictions)
    # Whoever is 39.7 is in the thirties; a prediction of 39.7 is shown as 40.
    true, predicted = np.floor(rows.age_years), np.floor(rows.predicted_age_years + 0.5)
    return _confusion(age_group(true), age_group(predicted), AGE_GROUPS)


def age_group(whole_years: pd.Series | np.ndarray) -> np.ndarray:
    """(n,) ages in whole years -> (n,) indices into AGE_GROUPS."""
    return np.searchsorted(AGE_GROUP_STARTS, np.asarray(whole_years, float), side="right") - 1


def cs_curve(predictions: pd.DataFrame) -> pd.DataFrame:
    """Cumulative score: columns years (1 to 15), share, low, high, count."""
    measures = age_measures(predictions)
    points = [(years, measures[f"cs_{years}"]) for years in CS_YEARS]
    return pd.DataFrame(
        [(years, point.value, point.low, point.high, point.count) for years, point in points],
        columns=["years", "share", "low", "high", "count"],
    )


def _confusion(true: np.ndarray, predicted: np.ndarray, names: tuple[str, ...]) -> pd.DataFrame:
    labels = list(range(len(names)))
    counts = (
        sk.confusion_matrix(true, predicted, labels=labels) if len(true) else np.zeros((len(names),) * 2, int)
    )
    return pd.DataFrame(counts, index=pd.Index(names, name="true"), columns=pd.Index(names, name="predicted"))


def _gender_statistics(cells: np.ndarray) -> dict[str, np.ndarray]:
    """(draws, 4) shares of true/read m/m, m/f, f/m, f/f -> (draws,) values of each measure."""
    true_male, false_female, false_male, true_female = cells.T
    with np.errstate(invalid="ignore", divide="ignore"):
        statistics = {"accuracy": true_male + true_female}
        sides = (
            ("male", true_male, false_male, false_female),
            ("female", true_female, false_female, false_male),
        )
        for name, right, wrongly_called, missed in sides:
            statistics[f"precision_{name}"] = right / (right + wrongly_called)
            statistics[f"recall_{name}"] = right / (right + missed)
            statistics[f"f1_{name}"] = 2 * right / (2 * right + wrongly_called + missed)
        margins = (
            (true_female + false_female)
            * (true_female + false_male)
            * (true_male + false_female)
            * (true_male + false_male)
        )
        # As scikit-learn: 0 where a row or a column of the matrix is empty.
        correlation = (true_female * true_male - false_female * false_male) / np.sqrt(margins)
        statistics["mcc"] = np.where(margins > 0, correlation, 0.0)
    return statistics


def _measures(
    keys: tuple[str, ...],
    values: dict[str, float],
    drawn: dict[str, np.ndarray],
    count: int,
    reasons: dict[str, str],
) -> dict[str, Measure]:
    """Values and draws -> measures; a reason is kept only where there is no value."""
    measures = {}
    for key in keys:
        value = float(values.get(key, NOTHING))
        if math.isfinite(value):
            measures[key] = Measure(key, value, *interval(drawn[key]), count)
        else:
            measures[key] = Measure(
                key, NOTHING, NOTHING, NOTHING, count, reasons.get(key, "cannot be computed")
            )
    return measures

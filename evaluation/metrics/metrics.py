"""Rows of a predictions table -> measures of age and gender, confusion matrices, curves.

Values come from scikit-learn, intervals from evaluation.metrics.bootstrap. A
room of its own because it takes tables
only: it runs where no network and no picture is. Rows without a prediction (status "unreadable") or without
the true value count in nothing, and every measure says how many pictures it stands on. What cannot be
computed (no picture, one gender, one age) is NaN with its reason, never an exception.

Columns used: file, subject, age_years, age_first_years, gender (0 male, 1 female), predicted_age_years,
age_low_years, age_high_years, female_probability, told_gender.
"""

import math

import numpy as np
import pandas as pd
from sklearn import metrics as sk

from evaluation.metrics.abstention import (
    calibration_bins,
    calibration_error,
    is_answered,
    likelier_probability,
    resampled_calibration_errors,
)
from evaluation.metrics.age_bins import (
    AGE_GROUPS,
    bin_statistics,
    bin_values,
    predicted_groups,
    true_groups,
    with_age_groups,
    with_bins_alone,
)
from evaluation.metrics.bootstrap import (
    interval,
    resample_weights,
    weighted_aucs,
    weighted_means,
    weighted_medians,
)
from evaluation.metrics.estimates import AGE_KEYS, BIN_KEYS, CS_YEARS, GENDER_KEYS, Estimate
from faces.predictions import AGE, EVEN, GENDER, GENDERS

NOTHING = float("nan")
NO_AGE_HEAD, NO_GENDER_HEAD = "ages are not told", "genders are not told"  # by a network of one task


def answered(predictions: pd.DataFrame) -> pd.DataFrame:
    """The rows in which something was predicted: all but unreadable pictures."""
    return predictions[predictions.predicted_age_years.notna() | predictions.female_probability.notna()]


def heads(predictions: pd.DataFrame) -> tuple[str, ...]:
    """Which of faces.predictions.OUTPUTS the network tells that predicted these rows; none if unreadable."""
    columns = {AGE: predictions.predicted_age_years, GENDER: predictions.female_probability}
    return tuple(output for output, values in columns.items() if values.notna().any())


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


def predicted_female(predictions: pd.DataFrame) -> np.ndarray:
    """(n,) bool: a female probability of one half or more is read as female, as the answer does."""
    return (predictions.female_probability >= EVEN).to_numpy()


def is_female(predictions: pd.DataFrame) -> np.ndarray:
    """(n,) bool: the true gender."""
    return predictions.gender.to_numpy() == 1


def age_estimates(predictions: pd.DataFrame) -> dict[str, Estimate]:
    """Every age measure with its 95 % bootstrap interval, in the order of AGE_KEYS."""
    rows = with_ages(predictions)
    values, reasons = age_values(rows)
    if rows.empty and len(with_bins_alone(predictions)):
        reasons = dict.fromkeys(AGE_KEYS, "age bins alone")
    elif heads(predictions) == (GENDER,):
        reasons = dict.fromkeys(AGE_KEYS, NO_AGE_HEAD)
    drawn = age_statistics(rows, resample_weights(subjects_of(rows))) if len(rows) else {}
    return _estimates(AGE_KEYS, values, drawn, len(rows), reasons)


def bin_estimates(predictions: pd.DataFrame) -> dict[str, Estimate]:
    """The measures of sets that know age bins alone, with 95 % bootstrap intervals, as in BIN_KEYS."""
    rows = with_bins_alone(predictions)
    values, reasons = bin_values(rows)
    if rows.empty and len(with_ages(predictions)):
        reasons = dict.fromkeys(BIN_KEYS, "exact ages")
    elif heads(predictions) == (GENDER,):
        reasons = dict.fromkeys(BIN_KEYS, NO_AGE_HEAD)
    drawn = bin_statistics(rows, resample_weights(subjects_of(rows))) if len(rows) else {}
    return _estimates(BIN_KEYS, values, drawn, len(rows), reasons)


def gender_estimates(predictions: pd.DataFrame) -> dict[str, Estimate]:
    """Every gender measure with its 95 % bootstrap interval, in the order of GENDER_KEYS."""
    rows = with_genders(predictions)
    values, reasons = gender_values(rows)
    if heads(predictions) == (AGE,):
        reasons = dict.fromkeys(GENDER_KEYS, NO_GENDER_HEAD)
    drawn = gender_statistics(rows, resample_weights(subjects_of(rows))) if len(rows) else {}
    return _estimates(GENDER_KEYS, values, drawn, len(rows), reasons)


def age_values(rows: pd.DataFrame) -> tuple[dict[str, float], dict[str, str]]:
    """Values by key of rows `with_ages`, and for those that have none the reasons why."""
    if rows.empty:
        return {}, dict.fromkeys(AGE_KEYS, "no pictures with an age")
    true, predicted = rows.age_years.to_numpy(float), rows.predicted_age_years.to_numpy(float)
    columns = _age_columns(rows)
    values = {key: float(columns[key].mean()) for key in _MEANS}
    values |= {
        "mae": sk.mean_absolute_error(true, predicted),
        "median_error": sk.median_absolute_error(true, predicted),
        "mse": sk.mean_squared_error(true, predicted),
        "rmse": sk.root_mean_squared_error(true, predicted),
    }
    if len(np.unique(true)) < 2:
        return values, {"r2": "all pictures have the same age"}
    return values | {"r2": sk.r2_score(true, predicted)}, {}


def age_statistics(rows: pd.DataFrame, weights: np.ndarray) -> dict[str, np.ndarray]:
    """(draws, n) weights of n rows `with_ages` -> (draws,) values by key."""
    columns = _age_columns(rows)
    means = weighted_means(weights, np.column_stack(list(columns.values())))
    drawn = dict(zip(columns, means.T, strict=True))
    true, true_squared = drawn.pop("true"), drawn.pop("true squared")
    with np.errstate(invalid="ignore", divide="ignore"):
        return drawn | {
            "median_error": weighted_medians(weights, columns["mae"]),
            "rmse": np.sqrt(drawn["mse"]),
            "r2": 1 - drawn["mse"] / (true_squared - true**2),
        }


def gender_values(rows: pd.DataFrame) -> tuple[dict[str, float], dict[str, str]]:
    """Values by key of rows `with_genders`, and for those that may have none the reasons why."""
    if rows.empty:
        return {}, dict.fromkeys(GENDER_KEYS, "no pictures with a gender")
    female, called = is_female(rows), predicted_female(rows)
    told = is_answered(rows)
    surplus, bins = _gender_surplus(rows)
    values = {
        "accuracy": float(sk.accuracy_score(female, called)),
        "ece": calibration_error(surplus, bins),
        "answer_rate": float(told.mean()),
    }
    reasons: dict[str, str] = {}
    if told.any():
        values["selective_accuracy"] = float((female == called)[told].mean())
    else:
        reasons["selective_accuracy"] = "no gender was told"
    if female.all() or not female.any():
        only = "women" if female.all() else "men"
        reasons |= dict.fromkeys(("auc", "mcc"), f"only {only} in these pictures")
    else:
        values["auc"] = sk.roc_auc_score(female, rows.female_probability.to_numpy(float))
        values["mcc"] = sk.matthews_corrcoef(female, called)
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
    return values, reasons


def gender_statistics(rows: pd.DataFrame, weights: np.ndarray) -> dict[str, np.ndarray]:
    """(draws, n) weights of n rows `with_genders` -> (draws,) values by key."""
    female, called = is_female(rows), predicted_female(rows)
    cells = np.column_stack([~female & ~called, ~female & called, female & ~called, female & called])
    true_male, false_female, false_male, true_female = weighted_means(weights, cells).T
    told, right = is_answered(rows), female == called
    answer_rate, selective_accuracy = weighted_means(weights, np.column_stack([told, told & right])).T
    statistics = {
        "accuracy": true_male + true_female,
        "ece": resampled_calibration_errors(weights, *_gender_surplus(rows)),
        "answer_rate": answer_rate,
    }
    with np.errstate(invalid="ignore", divide="ignore"):
        sides = (
            ("male", true_male, false_male, false_female),
            ("female", true_female, false_female, false_male),
        )
        statistics["selective_accuracy"] = selective_accuracy / answer_rate
        for name, rightly, wrongly_called, missed in sides:
            statistics[f"precision_{name}"] = rightly / (rightly + wrongly_called)
            statistics[f"recall_{name}"] = rightly / (rightly + missed)
            statistics[f"f1_{name}"] = 2 * rightly / (2 * rightly + wrongly_called + missed)
        margins = (
            (true_female + false_female)
            * (true_female + false_male)
            * (true_male + false_female)
            * (true_male + false_male)
        )
        # As scikit-learn: 0 where a row or a column of the matrix is empty.
        correlation = (true_female * true_male - false_female * false_male) / np.sqrt(margins)
        statistics["mcc"] = np.where(margins > 0, correlation, 0.0)
    probability = rows.female_probability.to_numpy(float)
    return statistics | {"auc": weighted_aucs(weights, female, probability)}


def all_estimates(predictions: pd.DataFrame) -> dict[str, Estimate]:
    """Age and gender measures of the same rows, in the order of DEFINITIONS."""
    return age_estimates(predictions) | bin_estimates(predictions) | gender_estimates(predictions)


def gender_confusion(predictions: pd.DataFrame) -> pd.DataFrame:
    """Counts (2, 2): rows are true genders, columns read ones, in the order of GENDERS."""
    rows = with_genders(predictions)
    return _confusion(rows.gender.to_numpy(int), predicted_female(rows).astype(int), GENDERS)


def age_group_confusion(predictions: pd.DataFrame) -> pd.DataFrame:
    """Counts (9, 9): rows are the groups of true ages, columns of predicted ones, as in AGE_GROUPS."""
    rows = with_age_groups(predictions)
    return _confusion(true_groups(rows), predicted_groups(rows), AGE_GROUPS)


def cs_curve(predictions: pd.DataFrame) -> pd.DataFrame:
    """Cumulative score: columns years (1 to 15), share, low, high, count."""
    estimates = age_estimates(predictions)
    points = [(years, estimates[f"cs_{years}"]) for years in CS_YEARS]
    return pd.DataFrame(
        [(years, point.value, point.low, point.high, point.count) for years, point in points],
        columns=["years", "fraction", "low", "high", "count"],
    )


def _confusion(true: np.ndarray, predicted: np.ndarray, names: tuple[str, ...]) -> pd.DataFrame:
    labels = list(range(len(names)))
    counts = (
        sk.confusion_matrix(true, predicted, labels=labels) if len(true) else np.zeros((len(names),) * 2, int)
    )
    return pd.DataFrame(counts, index=pd.Index(names, name="true"), columns=pd.Index(names, name="predicted"))


# Measures of age that are plain means over pictures.
_MEANS = ("bias", *(f"cs_{years}" for years in CS_YEARS), "coverage", "interval_width")


def _age_columns(rows: pd.DataFrame) -> dict[str, np.ndarray]:
    """What each of n pictures adds to the means of which the age measures are made: (n,) by name."""
    true, predicted = rows.age_years.to_numpy(float), rows.predicted_age_years.to_numpy(float)
    low, high = rows.age_low_years.to_numpy(float), rows.age_high_years.to_numpy(float)
    error = predicted - true
    return {
        "mae": np.abs(error),
        "bias": error,
        "mse": error**2,
        **{f"cs_{years}": (np.abs(error) <= years).astype(float) for years in CS_YEARS},
        "coverage": ((low <= true) & (true <= high)).astype(float),
        "interval_width": high - low,
        "true": true,
        "true squared": true**2,
    }


def _gender_surplus(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """(n,) probability of the likelier gender less being right, and (n,) the calibration bin."""
    probability = likelier_probability(rows.female_probability.to_numpy(float))
    return probability - (is_female(rows) == predicted_female(rows)), calibration_bins(probability)


def _estimates(
    keys: tuple[str, ...],
    values: dict[str, float],
    drawn: dict[str, np.ndarray],
    count: int,
    reasons: dict[str, str],
) -> dict[str, Estimate]:
    """Values and draws -> measures; a reason is kept only where there is no value."""
    estimates = {}
    for key in keys:
        value = float(values.get(key, NOTHING))
        if math.isfinite(value):
            estimates[key] = Estimate(key, value, *interval(drawn[key]), count)
        else:
            estimates[key] = Estimate(
                key, NOTHING, NOTHING, NOTHING, count, reasons.get(key, "cannot be computed")
            )
    return estimates

"""Rows with exact ages -> MAE, bias, R², cumulative scores and coverage of the 80 % intervals.

Values are scikit-learn's, their resampled counterparts weighted means.
Columns used: age_years, predicted_age_years, age_low_years, age_high_years.
"""

import numpy as np
import pandas as pd
from sklearn import metrics as sk

from evaluation.metrics.bootstrap import weighted_means, weighted_medians
from evaluation.metrics.definitions import AGE_KEYS, CS_YEARS
from evaluation.metrics.metric_set import MetricSet
from evaluation.metrics.rows import NO_AGE_HEAD, heads, with_ages, with_bins_alone
from faces.predictions import GENDER

# Metrics that are plain means of `_columns`; scikit-learn computes the others.
MEANS = ("bias", *(f"cs_{years}" for years in CS_YEARS), "coverage", "interval_width")


def age_values(rows: pd.DataFrame) -> tuple[dict[str, float], dict[str, str]]:
    """Values by key of n >= 1 rows `with_ages`, and the reason where R² has none."""
    true, predicted = rows.age_years.to_numpy(float), rows.predicted_age_years.to_numpy(float)
    columns = _columns(rows)
    values = {key: float(columns[key].mean()) for key in MEANS}
    values |= {
        "mae": sk.mean_absolute_error(true, predicted),
        "median_error": sk.median_absolute_error(true, predicted),
        "mse": sk.mean_squared_error(true, predicted),
        "rmse": sk.root_mean_squared_error(true, predicted),
    }
    if len(np.unique(true)) < 2:
        return values, {"r2": "all pictures have the same age"}
    return values | {"r2": sk.r2_score(true, predicted)}, {}


def resampled_age_values(rows: pd.DataFrame, weights: np.ndarray) -> dict[str, np.ndarray]:
    """(resamples, n) weights of n rows `with_ages` -> (resamples,) values by key."""
    columns = _columns(rows)
    means = weighted_means(weights, np.column_stack(list(columns.values())))
    values = dict(zip(columns, means.T, strict=True))
    true, true_squared = values.pop("true"), values.pop("true squared")
    with np.errstate(invalid="ignore", divide="ignore"):
        return values | {
            "median_error": weighted_medians(weights, columns["mae"]),
            "rmse": np.sqrt(values["mse"]),
            "r2": 1 - values["mse"] / (true_squared - true**2),
        }


def cs_curve(predictions: pd.DataFrame) -> pd.DataFrame:
    """Cumulative score: columns years (1 to 15), fraction, low, high, count."""
    estimates = AGE_METRIC_SET.estimates(predictions)
    points = [(years, estimates[f"cs_{years}"]) for years in CS_YEARS]
    return pd.DataFrame(
        [(years, point.value, point.low, point.high, point.count) for years, point in points],
        columns=["years", "fraction", "low", "high", "count"],
    )


def _absence(predictions: pd.DataFrame) -> str:
    if len(with_bins_alone(predictions)):
        return "age bins alone"
    return NO_AGE_HEAD if heads(predictions) == (GENDER,) else "no pictures with an age"


def _columns(rows: pd.DataFrame) -> dict[str, np.ndarray]:
    """(n,) by name: the addend of each picture to the means from which the metrics follow."""
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


AGE_METRIC_SET = MetricSet(AGE_KEYS, with_ages, age_values, resampled_age_values, _absence)

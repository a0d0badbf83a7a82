"""Rows with genders -> accuracy, AUC, MCC, precision, recall and F1, calibration error, selective accuracy.

Values are scikit-learn's, their resampled counterparts follow from weighted confusion matrices.
Columns used: gender (0 male, 1 female), female_probability, predicted_gender.
"""

import numpy as np
import pandas as pd
from sklearn import metrics as sk

from evaluation.metrics.abstention import likelier_probability
from evaluation.metrics.bootstrap import interval, resample_weights, weighted_aucs, weighted_means
from evaluation.metrics.calibration_error import (
    calibration_bins,
    calibration_error,
    resampled_calibration_errors,
)
from evaluation.metrics.definitions import GENDER_KEYS
from evaluation.metrics.metric_set import NAN, MetricSet
from evaluation.metrics.rows import (
    NO_GENDER_HEAD,
    gender_is_correct,
    heads,
    is_answered,
    is_female,
    predicted_female,
    subjects_of,
    with_genders,
)
from faces.predictions import AGE, GENDERS

PLURALS = ("men", "women")  # of GENDERS


def gender_values(rows: pd.DataFrame) -> tuple[dict[str, float], dict[str, str]]:
    """Values by key of n >= 1 rows `with_genders`, and the reasons for those that may have none."""
    female, predicted = is_female(rows), predicted_female(rows.female_probability)
    answered = is_answered(rows)
    values = {
        "accuracy": float(sk.accuracy_score(female, predicted)),
        "ece": calibration_error(*_overconfidence_and_bins(rows)),
        "answer_rate": float(answered.mean()),
    }
    reasons: dict[str, str] = {}
    if answered.any():
        values["selective_accuracy"] = float((female == predicted)[answered].mean())
    else:
        reasons["selective_accuracy"] = "the network abstains from every gender"
    if female.all() or not female.any():
        reasons |= dict.fromkeys(("auc", "mcc"), f"only {PLURALS[int(female[0])]} in these pictures")
    else:
        values["auc"] = sk.roc_auc_score(female, rows.female_probability.to_numpy(float))
        values["mcc"] = sk.matthews_corrcoef(female, predicted)
    for code, (name, plural) in enumerate(zip(GENDERS, PLURALS, strict=True)):
        precision, recall, f1, _ = sk.precision_recall_fscore_support(
            female, predicted, labels=[bool(code)], zero_division=np.nan
        )
        values |= {f"precision_{name}": precision[0], f"recall_{name}": recall[0], f"f1_{name}": f1[0]}
        reasons |= {
            f"precision_{name}": f"no picture was predicted as {name}",
            f"recall_{name}": f"no {plural} in these pictures",
            f"f1_{name}": f"no {plural} in these pictures, and none predicted",
        }
    return values, reasons


def resampled_gender_values(rows: pd.DataFrame, weights: np.ndarray) -> dict[str, np.ndarray]:
    """(resamples, n) weights of n rows `with_genders` -> (resamples,) values by key."""
    female, predicted = is_female(rows), predicted_female(rows.female_probability)
    matrices = np.column_stack(
        [~female & ~predicted, ~female & predicted, female & ~predicted, female & predicted]
    )
    true_male, false_female, false_male, true_female = weighted_means(weights, matrices).T
    answered = is_answered(rows)
    by_answer = np.column_stack([answered, answered & (female == predicted)])
    answer_rate, answered_and_correct = weighted_means(weights, by_answer).T
    values = {
        "accuracy": true_male + true_female,
        "ece": resampled_calibration_errors(weights, *_overconfidence_and_bins(rows)),
        "answer_rate": answer_rate,
        "auc": weighted_aucs(weights, female, rows.female_probability.to_numpy(float)),
    }
    sides = (
        ("male", true_male, false_male, false_female),
        ("female", true_female, false_female, false_male),
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        values["selective_accuracy"] = answered_and_correct / answer_rate
        for name, hits, false_alarms, misses in sides:
            values[f"precision_{name}"] = hits / (hits + false_alarms)
            values[f"recall_{name}"] = hits / (hits + misses)
            values[f"f1_{name}"] = 2 * hits / (2 * hits + false_alarms + misses)
        margins = (
            (true_female + false_female)
            * (true_female + false_male)
            * (true_male + false_female)
            * (true_male + false_male)
        )
        # As scikit-learn: 0 where a row or a column of the matrix is empty.
        correlation = (true_female * true_male - false_female * false_male) / np.sqrt(margins)
        values["mcc"] = np.where(margins > 0, correlation, 0.0)
    return values


def recall_gap(rows: pd.DataFrame) -> tuple[float, float, float]:
    """Recall of women less that of men of n rows `with_genders`, and its 95 % interval; NaN without either.

    Both come from the same resamples; the two groups are other pictures, so that nothing can be paired.
    """
    if rows.gender.nunique() < 2:
        return NAN, NAN, NAN
    values, _ = gender_values(rows)
    resampled = resampled_gender_values(rows, resample_weights(subjects_of(rows)))
    low, high = interval(resampled["recall_female"] - resampled["recall_male"])
    return values["recall_female"] - values["recall_male"], low, high


def _absence(predictions: pd.DataFrame) -> str:
    return NO_GENDER_HEAD if heads(predictions) == (AGE,) else "no pictures with a gender"


def _overconfidence_and_bins(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """(n,) probability of the likelier gender minus correctness (0 or 1), and (n,) its calibration bin."""
    probability = likelier_probability(rows.female_probability.to_numpy(float))
    return probability - gender_is_correct(rows), calibration_bins(probability)


GENDER_METRIC_SET = MetricSet(GENDER_KEYS, with_genders, gender_values, resampled_gender_values, _absence)

"""Definitions of all metrics: key, label, unit, better direction and meaning of each.

Cards, tables and pages print from here; none decides again whether a higher value is better.
"""

from dataclasses import dataclass

YEARS, SQUARE_YEARS, FRACTION, NONE = "years", "years²", "fraction", ""
LOWER, HIGHER, NEAR_ZERO, NEAR_80 = "lower", "higher", "nearer to 0", "nearer to 80 %"
CS_YEARS = tuple(range(1, 16))


@dataclass(frozen=True)
class Metric:
    """Definition of a metric; `better` is LOWER, HIGHER, NEAR_ZERO or NEAR_80, `meaning` for people."""

    key: str
    label: str
    unit: str
    better: str
    meaning: str


AGE_METRICS = (
    Metric("mae", "Age MAE", YEARS, LOWER, "Mean absolute difference of predicted and true age"),
    Metric("median_error", "Median age error", YEARS, LOWER, "Half of the pictures are off by less"),
    Metric("bias", "Age bias", YEARS, NEAR_ZERO, "Mean of predicted minus true age; above 0 is too old"),
    Metric("mse", "Age MSE", SQUARE_YEARS, LOWER, "Mean squared age error"),
    Metric("rmse", "Age RMSE", YEARS, LOWER, "Root of the mean squared age error; large errors weigh more"),
    Metric("r2", "Age R²", NONE, HIGHER, "Share of the variance of true ages that is explained"),
    *(
        Metric(
            f"cs_{years}",
            f"Within {years} year{'s' * (years > 1)}",
            FRACTION,
            HIGHER,
            f"CS@{years}: share of pictures whose age is off by at most {years}",
        )
        for years in CS_YEARS
    ),
    Metric(
        "coverage",
        "80 % intervals that hold the age",
        FRACTION,
        NEAR_80,
        "Share of 80 % intervals that hold the true age",
    ),
    Metric(
        "interval_width",
        "Width of the 80 % interval",
        YEARS,
        LOWER,
        "Mean width of the 80 % interval; only fair between variants with equal coverage",
    ),
)
BIN_METRICS = (
    Metric(
        "bin_accuracy",
        "Age in the right bin",
        FRACTION,
        HIGHER,
        "Where only age bins are known: share of ages, rounded to years, that lie in the true one of nine",
    ),
    Metric(
        "bin_off_by_one",
        "Age at most one bin off",
        FRACTION,
        HIGHER,
        "Where only age bins are known: share of ages, rounded to years, in the true bin or one beside it",
    ),
)
GENDER_METRICS = (
    Metric(
        "accuracy",
        "Gender accuracy",
        FRACTION,
        HIGHER,
        "Share of pictures whose gender is predicted correctly",
    ),
    Metric(
        "auc",
        "Gender ROC AUC",
        NONE,
        HIGHER,
        "Probability that a woman gets a higher female probability than a man",
    ),
    Metric("mcc", "Gender MCC", NONE, HIGHER, "Matthews correlation of predicted and true gender"),
    Metric(
        "precision_female",
        "Precision, women",
        FRACTION,
        HIGHER,
        "Share of women among those predicted as female",
    ),
    Metric("recall_female", "Recall, women", FRACTION, HIGHER, "Share of women who are predicted as female"),
    Metric("f1_female", "F1, women", NONE, HIGHER, "Harmonic mean of precision and recall of women"),
    Metric(
        "precision_male", "Precision, men", FRACTION, HIGHER, "Share of men among those predicted as male"
    ),
    Metric("recall_male", "Recall, men", FRACTION, HIGHER, "Share of men who are predicted as male"),
    Metric("f1_male", "F1, men", NONE, HIGHER, "Harmonic mean of precision and recall of men"),
    Metric(
        "ece",
        "Gender calibration error",
        FRACTION,
        LOWER,
        "Expected calibration error: by how much the probability of the likelier gender differs from the "
        "share that is correct, in 15 bins of equal mass",
    ),
    Metric(
        "answer_rate",
        "Gender answer rate",
        FRACTION,
        HIGHER,
        "Share of pictures whose gender is answered; for the others the network abstains (uncertain)",
    ),
    Metric(
        "selective_accuracy",
        "Gender accuracy where answered",
        FRACTION,
        HIGHER,
        "Selective accuracy: share of the answered genders that are correct; see the answer rate beside it",
    ),
)
METRICS = {metric.key: metric for metric in AGE_METRICS + BIN_METRICS + GENDER_METRICS}
AGE_KEYS = tuple(metric.key for metric in AGE_METRICS)
BIN_KEYS = tuple(metric.key for metric in BIN_METRICS)
GENDER_KEYS = tuple(metric.key for metric in GENDER_METRICS)


def is_better(key: str, first: float, second: float) -> bool:
    """Whether `first` is a better value of a metric than `second`."""
    badness = {
        LOWER: lambda value: value,
        HIGHER: lambda value: -value,
        NEAR_ZERO: abs,
        NEAR_80: lambda value: abs(value - 0.8),
    }[METRICS[key].better]
    return badness(first) < badness(second)

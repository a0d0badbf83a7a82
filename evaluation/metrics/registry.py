"""The metric sets in the order in which every table prints them, and all estimates of one variant's rows."""

import pandas as pd

from evaluation.metrics.age import AGE_METRIC_SET
from evaluation.metrics.age_bins import BIN_METRIC_SET
from evaluation.metrics.estimates import Estimate
from evaluation.metrics.gender import GENDER_METRIC_SET

METRIC_SETS = (AGE_METRIC_SET, BIN_METRIC_SET, GENDER_METRIC_SET)


def all_estimates(predictions: pd.DataFrame) -> dict[str, Estimate]:
    """Estimates of every metric on the same predictions, in the order of METRICS."""
    return {
        key: estimate
        for metric_set in METRIC_SETS
        for key, estimate in metric_set.estimates(predictions).items()
    }

"""A robustness table made by rule instead of by networks, for tests of what is shown of one."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from dataset.tables.columns import ROBUSTNESS
from evaluation.inference.conditions import CONDITIONS


def robustness_table(
    steps: dict[str, float] | None = None, sets: Sequence[str] = ("chips",), **hashes: str
) -> pd.DataFrame:
    """From 4.5 years and 95 %, each variant loses its step in years and in points with every severity.

    By default `full` loses 1.0 and `cropped` 0.5; `hashes` are the columns that say what made the table.
    """
    made_by = dict.fromkeys(("split_sha256", "network_sha256", "detector_sha256"), "") | hashes
    conditions = [("unchanged", 0, np.nan, "none")]
    conditions += [
        (
            condition.corruption.key,
            condition.severity,
            condition.corruption.level(condition.severity),
            condition.corruption.unit,
        )
        for condition in CONDITIONS
    ]
    tables = []
    for set_name in sets:
        for variant, step in (steps or {"full": 1.0, "cropped": 0.5}).items():
            table = pd.DataFrame(conditions, columns=["corruption", "severity", "level", "unit"])
            mae, accuracy = 4.5 + step * table.severity, 0.95 - step * table.severity / 100
            table = table.assign(
                variant=variant, set=set_name, count=500,
                mae=mae, mae_low=mae - 0.2, mae_high=mae + 0.2,
                gender_accuracy=accuracy, gender_accuracy_low=accuracy - 0.02,
                gender_accuracy_high=accuracy + 0.02,
                face_found_fraction=1 - table.severity / 10, face_found_count=100, **made_by,
            )  # fmt: skip
            tables.append(table[ROBUSTNESS.column_names])
    return pd.concat(tables, ignore_index=True)

"""A robustness table made by rule instead of by networks, for tests of what is shown of one."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from dataset.tables.columns import ROBUSTNESS
from evaluation.inference.robustness import CELLS


def robustness_table(
    steps: dict[str, float] | None = None, sets: Sequence[str] = ("chips",), **hashes: str
) -> pd.DataFrame:
    """From 4.5 years and 95 %, each variant loses its step in years and in points with every strength.

    By default `full` loses 1.0 and `cropped` 0.5; `hashes` are the columns that say what made the table.
    """
    made_by = dict.fromkeys(("split_sha256", "network_sha256", "detector_sha256"), "") | hashes
    cells = [("unchanged", 0, np.nan, "none")]
    cells += [
        (cell.corruption.key, cell.strength, cell.corruption.amount(cell.strength), cell.corruption.unit)
        for cell in CELLS
    ]
    frames = []
    for set_name in sets:
        for variant, step in (steps or {"full": 1.0, "cropped": 0.5}).items():
            frame = pd.DataFrame(cells, columns=["corruption", "strength", "amount", "unit"])
            mae, accuracy = 4.5 + step * frame.strength, 0.95 - step * frame.strength / 100
            frame = frame.assign(
                variant=variant, set=set_name, count=500,
                mae=mae, mae_low=mae - 0.2, mae_high=mae + 0.2,
                gender_accuracy=accuracy, gender_accuracy_low=accuracy - 0.02,
                gender_accuracy_high=accuracy + 0.02,
                face_found_share=1 - frame.strength / 10, face_found_count=100, **made_by,
            )  # fmt: skip
            frames.append(frame[ROBUSTNESS.column_names])
    return pd.concat(frames, ignore_index=True)

"""Names that all rooms share: sets, splits, decades of age. Genders stand in `faces.predictions`."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

CHIPS, COMPOSITES, FGNET, PORTRAITS, FAIRFACE = "chips", "composites", "fgnet", "portraits", "fairface"
AGEDB = "agedb"
EVALUATION_SETS = (CHIPS, COMPOSITES, FAIRFACE, FGNET, PORTRAITS)  # in the order of every page and table
SETS = (*EVALUATION_SETS, AGEDB)

TRAIN, VALIDATION, TEST = SPLITS = ("train", "validation", "test")
SPLIT_FRACTIONS = {TRAIN: 0.8, VALIDATION: 0.1, TEST: 0.1}

OLDEST_DECADE = 90  # 90 and above are one, for they are few


def decade_of(ages_years: ArrayLike) -> np.ndarray:
    """(n,) ages -> (n,) first years of their decades, OLDEST_DECADE at most."""
    return np.minimum(np.asarray(ages_years) // 10 * 10, OLDEST_DECADE).astype(int)


def decade_name(start_years: int) -> str:
    """`30–39`, and `90+` for the last."""
    return f"{start_years}–{start_years + 9}" if start_years < OLDEST_DECADE else f"{OLDEST_DECADE}+"

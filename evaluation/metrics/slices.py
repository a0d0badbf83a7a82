"""Predictions of one variant -> the same few estimates by decade, gender, race and face size.

Every slice carries its count and intervals; `worst_slices` leaves out those too small for a judgement.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from dataset.labels import OLDEST_DECADE, decade_name, decade_of
from evaluation.metrics.bootstrap import mean_with_interval
from evaluation.metrics.rows import (
    answered,
    gender_is_correct,
    subjects_of,
    with_ages,
    with_genders,
    with_races,
    with_true_gender,
)
from faces.predictions import GENDERS

FACE_FRACTION_EDGES = (0.0, 0.15, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8, np.inf)
MIN_PICTURES = 30  # slices with fewer pictures are shown, but never called the worst
MIN_RANGES = 4  # ranges of sizes with MIN_PICTURES pictures each; fewer are no curve
QUANTILE_RANGES = 6  # then the faces are divided into so many parts of about equal count
SLICE_COLUMNS = [
    "slice", "count", "mae", "mae_low", "mae_high", "bias", "bias_low", "bias_high",
    "accuracy", "accuracy_low", "accuracy_high", "coverage", "coverage_low", "coverage_high",
]  # fmt: skip


def error_by_decade(predictions: pd.DataFrame) -> pd.DataFrame:
    """SLICE_COLUMNS, a row a decade of true age that occurs."""
    rows = with_ages(predictions)
    starts = pd.Series(decade_of(rows.age_years), rows.index)
    return _sliced(rows, starts, {start: decade_name(start) for start in range(0, OLDEST_DECADE + 1, 10)})


def error_by_gender(predictions: pd.DataFrame) -> pd.DataFrame:
    """SLICE_COLUMNS, a row a true gender that occurs."""
    rows = with_true_gender(answered(predictions))
    return _sliced(rows, rows.gender.astype(int), dict(enumerate(GENDERS)))


def error_by_race(predictions: pd.DataFrame) -> pd.DataFrame:
    """SLICE_COLUMNS, a row a race in the words of the set; empty where the set names none."""
    rows = with_races(predictions)
    races = rows.race.astype(str)
    return _sliced(rows, races, {name: name for name in sorted(races.unique())})


def error_by_decade_and_gender(predictions: pd.DataFrame) -> pd.DataFrame:
    """SLICE_COLUMNS with a further column `gender`, a row a decade and gender that occur."""
    rows = with_true_gender(answered(predictions))
    tables = [
        error_by_decade(rows[rows.gender == code]).assign(gender=name) for code, name in enumerate(GENDERS)
    ]
    return pd.concat(tables, ignore_index=True)


def error_by_face_fraction(predictions: pd.DataFrame) -> pd.DataFrame:
    """SLICE_COLUMNS, a row a range of `face_fraction` that occurs, the smallest first.

    Rows without a face are left out. The ranges are those between FACE_FRACTION_EDGES; where nearly all faces
    of a larger set fall into two or three of them, the set's own quantiles, in whole percent.
    """
    rows = predictions[predictions.face_fraction.notna()]
    names, order = face_fraction_slices(rows)
    return _sliced(rows, names, {name: name for name in order})


def face_fraction_slices(rows: pd.DataFrame) -> tuple[pd.Series, list[str]]:
    """The range of `face_fraction` of each row, NaN without a face; and all ranges, the smallest first."""
    fractions = rows.face_fraction.to_numpy(float)
    edges = _face_fraction_edges(fractions[np.isfinite(fractions)])
    order = face_fraction_names(edges)
    index = np.searchsorted(edges, fractions, side="right") - 1
    names = pd.Series(index, index=rows.index).map(dict(enumerate(order)))
    return names.where(rows.face_fraction.notna()), order


def face_fraction_names(edges: Sequence[float] = FACE_FRACTION_EDGES) -> list[str]:
    """`0–15 %` … `over 80 %`: the ranges between edges, of which the last is infinite."""
    percents = [round(100 * edge) for edge in edges[:-1]]
    between = [f"{low}–{high} %" for low, high in zip(percents, percents[1:], strict=False)]
    return [*between, f"over {percents[-1]} %"]


def worst_slices(cuts: Mapping[str, pd.DataFrame], count: int = 3) -> pd.DataFrame:
    """The slices with the largest MAE, worst first, with a column `by`: the key of their table in `cuts`."""
    tables = [table.assign(by=by) for by, table in cuts.items() if len(table)]
    if not tables:
        return pd.DataFrame(columns=[*SLICE_COLUMNS, "by"])
    slices = pd.concat(tables, ignore_index=True)
    judged = slices[(slices["count"] >= MIN_PICTURES) & slices.mae.notna()]
    return judged.sort_values("mae", ascending=False, kind="stable").head(count).reset_index(drop=True)


def _face_fraction_edges(fractions: np.ndarray) -> Sequence[float]:
    counts = np.histogram(fractions, FACE_FRACTION_EDGES)[0]
    if len(fractions) < MIN_RANGES * MIN_PICTURES or (counts >= MIN_PICTURES).sum() >= MIN_RANGES:
        return FACE_FRACTION_EDGES
    inner = np.unique(np.quantile(fractions, np.arange(1, QUANTILE_RANGES) / QUANTILE_RANGES).round(2))
    # The face of a chip often takes all of it: nothing lies between that and more.
    return [0.0, *inner[inner < 1].tolist(), np.inf] if (inner < 1).any() else FACE_FRACTION_EDGES


def _sliced(rows: pd.DataFrame, keys: pd.Series, names: dict) -> pd.DataFrame:
    """One row a key of `names` that occurs in `keys`, in the order of `names`."""
    slices = [[name, *_estimates(rows[keys == key])] for key, name in names.items() if (keys == key).any()]
    return pd.DataFrame(slices, columns=SLICE_COLUMNS)


def _estimates(rows: pd.DataFrame) -> Sequence[float]:
    """Count, then value, low and high of MAE, bias, gender accuracy and coverage of the 80 % intervals."""
    aged, gendered = with_ages(rows), with_genders(rows)
    error = (aged.predicted_age_years - aged.age_years).to_numpy(float)
    covered = aged.age_years.between(aged.age_low_years, aged.age_high_years).to_numpy(float)
    ages, genders = subjects_of(aged), subjects_of(gendered)
    return [
        len(rows),
        *mean_with_interval(np.abs(error), ages),
        *mean_with_interval(error, ages),
        *mean_with_interval(gender_is_correct(gendered).astype(float), genders),
        *mean_with_interval(covered, ages),
    ]

"""The README's paired statements, computed again from the parquet files with scipy, without our metrics."""

import re
from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from evaluation.reports.readme import BEGIN, END
from evaluation.second_trainings import FOLDER
from evaluation.sets import SETS

KEYS = ["set", "split", "file"]
SMALL = 0.2  # of the picture's side
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def lines(repository):
    """Set -> its bullet in the README."""
    text = (repository / "README.md").read_text(encoding="utf-8")
    table = text.partition(BEGIN)[2].partition(END)[0]
    return {line[4:].partition("**")[0]: line for line in table.splitlines() if line.startswith("- **")}


@cache
def pair(folders, set_name):
    """Test rows of two variants on one set, side by side: the columns of both with _first and _second."""
    tables = [pd.read_parquet(folder / "predictions" / f"{set_name}.parquet") for folder in folders]
    first, second = (table[table.split == "test"] for table in tables)
    rows = first.merge(second, on=KEYS, suffixes=("_first", "_second"), validate="1:1")
    rows["person"] = np.where(rows.subject_first.fillna("") != "", rows.subject_first, rows.file)
    return rows


def shipped(shipped_variants, set_name, *, second_training=False):
    folders = [variant.folder / FOLDER if second_training else variant.folder for variant in shipped_variants]
    return pair(tuple(folders), set_name)


def error_deltas(rows):
    """Absolute age errors of the first less those of the second."""
    aged = rows[rows.age_years_first.notna()]
    errors = [
        (aged[f"predicted_age_years_{end}"] - aged.age_years_first).abs() for end in ("first", "second")
    ]
    return pd.Series((errors[0] - errors[1]).to_numpy(), index=aged.person)


def right_deltas(rows):
    """1 where only the first predicts the gender, −1 where only the second does."""
    known = rows[rows.gender_first.isin((0, 1))]
    right = [
        (known[f"female_probability_{end}"] >= 0.5) == (known.gender_first == 1)
        for end in ("first", "second")
    ]
    return pd.Series(right[0].astype(int).to_numpy() - right[1].astype(int).to_numpy(), index=known.person)


def interval(deltas):
    """The 95 % percentile interval of the mean, people resampled by scipy with a seed of its own."""
    by_person = deltas.groupby(level=0).agg(["sum", "count"])
    result = stats.bootstrap(
        (by_person["sum"].to_numpy(), by_person["count"].to_numpy()),
        lambda sums, counts, axis: sums.sum(axis=axis) / counts.sum(axis=axis),
        paired=True,
        vectorized=True,
        n_resamples=4000,
        method="percentile",
        random_state=7,
    )
    return result.confidence_interval


def mcnemar(deltas):
    wins = int((deltas > 0).sum())
    either = int((deltas != 0).sum())
    return stats.binomtest(wins, either).pvalue if either else 1.0


@pytest.mark.parametrize("set_name", SETS)
def test_the_sizes_and_mcnemar_come_out_of_the_parquet_again(comparisons, shipped_variants, set_name):
    rows, differences = shipped(shipped_variants, set_name), comparisons[set_name].differences
    for key, deltas in (("mae", error_deltas(rows)), ("accuracy", right_deltas(rows))):
        difference = differences[key]
        assert difference.count == len(deltas)
        if not len(deltas):
            continue
        low, high = interval(deltas)
        tolerance = 0.1 * (high - low) + 1e-9
        assert difference.value == pytest.approx(deltas.mean())
        assert difference.low == pytest.approx(low, abs=tolerance)
        assert difference.high == pytest.approx(high, abs=tolerance)
    assert differences["accuracy"].p_value == pytest.approx(mcnemar(right_deltas(rows)))


@pytest.mark.parametrize("set_name", SETS)
def test_the_slice_of_small_faces_comes_out_of_the_parquet_again(comparisons, shipped_variants, set_name):
    rows = shipped(shipped_variants, set_name)
    slices = {one.difference.key: one for one in comparisons[set_name].slices if one.name == "under 20 %"}
    small = rows[rows.face_fraction_first < SMALL]
    if len(small) < 30:
        assert not slices
        return
    for key, deltas in (("mae", error_deltas(small)), ("accuracy", right_deltas(small))):
        low, high = interval(deltas)
        difference = slices[key].difference
        assert difference.count == len(deltas)
        assert difference.value == pytest.approx(deltas.mean())
        assert difference.low == pytest.approx(low, abs=0.1 * (high - low))
        assert difference.high == pytest.approx(high, abs=0.1 * (high - low))
    assert slices["accuracy"].difference.p_value == pytest.approx(mcnemar(right_deltas(small)))


@pytest.mark.parametrize("set_name", SETS)
def test_the_state_of_a_set_follows_from_both_trainings(comparisons, lines, shipped_variants, set_name):
    comparison, again = comparisons[set_name], shipped(shipped_variants, set_name, second_training=True)
    states = []
    for key, deltas_of in (("mae", error_deltas), ("accuracy", right_deltas)):
        difference, deltas = comparison.differences[key], deltas_of(again)
        if not difference.is_real:
            assert comparison.state(key) == "no detectable difference"
            continue
        low, high = interval(deltas)
        confirmed = (low > 0 or high < 0) and np.sign(deltas.mean()) == np.sign(difference.value)
        states.append("real" if confirmed else "real on these pictures, not confirmed")
        assert comparison.state(key) == states[-1]
    if len(set(states)) == 1:
        assert f"*({states[0]})*" in lines[set_name]
    assert comparison.sentence in lines[set_name]
    assert all(note in lines[set_name] for note in comparison.verdict.notes)


def test_the_smallest_detectable_difference_is_a_multiple_of_the_standard_error(comparisons, lines):
    for set_name, comparison in comparisons.items():
        mae = comparison.differences["mae"]
        if mae.count:
            sizes = re.search(r"four times in five: ([\d.]+) years", lines[set_name])
            assert sizes
            # The interval is about 2 × 1.96 standard errors wide.
            expected = (1.96 + 0.84) * (mae.high - mae.low) / (2 * 1.96)
            assert float(sizes[1]) == pytest.approx(expected, rel=0.1, abs=0.006)


def test_equal_is_said_where_both_one_sided_tests_say_so(comparisons, lines, shipped_variants):
    for set_name in comparisons:
        rows = shipped(shipped_variants, set_name)
        for words, margin, deltas in (
            ("age MAE: equal within 0.25 years", 0.25, error_deltas(rows)),
            ("gender accuracy: equal within 1 point", 0.01, right_deltas(rows)),
        ):
            if not len(deltas) or not deltas.any():
                continue
            by_person = deltas.groupby(level=0)
            error = float(np.sqrt(((by_person.sum() - by_person.count() * deltas.mean()) ** 2).sum())) / len(
                deltas
            )
            widest = abs(deltas.mean()) + stats.norm.ppf(0.95) * error
            if abs(widest - margin) > 0.05 * margin:  # at the margin itself two ways of computing may differ
                assert (words in lines[set_name]) == (widest < margin), (set_name, words)

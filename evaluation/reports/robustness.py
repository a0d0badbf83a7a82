"""Rows of `robustness.csv` -> the page docs/robustness.md."""

from itertools import combinations
from typing import Any

import pandas as pd

from evaluation.inference.corruptions import CORRUPTIONS, SEVERITIES, Corruption
from evaluation.metrics.definitions import FRACTION, YEARS
from evaluation.metrics.differences import Difference
from evaluation.metrics.estimates import formatted
from evaluation.metrics.robustness import condition_differences
from evaluation.predictions import ROBUSTNESS_COMMAND
from evaluation.reports.render import render

MIDDLE_SEVERITY = 3

# (first, second) variant -> (metric, corruption, severity) -> their paired difference
Differences = dict[tuple[str, str], dict[tuple[str, str, int], Difference]]


def by_severity(table: pd.DataFrame, set_name: str, corruption: str) -> pd.DataFrame:
    """Rows of one set and corruption, each variant's from severity 0, the clean pictures, to 5."""
    of_set = table[table.set == set_name]
    rows = of_set[of_set.corruption.isin(("unchanged", corruption))]
    return rows.sort_values("severity", kind="stable", ignore_index=True)


def robustness_markdown(table: pd.DataFrame, predictions: pd.DataFrame | None = None) -> str:
    """The page docs/robustness.md, of the rows that `read_robustness` returns.

    `predictions`, of `read_robustness_predictions`, say which variant is better: without them nothing does.
    """
    by_set = {name: _differences(predictions, name) for name in dict.fromkeys(table.set)}
    return render(
        "robustness.md.j2",
        command=ROBUSTNESS_COMMAND,
        corruptions=_measured(table) or CORRUPTIONS,
        severities=SEVERITIES,
        middle_severity=MIDDLE_SEVERITY,
        sets=[_section(name, table[table.set == name], differences) for name, differences in by_set.items()],
    )


def _section(set_name: str, of_set: pd.DataFrame, differences: Differences) -> dict[str, Any]:
    """Contents of one set's section. The detector finds the same faces for every variant."""
    of_one_variant = of_set[of_set.variant == of_set.variant.iloc[0]]
    return {
        "name": set_name,
        "pictures": int(of_set["count"].iloc[0]),
        "variants": [_losses(str(name), rows) for name, rows in of_set.groupby("variant", sort=False)],
        "compared": sum(len(of_pair) for of_pair in differences.values()) // 2,
        "mae": _rows(set_name, of_set, "mae", YEARS, differences),
        "gender_accuracy": _rows(set_name, of_set, "gender_accuracy", FRACTION, differences),
        "searched": int(of_one_variant.face_found_count.iloc[0]),
        "face_found": [
            (corruption.label, _padded([formatted(found, FRACTION, with_unit=False) for found in fractions]))
            for corruption in _measured(of_set)
            for fractions in [by_severity(of_one_variant, set_name, corruption.key).face_found_fraction]
        ],
    }


def _losses(variant_name: str, rows: pd.DataFrame) -> dict[str, Any]:
    """A variant on clean pictures; the corruptions that cost most and least at the middle severity."""
    clean = rows[rows.severity == 0].iloc[0]
    labels = {corruption.key: corruption.label for corruption in CORRUPTIONS}
    years = rows[rows.severity == MIDDLE_SEVERITY].set_index("corruption").mae - clean.mae
    most, least = ({"label": labels[key], "years": years[key]} for key in (years.idxmax(), years.idxmin()))
    return {"name": variant_name, "clean": clean, "most": most, "least": least}


def _rows(
    set_name: str, of_set: pd.DataFrame, metric: str, unit: str, differences: Differences
) -> list[tuple[str, str, list[str]]]:
    """(corruption, variant, a cell a severity) of one metric."""
    table = []
    for corruption in _measured(of_set):
        rows = by_severity(of_set, set_name, corruption.key)
        for variant_name, of_variant in rows.groupby("variant", sort=False):
            cells = [_cell(row, metric, unit, differences) for _, row in of_variant.iterrows()]
            table.append((corruption.label, str(variant_name), _padded(cells)))
    return table


def _differences(predictions: pd.DataFrame | None, set_name: str) -> Differences:
    """Differences of every pair of variants on one set."""
    if predictions is None or predictions.empty:
        return {}
    of_set = predictions[predictions.set == set_name]
    pairs = combinations(dict.fromkeys(of_set.variant), 2)
    return {pair: condition_differences(of_set, *pair) for pair in pairs}


def _cell(row: pd.Series, metric: str, unit: str, differences: Differences) -> str:
    """The value, in bold where a detected paired difference makes it better than every other variant's."""
    text = formatted(row[metric], unit, with_unit=False)
    better = [
        {True: first, False: second, None: None}[difference.first_is_better]
        for (first, second), of_pair in differences.items()
        if row.variant in (first, second)
        for difference in [of_pair.get((metric, row.corruption, int(row.severity)))]
        if difference is not None
    ]
    return f"**{text}**" if better and all(name == row.variant for name in better) else text


def _measured(table: pd.DataFrame) -> list[Corruption]:
    """The corruptions that the table has."""
    return [corruption for corruption in CORRUPTIONS if corruption.key in set(table.corruption)]


def _padded(cells: list[str]) -> list[str]:
    """The cells of severity 0 to 5, a dash for those that a corruption has not."""
    return cells + ["–"] * (1 + len(SEVERITIES) - len(cells))

"""Rows of `robustness.csv` -> the page docs/robustness.md."""

from typing import Any

import pandas as pd

from evaluation.inference.corruptions import CORRUPTIONS, SEVERITIES, Corruption
from evaluation.metrics.definitions import FRACTION, YEARS
from evaluation.metrics.estimates import formatted
from evaluation.predictions import ROBUSTNESS_COMMAND
from evaluation.reports.render import render

MIDDLE_SEVERITY = 3


def by_severity(table: pd.DataFrame, set_name: str, corruption: str) -> pd.DataFrame:
    """Rows of one set and corruption, each variant's from severity 0, the clean pictures, to 5."""
    of_set = table[table.set == set_name]
    rows = of_set[of_set.corruption.isin(("unchanged", corruption))]
    return rows.sort_values("severity", kind="stable", ignore_index=True)


def robustness_markdown(table: pd.DataFrame) -> str:
    """The page docs/robustness.md, of the rows that `read_robustness` returns."""
    return render(
        "robustness.md.j2",
        command=ROBUSTNESS_COMMAND,
        corruptions=_measured(table) or CORRUPTIONS,
        severities=SEVERITIES,
        middle_severity=MIDDLE_SEVERITY,
        sets=[_section(name, table[table.set == name]) for name in dict.fromkeys(table.set)],
    )


def _section(set_name: str, of_set: pd.DataFrame) -> dict[str, Any]:
    """Contents of one set's section. The detector finds the same faces for every variant."""
    of_one_variant = of_set[of_set.variant == of_set.variant.iloc[0]]
    return {
        "name": set_name,
        "pictures": int(of_set["count"].iloc[0]),
        "variants": [_losses(str(name), rows) for name, rows in of_set.groupby("variant", sort=False)],
        "mae": _rows(set_name, of_set, "mae", YEARS),
        "gender_accuracy": _rows(set_name, of_set, "gender_accuracy", FRACTION),
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


def _rows(set_name: str, of_set: pd.DataFrame, metric: str, unit: str) -> list[tuple[str, str, list[str]]]:
    """(corruption, variant, a cell a severity) of one metric."""
    table = []
    for corruption in _measured(of_set):
        rows = by_severity(of_set, set_name, corruption.key)
        for variant_name, of_variant in rows.groupby("variant", sort=False):
            others = rows[rows.variant != variant_name]
            cells = [
                _cell(row, others[others.severity == row.severity], metric, unit)
                for _, row in of_variant.iterrows()
            ]
            table.append((corruption.label, str(variant_name), _padded(cells)))
    return table


def _measured(table: pd.DataFrame) -> list[Corruption]:
    """The corruptions that the table has."""
    return [corruption for corruption in CORRUPTIONS if corruption.key in set(table.corruption)]


def _padded(cells: list[str]) -> list[str]:
    """The cells of severity 0 to 5, a dash for those that a corruption has not."""
    return cells + ["–"] * (1 + len(SEVERITIES) - len(cells))


def _cell(row: pd.Series, others: pd.DataFrame, metric: str, unit: str) -> str:
    """The value, in bold where its interval lies on the better side of those of all other variants."""
    text = formatted(row[metric], unit, with_unit=False)
    if unit == YEARS:
        clearly_better = (row[f"{metric}_high"] < others[f"{metric}_low"]).all()
    else:
        clearly_better = (row[f"{metric}_low"] > others[f"{metric}_high"]).all()
    return f"**{text}**" if len(others) and clearly_better else text

"""Answers on changed pictures -> the rows of `robustness.csv`, and these -> what is shown of them.

A room of its own because it takes tables only: the page reads what was measured and needs no network for it.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dataset.splits import split_sha256
from dataset.tables.columns import ROBUSTNESS, read_csv_table
from evaluation.inference.corruptions import CORRUPTIONS, SEVERITIES
from evaluation.metrics.bootstrap import interval, resample_weights, weighted_means
from evaluation.metrics.estimates import FRACTION, YEARS, formatted
from evaluation.metrics.metrics import is_female, subjects_of
from evaluation.reports.render import render
from faces.detection import DEFAULT_DETECTOR
from faces.errors import TableError
from faces.files import sha256_of
from faces.variants import Variant, read_variant

ROBUSTNESS_FILE = "robustness.csv"
COMMAND = "python -m evaluation robustness --data-dir DIR"
MIDDLE_SEVERITY = 3


def robustness_rows(
    pictures: pd.DataFrame, age_years: np.ndarray, female_probability: np.ndarray
) -> pd.DataFrame:
    """count, then mae and gender_accuracy with _low and _high: a row a column of the answers.

    `pictures` are n records (file, subject, age_years, gender), both answers (n, columns); a picture without
    a label or an answer counts in none. Every column is drawn with the same weights.
    """
    labelled = pictures.age_years.notna() & pictures.gender.isin((0, 1))
    known = labelled.to_numpy() & np.isfinite(age_years).all(axis=1)
    rows = pictures[known]
    errors = np.abs(age_years[known] - rows.age_years.to_numpy(float)[:, None])
    right = (female_probability[known] >= 0.5) == is_female(rows)[:, None]
    weights = resample_weights(subjects_of(rows))
    table = pd.DataFrame({"count": [len(rows)] * age_years.shape[1]})
    for name, values in (("mae", errors), ("gender_accuracy", right.astype(float))):
        low, high = np.array([interval(drawn) for drawn in weighted_means(weights, values).T]).T
        table = table.assign(**{name: values.mean(axis=0), f"{name}_low": low, f"{name}_high": high})
    return table


def read_robustness(variant_folders: Sequence[Path], detector_path: Path = DEFAULT_DETECTOR) -> pd.DataFrame:
    """The robustness tables of all variants, one under the other; no rows where none was measured.

    Raises TableError when a table was made by another network, split or detector than those served, or holds
    rows of another variant, and VariantError for a folder that is none.
    """
    detector_sha256 = sha256_of(detector_path)
    tables = []
    for folder in variant_folders:
        path = Path(folder) / ROBUSTNESS_FILE
        if path.is_file():
            tables.append(_checked(path, read_variant(folder), detector_sha256))
    if not tables:
        return pd.DataFrame(columns=ROBUSTNESS.column_names)
    return pd.concat(tables, ignore_index=True)


def by_severity(table: pd.DataFrame, set_name: str, corruption: str) -> pd.DataFrame:
    """The rows of one set and kind of change, by variant from strength 0, the unchanged pictures, to 5."""
    of_set = table[table.set == set_name]
    own = of_set[of_set.corruption.isin(("unchanged", corruption))]
    return own.sort_values("severity", kind="stable", ignore_index=True)


def robustness_markdown(table: pd.DataFrame) -> str:
    """The page docs/robustness.md, of the rows that `read_robustness` found."""
    return render(
        "robustness.md.j2",
        command=COMMAND,
        corruptions=CORRUPTIONS,
        severities=SEVERITIES,
        middle_severity=MIDDLE_SEVERITY,
        sets=[_section(name, table[table.set == name]) for name in dict.fromkeys(table.set)],
    )


def _checked(path: Path, variant: Variant, detector_sha256: str) -> pd.DataFrame:
    table = read_csv_table(path, ROBUSTNESS)
    made_by = {
        "split": split_sha256(),
        "network": variant.network_sha256,
        "detector": detector_sha256,
    }
    for what, wanted in made_by.items():
        others = sorted(set(table[f"{what}_sha256"]) - {wanted})
        if others:
            raise TableError(
                f"{path} was made with another {what}: expected SHA-256 {wanted[:12]}…. "
                f"Received: {str(others[0])[:12]}…. `{COMMAND}` makes it anew."
            )
    strangers = sorted(set(table.variant) - {variant.name})
    if strangers:
        raise TableError(f"{path} belongs to the variant '{variant.name}'. Received: rows of {strangers}.")
    return table


def _section(set_name: str, of_set: pd.DataFrame) -> dict[str, Any]:
    """What the page shows of one set. The detector finds the same faces for every variant."""
    of_one_variant = of_set[of_set.variant == of_set.variant.iloc[0]]
    return {
        "name": set_name,
        "pictures": int(of_set["count"].iloc[0]),
        "variants": [_losses(str(name), rows) for name, rows in of_set.groupby("variant", sort=False)],
        "mae": _rows(set_name, of_set, "mae", YEARS),
        "gender_accuracy": _rows(set_name, of_set, "gender_accuracy", FRACTION),
        "searched": int(of_one_variant.face_found_count.iloc[0]),
        "face_found": [
            (corruption.label, by_severity(of_one_variant, set_name, corruption.key).face_found_fraction)
            for corruption in CORRUPTIONS
        ],
    }


def _losses(variant_name: str, rows: pd.DataFrame) -> dict[str, Any]:
    """A variant on unchanged pictures; the corruptions that cost most and least at the middle severity."""
    unchanged = rows[rows.severity == 0].iloc[0]
    labels = {corruption.key: corruption.label for corruption in CORRUPTIONS}
    years = rows[rows.severity == MIDDLE_SEVERITY].set_index("corruption").mae - unchanged.mae
    most, least = ({"label": labels[key], "years": years[key]} for key in (years.idxmax(), years.idxmin()))
    return {"name": variant_name, "unchanged": unchanged, "most": most, "least": least}


def _rows(set_name: str, of_set: pd.DataFrame, metric: str, unit: str) -> list[tuple[str, str, list[str]]]:
    """(corruption, variant, a cell a severity) of one metric."""
    table = []
    for corruption in CORRUPTIONS:
        rows = by_severity(of_set, set_name, corruption.key)
        for variant_name, own in rows.groupby("variant", sort=False):
            others = rows[rows.variant != variant_name]
            cells = [
                _cell(row, others[others.severity == row.severity], metric, unit) for _, row in own.iterrows()
            ]
            table.append((corruption.label, str(variant_name), cells))
    return table


def _cell(row: pd.Series, others: pd.DataFrame, metric: str, unit: str) -> str:
    """The value, in bold where its interval lies on the better side of those of all other variants."""
    text = formatted(row[metric], unit, with_unit=False)
    if unit == YEARS:
        clearly_better = (row[f"{metric}_high"] < others[f"{metric}_low"]).all()
    else:
        clearly_better = (row[f"{metric}_low"] > others[f"{metric}_high"]).all()
    return f"**{text}**" if len(others) and clearly_better else text

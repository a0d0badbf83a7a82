"""Answers on changed pictures -> the rows of `robustness.csv`, and these -> what is shown of them.

A room of its own because it takes tables only: the page reads what was measured and needs no network for it.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from dataset.splits import split_sha256
from dataset.tables.columns import ROBUSTNESS
from dataset.tables.schema import read_csv_table
from evaluation.inference.corruptions import CORRUPTIONS, SEVERITIES, Corruption
from evaluation.metrics.bootstrap import interval, resample_weights, weighted_means
from evaluation.metrics.estimates import FRACTION, YEARS, formatted
from evaluation.metrics.metrics import is_female, subjects_of
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
    lines = [
        "# Robustness",
        "",
        f"Printed by `{COMMAND}`; not to be edited.",
        "",
        "What each variant loses when test pictures get worse. The picture is changed, the face box stays",
        "that of the unchanged picture, and the frame is cut as always: what is lost is the network's alone.",
        "Whether the detector would still find the face is the last table of each set.",
        "",
        "| Change | 1 | 2 | 3 | 4 | 5 | unit | what is done |",
        "|---|--:|--:|--:|--:|--:|---|---|",
        *(_metric(corruption) for corruption in CORRUPTIONS),
    ]
    if table.empty:
        return "\n".join([*lines, "", "Nothing was measured yet: the command above does it."]) + "\n"
    for set_name in dict.fromkeys(table.set):
        of_set = table[table.set == set_name]
        lines += ["", f"## {set_name}: {int(of_set['count'].iloc[0]):,} test pictures", ""]
        lines += _sentences(of_set)
        lines += ["", "Bold: the better variant, where the 95 % intervals of the two do not touch.", ""]
        for name, words, unit in (
            ("mae", "Age MAE, years ↓", YEARS),
            ("gender_accuracy", "Genders right, % ↑", FRACTION),
        ):
            lines += [*_values(of_set, name, words, unit), ""]
        lines += _found_fractions(of_set)
    return "\n".join(lines) + "\n"


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


def _metric(corruption: Corruption) -> str:
    levels = " | ".join(f"{level:g}" for level in corruption.levels)
    return f"| {corruption.label} | {levels} | {corruption.unit} | {corruption.meaning} |"


def _sentences(of_set: pd.DataFrame) -> list[str]:
    """A line a variant: how it does unchanged, and what costs it most and least at the middle strength."""
    lines = []
    labels = {corruption.key: corruption.label.lower() for corruption in CORRUPTIONS}
    for name, rows in of_set.groupby("variant", sort=False):
        start = rows[rows.severity == 0].iloc[0]
        rise = rows[rows.severity == MIDDLE_SEVERITY].set_index("corruption").mae - start.mae
        low, high = (formatted(start[edge], YEARS, with_unit=False) for edge in ("mae_low", "mae_high"))
        lines.append(
            f"- `{name}`: unchanged {formatted(start.mae, YEARS)} ({low}–{high}) and "
            f"{formatted(start.gender_accuracy, FRACTION)} of the genders. At strength {MIDDLE_SEVERITY}, "
            f"{labels[rise.idxmax()]} costs most ({formatted(rise.max(), YEARS, signed=True)}) and "
            f"{labels[rise.idxmin()]} least ({formatted(rise.min(), YEARS, signed=True)})."
        )
    return lines


def _values(of_set: pd.DataFrame, name: str, words: str, unit: str) -> list[str]:
    """A Markdown table of one measure: a line a kind of change and variant, a column a strength."""
    lines = [f"| {words} | Variant | 0 | 1 | 2 | 3 | 4 | 5 |", "|---|---|--:|--:|--:|--:|--:|--:|"]
    for corruption in CORRUPTIONS:
        rows = by_severity(of_set, of_set.set.iloc[0], corruption.key)
        for variant, own in rows.groupby("variant", sort=False):
            others = rows[rows.variant != variant]
            cells = [
                _condition(one, others[others.severity == one.severity], name, unit)
                for _, one in own.iterrows()
            ]
            lines.append(f"| {corruption.label} | {variant} | {' | '.join(cells)} |")
    return lines


def _condition(row: pd.Series, others: pd.DataFrame, name: str, unit: str) -> str:
    text = formatted(row[name], unit, with_unit=False)
    if unit == YEARS:
        clearly_better = (row[f"{name}_high"] < others[f"{name}_low"]).all()
    else:
        clearly_better = (row[f"{name}_low"] > others[f"{name}_high"]).all()
    return f"**{text}**" if len(others) and clearly_better else text


def _found_fractions(of_set: pd.DataFrame) -> list[str]:
    """How often the detector finds the face: the same for every variant, so told once."""
    rows = of_set[of_set.variant == of_set.variant.iloc[0]]
    searched = int(rows.face_found_count.iloc[0])
    lines = [
        f"| Face found, % of {searched} pictures ↑ | 0 | {' | '.join(map(str, SEVERITIES))} |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for corruption in CORRUPTIONS:
        own = by_severity(rows, of_set.set.iloc[0], corruption.key)
        cells = [formatted(fraction, FRACTION, with_unit=False) for fraction in own.face_found_fraction]
        lines.append(f"| {corruption.label} | {' | '.join(cells)} |")
    return lines

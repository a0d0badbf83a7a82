"""Rows of `robustness.csv` -> the page docs/robustness.md."""

import pandas as pd

from evaluation.inference.corruptions import CORRUPTIONS, SEVERITIES, Corruption
from evaluation.metrics.definitions import FRACTION, YEARS
from evaluation.metrics.estimates import formatted
from evaluation.predictions import ROBUSTNESS_COMMAND

MIDDLE_SEVERITY = 3


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
        f"Printed by `{ROBUSTNESS_COMMAND}`; not to be edited.",
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

"""`model_detector/figures.json`, args.yaml and results.csv -> the detector's card.

Measuring takes minutes and data; writing takes neither.
"""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from faces.templates import percent, render

TEMPLATES = Path(__file__).parent
SAMPLE_HEADS = {
    "zidane.jpg": "zidane (2)",
    "bus.jpg": "bus (≥ 2)",
    "astronaut.jpg": "astronaut (1)",
    "coffee.png": "coffee (0)",
}


# Key of figures["checks"] -> what a row of the card says of a group.
CHECKS = {
    "empty": "no person: {}",
    "close": "portraits cropped to {} of the face's box",
    "degraded": "portraits {}",
    "fairface": "FairFace, {}",
}
FACE_COUNTS = ("with_a_face", "with_exactly_one")


def card(folder: Path) -> str:
    """The card of the detector in `folder`: a Hugging Face YAML head and Markdown."""
    figures = json.loads((folder / "figures.json").read_text(encoding="utf-8"))
    return render(
        TEMPLATES / "card.md.j2",
        served=served_row(figures),
        settings=yaml.safe_load((folder / "args.yaml").read_text(encoding="utf-8")),
        hours=_training_hours(pd.read_csv(folder / "results.csv")),
        checks=check_rows(figures.get("checks", {})),
        **_table(figures),
    )


def served_row(figures: dict[str, Any]) -> dict[str, Any]:
    """The measurements of the shipped detector at the size at which it is served."""
    return next(
        row
        for row in figures["rows"]
        if row["detector"] == "shipped" and row["size_px"] == figures["served_px"]
    )


def figures_table(figures: dict[str, Any]) -> str:
    """A Markdown table: a row a detector and size, the served one in bold."""
    return render(TEMPLATES / "figures.md.j2", **_table(figures))


def check_rows(checks: dict[str, Any]) -> list[list[str]]:
    """A row a check and group: its name, the pictures, and the counts of each detector in `checks`."""
    rows: list[list[str]] = []
    if not checks:
        return rows
    for kind, words in CHECKS.items():
        for group in next(iter(checks.values()))[kind]:
            counts = [of_detector[kind][group] for of_detector in checks.values()]
            cells = [_check_cell(kind, count) for count in counts]
            rows.append([words.format(group), f"{counts[0]['pictures']:,}", *cells])
    return rows


def _check_cell(kind: str, count: dict[str, Any]) -> str:
    if kind == "empty":
        return f"{count['with_a_face']} ({count['with_a_confident_face']})"
    return " / ".join(percent(count[key] / count["pictures"]) for key in FACE_COUNTS)


def _table(figures: dict[str, Any]) -> dict[str, Any]:
    rows = []
    for row in figures["rows"]:
        chips, samples = row["chips"], row["samples"]
        cells = [
            row["detector"],
            row["size_px"],
            *(f"{row['ap50'][source]:.3f}" for source in figures["labelled"]),
        ]
        cells += [percent(chips[key] / chips["pictures"]) for key in FACE_COUNTS]
        cells += [samples[name] for name in SAMPLE_HEADS]
        cells += [f"{samples['solvay_1927.jpg']} ({samples['solvay_1927.jpg, all boxes']} boxes)"]
        cells += [f"{row['chip_ms']:.1f}", f"{row['large_ms']:.0f}"]
        rows.append([f"**{cell}**" for cell in cells] if row is served_row(figures) else cells)
    return {"figures": figures, "samples": SAMPLE_HEADS, "rows": rows}


def _training_hours(history: pd.DataFrame) -> float:
    """Hours of the whole training: ultralytics counts seconds anew after each resumption."""
    seconds = history["time"]
    restarts = seconds.shift(fill_value=0)[seconds.diff() < 0]
    return float((seconds.iloc[-1] + restarts.sum()) / 3600)

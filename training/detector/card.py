"""`model_detector/figures.json`, args.yaml and results.csv -> the detector's card.

A room of its own so that measuring (minutes, with data) and writing (at once, without) are two things: a test
writes the card again from the committed figures and finds the same bytes.
"""

import json
from pathlib import Path
from string import Template
from typing import Any

import pandas as pd
import yaml

TEMPLATE = Path(__file__).with_name("detector_card.md")
SAMPLE_HEADS = {
    "zidane.jpg": "zidane (2)",
    "bus.jpg": "bus (≥ 2)",
    "astronaut.jpg": "astronaut (1)",
    "coffee.png": "coffee (0)",
}


def card(folder: Path) -> str:
    """The card of the detector in `folder`: a Hugging Face YAML head and Markdown."""
    figures = json.loads((folder / "figures.json").read_text(encoding="utf-8"))
    settings = yaml.safe_load((folder / "args.yaml").read_text(encoding="utf-8"))
    history = pd.read_csv(folder / "results.csv")
    fields = {
        "model_index": _model_index(served_row(figures), figures),
        "served_px": figures["served_px"],
        "sha256": figures["detector_sha256"],
        "confidence": figures["confidence"],
        "hours": f"{_training_hours(history):.1f}",
        "labelled": " and ".join(
            f"{one['pictures']} `{source}` pictures ({one['faces']} faces)"
            for source, one in figures["labelled"].items()
        ),
        "chips": figures["rows"][0]["chips"]["pictures"],
        "figures": figures_table(figures),
        "sets": sets_table(figures),
        **{name: settings[name] for name in ("epochs", "imgsz", "batch", "optimizer", "lr0")},
    }
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(fields)


def served_row(figures: dict[str, Any]) -> dict[str, Any]:
    """The measurements of the shipped detector at the size at which it is served."""
    return next(
        row
        for row in figures["rows"]
        if row["detector"] == "shipped" and row["size_px"] == figures["served_px"]
    )


def figures_table(figures: dict[str, Any]) -> str:
    """A Markdown table: a row a detector and size, the served one in bold."""
    sources = list(figures["labelled"])
    heads = ["Detector", "px", *(f"AP50 `{source}`" for source in sources), "Found", "Exactly one"]
    heads += [*SAMPLE_HEADS.values(), "Solvay (29)", "ms, chip", "ms, Solvay"]
    lines = ["| " + " | ".join(heads) + " |", "|---|" + "--:|" * (len(heads) - 1)]
    for row in figures["rows"]:
        found, samples = row["chips"], row["samples"]
        cells = [row["detector"], str(row["size_px"]), *(f"{row['ap50'][source]:.3f}" for source in sources)]
        cells += [_percent(found, "with_a_face"), _percent(found, "with_exactly_one")]
        cells += [str(samples[name]) for name in SAMPLE_HEADS]
        boxes = samples["solvay_1927.jpg, all boxes"]
        cells += [f"{samples['solvay_1927.jpg']} ({boxes} boxes)"]
        cells += [f"{row['chip_ms']:.1f}", f"{row['large_ms']:.0f}"]
        if row is served_row(figures):
            cells = [f"**{cell}**" for cell in cells]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def sets_table(figures: dict[str, Any]) -> str:
    """A Markdown table: how often a picture of one person shows a face, and exactly one."""
    lines = ["| Set | Pictures | Found | Exactly one |", "|---|--:|--:|--:|"]
    for name, counts in figures["sets"].items():
        fractions = f"{_percent(counts, 'with_a_face')} | {_percent(counts, 'with_exactly_one')}"
        lines.append(f"| {name} | {counts['pictures']:,} | {fractions} |")
    return "\n".join(lines)


def _percent(counts: dict[str, int], key: str) -> str:
    return f"{100 * counts[key] / counts['pictures']:.1f} %"


def _training_hours(history: pd.DataFrame) -> float:
    """ultralytics counts the seconds since the start, or since the last resumption."""
    seconds = history["time"]
    restarts = seconds.shift(fill_value=0)[seconds.diff() < 0]
    return float((seconds.iloc[-1] + restarts.sum()) / 3600)


def _model_index(row: dict[str, Any], figures: dict[str, Any]) -> str:
    entries = []
    for source, value in row["ap50"].items():
        entries += [
            "  - task:",
            "      type: object-detection",
            "    dataset:",
            "      type: face_detection",
            f"      name: face_detection val, {source}, {figures['labelled'][source]['pictures']} pictures",
            "    metrics:",
            "    - type: AP50",
            f"      value: {value}",
        ]
    return "\n".join(entries)

"""Scores of the variants -> model cards and the metrics table of the README.

A room of its own because these are what people quote: they are written from `metrics.json` and the variant's
own files alone, and a test writes them again and finds the same bytes.
"""

import json
import tomllib
from collections.abc import Sequence
from pathlib import Path
from string import Template
from typing import Any

import pandas as pd

from evaluation.comparisons import HEADLINE_KEYS, Comparison, compared
from evaluation.measures import DEFINITIONS, HIGHER, LOWER, Measure, is_better
from evaluation.references import read_references
from evaluation.report import measures_in, read_history, read_scores
from evaluation.samples import SETS
from evaluation.slices import FEWEST_TOLD
from evaluation.store import read_predictions
from faces.errors import DataMissing
from faces.files import whole_file
from faces.variants import FACE, Variant, read_variant

TEMPLATE = Path(__file__).with_name("card_template.md")
BEGIN, END = "<!-- metrics: begin -->", "<!-- metrics: end -->"
CARD_KEYS = (
    "mae", "median_error", "bias", "rmse", "r2", "cs_5", "cs_10", "coverage",
    "accuracy", "auc", "mcc", "f1_female", "f1_male",
)  # fmt: skip
SPLIT = "test"
ARROWS = {LOWER: "↓", HIGHER: "↑"}
START_WORDS = {
    "faceres": "`faceres-deep`, a MobileNet 1.0 trained on faces (MIT)",
    "none": "none: random weights",
}


def write_cards(variant_folders: Sequence[Path], readme: Path | None, detector_path: Path) -> list[Path]:
    """Write README.md of every variant folder and, where one is given, the table in `readme`; return paths.

    Raises DataMissing where scores or the README's markers are missing, TableError where they do not match.
    """
    variants = [read_variant(folder) for folder in variant_folders]
    written = []
    for variant in variants:
        path = variant.folder / "README.md"
        with whole_file(path) as unfinished:
            unfinished.write_text(card(variant), encoding="utf-8")
        written.append(path)
    if readme is None:
        return written
    text = with_table(readme, readme_table(variants, read_predictions(variant_folders, detector_path)))
    with whole_file(readme) as unfinished:
        unfinished.write_text(text, encoding="utf-8")
    return [*written, readme]


def card(variant: Variant) -> str:
    """The model card of one variant: a Hugging Face YAML head and Markdown."""
    document = read_scores(variant)
    by_face = variant.framing == FACE
    beyond_five = measures_in(document, "chips", SPLIT).get("cs_5")
    fields = {
        "name": variant.name,
        "framing_words": "the faces that a detector finds" if by_face else "the whole picture",
        "what_it_sees": (
            f"It sees each detected face: its box's longer side × {variant.crop_scale:g}, squared, padded, "
            "and the whole picture where no face is found."
            if by_face
            else "It sees the whole picture, letterboxed to a square; nothing tells it where the face is."
        ),
        "model_index": _model_index(variant, document),
        "figures": _figures(document),
        "set_readings": _set_readings(document),
        "calibration": _calibration_words(variant),
        "fewest": FEWEST_TOLD,
        "worst_slices": _worst_slices(document),
        "failures": _failures(document, by_face),
        "provenance": _provenance(variant, document),
        "command": f"python -m training run {variant.folder.name} --data-dir DIR --out {variant.folder.name}",
        "beyond_five": "an unknown share"
        if beyond_five is None
        else f"{100 * (1 - beyond_five.value):.0f} %",
    }
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(fields)


def readme_table(variants: Sequence[Variant], predictions: pd.DataFrame) -> str:
    """The headline measures of all variants on every test set, and for two variants what to make of them."""
    documents = {variant.name: read_scores(variant) for variant in variants}
    heads = [f"{DEFINITIONS[key].label} {ARROWS[DEFINITIONS[key].better]}" for key in HEADLINE_KEYS]
    lines = ["| Set | Pictures | Variant | " + " | ".join(heads) + " | No face found |"]
    lines.append("|---|--:|---|" + "--:|" * (len(heads) + 1))
    sentences = []
    for set_name in SETS:
        told = {
            name: one["sets"][set_name][SPLIT] for name, one in documents.items() if set_name in one["sets"]
        }
        measures = {name: measures_in(documents[name], set_name, SPLIT) for name in told}
        for name, section in told.items():
            cells = [_cell(key, name, measures) for key in HEADLINE_KEYS]
            no_face = "–" if section["no_face_share"] is None else f"{100 * section['no_face_share']:.1f} %"
            cells = [set_name, f"{section['pictures']:,}", name, *cells, no_face]
            lines.append("| " + " | ".join(cells) + " |")
        if len(told) == 2:
            rows = predictions[(predictions.set == set_name) & (predictions.split == SPLIT)]
            sentences.append(f"- **{set_name}**: {_emphasised(compared(rows, *told))}")
    note = (
        "Test split of each set, 95 % bootstrap intervals, better value in bold. Where no face was found, "
        "`cropped` answers on the whole picture and is scored on that. `context` is synthetic."
    )
    return "\n".join([*lines, "", note, "", *sentences])


def with_table(readme: Path, table: str) -> str:
    """The text of `readme` with `table` between its markers. Raises DataMissing where they are not there."""
    text = readme.read_text(encoding="utf-8") if readme.is_file() else ""
    if BEGIN not in text or END not in text:
        raise DataMissing(f"{readme} lacks '{BEGIN}' and '{END}', between which the metrics table belongs.")
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    return f"{before}{BEGIN}\n{table}\n{END}{after}"


def _cell(key: str, name: str, measures: dict[str, dict[str, Measure]]) -> str:
    """The measure with its interval, bold where it is better than that of all other variants."""
    own = measures[name][key]
    others = [one[key] for other, one in measures.items() if other != name]
    best = others and all(is_better(key, own.value, other.value) for other in others)
    return f"**{own.text}** {_brackets(own)}" if best else own.text_with_interval


def _brackets(measure: Measure) -> str:
    return measure.text_with_interval.removeprefix(measure.text).strip()


def _emphasised(comparison: Comparison) -> str:
    mark = "difference is real" if comparison.is_real else "no detectable difference"
    return f"{comparison.sentence} *({mark})*"


def _figures(document: dict[str, Any]) -> str:
    names = [name for name in document["sets"] if SPLIT in document["sets"][name]]
    measures = {name: measures_in(document, name, SPLIT) for name in names}
    heads = [f"{name} ({document['sets'][name][SPLIT]['pictures']:,})" for name in names]
    lines = ["| | " + " | ".join(heads) + " |", "|---|" + "--:|" * len(names)]
    for key in CARD_KEYS:
        definition = DEFINITIONS[key]
        cells = [measures[name][key].text_with_interval for name in names]
        lines.append(f"| {definition.label} ({definition.better}) | {' | '.join(cells)} |")
    shares = [document["sets"][name][SPLIT]["no_face_share"] for name in names]
    cells = ["–" if share is None else f"{100 * share:.1f} %" for share in shares]
    lines.append("| No face found | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _set_readings(document: dict[str, Any]) -> str:
    readings = read_references().sets
    return "\n".join(f"- `{name}`: {readings[name].reading}" for name in document["sets"] if name in readings)


def _worst_slices(document: dict[str, Any]) -> str:
    lines = ["| Set | Slice | Pictures | Age MAE | Bias |", "|---|---|--:|--:|--:|"]
    for name, splits in document["sets"].items():
        for row in splits.get(SPLIT, {}).get("worst_slices", ()):
            lines.append(
                f"| {name} | {row['by']} {row['slice']} | {row['count']} "
                f"| {row['mae']:.1f} years ({row['mae_low']:.1f}–{row['mae_high']:.1f}) "
                f"| {row['bias']:+.1f} years |".replace("-", "−")
            )
    return "\n".join(lines)


def _failures(document: dict[str, Any], by_face: bool) -> str:
    """What is known to go wrong, with the numbers where they were measured."""
    lines = []
    for name, splits in document["sets"].items():
        section = splits.get(SPLIT)
        if not section:
            continue
        bias = measures_in(document, name, SPLIT)["bias"]
        if bias.known and (bias.low > 0 or bias.high < 0):
            word = "too old" if bias.value > 0 else "too young"
            lines.append(f"- On `{name}` it reads ages {abs(bias.value):.1f} years {word} on average.")
        if by_face and section["no_face_share"]:
            lines.append(
                f"- On `{name}` the detector misses the face in {100 * section['no_face_share']:.1f} % of "
                "the pictures: those are answered on the whole picture."
            )
    if not by_face:
        lines.append("- A smaller face in the picture is read worse; several people get one answer.")
    lines.append("- Small children's gender and ages beyond 80 are read worst: labels are few and noisy.")
    return "\n".join(lines)


def _calibration_words(variant: Variant) -> str:
    path = variant.folder / "calibration.toml"
    if not path.is_file():
        return "nothing yet"
    fitted = tomllib.loads(path.read_text(encoding="utf-8")).get("fitted_on", {})
    return f"the {fitted.get('count', 0):,} pictures of `{fitted.get('set')}` {fitted.get('split')}"


def _provenance(variant: Variant, document: dict[str, Any]) -> str:
    recipe = _recipe(variant)
    history = read_history(variant)
    shares = ", ".join(
        f"{name} {100 * share:.0f} %" for name, share in recipe.get("mix", {}).get("shares", {}).items()
    )
    rows = {
        "Data": f"UTKFace train split and FairFace; share of the training frames: {shares or 'not recorded'}",
        "Split": f"`dataset/split.csv`, SHA-256 `{variant.split_sha256}`",
        "Start weights": START_WORDS.get(recipe.get("start", {}).get("weights", ""), "not recorded"),
        "Recipe": f"`{variant.folder.name}/recipe.toml` (`{variant.recipe}`)",
        "Training": "not trained: the start weights as they are"
        if history is None
        else f"{len(history)} epochs in {history.seconds.sum() / 3600:.1f} hours (history.csv)",
        "Network": f"SHA-256 `{variant.network_sha256}`",
        "Detector": f"SHA-256 `{document['detector_sha256']}`",
        "Input": f"{variant.input_px} × {variant.input_px} px, RGB",
        "Size": f"{variant.parameters:,} parameters, {variant.flops / 1e9:.2f} GFLOPs a frame (counted)",
    }
    return "\n".join(f"| {name} | {value} |" for name, value in rows.items())


def _recipe(variant: Variant) -> dict[str, Any]:
    path = variant.folder / "recipe.toml"
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _model_index(variant: Variant, document: dict[str, Any]) -> str:
    """YAML of model-index; JSON strings and numbers are YAML."""
    titles = read_references().sets
    lines = [f"- name: {json.dumps(f'age-gender-{variant.name}')}", "  results:"]
    for name in document["sets"]:
        measures = measures_in(document, name, SPLIT)
        if not measures:
            continue
        title = titles[name].title if name in titles else name
        lines += [
            "  - task:",
            "      type: image-classification",
            "      name: Age and gender from a face",
            "    dataset:",
            f"      type: {json.dumps(name)}",
            f"      name: {json.dumps(title, ensure_ascii=False)}",
            f"      split: {SPLIT}",
            "    metrics:",
        ]
        for key in HEADLINE_KEYS:
            measure = measures[key]
            if measure.known:
                lines += [
                    f"    - type: {'roc_auc' if key == 'auc' else key}",
                    f"      name: {json.dumps(measure.definition.label)}",
                    f"      value: {measure.value:.4f}",
                ]
    return "\n".join(lines)

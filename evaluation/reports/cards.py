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

from dataset.records import CHIPS, FAIRFACE
from evaluation.metrics.abstention import MAX_ABSTAINED_ACCURACY
from evaluation.metrics.comparisons import HEADLINE_KEYS, Comparison, compared, fallback_text, headline_keys
from evaluation.metrics.definitions import FRACTION, HIGHER, LOWER, METRICS, YEARS, is_better
from evaluation.metrics.estimates import Estimate, formatted
from evaluation.metrics.fairness import FEWEST_COMPARED
from evaluation.metrics.references import read_references
from evaluation.metrics.rows import NO_GENDER_HEAD
from evaluation.metrics.slices import MIN_PICTURES, OLDEST_DECADE, decade_name
from evaluation.predictions import read_predictions
from evaluation.reports.fairness import fairness_page
from evaluation.reports.lineage import fractions_words, recipe_of, recipes_of, start_words, training_words
from evaluation.reports.scores import estimates_in, read_scores
from evaluation.reports.second_seed import second_seed_page
from evaluation.sets import PUBLISHED_SPLIT, SETS
from faces.errors import DataMissing
from faces.files import whole_file
from faces.networks import read_calibration
from faces.predictions import EVEN
from faces.variants import FACE, Variant, read_variant

TEMPLATE = Path(__file__).with_name("card_template.md")
BEGIN, END = "<!-- metrics: begin -->", "<!-- metrics: end -->"
CARD_KEYS = (
    "mae", "median_error", "bias", "rmse", "r2", "cs_5", "cs_10", "coverage",
    "bin_accuracy", "bin_off_by_one",
    "accuracy", "auc", "mcc", "f1_female", "f1_male", "ece", "answer_rate", "selective_accuracy",
)  # fmt: skip
ARROWS = {LOWER: "↓", HIGHER: "↑"}


def write_cards(
    variant_folders: Sequence[Path], readme: Path | None, docs: Path | None, detector_path: Path
) -> list[Path]:
    """Write README.md of every variant folder and, where given, `readme`'s table and two pages in `docs`.

    Returns the paths written.

    Raises DataMissing where scores or the README's markers are missing, TableError where they do not match.
    """
    variants = [read_variant(folder) for folder in variant_folders]
    pages = {variant.folder / "README.md": card(variant) for variant in variants}
    if readme or docs:
        predictions = read_predictions(variant_folders, detector_path)
        if readme:
            pages[readme] = with_table(readme, readme_table(variants, predictions))
        if docs:
            pages[docs / "fairness.md"] = fairness_page(variants, predictions)
            pages[docs / "second_seed.md"] = second_seed_page(variants, predictions, detector_path)
    for path, text in pages.items():
        with whole_file(path) as unfinished:
            unfinished.write_text(text, encoding="utf-8")
    return list(pages)


def card(variant: Variant) -> str:
    """The model card of one variant: a Hugging Face YAML head and Markdown."""
    document = read_scores(variant)
    by_face = variant.input_mode == FACE
    beyond_five = estimates_in(document, CHIPS, PUBLISHED_SPLIT).get("cs_5")
    fields = {
        "name": variant.name,
        "framing_words": "the faces that a detector finds" if by_face else "the whole picture",
        "what_it_sees": (
            f"It sees each detected face: its box's longer side × {variant.crop_scale:g}, squared, padded, "
            "and the whole picture where no face is found."
            if by_face
            else "It sees the whole picture, letterboxed to a square; nothing tells it where the face is."
        )
        + _attention_words(variant),
        "model_index": _model_index(variant, document),
        "figures": _figures(document),
        "set_readings": _set_descriptions(document),
        "calibration": _calibration_words(variant),
        "coverage_by_decade": _coverage_by_decade(document),
        "gender_rule": _gender_rule(variant, document),
        "fairness": _fairness(variant, document),
        "fewest": MIN_PICTURES,
        "worst_slices": _worst_slices(document),
        "failures": _failures(document, by_face),
        "provenance": _provenance(variant, document),
        "command": f"python -m training run {variant.folder.name} --data-dir DIR --out {variant.folder.name}",
        "beyond_five": "an unknown share"
        if beyond_five is None or not beyond_five.known
        else f"{100 * (1 - beyond_five.value):.0f} %",
    }
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(fields)


def readme_table(variants: Sequence[Variant], predictions: pd.DataFrame) -> str:
    """The headline measures of all variants on every test set, and for two variants what to make of them."""
    documents = {variant.name: read_scores(variant) for variant in variants}
    heads = [f"{METRICS[key].label} {ARROWS[METRICS[key].better]}" for key in HEADLINE_KEYS]
    lines = ["| Set | Pictures | Variant | " + " | ".join(heads) + " | No face found |"]
    lines.append("|---|--:|---|" + "--:|" * (len(heads) + 1))
    sentences = []
    for set_name in SETS:
        split = PUBLISHED_SPLIT
        told = {
            name: one["sets"][set_name][split] for name, one in documents.items() if set_name in one["sets"]
        }
        estimates = {name: estimates_in(documents[name], set_name, split) for name in told}
        for name, section in told.items():
            cells = [_condition(key, name, estimates) for key in HEADLINE_KEYS]
            cells = [
                set_name,
                f"{section['pictures']:,}",
                name,
                *cells,
                fallback_text(section["no_face_fraction"]),
            ]
            lines.append("| " + " | ".join(cells) + " |")
        if len(told) == 2:
            rows = predictions[(predictions.set == set_name) & (predictions.split == split)]
            in_bins = _in_bins(estimates)
            sentences.append(f"- **{set_name}**: {_emphasised(compared(rows, *told))}{in_bins}")
    note = (
        "Test split of each set, 95 % bootstrap intervals, better value in bold. "
        "Where no face was found, `cropped` answers on the whole picture and is scored on that. `context` is "
        "synthetic. A dash: the set knows age bins alone."
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


def _condition(key: str, name: str, estimates: dict[str, dict[str, Estimate]]) -> str:
    """The measure with its interval, bold where it is better than that of all other variants."""
    own = estimates[name][key]
    if not own.known:
        return "–"
    others = [one[key] for other, one in estimates.items() if other != name]
    best = others and all(is_better(key, own.value, other.value) for other in others)
    return f"**{own.text}** {_brackets(own)}" if best else own.text_with_interval


def _brackets(estimate: Estimate) -> str:
    return estimate.text_with_interval.removeprefix(estimate.text).strip()


def _in_bins(estimates: dict[str, dict[str, Estimate]]) -> str:
    """` In the right one of nine age bins: …`, for a set that knows bins alone."""
    fractions = [f"{name} {own['bin_accuracy'].text_with_interval}" for name, own in estimates.items()]
    known = any(own["bin_accuracy"].known for own in estimates.values())
    return f" Ages in the right one of nine bins: {', '.join(fractions)}." if known else ""


def _emphasised(comparison: Comparison) -> str:
    mark = "difference is real" if comparison.is_real else "no detectable difference"
    return f"{comparison.sentence} *({mark})*"


def _figures(document: dict[str, Any]) -> str:
    sections = _published(document)
    names = list(sections)
    estimates = {name: estimates_in(document, name, PUBLISHED_SPLIT) for name in names}
    heads = [f"{name} ({section['pictures']:,})" for name, section in sections.items()]
    lines = ["| | " + " | ".join(heads) + " |", "|---|" + "--:|" * len(names)]
    for key in CARD_KEYS:
        metric = METRICS[key]
        told = [estimates[name][key] for name in names]
        if not any(estimate.known for estimate in told):
            continue
        cells = [estimate.text_with_interval if estimate.known else "–" for estimate in told]
        lines.append(f"| {metric.label} ({metric.better}) | {' | '.join(cells)} |")
    cells = [fallback_text(section["no_face_fraction"]) for section in sections.values()]
    lines.append("| No face found | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _published(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Set -> the section of the split that is published."""
    return {
        name: splits[PUBLISHED_SPLIT]
        for name, splits in document["sets"].items()
        if PUBLISHED_SPLIT in splits
    }


def _coverage_by_decade(document: dict[str, Any]) -> str:
    """Where the 80 % interval is too narrow or too wide: a row a decade of true age, a column a set."""
    by_set = {
        name: {row["slice"]: row for row in section["error_by_decade"]}
        for name, section in _published(document).items()
        if section["error_by_decade"]
    }
    lines = ["| True age | " + " | ".join(by_set) + " |", "|---|" + "--:|" * len(by_set)]
    for start in range(0, OLDEST_DECADE + 1, 10):
        rows = [told.get(decade_name(start)) for told in by_set.values()]
        lines.append(f"| {decade_name(start)} | {' | '.join(map(_coverage_cell, rows))} |")
    return "\n".join(lines)


def _coverage_cell(row: dict[str, Any] | None) -> str:
    if row is None or row["count"] < MIN_PICTURES:
        return "–"
    low, high = 100 * row["coverage_low"], 100 * row["coverage_high"]
    return f"{100 * row['coverage']:.0f} % ({low:.0f}–{high:.0f})"


def _gender_rule(variant: Variant, document: dict[str, Any]) -> str:
    """The rule under which a gender is told, and what it costs on every set."""
    sections = _published(document)
    accuracies = [estimates_in(document, name, PUBLISHED_SPLIT)["accuracy"] for name in sections]
    if accuracies and all(one.reason == NO_GENDER_HEAD for one in accuracies):
        return "It tells no gender."
    least = read_calibration(variant.folder).abstention_threshold
    if least <= EVEN:
        return "It always tells the likelier gender, however improbable."
    lines = [
        f"A gender is told where its probability is at least {100 * least:.0f} %; below that the answer is "
        '"uncertain". The bound was chosen on `chips` validation as the highest under which the withheld '
        "answers are, by their calibrated probabilities, right "
        f"{100 * MAX_ABSTAINED_ACCURACY:.0f} % of the time at most, hardly more often than a guess. The "
        "gender figures above are of all pictures, those withheld here included.",
        "",
        "| Set | Told | Right of all | Right where told | Would be right where withheld |",
        "|---|--:|--:|--:|--:|",
    ]
    for name in sections:
        estimates = estimates_in(document, name, PUBLISHED_SPLIT)
        told, right, selective_accuracy = (
            estimates[key].value for key in ("answer_rate", "accuracy", "selective_accuracy")
        )
        abstained_accuracy = (right - told * selective_accuracy) / (1 - told) if told < 1 else float("nan")
        fractions = [
            formatted(fraction, FRACTION)
            for fraction in (told, right, selective_accuracy, abstained_accuracy)
        ]
        lines.append(f"| {name} | {' | '.join(fractions)} |")
    return "\n".join(lines)


def _set_descriptions(document: dict[str, Any]) -> str:
    sets = read_references().sets
    return "\n".join(f"- `{name}`: {sets[name].shows}" for name in document["sets"] if name in sets)


def _worst_slices(document: dict[str, Any]) -> str:
    lines = ["| Set | Slice | Pictures | Age MAE | Bias |", "|---|---|--:|--:|--:|"]
    for name, section in _published(document).items():
        for row in section["worst_slices"]:
            lines.append(
                f"| {name} | {row['by']} {row['slice']} | {row['count']} "
                f"| {row['mae']:.1f} years ({row['mae_low']:.1f}–{row['mae_high']:.1f}) "
                f"| {row['bias']:+.1f} years |".replace("-", "−")
            )
    return "\n".join(lines)


def _fairness(variant: Variant, document: dict[str, Any]) -> str:
    """Genders and races with enough pictures read worse than by the release before; what was tried."""
    told = document["since_baseline"]
    if told is None:
        return "No earlier release was kept to compare with."
    where = (
        f"groups of gender and race with at least {FEWEST_COMPARED} pictures of `{CHIPS}` test against the "
        f"release before (network `{told['network_sha256'][:12]}`), by paired 95 % intervals"
    )
    worse = [row for row in told["changes"] if row["is_worse"]]
    if not worse:
        return f"Compared were {where}: none is read worse."
    lines = [f"Compared were {where}. Read worse are:", "", *map(_worse_group, worse)]
    return "\n".join([*lines, "", _tried_for_fairness(variant)])


def _tried_for_fairness(variant: Variant) -> str:
    mixes = [recipe.get("mix", {}) for recipe in recipes_of(variant.folder).values()]
    tried = []
    if fraction := max((mix.get("fractions", {}).get(FAIRFACE, 0) for mix in mixes), default=0):
        tried.append(
            f"up to {100 * fraction:.0f} % of the training frames from FairFace, which is balanced by race"
        )
    if power := max((mix.get("age_balance", 0) for mix in mixes), default=0):
        tried.append(f"rare decades of age drawn more often (balance {power:g})")
    return (
        f"What was tried against it: {'; '.join(tried) or 'nothing'}. Drawing genders and races of UTKFace "
        "evenly was not."
    )


def _worse_group(row: dict[str, Any]) -> str:
    words, unit = {"mae": ("age MAE", YEARS), "accuracy": ("gender accuracy", FRACTION)}[row["figure"]]
    before, now = (formatted(row[key], unit) for key in ("before", "now"))
    low, high = (formatted(row[key], unit, with_unit=False, signed=True) for key in ("low", "high"))
    who = f"{row['gender']}, {row['race']} ({row['count']:,} pictures)"
    return f"- {who}: {words} {before}, now {now} (change {low} to {high})"


def _failures(document: dict[str, Any], by_face: bool) -> str:
    """What is known to go wrong, with the numbers where they were measured."""
    lines = []
    for name, section in _published(document).items():
        bias = estimates_in(document, name, PUBLISHED_SPLIT)["bias"]
        if bias.known and (bias.low > 0 or bias.high < 0):
            word = "too old" if bias.value > 0 else "too young"
            lines.append(f"- On `{name}` it reads ages {abs(bias.value):.1f} years {word} on average.")
        if by_face and section["no_face_fraction"]:
            lines.append(
                f"- On `{name}` the detector misses the face in {fallback_text(section['no_face_fraction'])} of "
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
    files = ", ".join(f"`{variant.folder.name}/{name}`" for name in recipes_of(variant.folder))
    rows = {
        "Data": "UTKFace train split and FairFace; share of the training frames: "
        + fractions_words(variant.folder),
        "Split": f"`dataset/split.csv`, SHA-256 `{variant.split_sha256}`",
        "Start weights": start_words(variant.folder),
        "Recipe": f"{files or 'not recorded'} (`{variant.recipe}`)",
        "Training": training_words(variant),
        "Network": f"SHA-256 `{variant.network_sha256}`",
        "Detector": f"SHA-256 `{document['detector_sha256']}`",
        "Input": f"{variant.input_px} × {variant.input_px} px, RGB{_attention_words(variant, short=True)}",
        "Size": f"{variant.parameters:,} parameters, {variant.flops / 1e9:.2f} GFLOPs a frame (counted)",
    }
    return "\n".join(f"| {name} | {value} |" for name, value in rows.items())


def _attention_words(variant: Variant, *, short: bool = False) -> str:
    """What the network reads of its frame, where that is not all of it."""
    px = recipe_of(variant.folder).get("network", {}).get("attention_px")
    if not px:
        return ""
    if short:
        return f"; of it a glimpse of {px} × {px} px"
    return (
        " A small part of the network takes a coarse look and says where the face lies; the rest reads a "
        f"glimpse of {px} × {px} px there, and nothing beside it."
    )


def _model_index(variant: Variant, document: dict[str, Any]) -> str:
    """YAML of model-index; JSON strings and numbers are YAML."""
    titles = read_references().sets
    lines = [f"- name: {json.dumps(f'age-gender-{variant.name}')}", "  results:"]
    for name in _published(document):
        estimates = estimates_in(document, name, PUBLISHED_SPLIT)
        title = titles[name].title if name in titles else name
        lines += [
            "  - task:",
            "      type: image-classification",
            "      name: Age and gender from a face",
            "    dataset:",
            f"      type: {json.dumps(name)}",
            f"      name: {json.dumps(title, ensure_ascii=False)}",
            f"      split: {PUBLISHED_SPLIT}",
            "    metrics:",
        ]
        for key in headline_keys(estimates):
            estimate = estimates[key]
            if estimate.known:
                lines += [
                    f"    - type: {'roc_auc' if key == 'auc' else key}",
                    f"      name: {json.dumps(estimate.metric.label)}",
                    f"      value: {estimate.value:.4f}",
                ]
    return "\n".join(lines)

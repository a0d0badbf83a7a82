"""Predictions of one variant -> `metrics.json`, and back: every published number with count and interval."""

import json
from pathlib import Path
from typing import Any

import pandas as pd

from dataset.labels import SPLITS
from dataset.records import CHIPS
from dataset.tables.columns import HISTORY
from evaluation.metrics.comparisons import Comparison, compared, fallback_fraction, found_only
from evaluation.metrics.confusions import age_group_confusion, gender_confusion
from evaluation.metrics.estimates import Estimate, estimate_from
from evaluation.metrics.fairness import changes_since
from evaluation.metrics.registry import all_estimates
from evaluation.metrics.rows import answered
from evaluation.metrics.slices import error_by_decade, error_by_gender, error_by_race, worst_slices
from evaluation.reports.baseline_release import baseline_predictions, published_rows
from evaluation.sets import PUBLISHED_SPLIT, SETS
from faces.earlier_names import earlier_names_in, keys_in
from faces.errors import DataMissing, TableError
from faces.files import whole_file
from faces.variants import Variant

METRICS_FILE = "metrics.json"


def scores(predictions: pd.DataFrame, variant: Variant, detector_sha256: str) -> dict[str, Any]:
    """Everything published about one variant: a section a set and split of its predictions."""
    rows_of_variant = predictions[predictions.variant == variant.name]
    sections: dict[str, dict[str, Any]] = {}
    for set_name, split, rows in sections_of(rows_of_variant):
        sections.setdefault(set_name, {})[split] = _section(rows)
    return {
        "variant": variant.name,
        "split_sha256": variant.split_sha256,
        "network_sha256": variant.network_sha256,
        "detector_sha256": detector_sha256,
        "since_baseline": _since_baseline(rows_of_variant, variant),
        "sets": sections,
    }


def published_comparisons(
    predictions: pd.DataFrame, second_trainings: pd.DataFrame | None = None
) -> dict[str, Comparison]:
    """Comparison of two variants on the published split, by set; without sets that not just two predicted.

    `second_trainings` are predictions of their second trainings, under the same names.
    """
    published = predictions[predictions.split == PUBLISHED_SPLIT]
    comparisons = {}
    for set_name in SETS:
        rows = published[published.set == set_name]
        names = list(dict.fromkeys(rows.variant))
        if len(names) == 2:
            comparisons[set_name] = compared(rows, names[0], names[1], second_trainings)
    return comparisons


def sections_of(predictions: pd.DataFrame) -> list[tuple[str, str, pd.DataFrame]]:
    """(set, split, rows) of the predictions, in the order of SETS and SPLITS."""
    order = {name: rank for rank, name in enumerate((*SETS, *SPLITS))}
    groups = [(str(key[0]), str(key[1]), rows) for key, rows in predictions.groupby(["set", "split"])]
    return sorted(groups, key=lambda group: [order.get(name, len(order)) for name in group[:2]])


def write_scores(document: dict[str, Any], folder: Path) -> Path:
    """Write `folder`/metrics.json whole."""
    path = folder / METRICS_FILE
    with whole_file(path) as unfinished:
        unfinished.write_text(compact_json(document), encoding="utf-8")
    return path


def compact_json(document: dict[str, Any]) -> str:
    """The document as JSON on one line: an indent would be half of its bytes."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n"


def read_scores(variant: Variant) -> dict[str, Any]:
    """The variant's metrics.json. Raises DataMissing without one, TableError when it is another network's."""
    path = variant.folder / METRICS_FILE
    if not path.is_file():
        raise DataMissing(f"There is no {path}; `python -m evaluation score` writes it.")
    document = json.loads(path.read_text(encoding="utf-8"))
    if earlier := earlier_names_in(sorted(keys_in(document)), "key"):
        raise TableError(f"{path} is of an earlier release.{earlier}")
    if document["network_sha256"] != variant.network_sha256:
        raise TableError(
            f"{path} scores another network than {variant.network_sha256[:12]}…. "
            f"Received: {document['network_sha256'][:12]}…."
        )
    return document


def read_history(variant: Variant) -> pd.DataFrame | None:
    """The epochs of the variant's training; None where its folder has no history.csv.

    Raises TableError, as `history_in` does.
    """
    path = variant.folder / "history.csv"
    return history_in(path) if path.is_file() else None


def history_in(path: Path) -> pd.DataFrame:
    """The epochs in a file with columns of HISTORY, of which an older training may lack the later ones.

    Raises TableError where it lacks epochs or seconds, or has columns of an earlier release.
    """
    history = pd.read_csv(path)
    missing = [name for name in ("epoch", "seconds") if name not in history]
    earlier = earlier_names_in(map(str, history), "column")
    if missing or earlier:
        raise TableError(
            f"{path} is no {HISTORY.name} table: missing {missing or 'nothing'}. "
            f"Received: {list(history)}.{earlier}"
        )
    return history


def estimates_in(document: dict[str, Any], set_name: str, split: str) -> dict[str, Estimate]:
    """Estimates of all metrics of a set and split, by key; empty where the document has none."""
    section = document["sets"].get(set_name, {}).get(split)
    return {key: estimate_from(key, row) for key, row in section["metrics"].items()} if section else {}


def _since_baseline(rows: pd.DataFrame, variant: Variant) -> dict[str, Any] | None:
    """Changes on `chips` test by gender and race; None for a variant without a baseline release."""
    baseline = baseline_predictions(variant)
    if baseline is None:
        return None
    before, network_sha256 = baseline
    changes = changes_since(before, published_rows(rows, CHIPS, variant.name))
    return {"network_sha256": network_sha256, "changes": _records(changes)}


def _section(rows: pd.DataFrame) -> dict[str, Any]:
    fraction = fallback_fraction(rows)
    cuts = {"age": error_by_decade(rows), "gender": error_by_gender(rows), "race": error_by_race(rows)}
    return {
        "pictures": len(rows),
        "unreadable": len(rows) - len(answered(rows)),
        "no_face_fraction": None if pd.isna(fraction) else round(fraction, 6),
        "metrics": _as_dicts(all_estimates(rows)),
        "metrics_face_found": _as_dicts(all_estimates(found_only(rows))),
        "error_by_decade": _records(cuts["age"]),
        "error_by_gender": _records(cuts["gender"]),
        "error_by_race": _records(cuts["race"]),
        "worst_slices": _records(worst_slices(cuts)),
        "gender_confusion": gender_confusion(rows).to_numpy().tolist(),
        "age_group_confusion": age_group_confusion(rows).to_numpy().tolist(),
    }


def _as_dicts(estimates: dict[str, Estimate]) -> dict[str, Any]:
    return {key: estimate.as_dict() for key, estimate in estimates.items()}


def _records(slices: pd.DataFrame) -> list[dict]:
    """Rows with six digits; NaN is null."""
    rounded = slices.round(6).astype(object)
    return [dict(row) for row in rounded.where(slices.notna(), None).to_dict("records")]

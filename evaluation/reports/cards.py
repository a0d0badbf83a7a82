"""Scores and files of a variant -> its model card: a Hugging Face YAML head and Markdown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dataset.labels import OLDEST_DECADE, decade_name
from dataset.records import CHIPS, FAIRFACE
from evaluation.metrics.abstention import MAX_ABSTAINED_ACCURACY
from evaluation.metrics.comparisons import Comparison, fallback_text, headline_keys
from evaluation.metrics.definitions import FRACTION, METRICS, YEARS
from evaluation.metrics.differences import SIGNIFICANCE
from evaluation.metrics.estimates import Estimate
from evaluation.metrics.fairness import FEWEST_COMPARED
from evaluation.metrics.references import read_references
from evaluation.metrics.rows import NO_GENDER_HEAD
from evaluation.metrics.slices import MIN_PICTURES
from evaluation.predictions import read_predictions
from evaluation.reports.fairness import fairness_page
from evaluation.reports.lineage import fractions_words, recipe_of, recipes_of, start_words, training_words
from evaluation.reports.readme import readme_table, with_table
from evaluation.reports.render import render
from evaluation.reports.score_log import run_counts
from evaluation.reports.scores import estimates_in, published_comparisons, read_scores
from evaluation.reports.second_seed import second_seed_page
from evaluation.second_trainings import second_training_predictions
from evaluation.sets import PUBLISHED_SPLIT
from faces.calibration import read_calibration
from faces.files import whole_file
from faces.predictions import EVEN
from faces.variants import FACE, Variant, read_variant

CARD_KEYS = (
    "mae", "median_error", "bias", "rmse", "r2", "cs_5", "cs_10", "coverage",
    "bin_accuracy", "bin_off_by_one",
    "accuracy", "auc", "mcc", "f1_female", "f1_male", "ece", "answer_rate", "selective_accuracy",
)  # fmt: skip


@dataclass(frozen=True)
class ScoredSet:
    """An evaluation set on a card: its published section of metrics.json, its title and what it shows."""

    name: str
    title: str
    shows: str
    section: dict[str, Any]
    estimates: dict[str, Estimate]

    @property
    def pictures(self) -> int:
        return self.section["pictures"]

    @property
    def no_face(self) -> str:
        return fallback_text(self.section["no_face_fraction"])

    @property
    def headline(self) -> list[Estimate]:
        return [self.estimates[key] for key in headline_keys(self.estimates)]

    @property
    def decades(self) -> dict[str, dict[str, Any]]:
        """Decade of true age -> its row of `error_by_decade`."""
        return {row["slice"]: row for row in self.section["error_by_decade"]}

    @property
    def abstained_accuracy(self) -> float:
        """Fraction of the abstained genders whose likelier gender is right; NaN where none is abstained."""
        answer_rate, accuracy, selective = (
            self.estimates[key].value for key in ("answer_rate", "accuracy", "selective_accuracy")
        )
        if answer_rate >= 1:
            return float("nan")
        return (accuracy - answer_rate * selective) / (1 - answer_rate)


def write_cards(
    variant_folders: Sequence[Path], readme: Path | None, docs: Path | None, detector_path: Path
) -> list[Path]:
    """Write README.md of every variant folder and, where given, `readme`'s table and two pages in `docs`.

    Returns the paths written.

    Raises DataMissing where scores or the README's markers are missing, TableError where they do not match.
    """
    variants = [read_variant(folder) for folder in variant_folders]
    predictions = read_predictions(variant_folders, detector_path)
    comparisons = published_comparisons(predictions, second_training_predictions(variants, detector_path))
    pages = {variant.folder / "README.md": card(variant, comparisons) for variant in variants}
    if readme:
        pages[readme] = with_table(readme, readme_table(variants, comparisons, run_counts()))
    if docs:
        pages[docs / "fairness.md"] = fairness_page(variants, predictions)
        pages[docs / "second_seed.md"] = second_seed_page(variants, predictions, comparisons, detector_path)
    for path, text in pages.items():
        with whole_file(path) as unfinished:
            unfinished.write_text(text, encoding="utf-8")
    return list(pages)


def card(variant: Variant, comparisons: Mapping[str, Comparison] | None = None) -> str:
    """Model card of one variant, with its `comparisons` by set.

    Raises DataMissing without its metrics.json, TableError for another's.
    """
    document, calibration = read_scores(variant), read_calibration(variant.folder)
    recipe, sets = recipe_of(variant.folder), scored_sets(document)
    return render(
        "card.md.j2",
        variant=variant,
        by_face=variant.input_mode == FACE,
        attention_px=recipe.network.attention_px if recipe else 0,
        sets=sets,
        split=PUBLISHED_SPLIT,
        metrics=[METRICS[key] for key in CARD_KEYS if any(scored.estimates[key].known for scored in sets)],
        decades=[decade_name(start) for start in range(0, OLDEST_DECADE + 1, 10)],
        fewest=MIN_PICTURES,
        fitted_on=calibration.fitted_on,
        has_gender=not sets or any(scored.estimates["accuracy"].reason != NO_GENDER_HEAD for scored in sets),
        threshold=calibration.abstention_threshold,
        even=EVEN,
        hardly_better=MAX_ABSTAINED_ACCURACY,
        beyond_five=_beyond_five(sets),
        comparisons=_comparisons_of(variant, comparisons or {}),
        **_fairness(variant, document),
        **_lineage(variant, document),
    )


def terms(beyond_five: str = "an unknown share") -> str:
    """What a card forbids, and under which licences its network stands."""
    return render("terms.md.j2", beyond_five=beyond_five)


def scored_sets(document: dict[str, Any]) -> list[ScoredSet]:
    """The published split of every set in metrics.json."""
    descriptions = read_references().sets
    sets = []
    for name, splits in document["sets"].items():
        if PUBLISHED_SPLIT in splits:
            described = descriptions.get(name)
            title, shows = (described.title, described.shows) if described else (name, "")
            estimates = estimates_in(document, name, PUBLISHED_SPLIT)
            sets.append(ScoredSet(name, title, shows, splits[PUBLISHED_SPLIT], estimates))
    return sets


def _beyond_five(sets: Sequence[ScoredSet]) -> str:
    """The share of `chips` whose age is off by more than five years, in words."""
    within = [scored.estimates["cs_5"] for scored in sets if scored.name == CHIPS]
    return f"{100 * (1 - within[0].value):.0f} %" if within and within[0].known else "an unknown share"


def _comparisons_of(variant: Variant, comparisons: Mapping[str, Comparison]) -> dict[str, Comparison]:
    """Those of the comparisons by set that the variant is one of."""
    return {
        name: comparison
        for name, comparison in comparisons.items()
        if variant.name in (comparison.first, comparison.second)
    }


def _fairness(variant: Variant, document: dict[str, Any]) -> dict[str, Any]:
    """Groups of gender and race that became worse since the baseline release, and what was tried."""
    mixes = [recipe.mix for recipe in recipes_of(variant.folder).values()]
    baseline = document["since_baseline"]
    return {
        "baseline": baseline,
        "worse_groups": [row for row in baseline["changes"] if row["is_worse"]] if baseline else [],
        "fewest_compared": FEWEST_COMPARED,
        "significance": SIGNIFICANCE,
        "groups_compared": sum(row["p_corrected"] is not None for row in baseline["changes"])
        if baseline
        else 0,
        "units": {"mae": YEARS, "accuracy": FRACTION},
        "fairface_fraction": max((mix.fractions.get(FAIRFACE, 0) for mix in mixes), default=0),
        "age_balance": max((mix.age_balance for mix in mixes), default=0),
    }


def _lineage(variant: Variant, document: dict[str, Any]) -> dict[str, Any]:
    """Where the network comes from, in words."""
    return {
        "fractions": fractions_words(variant.folder),
        "start": start_words(variant.folder),
        "recipes": ", ".join(f"`{variant.folder.name}/{name}`" for name in recipes_of(variant.folder)),
        "training": training_words(variant),
        "detector_sha256": document["detector_sha256"],
    }

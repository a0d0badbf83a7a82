"""Variant folder -> the facts about it: what it is, how it came to be, what it must not be used for.

Everything is read from the files that the export, the training and the evaluation wrote; nothing is typed in.
What a folder lacks is said in words.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from evaluation.metrics.definitions import GENDER_KEYS
from evaluation.metrics.estimates import Estimate
from evaluation.reports.cards import terms
from evaluation.reports.lineage import fractions_words, recipe_of, start_words, training_words
from evaluation.reports.scores import estimates_in, read_scores
from evaluation.sets import PUBLISHED_SPLIT, SETS
from faces.errors import DataMissing, ProjectError, RecipeError, TableError
from faces.predictions import OUTPUTS
from faces.variants import FACE, Variant
from recipes.recipe import settings_of

SHORT_HASH = 12
T = TypeVar("T")


@dataclass(frozen=True)
class Fact:
    """One line of a card. `title` explains it on hovering."""

    name: str
    value: str
    title: str = ""


def design_of(variant: Variant) -> list[Fact]:
    """What the variant is: the lines in which two variants may differ."""
    by_face = variant.input_mode == FACE
    paths = [network.network_path for network in variant.networks]
    size_mb = sum(path.stat().st_size for path in paths if path.is_file()) / 1e6
    return [
        Fact(
            "Takes", "each detected face" if by_face else "the whole picture", "Its input, from variant.toml"
        ),
        Fact(
            "Square",
            f"face box × {variant.crop_scale:g}" if by_face else "around the whole picture",
            "The square over the picture that becomes the network's input; outside it is padded",
        ),
        Fact("Input", f"{variant.input_px} × {variant.input_px} px"),
        Fact("Parameters", f"{variant.parameters:,}"),
        Fact("Size", f"{size_mb:.1f} MB", "network.onnx, with the path for the saliency maps"),
        Fact(
            "Cost",
            f"{variant.flops / 1e9:.2f} GFLOPs an input",
            "Counted on the exported graph; a multiply-add is two",
        ),
    ]


def lineage_facts(variant: Variant) -> list[Fact]:
    """Data, split, start weights, recipe, training, network, detector; of a composite variant, all parts'."""
    if variant.parts:
        return [
            replace(fact, name=f"{fact.name} ({output})")
            for output, part in zip(OUTPUTS, variant.parts, strict=True)
            for fact in lineage_facts(part)
        ]
    return [
        Fact(
            "Data",
            _in_words(fractions_words, variant.folder),
            "Shares of the training pictures, from the recipes",
        ),
        Fact("Split", short(variant.split_sha256), f"SHA-256 of dataset/split.csv: {variant.split_sha256}"),
        Fact("Start weights", _in_words(start_words, variant.folder).replace("`", "")),
        Fact("Recipe", variant.recipe, f"{variant.folder.name}/recipe.toml"),
        Fact("Training", _in_words(training_words, variant)),
        Fact("Network", short(variant.network_sha256), f"SHA-256 of network.onnx: {variant.network_sha256}"),
        Fact("Detector", short(variant.detector_sha256), f"SHA-256 of face.onnx: {variant.detector_sha256}"),
    ]


def figures_of(variant: Variant) -> tuple[dict[str, dict[str, Estimate]], str]:
    """Set -> its published estimates, in the order of the pages; and in words why there are none.

    Those of a composite variant are the age estimates of its first network and the gender ones of its second.
    """
    if variant.parts:
        (ages, no_ages), (genders, no_genders) = map(figures_of, variant.parts)
        both = {name: ages[name] for name in ages if name in genders}
        return {
            name: {key: (genders[name] if key in GENDER_KEYS else ages[name])[key] for key in estimates}
            for name, estimates in both.items()
        }, no_ages or no_genders
    try:
        document = read_scores(variant)
    except DataMissing:
        return {}, "Not measured yet: python -m evaluation score writes the figures."
    except TableError as error:
        return {}, str(error)
    estimates = {name: estimates_in(document, name, PUBLISHED_SPLIT) for name in SETS}
    return {name: found for name, found in estimates.items() if found}, ""


def recipe_differences(folders: Sequence[Path]) -> tuple[dict[str, list[Any]], int]:
    """The recipes' settings that differ, dotted name -> value in each; and how many settings there are.

    A recipe that is absent or wrong has none.
    """
    settings = [_settings(folder) for folder in folders]
    names = list(dict.fromkeys(name for of_one in settings for name in of_one))
    values = {name: [of_one.get(name) for of_one in settings] for name in names}
    return {name: found for name, found in values.items() if len(set(map(str, found))) > 1}, len(names)


def _settings(folder: Path) -> dict[str, Any]:
    try:
        recipe = recipe_of(folder)
    except RecipeError:
        return {}
    return settings_of(recipe) if recipe else {}


def card_section(variant: Variant, heading: str) -> str:
    """The Markdown under `## heading` of the variant's card; of the cards' template where it has none yet."""
    card = variant.folder / "README.md"
    text = card.read_text(encoding="utf-8") if card.is_file() else terms()
    _, heading_line, rest = f"\n{text}".partition(f"\n## {heading}\n")
    return rest.partition("\n## ")[0].strip() if heading_line else ""


def short(sha256: str) -> str:
    return f"{sha256[:SHORT_HASH]}…"


def _in_words(words: Callable[[T], str], source: T) -> str:
    """The words about a folder or a variant; why there are none where a file of it is wrong."""
    try:
        return words(source)
    except ProjectError as error:
        return str(error)

"""`python -m evaluation`: from trained networks to published numbers, a command a step.

After a training, in this order:

    python -m evaluation calibrate --data-dir DIR   temperatures and gender rule, on the validation split
    python -m evaluation predict --data-dir DIR     predictions tables of every set
    python -m evaluation score                      metrics.json of every variant, from the tables
    python -m evaluation cards                      cards, README's table, pages in docs, from the scores

`freeze`, before a training, keeps the present figures as those of the release before.

`compare` prints which variant to ship, and why. `robustness --data-dir DIR` reads pictures made worse and
prints docs/robustness.md.
"""

import argparse
import sys
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

from dataset.paths import add_path_options, data_dir_of
from evaluation.inference.calibration import Fit, write_calibrations
from evaluation.inference.predict import loaded_networks, write_predictions
from evaluation.inference.robustness import write_robustness
from evaluation.metrics.comparisons import (
    BIN_HEADLINE_KEYS,
    HEADLINE_KEYS,
    compared,
    fallback_fraction,
    fallback_text,
    found_only,
)
from evaluation.metrics.estimates import METRICS
from evaluation.metrics.references import read_references
from evaluation.predictions import read_predictions, read_robustness
from evaluation.reports import baseline_release
from evaluation.reports.cards import write_cards
from evaluation.reports.robustness import robustness_markdown
from evaluation.reports.scores import scores, sections_of, write_scores
from evaluation.sets import PUBLISHED_SPLIT, SETS
from faces.detection import DEFAULT_DETECTOR, Detector
from faces.errors import DataMissing, ProjectError
from faces.files import sha256_of
from faces.variants import DEFAULT_VARIANTS, read_variant, single_folders

REPOSITORY = Path(__file__).resolve().parent.parent


def calibrate(called: argparse.Namespace) -> None:
    networks, detector = loaded_networks(called.variant), Detector(called.detector, threads=1)
    fits = write_calibrations(networks, detector, data_dir_of(called), called.cache_dir)
    for name, fit in fits.items():
        print(f"{name}: on {fit.count:,} validation pictures, {calibration_words(fit)}")


def calibration_words(fit: Fit) -> str:
    """What a calibration changed, in sentences."""
    age, gender, told = fit.age, fit.gender, []
    if age:
        told.append(
            f"80 % intervals held {100 * age.coverage_before:.1f} % and now {100 * age.coverage_after:.1f} % "
            f"(age temperature {age.temperature})"
        )
    if gender:
        told.append(
            f"gender log loss {gender.log_loss_before:.4f}, now {gender.log_loss_after:.4f} "
            f"(gender temperature {gender.temperature}). A gender is told from a probability of "
            f"{gender.abstention_threshold:g} on: {100 * gender.answer_rate:.1f} % are told, of which "
            f"{100 * gender.selective_accuracy:.1f} % are right; of the others {100 * gender.abstained_accuracy:.1f} % "
            "would have been"
        )
    return "; ".join(told) + "."


def predict(called: argparse.Namespace) -> None:
    networks, detector = loaded_networks(called.variant), Detector(called.detector, threads=1)
    for set_name in called.set or SETS:
        for path in write_predictions(set_name, networks, detector, data_dir_of(called), called.cache_dir):
            print(f"Wrote {path}.")


def score(called: argparse.Namespace) -> None:
    folders = single_folders(called.variant)
    predictions = read_predictions(folders, called.detector)
    if predictions.empty:
        raise DataMissing("There are no predictions yet; `python -m evaluation predict` writes them.")
    for folder in folders:
        document = scores(predictions, read_variant(folder), sha256_of(called.detector))
        print(f"Wrote {write_scores(document, folder)}.")


def compare(called: argparse.Namespace) -> None:
    predictions = read_predictions(called.variant, called.detector)
    names = list(dict.fromkeys(predictions.variant))
    if len(names) < 2:
        raise DataMissing(f"A comparison needs the predictions of two variants. Received: {names or 'none'}.")
    titles = read_references().sets
    for set_name, split, rows in sections_of(predictions):
        if split not in (called.split or [PUBLISHED_SPLIT]) or set_name not in (called.set or SETS):
            continue
        print(
            f"\n{set_name}, {split}: {titles[set_name].title}"
            if set_name in titles
            else f"\n{set_name}, {split}"
        )
        for first, second in combinations(names, 2):
            comparison = compared(rows, first, second)
            print(f"  {comparison.sentence}")
            for key, difference in comparison.differences.items():
                if key in (*HEADLINE_KEYS, *BIN_HEADLINE_KEYS) and difference.count:
                    p = f", McNemar p = {difference.p_value:.2g}" if difference.p_value is not None else ""
                    print(f"    {METRICS[key].label}, {first} minus {second}: {difference.text}{p}")
            found = compared(found_only(rows), first, second)
            fraction = fallback_text(fallback_fraction(rows))
            print(f"    No face found on {fraction}; without those: {found.sentence}")


def cards(called: argparse.Namespace) -> None:
    # The README tells of the shipped variants: cards of others leave it alone unless it is named.
    shipped = list(called.variant) == list(DEFAULT_VARIANTS)
    readme = called.readme or (REPOSITORY / "README.md" if shipped else None)
    docs = REPOSITORY / "docs" if shipped else None
    for path in write_cards(single_folders(called.variant), readme, docs, called.detector):
        print(f"Wrote {path}.")


def snapshot(called: argparse.Namespace) -> None:
    folders = single_folders(called.variant)
    predictions = read_predictions(folders, called.detector)
    if predictions.empty:
        raise DataMissing("There are no predictions to keep; `python -m evaluation predict` writes them.")
    variants = [read_variant(folder) for folder in folders]
    for path in baseline_release.snapshot(predictions, variants, sha256_of(called.detector)):
        print(f"Wrote {path}.")


def robustness(called: argparse.Namespace) -> None:
    networks, detector = loaded_networks(called.variant), Detector(called.detector, threads=1)
    for path in write_robustness(networks, detector, data_dir_of(called), called.cache_dir):
        print(f"Wrote {path}.", file=sys.stderr)  # the page alone goes to the output, to be kept
    print(robustness_markdown(read_robustness(single_folders(called.variant), called.detector)), end="")


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 when done, 2 for a wrong call or missing data."""
    called = _parser().parse_args(arguments)
    called.variant = called.variant or DEFAULT_VARIANTS
    try:
        called.run(called)
    except ProjectError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped; the same command goes on from here.", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m evaluation", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--variant",
        type=Path,
        nargs="+",
        action="extend",
        metavar="DIR",
        help="variant folders (default: model_full and model_cropped); of AGE_DIR+GENDER_DIR, a pair, both "
        "are measured into their own folders, and compare takes it as one variant",
    )
    common.add_argument("--detector", type=Path, default=DEFAULT_DETECTOR, help="ONNX file of the detector")
    pictures = argparse.ArgumentParser(add_help=False)
    add_path_options(pictures)
    sets = argparse.ArgumentParser(add_help=False)
    sets.add_argument(
        "--set", action="append", choices=SETS, help="may be given several times (default: all)"
    )

    commands = parser.add_subparsers(dest="command", required=True)
    steps = (
        (calibrate, [common, pictures], "fit temperatures and the gender rule on validation"),
        (predict, [common, pictures, sets], "write the predictions tables; goes on where it stopped"),
        (score, [common], "write metrics.json from the tables"),
        (compare, [common, sets], "print which variant to ship, and why"),
        (
            robustness,
            [common, pictures],
            "write robustness.csv: both measures on pictures made worse; prints docs/robustness.md",
        ),
        (
            cards,
            [common],
            "write the cards, the README's metrics table, docs/fairness.md and docs/second_seed.md",
        ),
        (snapshot, [common], "keep the present figures as those of the release before"),
    )
    for run, parents, words in steps:
        commands.add_parser(run.__name__, parents=parents, help=words).set_defaults(run=run)
    commands.choices["compare"].add_argument(
        "--split", nargs="+", help="splits to compare on (default: test)"
    )
    commands.choices["cards"].add_argument(
        "--readme",
        type=Path,
        help="file that holds the metrics table (default: README.md, for the shipped variants)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())

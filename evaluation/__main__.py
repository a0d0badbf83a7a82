"""`python -m evaluation`: from trained networks to published numbers, a command a step.

After a training, in this order:

    python -m evaluation calibrate --data-dir DIR   temperatures and abstention threshold, on validation
    python -m evaluation predict --data-dir DIR     predictions tables of every set
    python -m evaluation score --why WHY            metrics.json of every variant, from the tables, and a log
    python -m evaluation cards                      cards, README's table, pages in docs, from the scores

`snapshot`, before a training, keeps the present figures as the baseline release. `compare` prints which
variant to ship, and why. `robustness --data-dir DIR` predicts corrupted pictures and prints
docs/robustness.md.
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
from evaluation.metrics.definitions import METRICS
from evaluation.metrics.references import read_references
from evaluation.predictions import read_predictions, read_robustness, read_robustness_predictions
from evaluation.reports import baseline_release
from evaluation.reports.cards import write_cards
from evaluation.reports.robustness import robustness_markdown
from evaluation.reports.score_log import PATH as SCORE_LOG_PATH
from evaluation.reports.score_log import log_scores
from evaluation.reports.scores import scores, sections_of, write_scores
from evaluation.second_trainings import second_training_predictions
from evaluation.sets import PUBLISHED_SPLIT, SETS
from faces.command import add_detector_option, add_variant_option, exit_code
from faces.detection import Detector
from faces.errors import DataMissing
from faces.files import sha256_of
from faces.templates import percent
from faces.variants import DEFAULT_VARIANTS, read_variant, single_folders

REPOSITORY = Path(__file__).resolve().parent.parent


def calibrate(called: argparse.Namespace) -> None:
    networks, detector = loaded_networks(called.variant), Detector(called.detector, threads=1)
    fits = write_calibrations(networks, detector, data_dir_of(called), called.cache_dir)
    for name, fit in fits.items():
        print(f"{name}: on {fit.count:,} validation pictures, {calibration_words(fit)}")


def calibration_words(fit: Fit) -> str:
    """Effect of a calibration, in sentences."""
    age, gender, sentences = fit.age, fit.gender, []
    if age:
        sentences.append(
            f"coverage of the 80 % intervals {percent(age.coverage_before)}, "
            f"now {percent(age.coverage_after)} (age temperature {age.temperature})"
        )
    if gender:
        sentences.append(
            f"gender log loss {gender.log_loss_before:.4f}, now {gender.log_loss_after:.4f} "
            f"(gender temperature {gender.temperature}); "
            f"abstention threshold {gender.abstention_threshold:g}: "
            f"answer rate {percent(gender.answer_rate)}, "
            f"selective accuracy {percent(gender.selective_accuracy)}, "
            f"accuracy on the abstained {percent(gender.abstained_accuracy)}"
        )
    return "; ".join(sentences) + "."


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
    variants, detector_sha256 = [read_variant(folder) for folder in folders], sha256_of(called.detector)
    for variant in variants:
        document = scores(predictions, variant, detector_sha256)
        print(f"Wrote {write_scores(document, variant.folder)}.")
    rows = log_scores(predictions, variants, detector_sha256, called.why, called.log)
    print(f"Logged {rows} scored test sets in {called.log}.")


def compare(called: argparse.Namespace) -> None:
    predictions = read_predictions(called.variant, called.detector)
    names = list(dict.fromkeys(predictions.variant))
    if len(names) < 2:
        raise DataMissing(f"A comparison needs the predictions of two variants. Received: {names or 'none'}.")
    variants = [read_variant(folder) for folder in called.variant]
    second_trainings = second_training_predictions(variants, called.detector)
    titles = read_references().sets
    for set_name, split, rows in sections_of(predictions):
        if split not in (called.split or [PUBLISHED_SPLIT]) or set_name not in (called.set or SETS):
            continue
        title = f": {titles[set_name].title}" if set_name in titles else ""
        print(f"\n{set_name}, {split}{title}")
        for first, second in combinations(names, 2):
            comparison = compared(rows, first, second, second_trainings)
            print(f"  {comparison.sentence} ({comparison.verdict.state})")
            for note in comparison.verdict.notes:
                print(f"    {note}")
            for key, difference in comparison.differences.items():
                if key in (*HEADLINE_KEYS, *BIN_HEADLINE_KEYS) and difference.count:
                    p = f", McNemar p = {difference.p_value:.2g}" if difference.p_value is not None else ""
                    print(f"    {METRICS[key].label}, {first} minus {second}: {difference.text}{p}")
            where_found = compared(found_only(rows), first, second)
            fraction = fallback_text(fallback_fraction(rows))
            print(f"    No face found on {fraction}; without those: {where_found.sentence}")


def cards(called: argparse.Namespace) -> None:
    # README and docs show the shipped variants: those of others stay, but for a README that is named.
    shipped = list(called.variant) == list(DEFAULT_VARIANTS)
    readme = called.readme or (REPOSITORY / "README.md" if shipped else None)
    docs = REPOSITORY / "docs" if shipped else None
    for path in write_cards(single_folders(called.variant), readme, docs, called.detector):
        print(f"Wrote {path}.")


def snapshot(called: argparse.Namespace) -> None:
    folders = single_folders(called.variant)
    predictions = read_predictions(folders, called.detector)
    if predictions.empty:
        raise DataMissing(
            "There are no predictions for a snapshot; `python -m evaluation predict` writes them."
        )
    variants = [read_variant(folder) for folder in folders]
    for path in baseline_release.snapshot(predictions, variants, sha256_of(called.detector)):
        print(f"Wrote {path}.")


def robustness(called: argparse.Namespace) -> None:
    networks, detector = loaded_networks(called.variant), Detector(called.detector, threads=1)
    for path in write_robustness(networks, detector, data_dir_of(called), called.cache_dir):
        print(f"Wrote {path}.", file=sys.stderr)  # standard output is the page alone
    folders = single_folders(called.variant)
    predictions = read_robustness_predictions(folders, called.detector)
    print(robustness_markdown(read_robustness(folders, called.detector), predictions), end="")


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 when done, 2 for a wrong call or missing data."""
    called = _parser().parse_args(arguments)
    called.variant = called.variant or DEFAULT_VARIANTS
    return exit_code(lambda: called.run(called), stopped="Stopped; the same command continues from here.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m evaluation", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    common = argparse.ArgumentParser(add_help=False)
    add_variant_option(
        common,
        "variant folders (default: model_full and model_cropped); of AGE_DIR+GENDER_DIR both parts are "
        "scored into their own folders, and compare takes it as one variant",
    )
    add_detector_option(common)
    pictures = argparse.ArgumentParser(add_help=False)
    add_path_options(pictures)
    sets = argparse.ArgumentParser(add_help=False)
    sets.add_argument(
        "--set", action="append", choices=SETS, help="may be given several times (default: all)"
    )

    commands = parser.add_subparsers(dest="command", required=True)
    steps = (
        (calibrate, [common, pictures], "fit temperatures and the abstention threshold on validation"),
        (predict, [common, pictures, sets], "write the predictions tables; goes on where it stopped"),
        (score, [common], "write metrics.json from the tables"),
        (compare, [common, sets], "print which variant to ship, and why"),
        (
            robustness,
            [common, pictures],
            "write robustness.csv: age and gender metrics on corrupted pictures; prints docs/robustness.md",
        ),
        (
            cards,
            [common],
            "write the cards, the README's metrics table, docs/fairness.md and docs/second_seed.md",
        ),
        (snapshot, [common], "keep the present figures as the baseline release"),
    )
    for run, parents, words in steps:
        commands.add_parser(run.__name__, parents=parents, help=words).set_defaults(run=run)
    scoring = commands.choices["score"]
    scoring.add_argument("--why", required=True, help="what the test sets are scored for; enters the log")
    scoring.add_argument(
        "--log", type=Path, default=SCORE_LOG_PATH, help="the log (default: docs/score_log.csv)"
    )
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

"""A run is known by its files, whichever of them a young, an old or a killed training left."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from evaluation.runs import INCOMPLETE, STOPPED, UNREADABLE, named, phases_in, run_folders, runs_in
from faces.earlier_names import renamed
from recipes.run import COMPLETE, TRAINING, PlannedPhase, write_run
from tests.run_states import RUN

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
HISTORY = """\
epoch,phase,learning_rate,loss,validation_loss,seconds
1,main,0.001,3.0,2.4,60
2,main,0.0005,2.5,2.1,80
3,cooldown,0.0001,2.2,2.2,70
"""


STATE = replace(
    RUN,
    epochs=5,
    epochs_done=3,
    best_epoch=2,
    started=NOW - timedelta(hours=2),
    updated=NOW,
    phases=(PlannedPhase("main", 4), PlannedPhase("cooldown", 1)),
)


@pytest.fixture
def wide(tmp_path, repository):
    """runs/wide: a training whose last sign of life is now."""
    folder = tmp_path / "runs" / "wide"
    folder.mkdir(parents=True)
    text = (repository / "recipes" / "multitask_cnn.toml").read_text(encoding="utf-8")
    (folder / "recipe.toml").write_text(text.replace('"multitask_cnn"', '"wide"', 1), encoding="utf-8")
    (folder / "history.csv").write_text(HISTORY, encoding="utf-8")
    write_run(folder, STATE)
    return folder


def test_a_training_tells_how_far_it_is_and_how_long_it_will_take(wide):
    (run,) = runs_in([wide.parent], now=NOW)
    assert (run.name, run.recipe, run.state) == ("wide", "wide", TRAINING)
    assert (run.epochs_done, run.epochs, run.best_epoch) == (3, 5, 2)
    assert run.seconds_left == 2 * 70
    assert run.phases == STATE.phases
    assert run.phase_starts == [(1, "main"), (3, "cooldown")]
    assert (run.device, run.skipped_pictures) == ("CPU, 2 threads", 4)
    assert run.started == NOW - timedelta(hours=2)
    assert (run.parameters, run.network_mb, run.estimates) == (None, None, None)


@pytest.mark.parametrize(
    ("silent", "state"),
    [(timedelta(minutes=16), TRAINING), (timedelta(minutes=17), STOPPED)],
    ids=["within five of its longest epochs and ten minutes", "longer"],
)
def test_a_training_that_fell_silent_is_stopped_and_says_how_to_go_on(wide, silent, state):
    (run,) = runs_in([wide], now=NOW + silent)
    assert run.state == state
    assert run.resume_command == f"python -m training run {wide} --data-dir DIR --out {wide} --resume"


def test_a_training_in_its_first_epoch_is_not_taken_for_killed(wide):
    (wide / "history.csv").unlink()
    (run,) = runs_in([wide], now=NOW + timedelta(minutes=30))
    assert (run.state, run.epochs_done, run.seconds_left) == (TRAINING, 0, None)
    assert run.phase_starts == []


def test_the_shipped_variants_are_complete_runs_with_their_scores(repository):
    full, cropped = runs_in([repository / "model_full", repository / "model_cropped"])
    assert (full.name, cropped.name) == ("full", "cropped")
    for run in (full, cropped):
        assert run.state == COMPLETE
        assert run.epochs == run.epochs_done > 0
        assert run.best_epoch in set(run.history.epoch)
        assert (run.parameters or 0) > 1e6
        assert (run.network_mb or 0) > 1
        assert {"epoch", "phase", "seconds"} <= set(run.history)
        assert list(run.history.epoch) == list(range(1, run.epochs + 1))
        last = pd.read_csv(run.folder / "history.csv")
        assert run.epochs > len(last)  # the parts before it count as well
        best = run.history[run.history.epoch == run.best_epoch]
        assert list(best.validation_loss) == [last.validation_loss.min()]


def test_scores_of_another_network_are_not_told(repository, tmp_path):
    folder = tmp_path / "model_full"
    ignored = shutil.ignore_patterns("predictions", "*.keras", "*.onnx", "run.toml")
    shutil.copytree(repository / "model_full", folder, ignore=ignored)
    text = (folder / "variant.toml").read_text(encoding="utf-8")
    digest = next(line for line in text.splitlines() if line.startswith("network_sha256"))
    (folder / "variant.toml").write_text(
        text.replace(digest, f'network_sha256 = "{64 * "0"}"'), encoding="utf-8"
    )
    (run,) = runs_in([folder])
    assert (run.state, run.estimates, run.network_mb) == (COMPLETE, None, None)


@pytest.mark.parametrize(
    ("columns", "phases"),
    [
        ({"phase": ["warm", "main", "main"]}, ["warm", "main", "main"]),
        ({"cooldown": [0, 0, 1]}, ["main", "main", "cooldown"]),
        ({}, ["main", "main", "main"]),
    ],
    ids=["a history with phases", "an older one with a cooldown", "the oldest"],
)
def test_every_epoch_has_a_phase_however_old_its_history_is(columns, phases):
    assert list(phases_in(pd.DataFrame({"epoch": [1, 2, 3]} | columns))) == phases


def test_a_run_of_before_run_toml_is_incomplete_until_it_has_a_variant(wide):
    (wide / "run.toml").unlink()
    (run,) = runs_in([wide])
    assert (run.state, run.epochs, run.best_epoch) == (INCOMPLETE, None, 2)
    assert run.name == run.recipe == "wide"


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("run.toml", "state = "),
        ("run.toml", 'state = "asleep"'),
        ("history.csv", "epoch,loss\n1,2\n"),
        ("variant.toml", 'name = "wide"'),
        ("run.toml", "epochs_done = true"),
    ],
    ids=[
        "broken TOML",
        "no such state",
        "a history without seconds",
        "a variant without a network",
        "a truth for a count",
    ],
)
def test_a_run_that_cannot_be_read_is_shown_with_its_problem(wide, file, text):
    (wide / file).write_text(text, encoding="utf-8")
    (run,) = runs_in([wide])
    assert (run.name, run.state) == ("wide", UNREADABLE)
    assert str(wide) in run.problem


def test_folders_without_a_run_are_passed_over(wide, tmp_path):
    (wide.parent / "detector").mkdir()
    (wide.parent / "detector" / "results.csv").write_text("epoch\n1\n", encoding="utf-8")
    assert run_folders([tmp_path / "nowhere", wide.parent]) == [wide]
    assert run_folders([wide, wide.parent]) == [wide]


def test_runs_of_one_name_are_told_apart_by_their_folders(wide):
    for name in ("broad", "again"):
        shutil.copytree(wide, wide.parent / name)
    runs = runs_in([wide, wide.parent], now=NOW)
    assert [run.name for run in runs] == ["wide", "again", "broad"]


def test_a_name_that_the_folder_shares_gets_the_folder_above(tmp_path):
    folder = tmp_path / "runs" / "full"
    assert named("full", folder, []) == "full"
    assert named("full", folder, ["full"]) == "runs/full"


def test_a_training_in_four_parts_is_counted_through(wide):
    for part in ("first", "second", "third"):
        shutil.copy(wide / "history.csv", wide / f"{part}_part.csv")
    (run,) = runs_in([wide], now=NOW)
    assert list(run.history.epoch) == list(range(1, 13))


@pytest.mark.parametrize("column", ["localizer_loss", "cooldown"])
def test_a_run_of_an_earlier_release_says_what_renames_it(wide, column):
    earlier = next(old for old, new in renamed("column").items() if new == column)
    text = (wide / "history.csv").read_text(encoding="utf-8")
    (wide / "history.csv").write_text(text.replace("learning_rate", earlier), encoding="utf-8")
    (run,) = runs_in([wide])
    assert run.state == UNREADABLE
    assert f"'{earlier}' is now '{column}': `python -m dataset migrate FOLDER`" in run.problem

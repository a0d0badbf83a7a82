"""run.toml is written and read by one type, and refused by the dotted name of what is wrong in it."""

from dataclasses import replace
from pathlib import Path

import pytest

from faces.errors import RecipeError
from recipes.run import COMPLETE, read_run, write_run
from tests.conftest import REPOSITORY
from tests.run_states import RUN

COMMITTED = sorted(path.parent for path in REPOSITORY.glob("docs/recipes/*/run.toml"))


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    write_run(tmp_path, RUN)
    assert read_run(tmp_path) == RUN
    assert RUN.training_pictures == 100
    text = (tmp_path / "run.toml").read_text(encoding="utf-8")
    assert text.startswith("# Written by the training after every epoch.\n")
    assert 'started = "2026-05-04T10:00:00+00:00"' in text


@pytest.mark.parametrize("folder", COMMITTED, ids=lambda path: path.name)
def test_a_committed_run_is_complete_and_says_the_same_written_again(folder: Path, tmp_path: Path) -> None:
    run = read_run(folder)
    assert (run.state, run.epochs_done) == (COMPLETE, sum(phase.epochs for phase in run.phases))
    write_run(tmp_path, run)
    assert read_run(tmp_path) == run


def test_a_time_without_a_zone_is_utc(tmp_path: Path) -> None:
    write_run(tmp_path, RUN)
    path = tmp_path / "run.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("10:00:00+00:00", "10:00:00"), encoding="utf-8")
    assert read_run(tmp_path) == RUN


@pytest.mark.parametrize(
    ("old", "new", "place", "received"),
    [
        ('state = "training"', 'state = "asleep"', "state", "'asleep'"),
        ("epochs = 4", 'epochs = "four"', "epochs", "'four'"),
        ("training_pictures = 80", "training_pictures = -1", "sets.0.training_pictures", "-1"),
        ("parameters = 1000", "parameters = 1000\nmood = 3", "mood", "3"),
        ('started = "2026', 'started = "yesterday, 2026', "started", "'yesterday"),
        ('recipe = "wide"\n', "", "recipe", "command, device"),
        ("best_epoch = 1", "best_epoch = 2", "best_epoch", "2"),
        ("epochs_done = 1", "epochs_done = 5", "epochs_done", "5"),
        ("epochs_done = 1", "epochs_done = 0", "best_epoch", "1"),
        ("epochs = 4", "epochs = 3", "epochs", "3"),
    ],
    ids=[
        "no such state",
        "a count in words",
        "pictures below zero",
        "an unknown key",
        "no time",
        "a missing key",
        "a best epoch that is not done yet",
        "more epochs done than planned",
        "a best epoch of none",
        "fewer epochs than the phases have",
    ],
)
def test_a_wrong_run_is_refused_by_the_dotted_name_with_what_arrived(
    old: str, new: str, place: str, received: str, tmp_path: Path
) -> None:
    write_run(tmp_path, RUN)
    path = tmp_path / "run.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(RecipeError) as refused:
        read_run(tmp_path)
    assert f"run.toml: {place}: " in str(refused.value)
    assert f"Received: {received}" in str(refused.value)


def test_facts_that_are_not_known_are_left_out(tmp_path: Path) -> None:
    write_run(tmp_path, replace(RUN, sets=RUN.sets[1:]))
    assert "median_age_mae_years" not in (tmp_path / "run.toml").read_text(encoding="utf-8")

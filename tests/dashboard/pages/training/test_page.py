"""What the Training page shows of runs, without a browser."""

import dataclasses

import pandas as pd
import pytest

from dashboard.pages.training.curves import CURVES, chosen_in
from dashboard.pages.training.figures import phase_marks
from dashboard.pages.training.progress import mark_of, minutes_in_words, progress_of
from dashboard.pages.training.table import runs_columns, runs_rows, runs_table
from dashboard.shared.figures import FigureColours
from dashboard.shared.theme import DARK, LIGHT, Palette
from evaluation.metrics.estimates import Estimate
from evaluation.runs import COMPLETE, STOPPED, TRAINING, UNREADABLE, Run

PALETTE = Palette(["full", "wide", "deep"])


def history(phases, **columns):
    epochs = range(1, len(phases) + 1)
    return pd.DataFrame({"epoch": epochs, "seconds": 60.0, "phase": phases} | columns)


def scores(mae, accuracy):
    return {
        "mae": Estimate("mae", mae, mae - 0.1, mae + 0.1, 100),
        "accuracy": Estimate("accuracy", accuracy, accuracy - 0.01, accuracy + 0.01, 100),
    }


@pytest.fixture
def runs(tmp_path):
    both = {"loss": [3.0, 2.0, 1.0], "validation_loss": [2.5, 2.0, 2.1], "learning_rate": [1e-3, 5e-4, 1e-5]}
    return [
        Run("full", tmp_path / "full", COMPLETE, history(["main", "main", "cooldown"], **both), "full", 3, 2,
            parameters=3_517_478, network_mb=14.01, estimates=scores(4.38, 0.947)),
        Run("wide", tmp_path / "wide", TRAINING, history(["main", "cooldown"], loss=[3.0, 2.5],
            validation_loss=[2.6, 2.4], learning_rate=[1e-3, 1e-4]), "wide", 4, 2, device="CPU"),
        Run("deep", tmp_path / "deep", COMPLETE, history(["main"]), "deep", 1, None,
            estimates=scores(4.11, 0.931)),
    ]  # fmt: skip


def test_the_best_scores_are_marked_and_the_unknown_is_a_dash(runs):
    full, wide, deep = runs_rows(runs, {"full": 11.23})
    assert (full["mae_text"], deep["mae_text"], wide["mae_text"]) == ("4.38", "◂ 4.11", "–")
    assert (full["accuracy_best"], deep["accuracy_best"]) == (True, False)
    assert (full["epochs"], wide["epochs"]) == ("3 of 3", "2 of 4")
    assert (full["ms_a_picture"], wide["ms_a_picture"], wide["parameters"]) == (11.2, None, None)


def test_one_scored_run_alone_is_not_called_the_best(runs):
    (row,) = runs_rows(runs[:1], {})
    assert row["mae_text"] == "4.38"


def test_every_column_of_the_table_has_its_number_in_every_row(runs):
    fields = {column["field"] for column in runs_columns()}
    assert all(fields <= set(row) for row in runs_rows(runs, {}))
    assert runs_table(runs, {}).getRowId == "params.data.run"


@pytest.mark.parametrize("scheme", [LIGHT, DARK])
@pytest.mark.parametrize("key", CURVES)
def test_every_curve_is_plotted_in_both_schemes_with_a_title(runs, key, scheme):
    figure = CURVES[key].plot(runs, [run.name for run in runs], FigureColours(PALETTE, scheme))
    assert figure.layout.meta["title"].startswith(CURVES[key].label)


def test_runs_are_laid_over_each_other_training_dotted_and_validation_solid(runs):
    names = [run.name for run in runs]
    figure = CURVES["loss"].plot(runs, names, FigureColours(PALETTE, LIGHT))
    drawn = [(trace.name, trace.line.dash, trace.line.color) for trace in figure.data if trace.x[0]]
    assert drawn == [
        (name, dash, PALETTE.hex(name, LIGHT)) for name in ("full", "wide") for dash in ("dot", "solid")
    ]
    assert figure.layout.uirevision


def test_the_title_holds_the_last_values(runs):
    assert CURVES["loss"].title(runs) == "Loss: full 2.1, wide 2.4 at the end"
    without_loss = dataclasses.replace(runs[0], history=runs[0].history.assign(validation_loss=float("nan")))
    assert CURVES["loss"].title([without_loss, runs[1]]) == "Loss: wide 2.4 at the end"


def test_a_phase_is_named_once_where_runs_agree_and_with_its_run_where_they_do_not(runs):
    full, wide, _ = runs
    assert phase_marks([full]) == {3: "cooldown"}
    assert phase_marks([full, wide]) == {2: "cooldown (wide)", 3: "cooldown (full)"}


def test_what_the_button_saves_is_what_the_figure_shows(runs):
    table = CURVES["loss"].table(runs)
    assert list(table.columns) == ["run", "epoch", "phase", "loss", "validation_loss"]
    assert table.groupby("run").validation_loss.count().to_dict() == {"deep": 0, "full": 3, "wide": 2}
    assert CURVES["loss"].table([]).empty


def test_the_progress_of_a_training_has_its_epoch_and_the_time_left(runs):
    (line,) = progress_of(runs)
    words = "wide trains: epoch 2 of 4, phase cooldown, about 2 minutes left, on CPU."
    assert words in str(line)


def test_a_stopped_run_has_the_command_to_resume_it_and_a_broken_one_its_problem(runs):
    stopped = dataclasses.replace(runs[1], state=STOPPED)
    broken = dataclasses.replace(runs[2], state=UNREADABLE, problem="history.csv is no table.")
    killed, unreadable = map(str, progress_of([stopped, broken]))
    assert "--resume" in killed
    assert "history.csv is no table." in unreadable


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(20, "a minute"), (190, "3 minutes"), (3600, "1 hour"), (8040, "2 hours 14 minutes")],
)
def test_a_duration_is_written_in_words(seconds, words):
    assert minutes_in_words(seconds) == words


@pytest.mark.parametrize(
    ("query", "chosen"),
    [
        ({}, ["a", "b", "c", "d"]),
        ({"runs": "d,b"}, ["b", "d"]),
        ({"runs": "nobody"}, ["a", "b", "c", "d"]),
    ],
    ids=["nothing", "two", "nonsense"],
)
def test_a_url_chooses_the_runs_whose_curves_are_plotted(query, chosen):
    assert chosen_in(query, ["a", "b", "c", "d", "e"]) == chosen


def test_a_new_epoch_changes_the_mark_and_looking_again_does_not(runs):
    longer = dataclasses.replace(runs[1], history=pd.concat([runs[1].history] * 2))
    assert mark_of(runs, {}) == mark_of(list(runs), {})
    assert mark_of(runs, {}) != mark_of([runs[0], longer, runs[2]], {})

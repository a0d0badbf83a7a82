"""The rows of the ablation: each one change of the shipped recipe, and no killed one taken for trained."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import tomli_w

from benchmarks import ablation
from faces.errors import RecipeError
from recipes.recipe import Recipe, read_recipe, settings_of
from recipes.run import write_run as write_state
from tests.run_states import RUN

TABLE = ablation.read_rows()
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
HISTORY = "epoch,phase,seconds," + ",".join(column for _, column, _ in ablation.FIGURES) + "\n"


def recipe_of(row: str, folder: Path) -> Recipe:
    path = folder / f"{row}.toml"
    path.write_text(tomli_w.dumps(ablation.row_table(row, TABLE)), encoding="utf-8")
    return read_recipe(path)


@pytest.mark.parametrize("row", TABLE["rows"])
def test_a_row_differs_from_the_base_in_exactly_the_keys_that_it_names(row: str, tmp_path: Path) -> None:
    base, changed = (settings_of(recipe_of(name, tmp_path)) for name in ("base", row))
    named = TABLE["rows"][row].get("change", {})
    differing = {
        key for key in {*base, *changed} if key not in base or key not in changed or base[key] != changed[key]
    }
    assert {key for key in differing if not key.startswith(tuple(named))} == set()
    assert {key for key in named if not any(prefix.startswith(key) for prefix in differing)} == set()


def test_every_row_but_the_base_changes_something() -> None:
    assert [name for name, row in TABLE["rows"].items() if not row.get("change")] == ["base"]


def test_the_budget_of_a_row_is_that_of_its_inputs(tmp_path: Path) -> None:
    for row in TABLE["rows"]:
        recipe = recipe_of(row, tmp_path)
        assert 20_000 <= recipe.epochs * recipe.schedule.inputs_per_epoch <= 25_000


def test_a_change_that_makes_a_wrong_recipe_is_refused_by_its_key() -> None:
    table = TABLE | {"rows": {"wrong": {"about": "", "change": {"phases.0.epochs": "4"}}}}
    with pytest.raises(RecipeError, match=r"ablation.toml, wrong: phases.0.epochs: .* Received: '4'"):
        ablation.row_recipe("wrong", table)


@pytest.mark.parametrize("key", ["start.weights", "phases.1.epochs", "phases.main.epochs"])
def test_a_change_of_what_the_recipe_lacks_is_refused_by_its_key(key: str) -> None:
    table = TABLE | {"rows": {"wrong": {"about": "", "change": {key: 1}}}}
    with pytest.raises(RecipeError, match=f"Received: {key}"):
        ablation.row_recipe("wrong", table)


def write_run(folder: Path, row: str, state: str, epochs_done: int, **change: object) -> None:
    """What a training leaves in its folder after some epochs."""
    folder.mkdir(parents=True)
    (folder / "recipe.toml").write_text(tomli_w.dumps(ablation.row_table(row, TABLE) | change))
    write_state(folder, replace(RUN, state=state, epochs_done=epochs_done, updated=LONG_AGO))
    figures = ",0.5" * len(ablation.FIGURES)
    rows = [f"{epoch + 1},main,120{figures}\n" for epoch in range(epochs_done)]
    (folder / "history.csv").write_text(HISTORY + "".join(rows))


def test_the_table_has_figures_of_complete_rows_alone_and_every_row_s_state(tmp_path: Path) -> None:
    write_run(tmp_path / "base", "base", "complete", 4)
    write_run(tmp_path / "px_192", "px_192", "training", 1)
    write_run(tmp_path / "px_224", "px_224", "complete", 4, published="of an older recipe")
    page = ablation.page(TABLE, tmp_path / "results", tmp_path)
    lines = [line for line in page.splitlines() if line.startswith("| `")]
    cells = {line.split("`")[1]: [cell.strip() for cell in line.split("|")[3:-1]] for line in lines}
    assert list(cells) == list(TABLE["rows"])
    assert cells["base"][0] == "0.50"
    assert cells["base"][-2:] == ["8", "complete"]
    assert cells["px_192"] == ["–"] * 11 + ["stopped, 1 of 4 epochs"]
    assert cells["px_224"] == ["–"] * 11 + ["of another recipe"]
    assert cells["crop_1_2"] == ["–"] * 11 + ["not trained"]


def test_a_row_of_another_recipe_is_neither_trained_over_nor_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ablation, "RUNS", tmp_path)
    monkeypatch.setattr(ablation, "RESULTS", tmp_path / "docs")
    write_run(tmp_path / "base", "base", "training", 1, published="of an older recipe")
    with pytest.raises(RecipeError, match="another recipe"):
        ablation.run(ablation.argparse.Namespace(rows=["base"], data_dir=tmp_path, cache_dir=tmp_path))


def test_a_complete_row_is_saved_and_not_trained_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    runs, results = tmp_path / "runs", tmp_path / "docs" / "ablation"
    monkeypatch.setattr(ablation, "RUNS", runs)
    monkeypatch.setattr(ablation, "RESULTS", results)
    monkeypatch.setattr(ablation, "PAGE", tmp_path / "docs" / "ablation.md")
    write_run(runs / "base", "base", "complete", 4)
    write_run(tmp_path / "older" / "px_192", "px_192", "complete", 4)
    ablation.save_row("px_192", TABLE, tmp_path / "older" / "px_192", results)
    other = (results / "rows.csv").read_text().replace("px_192,", "base,0")  # base, of an older recipe
    (results / "rows.csv").write_text(other)
    (runs / "base" / "network.keras").touch()
    # The data are nowhere: a training would raise.
    asked = ablation.argparse.Namespace(rows=["base"], data_dir=tmp_path / "nowhere", cache_dir=tmp_path)
    ablation.run(asked)
    shutil.rmtree(runs)  # as on another machine
    ablation.run(asked)
    printed = capsys.readouterr().out
    assert printed.count(f"| `base` | {TABLE['rows']['base']['about']} | 0.50 |") == 2
    page = (tmp_path / "docs" / "ablation.md").read_text(encoding="utf-8")
    assert printed.endswith(page)
    assert "24,000 inputs" in page
    assert sorted(path.name for path in results.iterdir()) == ["history.csv", "rows.csv"]


def test_saving_a_row_leaves_the_others_digits_alone_and_replaces_its_own(tmp_path: Path) -> None:
    results = tmp_path / "results"
    for row in ("seed_2", "base"):
        write_run(tmp_path / row, row, "complete", 4)
    path = tmp_path / "seed_2" / "history.csv"
    path.write_text(path.read_text().replace("0.5", "0.500000000000000001"))
    for row in ("seed_2", "base", "base"):
        ablation.save_row(row, TABLE, tmp_path / row, results)
    lines = (results / "history.csv").read_text().splitlines()
    assert [line.split(",")[:2] for line in lines[1:]] == [
        [row, str(epoch)] for row in ("base", "seed_2") for epoch in range(1, 5)
    ]
    assert "," + ",".join(["0.500000000000000001"] * len(ablation.FIGURES)) in lines[5]
    rows = (results / "rows.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in rows] == ["row", "base", "seed_2"]


def test_the_committed_epochs_are_those_of_the_rows_and_of_their_recipes(repository: Path) -> None:
    results = repository / ablation.RESULTS
    histories = ablation.trained_histories(TABLE, results)
    assert list(histories) == list(TABLE["rows"])
    for row, history in histories.items():
        recipe = ablation.row_recipe(row, TABLE)
        assert len(history) == recipe.epochs
        assert list(history.epoch) == list(range(1, len(history) + 1)), row


def test_the_committed_page_is_that_of_the_committed_rows(repository: Path) -> None:
    page = (repository / ablation.PAGE).read_text(encoding="utf-8")
    assert page == ablation.page(TABLE, repository / ablation.RESULTS, repository / "no runs")

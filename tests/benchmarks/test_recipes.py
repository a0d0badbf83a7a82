"""Two recipes are trained, scored and tabled by one command, and not trained twice."""

import shutil
import tomllib
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.__main__ import main
from benchmarks.recipes import recipe_text
from faces.errors import DataMissing
from recipes.recipe import RECIPES, read_recipe
from tests.builders import with_noise_pictures

NAMES = ("residual_cnn_full", "multitask_cnn")


@pytest.fixture(scope="module")
def noise(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return with_noise_pictures(tmp_path_factory.mktemp("data"))


@pytest.mark.slow
def test_the_command_tables_two_runs_and_does_not_train_them_again(noise: Path, tmp_path: Path) -> None:
    command = ["recipes", *NAMES, "--data-dir", str(noise), "--cache-dir", str(tmp_path / "cache")]
    command += ["--out", str(tmp_path / "runs"), "--docs", str(tmp_path / "docs")]
    heads = [(RECIPES / f"{name}.toml").read_text(encoding="utf-8") for name in NAMES]
    assert main([*command, "--pictures", "32", "--epochs", "1"]) == 0

    page = (tmp_path / "docs" / "recipes.md").read_text(encoding="utf-8")
    rows = {name: next(line for line in page.splitlines() if f"| `{name}`" in line) for name in NAMES}
    for name, row in rows.items():
        saved = tmp_path / "docs" / "recipes" / name
        pictures = tomllib.loads((saved / "run.toml").read_text(encoding="utf-8"))["sets"][0]
        assert f"| {pictures['training_pictures']} | 1 (1) | random, as in the recipe |" in row
        assert " years (" in row
        files = ["headline.json", "history.csv", "recipe.toml", "run.toml", "variant.toml"]
        assert sorted(path.name for path in saved.iterdir()) == files
        assert len(pd.read_csv(saved / "history.csv")) == 1
    assert page.count("not trained yet") == len(list(RECIPES.glob("*.toml"))) - 2
    # A trial elsewhere leaves the recipes alone.
    assert heads == [(RECIPES / f"{name}.toml").read_text(encoding="utf-8") for name in NAMES]

    checkpoints = [tmp_path / "runs" / name / "checkpoint.npz" for name in NAMES]
    written = [path.stat().st_mtime_ns for path in checkpoints]
    (tmp_path / "docs" / "recipes.md").unlink()
    assert main(command) == 0
    assert [path.stat().st_mtime_ns for path in checkpoints] == written
    assert (tmp_path / "docs" / "recipes.md").read_text(encoding="utf-8") == page


def test_figures_are_drawn_from_what_is_kept_and_without_data(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("AGE_GENDER_DATA", raising=False)
    for name in ("vggface_age", "multitask_cnn"):
        shutil.copytree(repository / "docs" / "recipes" / name, tmp_path / "recipes" / name)
    names = ["vggface_age", "multitask_cnn", "resnet34_two_phase"]
    assert main(["recipes", "--figures", *names, "--docs", str(tmp_path)]) == 0
    drawn = tmp_path / "drawn" / "recipes"
    assert sorted(path.relative_to(drawn).as_posix() for path in drawn.rglob("*.svg")) == [
        "multitask_cnn/confusion_age.svg",
        "multitask_cnn/confusion_gender.svg",
        "multitask_cnn/curves.svg",
        "vggface_age/confusion_age.svg",
        "vggface_age/curves.svg",
    ]
    assert "chips test (2,371 pictures)" in (drawn / "vggface_age" / "confusion_age.svg").read_text()
    assert "resnet34_two_phase is not trained yet" in capsys.readouterr().err


def test_what_is_not_here_is_left_out_of_a_recipe(noise: Path, tmp_path: Path) -> None:
    for path in (noise / "utkface").iterdir():  # the same data without agedb
        (tmp_path / "data" / "utkface").mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / "utkface" / path.name).symlink_to(path)
    original = (RECIPES / "vggface_age.toml").read_text(encoding="utf-8")
    fractions = "{ chips = 0.75, agedb = 0.25 }"
    (tmp_path / "mixed.toml").write_text(original.replace("{ chips = 1.0 }", fractions), encoding="utf-8")
    (tmp_path / "here.toml").write_text(
        recipe_text(tmp_path / "mixed.toml", tmp_path / "data", tmp_path, pictures=1000, epochs=2),
        encoding="utf-8",
    )
    recipe = read_recipe(tmp_path / "here.toml")
    assert recipe.mix.fractions == {"chips": 1.0}
    assert (recipe.network.weights, recipe.network.batch_norm) == ("none", "trained")
    assert (recipe.limits, recipe.schedule.inputs_per_epoch, recipe.epochs) == ({"chips": 1000}, 1000, 2)
    with pytest.raises(DataMissing, match="None of the sets"):
        recipe_text(tmp_path / "mixed.toml", tmp_path / "nothing", tmp_path)


def test_a_recipe_that_there_is_not_is_refused_with_the_names_of_those_there_are(
    noise: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["recipes", "resnet51", "--data-dir", str(noise)]) == 2
    assert "Received: resnet51" in capsys.readouterr().err

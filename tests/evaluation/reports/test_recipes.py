"""The page of recipes says what was measured, of what, and what was not."""

import shutil
from dataclasses import replace

import pytest

from evaluation.metrics.estimates import estimate_from
from evaluation.reports.recipes import (
    HEADLINE_FILE,
    constant_predictions,
    headline,
    measured_line,
    read_headline,
    recipes_page,
    saved_run,
)
from evaluation.reports.scores import compact_json, read_scores
from faces.errors import TableError
from recipes.run import COMPLETE, TRAINING, SetFacts, write_run
from tests.builders import REPOSITORY
from tests.run_states import RUN

RECIPES = sorted((REPOSITORY / "recipes").glob("*.toml"))
COMPLETE_RUN = replace(
    RUN,
    state=COMPLETE,
    phases=(RUN.phases[0], replace(RUN.phases[1], epochs=19)),
    epochs=22,
    epochs_done=22,
    best_epoch=20,
    sets=(SetFacts("chips", 1003, 2371),),
)


def row_of(name: str, page: str) -> list[str]:
    (line,) = [line for line in page.splitlines() if line.startswith(f"| `{name}` |")]
    return [cell.strip() for cell in line.strip("|").split("|")]


@pytest.fixture
def kept(tmp_path, shipped_variants):
    """A folder of runs in which one recipe has the scores and the history of a shipped variant."""
    folder = tmp_path / "recipes" / "resnet50_two_phase"
    folder.mkdir(parents=True)
    for file in ("variant.toml", "history.csv"):
        shutil.copyfile(shipped_variants[0].folder / file, folder / file)
    document = compact_json(headline(read_scores(shipped_variants[0])))
    (folder / HEADLINE_FILE).write_text(document, encoding="utf-8")
    recipe = REPOSITORY / "recipes" / "resnet50_two_phase.toml"
    random_start = recipe.read_text(encoding="utf-8").replace('weights = "imagenet"', 'weights = "none"')
    (folder / "recipe.toml").write_text(random_start, encoding="utf-8")
    write_run(folder, COMPLETE_RUN)
    return tmp_path / "recipes"


def test_a_row_shows_the_scores_of_its_run_and_that_its_weights_could_not_be_had(kept, shipped_variants):
    cells = row_of("resnet50_two_phase", recipes_page(RECIPES, kept))
    mae = estimate_from("mae", read_scores(shipped_variants[0])["sets"]["chips"]["test"]["metrics"]["mae"])
    assert mae.text_with_interval in cells
    assert cells[3] == "1,003"
    assert cells[5] == "architecture only, random start"
    assert cells.count("yes") == 2
    assert cells[-1].startswith("MAE 4 to 6")


def test_a_random_start_of_the_recipe_is_shown_as_one(kept, tmp_path):
    recipe = tmp_path / "resnet50_two_phase.toml"
    shutil.copyfile(kept / "resnet50_two_phase" / "recipe.toml", recipe)
    cells = row_of("resnet50_two_phase", recipes_page([recipe], kept))
    assert cells[5] == "random, as in the recipe"


def test_a_set_that_the_training_lacked_is_named(kept):
    (kept / "resnet50_two_phase").rename(kept / "vgg16_utkface_agedb")
    assert row_of("vgg16_utkface_agedb", recipes_page(RECIPES, kept))[3] == "1,003, without agedb"


def test_a_recipe_without_a_complete_run_is_listed_as_not_trained(kept):
    write_run(kept / "resnet50_two_phase", replace(COMPLETE_RUN, state=TRAINING))
    page = recipes_page(RECIPES, kept)
    assert all("not trained yet" in row_of(path.stem, page) for path in RECIPES)
    assert "None yet." in page


def test_a_headline_has_the_keys_and_the_digits_of_the_scores(shipped_variants):
    scores = read_scores(shipped_variants[0])
    short = headline(scores)["sets"]["chips"]["test"]
    long = scores["sets"]["chips"]["test"]
    assert {key: long[key] for key in short if key != "metrics"} == {
        key: short[key] for key in short if key != "metrics"
    }
    assert short["metrics"] == {key: long["metrics"][key] for key in ("mae", "accuracy")}
    with pytest.raises(TableError, match="Received: scores of fgnet"):
        headline({"sets": {"fgnet": {}}})


def test_the_headline_of_another_network_is_not_shown(kept):
    folder = kept / "resnet50_two_phase"
    assert saved_run(folder) is not None
    path = folder / HEADLINE_FILE
    document = read_headline(folder)
    assert document is not None
    network = document["network_sha256"]
    path.write_text(path.read_text(encoding="utf-8").replace(network, "0" * 64), encoding="utf-8")
    assert read_headline(folder) is None
    assert saved_run(folder) is None


def test_a_recipe_s_head_says_what_was_measured_and_at_what_cost(kept):
    line = measured_line(saved_run(kept / "resnet50_two_phase"))
    assert line.startswith("# Measured: age MAE ")
    assert "on 1,003 pictures from random weights in" in line
    assert measured_line(None) == "# Measured: not trained yet."


def test_constant_predictions_are_the_median_age_and_the_majority_gender_of_the_train_split():
    constant = constant_predictions()
    assert (constant.median_age_years, constant.gender, constant.count) == (29, "male", 2371)
    assert constant.mae_years == pytest.approx(14.96, abs=0.005)
    assert constant.accuracy == pytest.approx(0.523, abs=0.0005)


def test_the_committed_page_and_the_recipes_heads_are_what_the_kept_runs_say():
    docs = REPOSITORY / "docs"
    assert (docs / "recipes.md").read_text(encoding="utf-8") == recipes_page(RECIPES, docs / "recipes")
    for path in RECIPES:
        line = measured_line(saved_run(docs / "recipes" / path.stem))
        assert line in path.read_text(encoding="utf-8").splitlines(), path

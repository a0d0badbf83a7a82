"""Every published number comes from the committed tables, and a sample of their rows from the networks."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from dataset.paths import default_cache_dir
from dataset.records import FAIRFACE
from dataset.splits import split_sha256
from dataset.tables.columns import UNREADABLE
from evaluation.inference.outputs import raw_outputs
from evaluation.inference.predict import loaded_networks, prediction_rows
from evaluation.inference.subsets import scored_pictures
from evaluation.metrics.abstention import likelier_probability
from evaluation.metrics.comparisons import HEADLINE_KEYS
from evaluation.metrics.definitions import CS_YEARS, METRICS
from evaluation.metrics.references import read_references
from evaluation.reports.cards import card
from evaluation.reports.fairness import fairness_page
from evaluation.reports.readme import BEGIN, END, readme_table, with_table
from evaluation.reports.score_log import run_counts
from evaluation.reports.scores import METRICS_FILE, compact_json, scores, sections_of
from evaluation.reports.second_seed import second_seed_page
from evaluation.second_trainings import FOLDER
from evaluation.sets import SETS
from faces.calibration import read_calibration
from faces.detection import DEFAULT_DETECTOR, Detector
from faces.errors import DataMissing
from faces.files import sha256_of

RECOMPUTED = 24  # pictures of each set that go through detector and networks again


def test_every_set_and_split_was_predicted_by_both_variants(published):
    predicted = {(set_name, split): set(rows.variant) for set_name, split, rows in sections_of(published)}
    wanted = {(name, split) for name in ("chips", "composites") for split in ("train", "validation", "test")}
    wanted |= {(name, "test") for name in ("fgnet", "portraits")}
    if FAIRFACE in set(published.set):
        wanted |= {(FAIRFACE, split) for split in ("validation", "test")}
    assert set(predicted) == wanted
    assert all(variants == {"full", "cropped"} for variants in predicted.values())


def test_both_variants_are_scored_on_the_same_pictures_with_the_same_labels(published):
    labels = ["set", "split", "file", "subject", "age_years", "gender", "status", "faces_found"]
    full, cropped = (
        published.loc[published.variant == name, labels].reset_index(drop=True)
        for name in ("full", "cropped")
    )
    assert full.equals(cropped)
    assert not full.duplicated(["set", "file"]).any()


@pytest.mark.parametrize("place", [0, 1], ids=["full", "cropped"])
def test_metrics_json_is_one_line(shipped_variants, place):
    text = (shipped_variants[place].folder / METRICS_FILE).read_text(encoding="utf-8")
    assert text == compact_json(json.loads(text))
    assert text.count("\n") == 1


@pytest.mark.slow
@pytest.mark.parametrize("place", [0, 1], ids=["full", "cropped"])
def test_metrics_json_is_what_the_tables_say(published, shipped_variants, place):
    variant = shipped_variants[place]
    written = json.loads((variant.folder / METRICS_FILE).read_text(encoding="utf-8"))
    again = json.loads(json.dumps(scores(published, variant, sha256_of(DEFAULT_DETECTOR))))
    assert_alike(written, again)


@pytest.mark.slow
@pytest.mark.parametrize("place", [0, 1], ids=["full", "cropped"])
def test_the_card_is_what_its_variant_folder_says(comparisons, shipped_variants, place):
    variant = shipped_variants[place]
    assert (variant.folder / "README.md").read_text(encoding="utf-8") == card(variant, comparisons)


@pytest.mark.slow
def test_the_readme_table_is_what_the_tables_say(comparisons, shipped_variants, repository):
    readme = repository / "README.md"
    table = readme_table(shipped_variants, comparisons, run_counts())
    assert with_table(readme, table) == readme.read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_fairness_page_is_what_the_tables_say(published, shipped_variants, repository):
    page = repository / "docs" / "fairness.md"
    assert page.read_text(encoding="utf-8") == fairness_page(shipped_variants, published)


@pytest.mark.slow
def test_the_page_of_the_second_seed_is_what_the_tables_say(
    published, comparisons, shipped_variants, repository
):
    page = second_seed_page(shipped_variants, published, comparisons, DEFAULT_DETECTOR)
    assert page == (repository / "docs" / "second_seed.md").read_text(encoding="utf-8")
    assert page.count("\n| chips |") == 2 * len(HEADLINE_KEYS) + 1


def test_a_second_seed_of_other_recipes_is_not_compared(published, shipped_variants, tmp_path):
    for variant in shipped_variants:
        shutil.copytree(variant.folder, tmp_path / variant.name, ignore=shutil.ignore_patterns("network.*"))
    recipe = tmp_path / "cropped" / FOLDER / "first_part.toml"
    recipe.write_text(recipe.read_text().replace("learning_rate = 0.001", "learning_rate = 0.01"))
    copies = [replace(variant, folder=tmp_path / variant.name) for variant in shipped_variants]
    assert "nothing is compared" in second_seed_page(copies, published, {}, DEFAULT_DETECTOR)


def test_the_predicted_genders_are_those_of_the_shipped_abstention_threshold(published, shipped_variants):
    for variant in shipped_variants:
        threshold = read_calibration(variant.folder).abstention_threshold
        rows = published[(published.variant == variant.name) & published.female_probability.notna()]
        probability = likelier_probability(rows.female_probability.to_numpy())
        # The tables hold single precision: at the threshold itself a row may stand on either side.
        clear = np.abs(probability - threshold) > 1e-6
        assert ((rows.predicted_gender == "uncertain") == (probability < threshold))[clear].all()


@pytest.mark.parametrize("set_name", SETS)
def test_a_sample_of_the_rows_comes_out_of_the_networks_again(
    published, shipped_variants, data_dir, tmp_path, set_name
):
    try:
        pictures = scored_pictures(set_name, data_dir, default_cache_dir())
    except DataMissing as error:
        pytest.skip(f"needs {set_name}: {error}")
    committed = published[(published.set == set_name) & (published.variant == "full")]
    if committed.empty:
        pytest.skip(f"needs the predictions of {set_name}: the release has none")
    assert sorted(committed.file) == sorted(pictures.file)
    few = pictures.sample(RECOMPUTED, random_state=9).reset_index(drop=True)
    networks = loaded_networks([variant.folder for variant in shipped_variants])
    outputs = raw_outputs(few, networks, Detector(threads=1), tmp_path, title=set_name)
    numbers = ["predicted_age_years", "age_low_years", "age_high_years", "box_x0", "box_y1"]
    for network in networks:
        variant = network.variant
        again = prediction_rows(set_name, few, outputs[variant.name], variant, network.calibration)
        rows = published[(published.set == set_name) & (published.variant == variant.name)]
        written = rows.set_index("file").loc[few.file].reset_index()
        assert list(written.status) == list(again.status)
        assert list(written.input_source) == list(again.input_source)
        readable = (again.status != UNREADABLE).to_numpy()
        difference = np.abs(written[numbers].to_numpy(float) - again[numbers].to_numpy(float))[readable]
        assert np.nanmax(difference) < 0.05
        assert np.allclose(
            written.female_probability[readable], again.female_probability[readable], atol=1e-3
        )


def test_tables_belong_to_the_committed_split(published, shipped_variants):
    assert {variant.split_sha256 for variant in shipped_variants} == {split_sha256()}


def test_a_readme_without_markers_is_refused_by_name(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text("# Nothing here\n", encoding="utf-8")
    with pytest.raises(DataMissing, match=r"README\.md lacks"):
        with_table(readme, "| a |")


def test_the_table_replaces_what_stood_between_the_markers_and_nothing_else(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    assert with_table(readme, "new") == f"before\n{BEGIN}\nnew\n{END}\nafter\n"


def test_every_reference_has_a_source_and_a_known_metric():
    references = read_references()
    assert set(references.sets) == set(SETS)
    assert all(
        figures.source and figures.values and set(figures.values) <= set(METRICS)
        for figures in references.published
    )
    assert all(floor.source and floor.metric in METRICS for floor in references.floors)
    assert len(references.curve_floor.fractions) == len(CS_YEARS)
    assert list(references.curve_floor.fractions) == sorted(references.curve_floor.fractions)


def assert_alike(written, again, where="metrics.json"):
    """Equal, but for the sixth digit of a number: another BLAS adds in another order."""
    if isinstance(written, dict):
        assert written.keys() == again.keys(), where
        for key in written:
            assert_alike(written[key], again[key], f"{where}: {key}")
    elif isinstance(written, list):
        assert len(written) == len(again), where
        for position, (first, second) in enumerate(zip(written, again, strict=True)):
            assert_alike(first, second, f"{where}[{position}]")
    elif isinstance(written, float):
        assert again == pytest.approx(written, rel=1e-5, abs=2e-6), where
    else:
        assert written == again, where

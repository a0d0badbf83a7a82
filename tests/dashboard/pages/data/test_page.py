"""What the Data page shows: people by split without a data set, pictures with one, equal samples again."""

import numpy as np
import pandas as pd
import pytest

from dashboard.pages.data import callbacks
from dashboard.pages.data.augmentation import (
    augmentations_of,
    sampled_crop,
    severities_in_words,
    unchanged_crop,
)
from dashboard.pages.data.augmentation_samples import SAMPLES, recipe_folders, samples_view
from dashboard.pages.data.distributions import DISTRIBUTIONS, counts_table
from dashboard.pages.data.figures import COUNTS, FRACTIONS, distribution_figure
from dashboard.pages.data.samples import (
    SAMPLES_A_PAGE,
    differing_groups,
    group_page,
    pages_of,
    rejected_table,
    sample_page,
)
from dashboard.pictures.utkface import UTKFace, age_groups, labelled_names
from dashboard.shared.theme import DARK, LIGHT
from dataset.augmentation import Augmentation
from dataset.duplicates import write_groups
from dataset.utkface import Rejected
from faces.errors import DataMissing, RecipeError
from recipes.recipe import read_recipe

SPLIT = pd.DataFrame(
    [
        ("9_0_0_20170112213500903.jpg.chip.jpg", "train"),
        ("34_1_2_20170112213500903.jpg.chip.jpg", "train"),
        ("35_1_2_20170112213500904.jpg.chip.jpg", "train"),
        ("110_1_4_20170112213500903.jpg.chip.jpg", "test"),
        ("nobody.jpg", "test"),
    ],
    columns=["file", "split"],
)


@pytest.fixture
def names():
    return labelled_names(SPLIT)


@pytest.fixture
def folder(tmp_path):
    """A data folder with UTKFace of three files, one of them refused."""
    utkface = tmp_path / "utkface"
    utkface.mkdir()
    for file in (*SPLIT.file[:2], "9_3_0_20170112213500903.jpg"):
        (utkface / file).write_bytes(b"not read here")
    return tmp_path


def test_the_labels_come_from_the_names_alone(names):
    assert list(names.age_group) == ["0–9", "30–39", "30–39", "90 and over"]
    assert list(names.gender) == ["male", "female", "female", "female"]
    assert list(names.race) == ["White", "Asian", "Asian", "Other"]


@pytest.mark.parametrize("scheme", [LIGHT, DARK])
@pytest.mark.parametrize("heights", [FRACTIONS, COUNTS])
@pytest.mark.parametrize("key", DISTRIBUTIONS)
def test_counts_stand_beside_fractions_and_every_split_adds_up(names, key, heights, scheme):
    distribution = DISTRIBUTIONS[key]
    counts = distribution.table(names)
    assert counts.groupby("split")["count"].sum().to_dict() == {"train": 3, "validation": 0, "test": 1}
    assert counts[counts.split == "train"].fraction.sum() == pytest.approx(1)
    figure = distribution_figure(
        counts, distribution.title(names), scheme, axis=distribution.axis, heights=heights
    )
    assert figure.layout.meta["title"]
    assert "33.3 %" in str(counts_table(counts, key))


def test_the_committed_split_is_told_without_a_data_set(tmp_path):
    pictures = UTKFace(None, tmp_path)
    assert len(pictures.names) > 20_000
    assert "susanqq.github.io/UTKFace" in pictures.missing


def test_with_a_data_set_the_refused_names_are_listed(folder, tmp_path, names):
    pictures = UTKFace(folder, tmp_path)
    pictures.names = names
    assert pictures.missing == ""
    assert [(one.file, one.reason) for one in pictures.rejected] == [
        ("9_3_0_20170112213500903.jpg", "the gender is neither 0 (male) nor 1 (female)")
    ]


def test_samples_are_filtered_by_split_age_and_gender(tmp_path, names):
    pictures = UTKFace(None, tmp_path)
    pictures.names = names
    assert len(pictures.samples()) == 4
    assert list(pictures.samples("train", "30–39", "female").age_years) == [34, 35]
    assert pictures.samples("train", "30–39", "male").empty


def test_a_page_holds_so_many_pictures_and_none_has_an_alert(names):
    many = pd.concat([names] * 7, ignore_index=True)
    assert pages_of(len(many), SAMPLES_A_PAGE) == 2
    assert len(sample_page(many, 1).children) == SAMPLES_A_PAGE
    assert len(sample_page(many, 2).children) == len(many) - SAMPLES_A_PAGE
    assert pages_of(0, SAMPLES_A_PAGE) == 1
    assert "No picture has all of these labels." in str(sample_page(names.head(0), 1))
    assert "male, 9" in str(sample_page(names, 1))


def test_duplicates_come_from_the_cache_and_say_how_their_labels_differ(tmp_path, names):
    write_groups(list(SPLIT.file), [[0], [1, 2], [3]], tmp_path)
    pictures = UTKFace(None, tmp_path)
    assert pictures.duplicate_groups == [list(SPLIT.file[1:3])]
    assert differing_groups(pictures.duplicate_groups, names) == 1
    (group,) = group_page(pictures.duplicate_groups, names, 1)
    assert "2 pictures, labelled with ages 34 to 35" in str(group)


def test_without_a_search_for_duplicates_the_command_is_named(tmp_path):
    with pytest.raises(DataMissing, match="python -m dataset prepare"):
        _ = UTKFace(None, tmp_path).duplicate_groups


def test_refused_names_have_their_reasons():
    assert "the race is missing" in str(rejected_table([Rejected("a.jpg", "the race is missing")]))


def test_an_unknown_picture_or_recipe_is_not_found(client):
    assert client.get("/pictures/set:chips/nobody.jpg/thumbnail.jpg").status_code == 410
    assert client.get("/data/input.jpg?picture=sample:astronaut.jpg&recipe=nowhere").status_code == 404


@pytest.fixture
def recipe(context):
    return read_recipe(recipe_folders(context)["model_cropped"] / "recipe.toml")


def test_equal_seeds_sample_equal_crops_and_others_other_ones(context, recipe):
    upload = context.pictures.upload("sample:astronaut.jpg", ())
    crops = [sampled_crop(upload, recipe, "main", 1, draw) for draw in range(3)]
    side_px = recipe.input.input_px
    assert all(crop.shape == (side_px, side_px, 3) for crop in crops)
    np.testing.assert_array_equal(crops[1], sampled_crop(upload, recipe, "main", 1, 1))
    assert not np.array_equal(crops[0], crops[1])
    assert not np.array_equal(crops[0], sampled_crop(upload, recipe, "main", 2, 0))
    assert unchanged_crop(upload, recipe).shape == crops[0].shape
    with pytest.raises(RecipeError, match="Received: middle"):
        sampled_crop(upload, recipe, "middle", 1, 0)


def test_a_sampled_crop_is_sent_and_kept_out_of_caches(client):
    address = "/data/input.jpg?picture=sample:astronaut.jpg&recipe=model_full&part=main&sample=0"
    first, second = (client.get(f"{address}&seed={seed}") for seed in (1, 2))
    assert first.status_code == 200
    assert first.headers["Cache-Control"] == "no-store"
    assert first.data != second.data


def test_ten_inputs_are_shown_the_unchanged_one_first():
    crops = samples_view("sample:astronaut.jpg", "model_full", "main", 7).children
    assert len(crops) == SAMPLES + 1
    assert "sample=" not in str(crops[0])
    assert all("seed=7" in str(crop) for crop in crops[1:])


def test_only_changes_that_are_switched_on_have_a_severity():
    severities = severities_in_words(
        Augmentation(flip_probability=0.5, rotation_degrees=10, blur_probability=0.1)
    )
    assert severities == [
        "flip probability 50 %",
        "rotation 10 degrees",
        "blur probability 10 %",
        "blur sigma 1.5 px",
    ]
    assert severities_in_words(Augmentation()) == []


def test_the_parts_of_a_training_have_augmentations_of_their_own(context):
    folder = recipe_folders(context)["model_cropped"]
    assert list(augmentations_of(read_recipe(folder / "first_part.toml"))) == ["main", "cooldown"]
    assert list(augmentations_of(read_recipe(folder.parent / "recipes" / "vggface_age.toml"))) == ["main"]


def test_a_recipe_that_cannot_be_read_is_shown_with_its_problem(client, monkeypatch, tmp_path):
    (tmp_path / "recipe.toml").write_text('name = "empty"\n', encoding="utf-8")
    monkeypatch.setattr(callbacks, "recipe_folders", lambda context: {"empty": tmp_path})
    with client.application.app_context():
        shown, words, parts, part = callbacks.show_augmentation("sample:astronaut.jpg", "empty", None, 1)
    assert "input: This key is missing. Received: name." in str(shown)
    assert (words, parts, part) == ("", [], None)


def test_age_groups_cover_a_life():
    assert (age_groups()[0], age_groups()[-1], len(age_groups())) == ("0–9", "90 and over", 10)

"""The split: its proportions, copies that stay together, committed files that the code makes again."""

import hashlib
import random

import pandas as pd
import pytest

from dataset import fairface, utkface
from dataset.duplicates import Fingerprints, cached_fingerprints, duplicate_groups
from dataset.labels import FAIRFACE, SPLIT_FRACTIONS, decade_of
from dataset.paths import default_cache_dir
from dataset.splits import (
    FAIRFACE_SPLIT_CSV,
    SPLIT_CSV,
    divided,
    fairface_split,
    read_split,
    split_sha256,
    utkface_split,
    write_split,
)
from dataset.utkface import Labels, labels_in
from faces.errors import DataMissing


@pytest.fixture(scope="module")
def committed():
    """The committed split with the labels that its names carry."""
    split = read_split()
    labels = [found for found in map(labels_in, split.file) if isinstance(found, Labels)]
    assert len(labels) == len(split)
    return split.assign(
        decade=decade_of([known.age_years for known in labels]), gender=[known.gender for known in labels]
    )


def test_the_committed_split_is_80_10_10(committed):
    fractions = committed.split.value_counts(normalize=True)
    assert {name: round(fraction, 3) for name, fraction in fractions.items()} == SPLIT_FRACTIONS


def test_every_decade_and_gender_is_divided_80_10_10(committed):
    for (first_year, gender), stratum in committed.groupby(["decade", "gender"]):
        counts = stratum.split.value_counts()
        for name, fraction in SPLIT_FRACTIONS.items():
            # Copies move together, so a stratum may be off by a few.
            allowed = 2 + 0.012 * len(stratum)
            assert abs(counts[name] - fraction * len(stratum)) <= allowed, (first_year, gender, name)


def test_no_listed_duplicate_group_lies_across_the_split(committed, listed_duplicates):
    split = dict(zip(committed.file, committed.split, strict=True))
    for group in listed_duplicates["identical"] + [pair[:2] for pair in listed_duplicates["near"]]:
        assert len({split[file] for file in group if file in split}) <= 1, group


@pytest.mark.slow
def test_the_committed_split_is_made_again_from_the_pictures(data_dir, utkface_prints, tmp_path):
    records, _ = utkface.records(data_dir)
    names, prints = utkface_prints
    row_of = {name: row for row, name in enumerate(names)}
    shuffled = records.sample(frac=1, random_state=0).reset_index(drop=True)  # another file system's order
    rows = [row_of[file] for file in shuffled.file]
    shuffled_prints = Fingerprints(tuple(prints.pixel_sha256[row] for row in rows), prints.thumbnails[rows])
    groups = duplicate_groups(shuffled_prints)
    write_split(utkface_split(shuffled, groups), tmp_path / "split.csv")
    assert split_sha256(tmp_path / "split.csv") == split_sha256()


@pytest.mark.slow
def test_the_committed_fairface_split_is_made_again_from_the_pictures(data_dir, tmp_path):
    if not (data_dir / "fairface").is_dir():
        pytest.skip(f"needs {data_dir / 'fairface'}")
    records = fairface.records(data_dir)
    groups = duplicate_groups(cached_fingerprints(list(records.path), FAIRFACE, default_cache_dir()))
    write_split(fairface_split(records, groups), tmp_path / "fairface.csv")
    assert split_sha256(tmp_path / "fairface.csv") == split_sha256(FAIRFACE_SPLIT_CSV)


def test_fairface_holds_1000_back_and_500_for_choices():
    assert read_split(FAIRFACE_SPLIT_CSV).split.value_counts().to_dict() == {
        "train": 8500,
        "test": 1000,
        "validation": 500,
    }


def test_fairface_copies_of_evaluated_utkface_pictures_get_no_split():
    count = 2000
    records = pd.DataFrame({"file": [f"{n}.jpg" for n in range(count)], "age_low": 20, "gender": 0})
    groups = [[0, 1], *([n] for n in range(2, count))]
    split = fairface_split(records, groups, evaluated_copies=[1])
    assert set(records.file) - set(split) == {"0.jpg", "1.jpg"}


def test_groups_stay_together_and_get_their_fraction_too():
    files = [f"{number:04d}.jpg" for number in range(3000)]
    groups = [[n, n + 1] for n in range(0, 1000, 2)] + [[n] for n in range(1000, 3000)]
    split = divided(files, ["all"] * len(files), groups, SPLIT_FRACTIONS)
    assert len(split) == len(files)
    assert all(len({split[files[row]] for row in group}) == 1 for group in groups)
    pairs_in_test = sum(split[files[group[0]]] == "test" for group in groups[:500])
    assert 40 <= pairs_in_test <= 60


def test_the_split_does_not_depend_on_the_order_of_the_files():
    files = [f"{number:04d}.jpg" for number in range(500)]
    strata = [str(number % 7) for number in range(500)]
    order = list(range(500))
    random.Random(0).shuffle(order)
    first = divided(files, strata, [[n] for n in range(500)], SPLIT_FRACTIONS)
    other = divided(
        [files[n] for n in order], [strata[n] for n in order], [[n] for n in range(500)], SPLIT_FRACTIONS
    )
    assert first == other


def test_the_sha_is_that_of_the_committed_bytes():
    assert split_sha256() == hashlib.sha256(SPLIT_CSV.read_bytes()).hexdigest()


def test_a_missing_split_names_the_command_that_makes_it(tmp_path):
    for read in (read_split, split_sha256):
        with pytest.raises(DataMissing, match="prepare --write-split"):
            read(tmp_path / "split.csv")

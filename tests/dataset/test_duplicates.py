"""The duplicate search: on pictures made here, and against the list of duplicates that comes with UTKFace."""

import cv2
import numpy as np
import pandas as pd
import pytest

from dataset.duplicates import (
    cached_fingerprints,
    connected_groups,
    duplicate_groups,
    fingerprints,
    identical_groups,
    near_pairs,
    thumbnail,
    with_mean_ages,
)


def photograph(seed, side=120):
    """A smooth random picture: like a photograph, it has large shapes."""
    noise = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), np.uint8)
    return cv2.resize(noise, (side, side), interpolation=cv2.INTER_CUBIC)


@pytest.fixture
def folder(tmp_path):
    """Five files: a picture, its exact copy, a recompressed and a mirrored one, and another picture."""
    picture = photograph(1)
    cv2.imwrite(str(tmp_path / "a.png"), picture)
    cv2.imwrite(str(tmp_path / "b_copy.bmp"), picture)
    cv2.imwrite(str(tmp_path / "c_small.jpg"), cv2.resize(picture, (90, 90)), [cv2.IMWRITE_JPEG_QUALITY, 60])
    cv2.imwrite(str(tmp_path / "d_mirrored.png"), picture[:, ::-1])
    cv2.imwrite(str(tmp_path / "e_other.png"), photograph(2))
    return sorted(tmp_path.iterdir())


def test_equal_pixels_are_identical_whatever_the_file_format(folder):
    assert identical_groups(fingerprints(folder, progress=False)) == [[0, 1]]


def test_recompressed_and_mirrored_copies_are_near_and_another_picture_is_not(folder):
    pairs = near_pairs(fingerprints(folder, progress=False).thumbnails)
    assert {(pair.first, pair.second, pair.mirrored) for pair in pairs} == {
        (0, 1, False),
        (0, 2, False),
        (1, 2, False),
        (0, 3, True),
        (1, 3, True),
        (2, 3, True),
    }
    assert all(pair.cosine >= 0.97 for pair in pairs)


def test_copies_form_one_group_and_every_picture_is_in_exactly_one(folder):
    assert duplicate_groups(fingerprints(folder, progress=False)) == [[0, 1, 2, 3], [4]]


def test_pairs_are_found_across_blocks_and_across_sets(monkeypatch, folder):
    thumbnails = fingerprints(folder, progress=False).thumbnails
    in_one_block = near_pairs(thumbnails)
    monkeypatch.setattr("dataset.duplicates.BLOCK_ROWS", 2)
    assert [(pair.first, pair.second) for pair in near_pairs(thumbnails)] == [
        (pair.first, pair.second) for pair in in_one_block
    ]
    across = near_pairs(thumbnails[:1], thumbnails[1:])
    assert [(pair.first, pair.second) for pair in across] == [(0, 0), (0, 1), (0, 2)]


def test_fingerprints_are_cached_until_a_picture_changes(folder, tmp_path):
    decoded = fingerprints(folder, progress=False)
    cache_dir = tmp_path / "cache"
    for _ in range(2):
        cached = cached_fingerprints(folder, "tried", cache_dir)
        assert cached.pixel_sha256 == decoded.pixel_sha256
        np.testing.assert_array_equal(cached.thumbnails, decoded.thumbnails)
    (file,) = (cache_dir / "fingerprints").iterdir()
    with np.load(file) as arrays:
        changed = dict(arrays) | {"pixel_sha256": arrays["pixel_sha256"][::-1]}
    np.savez(file, **changed)
    cached = cached_fingerprints(folder, "tried", cache_dir)
    assert cached.pixel_sha256 == decoded.pixel_sha256[::-1]  # from the file, not from the pictures
    folder[0].touch()
    assert cached_fingerprints(folder, "tried", cache_dir).pixel_sha256 == decoded.pixel_sha256
    assert list((cache_dir / "fingerprints").iterdir()) == [file]  # in place of the one before


def test_files_that_do_not_decode_resemble_nothing(tmp_path):
    for name in ("empty.jpg", "empty_too.jpg"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "noise.jpg").write_bytes(b"no picture")
    assert duplicate_groups(fingerprints(sorted(tmp_path.iterdir()), progress=False)) == [[0], [1], [2]]


def test_flat_pictures_resemble_nothing():
    assert not thumbnail(np.full((50, 50, 3), 77, np.uint8)).any()


def test_a_chain_of_links_is_one_group():
    assert connected_groups(6, [(4, 2), (2, 0), (5, 3)]) == [[0, 2, 4], [1], [3, 5]]
    assert connected_groups(2, []) == [[0], [1]]
    assert connected_groups(0, []) == []


@pytest.fixture(scope="module")
def utkface_search(utkface_prints):
    """Everything that the search finds in UTKFace, by name."""
    names, prints = utkface_prints
    identical = {frozenset(names[row] for row in group) for group in identical_groups(prints)}
    near = {frozenset((names[pair.first], names[pair.second])) for pair in near_pairs(prints.thumbnails)}
    return identical, near


@pytest.mark.slow
def test_every_pixel_identical_group_of_utkface_is_found(utkface_search, listed_duplicates):
    assert utkface_search[0] == {frozenset(group) for group in listed_duplicates["identical"]}


def test_at_least_97_percent_of_utkface_near_pairs_are_found_and_at_most_3_percent_others(
    utkface_search, listed_duplicates
):
    expected = {frozenset(pair[:2]) for pair in listed_duplicates["near"]}
    found = utkface_search[1]
    assert len(found & expected) >= 0.97 * len(expected)
    assert len(found - expected) <= 0.03 * len(found)


def test_copies_share_the_mean_of_their_ages_and_the_others_keep_theirs():
    records = pd.DataFrame({"file": list("abcd"), "age_years": [20.0, 30.0, 24.0, 5.0], "gender": 0})
    groups = [["c", "a", "of another split"], ["e", "f"]]
    assert list(with_mean_ages(records, groups).age_years) == [22.0, 30.0, 22.0, 5.0]

"""Strings that enter a seed never change: composites, corruptions and splits are those of every release."""

import hashlib

import numpy as np

from dataset.backgrounds import backgrounds_of
from dataset.composites import COMPOSITES_SEED, chip_at, make_composite, rng_for
from dataset.detection_scenes import SCENES_SEED
from dataset.splits import SEED, read_split
from evaluation.inference import corruptions, robustness, subsets
from evaluation.inference.corruptions import CORRUPTIONS, corrupted
from faces.pictures import decode

# Stem of the UTKFace file -> SHA-256 of the pixels (height, width, 3) before they are encoded.
COMPOSITES_SHA256 = {
    "100_0_0_20170112213500903": "76585eda58d73d1b33d55532d48cecd9eb95045c826cf3f446a1f1740bb72e58",
    "100_0_0_20170112215240346": "3fb8979509011460e6da88226cdb85701f93c2d6bf1de4f444f3e8c03e2bba54",
    "100_1_0_20170110183726390": "a878d248ee0ef5ab0f15903dd873d390f5cc519db34c2c6a5a18875e89f27c7c",
    "100_1_0_20170112213001988": "eb2d7d2187ac784a3327e208ef6da702247c3611ca6ae2639e0bc1a661de0c8f",
    "103_0_2_20170112213001988": "55436bb283420ace3787d6b4caedb686f1610c718a3b924e177092a5d37082c0",
    "10_0_0_20161220222308131": "f42029acbd9d7165fa3bdf0a878d6f72c91217f96b1a3b6bbf04cee8f3986b38",
    "10_0_0_20170110221714752": "61175be4f0c00c7872fb882ba328c7cd2557249676fd8e1ccbff29f05bfc8aa2",
    "10_0_0_20170110224757882": "1ad652779107c07657e832052cace54b9125e1c9f313470f371dd2978b5ca317",
    "100_1_0_20170112213303693": "d2dcb48af2ec769b116ee7acf9a5d3307d5a7b449908713522149c2f8d27917a",
    "105_0_0_20170112213001988": "80f7a3b4308f4656e5dcf500a1cf6141738654927684a7003bcfcee710d56508",
}
NOISY_ASTRONAUT_SHA256 = "aacfa88285b020b5006b6e038ca8787a21b99b0fd24698693369f68c117cbb00"


def sha256_of_pixels(rgb: np.ndarray) -> str:
    return hashlib.sha256(rgb.tobytes()).hexdigest()


def test_the_seeds_are_those_of_every_release():
    assert (COMPOSITES_SEED, SCENES_SEED, SEED) == ("context 1", "scenes 1", "age-gender 1")
    sample_seeds = subsets.SAMPLE_SEED, robustness.SAMPLE_SEED
    assert (corruptions.SEED, *sample_seeds) == ("corruptions 1", "train sample 1", "robustness sample 1")
    assert rng_for("context 1", "a.jpg").integers(1000, size=3).tolist() == [544, 708, 676]


def test_ten_composites_are_those_of_every_release(data_dir):
    split_by_file = read_split().set_index("file").split
    made = {}
    for stem in COMPOSITES_SHA256:
        file = f"{stem}.jpg.chip.jpg"
        chip, _ = chip_at(data_dir / "utkface" / file, data_dir)
        backgrounds = backgrounds_of(split_by_file[file])
        rgb, _, _ = make_composite(chip, backgrounds, data_dir, rng_for(COMPOSITES_SEED, file))
        made[stem] = sha256_of_pixels(rgb)
    assert made == COMPOSITES_SHA256


def test_a_noisy_picture_is_that_of_every_release(repository):
    path = repository / "dashboard" / "samples" / "astronaut.jpg"
    picture = decode(path.read_bytes(), path.name)
    noise = next(corruption for corruption in CORRUPTIONS if corruption.key == "noise")
    noisy = corrupted(picture.rgb, (175, 65, 275, 200), noise, 3, path.name)
    assert sha256_of_pixels(noisy) == NOISY_ASTRONAUT_SHA256

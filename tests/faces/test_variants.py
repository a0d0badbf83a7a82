"""variant.toml and calibration.toml are loaded whole, or refused with what is wrong in them."""

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from faces.calibration import Calibration, read_calibration, write_calibration_toml
from faces.earlier_names import renamed
from faces.errors import VariantError
from faces.variants import FACE, WHOLE_IMAGE, read_variant, write_variant
from tests.builders import REPOSITORY

FOLDERS = sorted(path.parent for path in REPOSITORY.glob("model_*/**/variant.toml")) + sorted(
    path.parent for path in REPOSITORY.glob("docs/recipes/*/variant.toml")
)


def test_the_shipped_variants_differ_in_their_input_mode(repository: Path) -> None:
    full, cropped = read_variant(repository / "model_full"), read_variant(repository / "model_cropped")
    assert (full.input_mode, cropped.input_mode) == (WHOLE_IMAGE, FACE)
    for same in ("input_px", "pad_rgb", "parameters", "flops", "split_sha256", "detector_sha256"):
        assert getattr(full, same) == getattr(cropped, same)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.relative_to(REPOSITORY)))
def test_a_committed_file_says_the_same_written_again(folder: Path, tmp_path: Path) -> None:
    write_variant(replace(read_variant(folder), folder=tmp_path))
    written = {"variant.toml"}
    if (folder / "calibration.toml").is_file():
        write_calibration_toml(tmp_path, read_calibration(folder))
        written.add("calibration.toml")
    assert {path.name for path in tmp_path.iterdir()} == written
    for name in written:
        again, committed = ((one / name).read_text(encoding="utf-8") for one in (tmp_path, folder))
        assert tomllib.loads(again) == tomllib.loads(committed)
        assert again.splitlines()[0] == committed.splitlines()[0]  # who writes it


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        pytest.param(("crop_scale", "cropscale"), "crop_scale: This key is missing", id="a missing key"),
        pytest.param(("crop_scale", "cropscale"), "cropscale: There is no such key", id="an unknown key"),
        pytest.param(
            ('input_mode = "face"', 'input_mode = "nose"'),
            "input_mode: Input should be 'face' or 'whole_image'. Received: 'nose'",
            id="an unknown input mode",
        ),
        pytest.param(("input_px = ", 'input_px = "many" #'), "input_px: .* Received: 'many'", id="a word"),
        pytest.param(("input_px = ", "input_px = true #"), "input_px: .* Received: True", id="a truth"),
        pytest.param(("crop_scale = ", "crop_scale = nan #"), "crop_scale: .* Received: nan", id="no number"),
        pytest.param(("flops = ", "flops = -"), "flops: .* Received: -", id="below zero"),
        pytest.param(("104]", "104, 9]"), "pad_rgb: .* Received: .124, 117, 104, 9.", id="four channels"),
        pytest.param(("name = ", 'folder = "x"\nname = '), "folder: There is no such key", id="no key"),
        pytest.param(("name = ", "name = = "), "cannot be read", id="no TOML"),
        pytest.param(
            ('input_mode = "face"', 'input_mode = "whole picture"'),
            "'whole picture' is now 'whole_image': `python -m dataset migrate FOLDER` renames them",
            id="an earlier value",
        ),
    ],
)
def test_a_wrong_file_is_refused(
    repository: Path, tmp_path: Path, change: tuple[str, str], complaint: str
) -> None:
    text = (repository / "model_cropped" / "variant.toml").read_text()
    assert change[0] in text
    (tmp_path / "variant.toml").write_text(text.replace(*change))
    with pytest.raises(VariantError, match=complaint):
        read_variant(tmp_path)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        pytest.param(
            ("gender_temperature", "# "), "gender_temperature: .* Received: None", id="a missing key"
        ),
        pytest.param(("age_temperature = ", "age_temperature = -"), "greater than 0", id="a negative one"),
        pytest.param(
            ("threshold = 0", "threshold = 7"), "abstention_threshold: ", id="a probability above 1"
        ),
        pytest.param(("count = ", "count = 1.5 #"), "fitted_on.count: .* Received: 1.5", id="half a picture"),
        pytest.param(("set = ", "sets = "), "fitted_on.set: This key is missing", id="a misspelt key"),
    ],
)
def test_a_wrong_calibration_is_refused(
    repository: Path, tmp_path: Path, change: tuple[str, str], complaint: str
) -> None:
    text = (repository / "model_cropped" / "calibration.toml").read_text(encoding="utf-8")
    assert change[0] in text
    (tmp_path / "calibration.toml").write_text(text.replace(*change), encoding="utf-8")
    with pytest.raises(VariantError, match=complaint):
        read_calibration(tmp_path)


def test_every_earlier_name_of_a_calibration_is_refused_with_todays(repository: Path, tmp_path: Path) -> None:
    text = (repository / "model_cropped" / "calibration.toml").read_text(encoding="utf-8")
    earlier = next(old for old, new in renamed("key").items() if new == "abstention_threshold")
    (tmp_path / "calibration.toml").write_text(
        text.replace("abstention_threshold", earlier), encoding="utf-8"
    )
    with pytest.raises(VariantError, match=f"'{earlier}' is now 'abstention_threshold': `python -m dataset"):
        read_calibration(tmp_path)


def test_without_a_file_nothing_is_calibrated(tmp_path: Path) -> None:
    assert read_calibration(tmp_path) == Calibration(1.0, 1.0, 0.5)


def test_a_folder_without_the_file_is_no_variant(tmp_path: Path) -> None:
    with pytest.raises(VariantError, match="no variant folder"):
        read_variant(tmp_path)

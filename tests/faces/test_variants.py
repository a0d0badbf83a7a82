"""variant.toml and calibration.toml are loaded whole, or refused with what is wrong in them."""

import re
import shutil
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from faces.calibration import Calibration, read_calibration, write_calibration_toml
from faces.earlier_names import renamed
from faces.errors import VariantError
from faces.networks import Network
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
            ("gender_temperature", "# "),
            "gender_temperature: This key is missing. Received: age_temperature, abstention_threshold",
            id="a missing key",
        ),
        pytest.param(
            ("age_temperature = ", "age_temperature = -"),
            "greater than or equal to 0.05",
            id="a negative one",
        ),
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


def changed(path: Path, key: str, value: str, folder: Path) -> Path:
    """The folder with a copy of the TOML file in which a key has another value, or is not there ("")."""
    line = re.compile(rf"^{key} = .*\n", re.MULTILINE)
    text = path.read_text(encoding="utf-8")
    assert len(line.findall(text)) == 1
    text = line.sub(lambda _: f"{key} = {value}\n" if value else "", text)
    (folder / path.name).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("key", "value", "received"),
    [
        *(("input_px", value, value) for value in ("0", "-5", "15", "2049", "1000000", "224.0", "nan")),
        *(
            ("crop_scale", value, f"{float(value)}")
            for value in ("0.0", "-1.0", "nan", "inf", "1e-9", "1e300")
        ),
        ("crop_scale", '"wide"', "'wide'"),
        *(("pad_rgb", value, value) for value in ("[0, 0]", "[]", "7")),
        *(
            (f"{key}_sha256", '"made yesterday"', "'made yesterday'")
            for key in ("network", "detector", "split")
        ),
        ("network_sha256", '""', "''"),
        ("network_sha256", f'"{"A" * 64}"', f"'{'A' * 64}'"),
        ("network_sha256", f'"{"a" * 63}"', f"'{'a' * 63}'"),
        ("network_sha256", f'"{"a" * 64}\\n"', f"'{'a' * 64}\\n'"),
        *(("name", f'"{name}"', repr(name)) for name in ("", "../x", "a+b", "..", "a/b", "-x", "a b", " ")),
        ("name", '"two\\nlines"', "'two\\nlines'"),
        ("input_mode", '"Face"', "'Face'"),
        ("parameters", "-1", "-1"),
        ("flops", "1.5", "1.5"),
    ],
)
def test_an_impossible_value_of_a_variant_is_refused_by_its_name(
    repository: Path, tmp_path: Path, key: str, value: str, received: str
) -> None:
    folder = changed(repository / "model_cropped" / "variant.toml", key, value, tmp_path)
    with pytest.raises(VariantError) as refused:
        read_variant(folder)
    assert str(refused.value).startswith(f"{folder / 'variant.toml'}: {key}: Input should ")
    assert str(refused.value).endswith(f"Received: {received}.")


@pytest.mark.parametrize("value", ["[999, 0, 0]", "[-1, 0, 0]", "[0.5, 0, 0]"])
def test_a_colour_beyond_a_byte_is_refused_by_its_channel(
    repository: Path, tmp_path: Path, value: str
) -> None:
    folder = changed(repository / "model_cropped" / "variant.toml", "pad_rgb", value, tmp_path)
    with pytest.raises(VariantError, match=r"pad_rgb\.0: Input should be .* Received: (999|-1|0\.5)\."):
        read_variant(folder)


@pytest.mark.parametrize(
    ("key", "value", "received"),
    [
        *(
            (f"{head}_temperature", value, value)
            for head in ("age", "gender")
            for value in ("0.0", "-1.0", "nan", "inf", "1e-300", "1e+300", "0.01", "21.0")
        ),
        ("age_temperature", '"warm"', "'warm'"),
        *(("abstention_threshold", value, value) for value in ("0.49", "1.01", "7", "nan", "-0.5")),
        *(("answer_rate", value, value) for value in ("7", "-0.1", "nan", '"all"'.replace('"', "'"))),
        *((key, "1.5", "1.5") for key in ("selective_accuracy", "coverage_before", "coverage_after")),
        ("gender_log_loss_after", "-0.1", "-0.1"),
        ("count", "-1", "-1"),
        ("network_sha256", "'any'", "'any'"),
        ("split_sha256", "''", "''"),
    ],
)
def test_an_impossible_value_of_a_calibration_is_refused_by_its_name(
    repository: Path, tmp_path: Path, key: str, value: str, received: str
) -> None:
    folder = changed(repository / "model_cropped" / "calibration.toml", key, value, tmp_path)
    with pytest.raises(VariantError) as refused:
        read_calibration(folder)
    assert re.search(rf"calibration\.toml: (fitted_on\.)?{key}: Input should ", str(refused.value))
    assert str(refused.value).endswith(f"Received: {received}.")


@pytest.mark.parametrize("key", ["age_temperature", "gender_temperature"])
def test_a_missing_key_of_a_calibration_is_called_missing(repository: Path, tmp_path: Path, key: str) -> None:
    folder = changed(repository / "model_cropped" / "calibration.toml", key, "", tmp_path)
    with pytest.raises(VariantError, match=f": {key}: This key is missing. Received: .*, fitted_on"):
        read_calibration(folder)


def test_an_input_that_the_network_does_not_take_is_refused(repository: Path, tmp_path: Path) -> None:
    shutil.copy(repository / "model_cropped" / "network.onnx", tmp_path)
    folder = changed(repository / "model_cropped" / "variant.toml", "input_px", "224", tmp_path)
    with pytest.raises(VariantError) as refused:
        Network(read_variant(folder))
    assert str(refused.value) == (
        f"{folder / 'variant.toml'}: input_px: The network takes inputs of 256 × 256 × 3. Received: 224."
    )


@pytest.mark.parametrize("value", ["look", "share", "held", "finish"])
def test_an_earlier_name_of_something_else_is_no_hint(repository: Path, tmp_path: Path, value: str) -> None:
    folder = changed(repository / "model_cropped" / "variant.toml", "input_mode", f'"{value}"', tmp_path)
    with pytest.raises(VariantError) as refused:
        read_variant(folder)
    assert str(refused.value).endswith(f"Input should be 'face' or 'whole_image'. Received: '{value}'.")


def test_an_earlier_key_of_another_file_is_no_hint(repository: Path, tmp_path: Path) -> None:
    text = (repository / "model_cropped" / "variant.toml").read_text(encoding="utf-8")
    earlier = next(old for old, new in renamed("key").items() if new == "input_mode")
    (tmp_path / "variant.toml").write_text(f"shares = 1\n{earlier} = 'face'\n{text}", encoding="utf-8")
    with pytest.raises(VariantError) as refused:
        read_variant(tmp_path)
    assert "shares: There is no such key. Received: 1." in str(refused.value)
    assert "'shares' is now" not in str(refused.value)
    assert f"'{earlier}' is now 'input_mode'" in str(refused.value)


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

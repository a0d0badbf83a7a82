"""variant.toml is loaded whole or refused with what is wrong."""

from pathlib import Path

import pytest

from faces.errors import VariantError
from faces.variants import FACE, WHOLE_IMAGE, read_variant


def test_the_shipped_variants_differ_in_their_input_mode(repository: Path) -> None:
    full, cropped = read_variant(repository / "model_full"), read_variant(repository / "model_cropped")
    assert (full.input_mode, cropped.input_mode) == (WHOLE_IMAGE, FACE)
    for same in ("input_px", "pad_rgb", "parameters", "flops", "split_sha256", "detector_sha256"):
        assert getattr(full, same) == getattr(cropped, same)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        pytest.param(("crop_scale", "cropscale"), "lacks the key 'crop_scale'", id="a missing key"),
        pytest.param(
            ('input_mode = "face"', 'input_mode = "nose"'), "input_mode is", id="an unknown input mode"
        ),
        pytest.param(("input_px = ", 'input_px = "many" #'), "wrong kind", id="a word for a number"),
        pytest.param(("name = ", "name = = "), "cannot be read", id="no TOML"),
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


def test_a_folder_without_the_file_is_no_variant(tmp_path: Path) -> None:
    with pytest.raises(VariantError, match="no variant folder"):
        read_variant(tmp_path)

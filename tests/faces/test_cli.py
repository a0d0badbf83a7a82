"""`python -m faces predict` with the shipped networks: what it prints, what it writes, and its exit codes."""

import json
import re
import subprocess
import sys

import pytest
import skimage.data
from PIL import Image

from faces.__main__ import main
from faces.pictures import decode


@pytest.fixture(scope="module")
def astronaut(repository):
    return repository / "dashboard" / "samples" / "astronaut.jpg"


@pytest.fixture
def broken(astronaut, tmp_path):
    path = tmp_path / "broken.jpg"
    path.write_bytes(astronaut.read_bytes()[:9000])
    return path


@pytest.fixture
def coffee(tmp_path):
    """A picture without a face."""
    path = tmp_path / "coffee.png"
    Image.fromarray(skimage.data.coffee()).save(path)
    return path


def json_lines(capsys) -> list[dict]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_picture_is_answered_by_both_variants_in_one_json_line(astronaut, capsys):
    assert main(["predict", str(astronaut), "--json"]) == 0
    (answer,) = json_lines(capsys)
    assert (answer["picture"], answer["width"], answer["height"]) == ("astronaut.jpg", 512, 512)
    (face,) = answer["faces"]
    prediction = face["answers"]["cropped"]
    assert prediction["age_low"] <= prediction["age_years"] <= prediction["age_high"]
    assert 0 <= prediction["female_probability"] <= 1
    assert prediction["gender"] == ("female" if prediction["female_probability"] >= 0.5 else "male")
    assert set(answer["whole_picture"]) == {"full"}
    assert set(answer["timings_ms"]) == {"decode", "detect", "crop", "network"}
    assert all(milliseconds > 0 for milliseconds in answer["timings_ms"].values())


def test_a_picture_without_a_face_is_answered_as_a_whole_by_both(coffee, capsys):
    assert main(["predict", str(coffee), "--json"]) == 0
    (answer,) = json_lines(capsys)
    assert answer["faces"] == []
    assert set(answer["whole_picture"]) == {"full", "cropped"}


def test_a_broken_picture_is_refused_by_name_and_the_others_are_answered(astronaut, broken, coffee, capsys):
    assert main(["predict", str(broken), str(astronaut), str(coffee), "--json"]) == 1
    refused, answered, faceless = json_lines(capsys)
    assert refused == {
        "picture": "broken.jpg",
        "error": {
            "name": "PictureTruncated",
            "message": "broken.jpg ends in the middle of the picture data.",
        },
    }
    assert len(answered["faces"]) == 1
    assert faceless["picture"] == "coffee.png"


@pytest.mark.parametrize(
    ("name", "error"),
    [
        pytest.param("nowhere.jpg", "FileNotFoundError", id="missing"),
        pytest.param(".", "IsADirectoryError", id="folder"),
    ],
)
def test_a_path_that_is_no_file_is_a_refusal_and_not_a_crash(name, error, tmp_path, coffee, capsys):
    assert main(["predict", str(tmp_path / name), str(coffee), "--json"]) == 1
    refused, answered = json_lines(capsys)
    assert refused["error"]["name"] == error
    assert "cannot be read" in refused["error"]["message"]
    assert answered["picture"] == "coffee.png"


def test_the_table_has_the_same_for_people(astronaut, broken, capsys):
    assert main(["predict", str(astronaut), str(broken)]) == 1
    printed = capsys.readouterr()
    heading, face, whole = printed.out.splitlines()
    assert heading == "astronaut.jpg: 512 x 512 pixels, 1 face"
    assert "cropped" in face
    assert re.search(r" \d+ \(\d+-\d+\) +(fe)?male \d+ %$", face)
    assert "whole picture" in whole
    assert "full" in whole
    assert printed.err == "broken.jpg ends in the middle of the picture data.\n"


def test_one_variant_answers_alone(repository, astronaut, capsys):
    assert main(["predict", str(astronaut), "--variant", str(repository / "model_full"), "--json"]) == 0
    (answer,) = json_lines(capsys)
    assert answer["faces"][0]["answers"] == {}
    assert set(answer["whole_picture"]) == {"full"}


def test_the_annotated_pictures_are_written_and_none_overwrites_another(astronaut, tmp_path, capsys):
    out = tmp_path / "new" / "folder"
    assert main(["predict", str(astronaut), str(astronaut), "--out", str(out)]) == 0
    written = sorted(path.name for path in out.iterdir())
    assert written == ["astronaut-2.annotated.png", "astronaut.annotated.png"]
    drawing = decode((out / written[1]).read_bytes(), written[1])
    assert drawing.width >= 512
    assert drawing.height > drawing.width  # the lines under the picture


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param([], id="no command"),
        pytest.param(["predict"], id="no picture"),
        pytest.param(["predict", "a.jpg", "--colour"], id="unknown option"),
        pytest.param(["guess", "a.jpg"], id="unknown command"),
    ],
)
def test_a_wrong_call_exits_2(arguments, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(arguments)


def test_a_folder_that_is_no_variant_exits_2_with_a_sentence(astronaut, tmp_path, capsys):
    assert main(["predict", str(astronaut), "--variant", str(tmp_path)]) == 2
    assert capsys.readouterr().err == f"{tmp_path} is no variant folder: it has no variant.toml.\n"


def test_a_detector_that_is_none_exits_2_with_a_sentence(astronaut, broken, capsys):
    assert main(["predict", str(astronaut), "--detector", str(broken)]) == 2
    assert "is not an ONNX network" in capsys.readouterr().err


def test_an_out_folder_that_is_a_file_exits_2_with_a_sentence(astronaut, broken, capsys):
    assert main(["predict", str(astronaut), "--out", str(broken)]) == 2
    assert "cannot be written to" in capsys.readouterr().err


def test_the_command_runs_as_a_module_from_the_repository(repository, coffee):
    command = [sys.executable, "-m", "faces", "predict", str(coffee), "--json"]
    ran = subprocess.run(command, cwd=repository, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["width"] == 600


def test_a_file_over_the_limit_is_refused_without_being_read_whole(tmp_path, capsys):
    path = tmp_path / "endless.jpg"
    with open(path, "wb") as file:
        file.write(b"\xff\xd8\xff")
        file.truncate(30_000_000_000)  # sparse: loading it whole would not fit into memory
    assert main(["predict", str(path), "--json"]) == 1
    assert json_lines(capsys)[0]["error"]["name"] == "PictureTooLarge"

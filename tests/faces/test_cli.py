"""`python -m faces predict` with the shipped networks: what it prints, what it writes, and its exit codes."""

import io
import json
import os
import re
import shutil
import subprocess
import sys

import pytest
import skimage.data
from PIL import Image

from faces.__main__ import DrawingNames, main
from faces.command import NO_READER
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


@pytest.mark.slow  # starts of the whole program
@pytest.mark.skipif(os.name == "nt", reason="names of bytes and pipes of Unix")
def test_names_and_pipes_of_any_kind_end_in_no_traceback(repository, astronaut, tmp_path):
    names = [b"\xe5\x86\x99\xe7\x9c\x9f.jpg", b"caf\xe9.jpg", b"plain.jpg"]
    for name in names:
        shutil.copyfile(os.fsencode(astronaut), os.fsencode(tmp_path) + b"/" + name)
    paths = [os.fsencode(tmp_path) + b"/" + name for name in names]
    missing = os.fsencode(tmp_path) + b"/caf\xe9-2.jpg"
    command: list[str | bytes] = [sys.executable, "-m", "faces", "predict", *paths, missing]
    environment = os.environ | {"PYTHONIOENCODING": "cp1252"}
    ran = subprocess.run(command, cwd=repository, env=environment, capture_output=True, timeout=120)
    assert ran.returncode == 1
    headings = [line for line in ran.stdout.decode("cp1252").splitlines() if "1 face" in line]
    assert [line.split(":")[0] for line in headings] == ["\\u5199\\u771f.jpg", "caf.jpg", "plain.jpg"]
    assert ran.stderr.decode("cp1252").splitlines() == [
        "caf-2.jpg cannot be read: No such file or directory."
    ]

    with subprocess.Popen(command, cwd=repository, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
        assert program.stdout
        assert program.stderr
        program.stdout.readline()
        program.stdout.close()  # as `| head -1`
        assert program.stderr.read() == b""
    assert program.returncode == NO_READER


def test_a_dash_is_standard_input(astronaut, coffee, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(astronaut.read_bytes())))
    assert main(["predict", "-", str(coffee), "--json"]) == 0
    answer, other = json_lines(capsys)
    assert (answer["picture"], len(answer["faces"])) == ("standard input", 1)
    assert other["picture"] == "coffee.png"


@pytest.mark.parametrize(
    ("stdin", "name", "message"),
    [
        pytest.param(io.BytesIO(b""), "PictureEmpty", "standard input is empty", id="empty"),
        pytest.param(io.BytesIO(b"cat"), "PictureNotRecognised", "standard input is not a", id="no picture"),
        pytest.param(None, "OSError", "standard input cannot be read: it is closed.", id="closed"),
    ],
)
def test_a_standard_input_that_is_no_picture_is_refused(stdin, name, message, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", stdin and io.TextIOWrapper(stdin))
    assert main(["predict", "-", "--json"]) == 1
    (refused,) = json_lines(capsys)
    assert refused["picture"] == "standard input"
    assert refused["error"]["name"] == name
    assert message in refused["error"]["message"]


def test_a_file_called_dash_is_a_file(tmp_path, monkeypatch, astronaut, capsys):
    shutil.copy(astronaut, tmp_path / "-")
    monkeypatch.chdir(tmp_path)
    assert main(["predict", "./-", "--json"]) == 0
    assert json_lines(capsys)[0]["picture"] == "-"


def test_drawings_have_names_of_their_own_that_every_file_system_takes():
    names = DrawingNames()
    given = [names.next_for(name) for name in ("a.jpg", "a-2.jpg", "a.png", "A.jpg", "写" * 80 + ".jpg")]
    assert given[:4] == ["a.annotated.png", "a-2.annotated.png", "a-3.annotated.png", "A-4.annotated.png"]
    assert given[4] == "写" * 60 + ".annotated.png"
    assert len(os.fsencode(given[4])) < 220  # beside it lies a temporary file with a longer name

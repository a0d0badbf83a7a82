"""What all command lines share: how they end, and two options."""

import argparse
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from faces.command import NO_READER, STOPPED, WRONG_CALL, add_detector_option, add_variant_option, exit_code
from faces.detection import DEFAULT_DETECTOR
from faces.errors import DataMissing
from tests.builders import parsers_of


def raises(error):
    def command():
        raise error

    return command


def test_a_command_ends_with_its_own_code_or_zero():
    assert exit_code(lambda: None) == 0
    assert exit_code(lambda: 1) == 1


def test_a_named_error_is_a_sentence_and_exit_code_2(capsys):
    assert exit_code(raises(DataMissing("There is no table."))) == WRONG_CALL == 2
    assert capsys.readouterr().err == "There is no table.\n"


def test_an_error_of_the_program_is_not_hidden():
    with pytest.raises(ZeroDivisionError):
        exit_code(raises(ZeroDivisionError()))


def test_ctrl_c_is_exit_code_130_with_the_sentence_of_the_command(capsys):
    assert exit_code(raises(KeyboardInterrupt()), stopped="Stopped; go on.") == STOPPED == 130
    assert capsys.readouterr().err == "Stopped; go on.\n"


def test_options_have_the_shipped_detector_and_add_up_variants():
    parser = argparse.ArgumentParser()
    add_variant_option(parser, "folders")
    add_detector_option(parser)
    assert vars(parser.parse_args([])) == {"variant": None, "detector": DEFAULT_DETECTOR}
    called = parser.parse_args(["--variant", "a", "b", "--variant", "c", "--detector", "d.onnx"])
    assert called.variant == [Path("a"), Path("b"), Path("c")]
    assert called.detector == Path("d.onnx")


def run_command(body, *, encoding="utf-8", **options):
    """A command whose body is this Python, in a program of its own."""
    program = f"import sys, faces.command\ndef body():\n {body}\nsys.exit(faces.command.exit_code(body))"
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    return subprocess.run(
        [sys.executable, "-c", program], env=environment, stderr=subprocess.PIPE, timeout=60, **options
    )


@pytest.mark.parametrize(
    ("encoding", "name", "printed"),
    [
        pytest.param("cp1252", "写真 ü.jpg", b"\\u5199\\u771f \xfc.jpg", id="a Western Windows"),
        pytest.param("ascii", "写真 ü.jpg", b"\\u5199\\u771f \\xfc.jpg", id="ASCII"),
        pytest.param("utf-8", "写真 ü.jpg", "写真 ü.jpg".encode(), id="UTF-8"),
        pytest.param("utf-8", "a\udce9.jpg", b"a\\udce9.jpg", id="a byte of a name that is no UTF-8"),
    ],
)
def test_a_name_that_the_output_cannot_encode_is_escaped(encoding, name, printed):
    ran = run_command(f"print({ascii(name)}); return 1", encoding=encoding, stdout=subprocess.PIPE)
    assert (ran.returncode, ran.stdout.strip(), ran.stderr) == (1, printed, b"")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such pipes")
@pytest.mark.parametrize(
    "body",
    [
        pytest.param("print('line', flush=True)", id="at the first line"),
        pytest.param("print('line')", id="at the end"),
        pytest.param("[print('line ' * 99) for _ in range(9999)]", id="in between"),
    ],
)
def test_a_reader_that_has_gone_ends_the_command_without_a_word(body):
    read_end, write_end = os.pipe()
    os.close(read_end)
    ran = run_command(body, stdout=write_end)
    os.close(write_end)
    assert (ran.returncode, ran.stderr) == (NO_READER, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_an_output_on_a_full_disk_is_a_sentence_and_exit_code_2():
    with open("/dev/full", "wb") as full:
        ran = run_command("print('line')", stdout=full)
    assert (ran.returncode, ran.stderr) == (
        2,
        b"A file or the output cannot be used: No space left on device.\n",
    )


def test_a_file_that_cannot_be_used_is_named_and_exit_code_2(tmp_path, capsys):
    assert exit_code(lambda: (tmp_path / "nowhere" / "a.txt").write_text("a")) == WRONG_CALL
    assert capsys.readouterr().err == f"{tmp_path}/nowhere/a.txt cannot be used: No such file or directory.\n"


def test_an_error_of_the_system_without_a_file_is_not_hidden():
    with pytest.raises(OSError, match="something else"):
        exit_code(raises(OSError("something else")))


@pytest.mark.parametrize("room", ["faces", "dataset", "evaluation", "dashboard"])
def test_every_help_is_printed_in_any_encoding_and_every_command_ends_through_exit_code(room):
    assert import_module(f"{room}.__main__").exit_code is exit_code
    for parser in parsers_of(room).values():
        assert parser.format_help().isascii()

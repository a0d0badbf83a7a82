"""What all command lines share: how they end, and two options."""

import argparse
from pathlib import Path

import pytest

from faces.command import STOPPED, WRONG_CALL, add_detector_option, add_variant_option, exit_code
from faces.detection import DEFAULT_DETECTOR
from faces.errors import DataMissing


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

"""--host and --port: what can be listened on, and what is refused before anything is loaded."""

import base64
import json
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from dashboard.__main__ import main
from dashboard.server.listening import listening_sockets, port_number, url_of


@pytest.fixture
def taken():
    """A port on which another program listens."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


@pytest.fixture
def nothing_loads(monkeypatch):
    def load(*_folders, **_options):
        raise AssertionError("networks were loaded for an address that cannot be served")

    monkeypatch.setattr("dashboard.__main__.load_context", load)


def test_a_taken_port_is_refused_before_anything_is_loaded(taken, nothing_loads, capsys):
    assert main(["--port", str(taken)]) == 2
    sentence = capsys.readouterr().err
    assert f"http://127.0.0.1:{taken} cannot be served: port {taken} is taken" in sentence
    assert f"Try --port. Received: --host 127.0.0.1 --port {taken}." in sentence


@pytest.mark.slow  # a start of the whole program
def test_a_taken_port_ends_the_program_with_exit_code_2(taken, repository):
    command = [sys.executable, "-m", "dashboard", "--port", str(taken)]
    ran = subprocess.run(command, cwd=repository, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 2
    assert ran.stderr.count("\n") == 1
    assert "is taken" in ran.stderr


@pytest.mark.slow  # a start of the whole program
def test_a_program_that_ends_while_networks_load_has_its_own_exit_code(repository):
    program = (
        "import sys, dashboard.context, faces.variants\n"
        "dashboard.context.load_context(faces.variants.DEFAULT_VARIANTS)\n"
        "sys.exit(2)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=repository, capture_output=True, text=True, timeout=60
    )
    assert (ran.returncode, ran.stderr) == (2, "")


@pytest.mark.parametrize(
    "port",
    ["99999", "65536", "-1", "8050.5", "http", "", "٨", "000000000099999", "9" * 400, "0x50", " 80 80"],
)
def test_an_impossible_port_is_refused_with_what_arrived(port, nothing_loads, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["--port", port])
    assert f"--port: a port is a number from 0 to 65,535. Received: {port}." in capsys.readouterr().err


@pytest.mark.parametrize(("text", "port"), [("0", 0), ("1", 1), ("08050", 8050), ("65535", 65535)])
def test_a_possible_port_is_taken(text, port):
    assert port_number(text) == port


@pytest.mark.parametrize(
    ("host", "fact"),
    [
        pytest.param("no-such-host.invalid", "There is no host 'no-such-host.invalid'", id="an unknown name"),
        pytest.param("999.1.1.1", "There is no host '999.1.1.1'", id="no IPv4 address"),
        pytest.param("http://localhost", "There is no host 'http://localhost'", id="a URL"),
        pytest.param("127.0.0.1:80", "There is no host '127.0.0.1:80'", id="with a port"),
        pytest.param("a" * 300, "There is no host 'aaaa", id="a name that no resolver takes"),
        pytest.param("a..b", "There is no host 'a..b'", id="an empty label"),
        pytest.param("", "There is no host ''", id="no name"),
        pytest.param(" ", "There is no host ' '", id="a space"),
        pytest.param("two words", "There is no host 'two words'", id="two words"),
        pytest.param("192.0.2.1", "it is no address of this machine. Try --host", id="not ours"),
        pytest.param("2001:db8::1", "it is no address of this machine. Try --host", id="not ours, IPv6"),
    ],
)
def test_a_host_that_is_not_ours_is_refused(host, fact, nothing_loads, capsys):
    assert main(["--host", host, "--port", "0"]) == 2
    sentence = capsys.readouterr().err
    assert fact in sentence
    assert "Received: --host " in sentence


def test_all_addresses_of_a_name_listen_on_one_port():
    with ExitStack() as opened:
        sockets = [opened.enter_context(each) for each in listening_sockets("localhost", 0)]
        (port,) = {each.getsockname()[1] for each in sockets}
        assert url_of("localhost", sockets) == f"http://localhost:{port}"
        assert url_of("::1", sockets) == url_of("[::1]", sockets) == f"http://[::1]:{port}"
        for each in sockets:
            socket.create_connection(each.getsockname()[:2]).close()


@contextmanager
def started(repository: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The whole program on a port of its own choice, with its URL, ready to answer."""
    command = [sys.executable, "-m", "dashboard", "--port", "0"]
    with subprocess.Popen(command, cwd=repository, stdout=subprocess.PIPE, text=True) as program:
        try:
            assert program.stdout
            (url,) = re.findall(r"^http://127\.0\.0\.1:[1-9]\d*(?= is open)", program.stdout.readline())
            ready, deadline = "", time.monotonic() + 60
            while '"ready":true' not in ready and time.monotonic() < deadline:
                ready = urllib.request.urlopen(f"{url}/healthz").read().decode()
            assert '"ready":true' in ready
            yield program, url
        finally:
            program.terminate()


@pytest.mark.slow  # a start of the whole program
def test_port_0_is_any_free_port_and_the_one_that_is_named_answers(repository):
    with started(repository) as (_, url):
        assert urllib.request.urlopen(f"{url}/").status == 200


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="a program of Windows is ended without a signal")
def test_a_program_that_is_told_to_end_answers_the_call_that_runs(repository):
    picture = (repository / "dashboard" / "samples" / "solvay_1927.jpg").read_bytes()
    call = {"images": [base64.b64encode(picture).decode()] * 2}
    with started(repository) as (program, url), ThreadPoolExecutor() as pool:
        request = urllib.request.Request(
            f"{url}/api/v1/predict", json.dumps(call).encode(), {"Content-Type": "application/json"}
        )
        answering = pool.submit(urllib.request.urlopen, request)
        time.sleep(0.5)
        assert not answering.done()
        program.terminate()
        assert [len(answer["faces"]) > 20 for answer in json.load(answering.result(60))] == [True] * 2
        assert program.wait(15) == 0

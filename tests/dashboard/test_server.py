"""The real server on a real socket: deadlines, bodies, clients that go away, and the end."""

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable

import flask
import pytest

from dashboard.server import channel as channels
from dashboard.server import parser as parsers
from dashboard.server.listening import listening_sockets
from dashboard.server.parser import Bodies, Parser
from dashboard.server.running import OTHER_BODY_BYTES, Server
from dashboard.server.threads import THREADS_AN_ADDRESS

LONG_S = 60


class Application(flask.Flask):
    """Counts the calls that have begun, and knows whether they may end and whether a client has gone."""

    def __init__(self) -> None:
        super().__init__("test")
        self.go, self.gone, self.begun = threading.Event(), threading.Event(), threading.Semaphore(0)


@pytest.fixture
def application() -> Application:
    """Answers at once, when it is let go, or never."""
    app = Application()

    @app.get("/")
    def page() -> str:
        return "page"

    @app.post("/take")
    def take() -> str:
        return str(len(flask.request.get_data()))

    @app.get("/wait")
    def wait() -> str:
        app.begun.release()
        app.go.wait(LONG_S)
        return "done"

    @app.get("/watch")
    def watch() -> str:
        app.begun.release()
        deadline = time.monotonic() + LONG_S
        while not flask.request.environ["waitress.client_disconnected"]() and time.monotonic() < deadline:
            time.sleep(0.02)
        app.gone.set()
        return ""

    return app


@pytest.fixture
def served(application):
    server = Server(application, listening_sockets("127.0.0.1", 0))
    server.start()
    yield server
    application.go.set()
    server.drain(1)


def connected(server: Server, source: str = "127.0.0.1") -> socket.socket:
    (listener,) = server._listeners()
    return socket.create_connection(
        ("127.0.0.1", int(listener.effective_port)), timeout=LONG_S, source_address=(source, 0)
    )


def answer_to(connection: socket.socket, request: bytes) -> tuple[int, bytes]:
    connection.sendall(request)
    response = http.client.HTTPResponse(connection)
    response.begin()
    return response.status, response.read()


def get(server: Server, path: str, source: str = "127.0.0.1") -> bytes:
    with connected(server, source) as connection:
        status, body = answer_to(connection, f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert status == 200
    return body


@pytest.mark.parametrize(
    ("line", "length", "status"),
    [
        pytest.param("POST /nowhere", 200_000_000, 404, id="an address that does not exist"),
        pytest.param("POST /", 200_000_000, 405, id="an address that takes no body"),
        pytest.param("POST /take", OTHER_BODY_BYTES + 1, 413, id="more than an address takes"),
    ],
)
def test_a_body_is_refused_before_it_is_read(served, line, length, status):
    with connected(served) as connection:
        answered, body = answer_to(
            connection, f"{line} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode()
        )
        assert answered == status
        assert json.loads(body)["error"]["name"] == "WrongCall"


def test_a_body_of_chunks_is_refused_when_it_grows_too_large(served):
    piece = b"100000\r\n" + bytes(0x100000) + b"\r\n"
    with connected(served) as connection:
        connection.sendall(b"POST /take HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        with pytest.raises(OSError):
            _send_until_refused(connection, piece)


def test_a_body_that_fits_is_taken(served):
    with connected(served) as connection:
        request = b"POST /take HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n" + bytes(1_000_000)
        assert answer_to(connection, request) == (200, b"1000000")


def test_bodies_in_flight_have_a_common_limit_and_an_address_half_of_it():
    bodies = Bodies(100)
    assert bodies.take("192.0.2.1", 50)
    assert not bodies.take("192.0.2.1", 1)
    assert bodies.take("192.0.2.2", 50)
    assert not bodies.take("192.0.2.3", 1)
    bodies.give_back("192.0.2.1", 50)
    assert bodies.take("192.0.2.3", 50)


def test_what_a_body_took_is_free_when_its_connection_ends(served, monkeypatch):
    bodies = served._listeners()[0].channel_class.bodies
    with connected(served) as connection:
        connection.sendall(
            b"POST /take HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n" + bytes(1_000)
        )
        _eventually(lambda: bodies._bytes["127.0.0.1"] == 1_000_000)
    _eventually(lambda: not bodies._bytes)


def test_a_header_has_a_deadline(served, monkeypatch):
    monkeypatch.setattr(parsers, "HEADER_SECONDS", 1)
    with connected(served) as slow:
        slow.sendall(b"GET / HTTP/1.1\r\n")
        began = time.monotonic()
        with pytest.raises(OSError):
            _send_until_refused(slow, b"X-Slow: 1\r\n", every_seconds=0.2)
    assert time.monotonic() - began < 10


def test_a_body_that_hardly_comes_is_late(monkeypatch):
    parser = Parser(
        served_adjustments(),
        peer="192.0.2.1",
        bodies=Bodies(),
        body_limit=lambda _method, _path: 1_000_000,
        client_of=lambda peer, _forwarded: peer,
    )
    parser.received(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 500000\r\n\r\n")
    parser.received(bytes(2 * parsers.BODY_BYTES_A_SECOND))
    parser.started -= parsers.BODY_SECONDS + 1
    assert not parser.is_late()
    parser.started -= 2
    assert parser.is_late()


def served_adjustments():
    from waitress.adjustments import Adjustments

    return Adjustments()


def test_connections_of_one_address_are_bounded_and_another_address_is_served(served, monkeypatch):
    monkeypatch.setattr(channels, "CONNECTIONS_AN_ADDRESS", 5)
    held = [connected(served) for _ in range(12)]
    for connection in held:
        connection.sendall(b"GET / HTTP/1.1\r\n")  # no end of the header
    _eventually(lambda: len(served._listeners()[0].active_channels) <= 5)
    assert get(served, "/", "127.0.0.2") == b"page"
    for connection in held:
        connection.close()


def test_one_address_cannot_hold_all_threads(application, served):
    threads = [threading.Thread(target=get, args=(served, "/wait")) for _ in range(THREADS_AN_ADDRESS + 4)]
    for thread in threads:
        thread.start()
    for _ in range(THREADS_AN_ADDRESS):
        assert application.begun.acquire(timeout=LONG_S)
    assert get(served, "/", "127.0.0.2") == b"page"
    assert not application.begun.acquire(timeout=0.2)
    application.go.set()
    for thread in threads:
        thread.join(LONG_S)
    assert application.begun.acquire(timeout=0.2)  # those that waited were answered as well


def test_the_application_learns_that_its_client_has_gone(application, served):
    connection = connected(served)
    connection.sendall(b"GET /watch HTTP/1.1\r\nHost: x\r\n\r\n")
    assert application.begun.acquire(timeout=LONG_S)
    connection.close()
    assert application.gone.wait(20)


def test_a_server_that_is_told_to_end_answers_what_runs_and_takes_no_more(application, served):
    answers: list[bytes] = []
    running = threading.Thread(target=lambda: answers.append(get(served, "/wait")))
    running.start()
    assert application.begun.acquire(timeout=LONG_S)
    threading.Timer(0.3, application.go.set).start()
    assert served.drain(LONG_S)
    running.join(LONG_S)
    assert answers == [b"done"]


def test_the_end_has_a_deadline(application, served):
    with connected(served) as connection:
        connection.sendall(b"GET /wait HTTP/1.1\r\nHost: x\r\n\r\n")
        assert application.begun.acquire(timeout=LONG_S)
        began = time.monotonic()
        assert not served.drain(0.5)
        assert time.monotonic() - began < 5


def _eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONG_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _send_until_refused(connection: socket.socket, piece: bytes, every_seconds: float = 0.0) -> None:
    for _ in range(100):
        connection.sendall(piece)
        time.sleep(every_seconds)

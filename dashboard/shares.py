"""A request of a visitor -> its share of this machine: turns of networks, room for large pictures.

Networks run one after the other: each uses all cores, and two at one time are no faster. Only a large run,
which takes a hundred times as long, has a queue of its own: small ones share the cores with it rather than
wait. A picture that is large in memory or long to read waits until one of few places is free.
"""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import flask

from dashboard.proxy import peer_address
from dashboard.turns import Request, Turns, Visitor
from faces.errors import PictureTooLarge
from faces.sessions import LARGE_INPUT
from faces.shares import Share, current_share, shared_by

LARGE_BYTES = 2_000_000
LARGE_PIXELS = 2_000_000
LARGE_AT_ONCE, LARGE_AT_ONCE_AN_ADDRESS = 2, 1
MAX_CALL_PIXELS = 400_000_000  # 32 pictures of 12 megapixels, or 8 of 50
MAX_CALL_FACES = 1_000

VISIT_COOKIE = "visit"  # a random name that index.html gives a browser session
MAX_TOKEN_CHARACTERS = 64
GONE = "waitress.client_disconnected"


class Machine:
    """What all visitors share."""

    def __init__(self) -> None:
        self.networks = Turns()
        self.large_runs = Turns()
        self.large_pictures = Turns(LARGE_AT_ONCE, LARGE_AT_ONCE_AN_ADDRESS)


class VisitorShare(Share):
    """The share of one request. Used by the one thread that answers it."""

    def __init__(self, machine: Machine, request: Request) -> None:
        self.request = request
        self._machine = machine
        self._holds_large = False
        self._pixels = 0
        self._faces = 0

    def network_run(self, input_numbers: int) -> AbstractContextManager[None]:
        """A turn of the networks. Raises ClientGone."""
        is_large = input_numbers > LARGE_INPUT
        return (self._machine.large_runs if is_large else self._machine.networks).turn(self.request)

    def admit(self, name: str, byte_count: int, pixels: int = 0) -> None:
        """Wait for a place where the picture is large. Raises PictureTooLarge and ClientGone."""
        self.request.go_on()
        self._pixels += pixels
        if self._pixels > MAX_CALL_PIXELS or self._faces > MAX_CALL_FACES:
            raise PictureTooLarge(
                f"{name} is too much for one call, whose pictures may have {MAX_CALL_PIXELS // 1_000_000} "
                f"megapixels and {MAX_CALL_FACES:,} faces. Please send it in a call of its own."
            )
        if not self._holds_large and (byte_count > LARGE_BYTES or pixels > LARGE_PIXELS):
            self._machine.large_pictures.take(self.request)
            self._holds_large = True

    def picture_done(self, faces: int = 0) -> None:
        """Give back the place of a large picture; count the faces that were answered."""
        self._faces += faces
        if self._holds_large:
            self._holds_large = False
            self._machine.large_pictures.give_back(self.request)


@contextmanager
def one_picture() -> Iterator[VisitorShare | None]:
    """Around all work on one picture of a call: its place is free afterwards."""
    share = current_share()
    try:
        yield share if isinstance(share, VisitorShare) else None
    finally:
        if isinstance(share, VisitorShare):
            share.picture_done()


def visitor_of(request: flask.Request) -> Visitor:
    """The visitor of a request: the address of its peer, and the token of its browser."""
    token = request.cookies.get(VISIT_COOKIE, "")
    return Visitor(peer_address(request), token[:MAX_TOKEN_CHARACTERS])


def share_requests(server: flask.Flask) -> None:
    """Put the share of its visitor in place for every request."""
    machine = Machine()
    local = threading.local()

    @server.before_request
    def begin() -> None:
        is_gone = flask.request.environ.get(GONE, lambda: False)
        share = VisitorShare(machine, Request(visitor_of(flask.request), is_gone))
        local.share, local.scope = share, shared_by(share)
        local.scope.__enter__()

    @server.teardown_request
    def end(_error: BaseException | None) -> None:
        scope, local.scope = getattr(local, "scope", None), None
        if scope is not None:
            scope.__exit__(None, None, None)
            local.share.picture_done()

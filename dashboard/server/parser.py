"""Bytes of a connection -> a request, refused before its body is read where that is not wanted.

Waitress holds every body in memory before the application sees it.
"""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from waitress.parser import HTTPRequestParser
from waitress.utilities import Error

HEADER_SECONDS = 10  # from the first byte of a request to the end of its header
BODY_SECONDS, BODY_BYTES_A_SECOND = 20, 20_000  # what a body has at first, and how fast it comes afterwards
BODY_BYTES_IN_FLIGHT = 330_000_000  # of all requests; an address has at most half
SMALL_BODY_BYTES = 65_536  # not counted

BodyLimit = Callable[[str, str], int | tuple[int, str]]  # method and path -> bytes, or status and sentence
ClientOf = Callable[[str, str], str]  # address of the peer and X-Forwarded-For -> address of the client


class Refusal(Error):
    """A call that is refused before its body is read: JSON, as the API's other errors."""

    def __init__(self, code: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.code, self.reason = code, reason

    def to_response(self, ident: str | None = None) -> tuple[str, list[tuple[str, str]], bytes]:
        body = json.dumps({"error": {"name": "WrongCall", "message": self.body}}).encode()
        headers = [("Content-Type", "application/json")]
        if self.code == 503:
            headers.append(("Retry-After", "5"))
        return f"{self.code} {self.reason}", headers, body


class Bodies:
    """The bytes of bodies in flight, by address. Safe for several threads."""

    def __init__(self, capacity: int = BODY_BYTES_IN_FLIGHT) -> None:
        self._capacity = capacity
        self._lock = threading.Lock()
        self._bytes: Counter[str] = Counter()

    def take(self, address: str, count: int) -> bool:
        """Whether there is room for `count` more bytes of an address; they are counted then."""
        with self._lock:
            if (
                self._bytes.total() + count > self._capacity
                or self._bytes[address] + count > self._capacity / 2
            ):
                return False
            self._bytes[address] += count
            return True

    def give_back(self, address: str, count: int) -> None:
        with self._lock:
            self._bytes[address] -= count
            if self._bytes[address] <= 0:
                del self._bytes[address]


class Parser(HTTPRequestParser):
    """A request whose body is refused before it is read where nobody takes it, or there is no room."""

    def __init__(
        self, adj: Any, *, peer: str, bodies: Bodies, body_limit: BodyLimit, client_of: ClientOf
    ) -> None:
        super().__init__(adj)
        self.started = time.monotonic()
        self.address = peer
        self._client_of = client_of
        self._bodies = bodies
        self._body_limit = body_limit
        self._limit = 0
        self._taken = 0

    def received(self, data: bytes) -> int:
        was_in_header = not self.headers_finished
        consumed = super().received(data)
        if self.headers_finished and was_in_header:
            self.address = self._client_of(self.address, self.headers.get("X_FORWARDED_FOR", ""))
        if self.headers_finished and not self.error and self.body_rcv is not None:
            if was_in_header:
                self._refuse_body()
            elif self.chunked:
                self._count(self.body_bytes_received)
        return consumed

    def close(self) -> None:
        super().close()
        self.body_rcv = None  # the request lives on in cycles for a while, its body need not
        self._bodies.give_back(self.address, self._taken)
        self._taken = 0

    def is_late(self) -> bool:
        """Whether the header or the body comes too slowly."""
        seconds = time.monotonic() - self.started
        if not self.headers_finished:
            return seconds > HEADER_SECONDS
        return seconds > BODY_SECONDS + self.body_bytes_received / BODY_BYTES_A_SECOND

    def _refuse_body(self) -> None:
        limit = self._body_limit(self.command, self.path)
        if isinstance(limit, tuple) and self.content_length > SMALL_BODY_BYTES:
            self._refuse(*limit)
            return
        # The app refuses a small body itself, and names the methods of the address.
        self._limit = SMALL_BODY_BYTES if isinstance(limit, tuple) else limit
        self._count(self.content_length)

    def _count(self, count: int) -> None:
        if count > self._limit:
            self._refuse(413, f"A call of this address may have {self._limit:,} bytes. Received: {count:,}.")
        elif count > max(self._taken, SMALL_BODY_BYTES):
            if self._bodies.take(self.address, count - self._taken):
                self._taken = count
            else:
                self._refuse(503, "Too many pictures are being received. Please try again in a moment.")

    def _refuse(self, code: int, message: str) -> None:
        reasons = {404: "Not Found", 405: "Method Not Allowed", 413: "Content Too Large"}
        self.error = Refusal(code, reasons.get(code, "Service Unavailable"), message)
        self.completed = True

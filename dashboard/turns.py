"""A scarce thing -> turns of those who want it, visitor after visitor.

The next turn goes to the address that had none for the longest time, among its visitors to the one that had
none for the longest time, and among the requests of this one to that which has had least so far: a small
request passes a long one that began before it.
"""

import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from cachetools import LRUCache

from faces.errors import ClientGone

CHECK_SECONDS = 0.25  # how often one who waits looks whether its client is still there
REMEMBERED = 4_096  # visitors and addresses


@dataclass(frozen=True)
class Visitor:
    """Who asks: an address, and there the token of a browser (empty for programs)."""

    address: str
    token: str = ""


@dataclass(eq=False)
class Request:
    """A visitor's request; `is_gone` says whether its client closed the connection."""

    visitor: Visitor
    is_gone: Callable[[], bool] = lambda: False
    used_seconds: float = 0.0

    def go_on(self) -> None:
        """Raise ClientGone where nobody waits for the answer any more."""
        if self.is_gone():
            raise ClientGone("The client closed its connection before it was answered.")


@dataclass(eq=False)
class _Waiter:
    request: Request
    granted: threading.Event = field(default_factory=threading.Event)


class Turns:
    """`at_once` turns at one time, of one address at most `at_once_an_address`. Safe for several threads."""

    def __init__(self, at_once: int = 1, at_once_an_address: int | None = None) -> None:
        self._at_once = at_once
        self._at_once_an_address = at_once_an_address or at_once
        self._lock = threading.Lock()
        self._running: Counter[str] = Counter()
        self._waiting: list[_Waiter] = []
        self._served: LRUCache[str | Visitor, int] = LRUCache(REMEMBERED)
        self._numbers = itertools.count(1)

    @contextmanager
    def turn(self, request: Request) -> Iterator[None]:
        """Wait for a turn and hold it. Raises ClientGone when the client goes away before."""
        self.take(request)
        started = time.perf_counter()
        try:
            yield
        finally:
            request.used_seconds += time.perf_counter() - started
            self.give_back(request)

    def take(self, request: Request) -> None:
        """Wait for a turn, which `give_back` ends. Raises ClientGone when the client goes away before."""
        request.go_on()
        waiter = _Waiter(request)
        with self._lock:
            self._waiting.append(waiter)
            self._grant()
        while not waiter.granted.wait(CHECK_SECONDS):
            if request.is_gone():
                self._leave(waiter)
                request.go_on()

    def give_back(self, request: Request) -> None:
        """End a turn."""
        with self._lock:
            self._end(request)

    def _leave(self, waiter: _Waiter) -> None:
        with self._lock:
            if waiter.granted.is_set():
                self._end(waiter.request)
            else:
                self._waiting.remove(waiter)

    def _end(self, request: Request) -> None:
        address = request.visitor.address
        self._running[address] -= 1
        if not self._running[address]:
            del self._running[address]
        self._grant()

    def _grant(self) -> None:
        while self._running.total() < self._at_once:
            able = [
                waiter
                for waiter in self._waiting
                if self._running[waiter.request.visitor.address] < self._at_once_an_address
            ]
            if not able:
                return
            waiter = min(able, key=self._precedence)
            self._waiting.remove(waiter)
            visitor = waiter.request.visitor
            self._served[visitor.address] = self._served[visitor] = next(self._numbers)
            self._running[visitor.address] += 1
            waiter.granted.set()

    def _precedence(self, waiter: _Waiter) -> tuple[int, int, float]:
        visitor = waiter.request.visitor
        address, token = (self._served.get(key, 0) for key in (visitor.address, visitor))
        return address, token, waiter.request.used_seconds

"""Channels with a request -> threads: an address after the other, and there a visitor after the other.

Waitress serves requests in the order in which they came, so that one visitor can hold all threads.
"""

from collections import Counter
from http.cookies import CookieError, SimpleCookie
from typing import Any

from cachetools import LRUCache
from waitress.task import ThreadedTaskDispatcher

from dashboard.shares import MAX_TOKEN_CHARACTERS, VISIT_COOKIE
from dashboard.turns import REMEMBERED, Visitor

THREADS = 24
THREADS_AN_ADDRESS = THREADS // 2
SLOW_THREADS_AN_ADDRESS = THREADS_AN_ADDRESS - 4  # of requests that predict: pages are served beside them


class Call:
    """A request that waits for a thread, and then has one."""

    def __init__(self, channel: Any, dispatcher: "Dispatcher") -> None:
        request = channel.requests[0] if channel.requests else None
        headers = getattr(request, "headers", {})
        address = getattr(request, "address", channel.address)
        self.visitor = Visitor(address, _token_in(headers.get("COOKIE", "")))
        path = getattr(request, "path", "")
        self.is_slow = getattr(request, "command", "") == "POST" or path.startswith("/saliency/")
        self._channel = channel
        self._dispatcher = dispatcher

    def service(self) -> None:
        """Answer the request; the thread is free for the next one then."""
        try:
            self._channel.service()
        finally:
            self._dispatcher.done(self)

    def cancel(self) -> None:
        """Close the connection: the server ends."""
        self._channel.cancel()


class FairQueue:
    """Calls that wait. Used under the dispatcher's lock, as the deque in whose place it stands."""

    def __init__(self) -> None:
        self._waiting: list[Call] = []
        self._threads: Counter[str] = Counter()
        self._slow: Counter[str] = Counter()
        self._served: LRUCache[str | Visitor, int] = LRUCache(REMEMBERED)
        self._count = 0

    def __len__(self) -> int:
        """How many can begin now."""
        return sum(map(self._can_begin, self._waiting))

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits and nothing runs."""
        return not self._waiting and not self._threads.total()

    def append(self, call: Call) -> None:
        self._waiting.append(call)

    def popleft(self) -> Call:
        """Whose address, and whose visitor there, waited for the longest time. IndexError without one."""
        able = list(filter(self._can_begin, self._waiting))
        if not able:
            call = self._waiting.pop(0)  # the server ends and cancels them
        else:
            call = min(able, key=self._precedence)
            self._waiting.remove(call)
        self._count += 1
        address = call.visitor.address
        self._served[address] = self._served[call.visitor] = self._count
        self._threads[address] += 1
        self._slow[address] += call.is_slow
        return call

    def done(self, call: Call) -> None:
        """A thread is free again."""
        address = call.visitor.address
        self._threads[address] -= 1
        self._slow[address] -= call.is_slow
        if not self._threads[address]:
            del self._threads[address], self._slow[address]

    def _can_begin(self, call: Call) -> bool:
        address = call.visitor.address
        return self._threads[address] < THREADS_AN_ADDRESS and (
            self._slow[address] < SLOW_THREADS_AN_ADDRESS or not call.is_slow
        )

    def _precedence(self, call: Call) -> tuple[int, int]:
        visitor = call.visitor
        return self._served.get(visitor.address, 0), self._served.get(visitor, 0)


class Dispatcher(ThreadedTaskDispatcher):
    """Waitress's threads with a fair queue."""

    queue: FairQueue

    def __init__(self) -> None:
        super().__init__()
        self.queue = FairQueue()

    def add_task(self, task: Any) -> None:
        """Queue the next request of a channel."""
        with self.lock:
            self.queue.append(Call(task, self))
            self.queue_cv.notify()

    def done(self, call: Call) -> None:
        """End a call; another one of its address may begin."""
        with self.lock:
            self.queue.done(call)
            self.queue_cv.notify()

    @property
    def is_idle(self) -> bool:
        """Whether no request waits or is answered."""
        with self.lock:
            return self.queue.is_empty


def _token_in(cookies: str) -> str:
    """The token of a browser, as Flask reads it; empty without one."""
    try:
        morsel = SimpleCookie(cookies).get(VISIT_COOKIE)
    except CookieError:
        return ""
    return morsel.value[:MAX_TOKEN_CHARACTERS] if morsel else ""

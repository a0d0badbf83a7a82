"""What work asks before it decodes a picture or runs a network, where several visitors share one machine.

Alone, as on the command line, everything is granted at once. A server puts a Share of its own in place for
each request; it may let work wait, or end it by raising a ProjectError.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar


class Share:
    """The share of one visitor who has the machine alone."""

    def network_run(self, input_numbers: int) -> AbstractContextManager[None]:
        """Held for the time of one run of one network, with so many numbers in its input."""
        del input_numbers
        return nullcontext()

    def admit(self, name: str, byte_count: int, pixels: int = 0) -> None:
        """Wait until a picture may be decoded: with its bytes, then with its pixels when they are known.

        Raises PictureTooLarge for a picture that is too much for its call.
        """


_current: ContextVar[Share] = ContextVar("share", default=Share())  # noqa: B039 - it has no state


def current_share() -> Share:
    """The share of the request that is answered now."""
    return _current.get()


@contextmanager
def shared_by(share: Share) -> Iterator[None]:
    """Have work of this thread ask `share`."""
    before = _current.set(share)
    try:
        yield
    finally:
        _current.reset(before)

"""Who may call the API, and how often: keys, compared in constant time, and calls a period."""

import hmac
import math
import time
from collections.abc import Sequence
from hashlib import sha256

import flask
import limits
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import TooManyRequests, Unauthorized

from dashboard.proxy import peer_address

KEY_HEADER = "X-API-Key"


class Access:
    """The API keys and the rate of one app. Without keys everybody may call, without a rate ever so often."""

    def __init__(self, keys: Sequence[str], rate: limits.RateLimitItem | None) -> None:
        self._digests = [_digest(key) for key in keys]
        self._rate = rate
        self._calls = MovingWindowRateLimiter(MemoryStorage())

    @property
    def needs_key(self) -> bool:
        """Whether calls need a key."""
        return bool(self._digests)

    def check(self, request: flask.Request, *, is_open: bool = False) -> None:
        """Let a call pass, without a key where the address `is_open`.

        Raises Unauthorized for a key that is missing or wrong, TooManyRequests above the rate of the key, or
        of the address where there is no right key: guesses count, too.
        """
        key = _key_in(request)
        is_known = self._knows(key)
        self._count(f"key {_digest(key).hex()}" if is_known else f"address {peer_address(request)}")
        if self.needs_key and not is_known and not is_open:
            reason = "is not known here" if key else "is missing"
            raise Unauthorized(
                f"The API key {reason}. Send it as Authorization: Bearer KEY, or as {KEY_HEADER}: KEY.",
                www_authenticate=WWWAuthenticate("bearer"),
            )

    def _knows(self, key: str) -> bool:
        digest = _digest(key)
        # All of them, whichever is right: the time tells nothing. Digests: nor does it of a key's length.
        return sum(hmac.compare_digest(digest, known) for known in self._digests) > 0

    def _count(self, caller: str) -> None:
        if self._rate is None or self._calls.hit(self._rate, caller):
            return
        free_at = self._calls.get_window_stats(self._rate, caller).reset_time
        raise TooManyRequests(
            f"At most {self._rate.amount} calls in {self._rate.get_expiry()} seconds. Please wait.",
            retry_after=max(1, math.ceil(free_at - time.time())),
        )


def _key_in(request: flask.Request) -> str:
    """The key of a call; empty where it sends none."""
    sent = request.authorization
    if sent is not None and sent.type == "bearer" and sent.token:
        return sent.token
    return request.headers.get(KEY_HEADER, "")


def _digest(key: str) -> bytes:
    return sha256(key.encode("utf-8", "surrogateescape")).digest()

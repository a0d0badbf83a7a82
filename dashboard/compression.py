"""Responses -> fewer bytes, and kept for a year by browsers where the address names the content."""

import threading
from collections.abc import Callable
from contextlib import suppress
from operator import attrgetter

import flask
from cachetools import LRUCache
from flask_compress import Compress

ONE_YEAR_S = 365 * 24 * 3600
CACHE_BYTES = 32 * 1024 * 1024
_MIME_TYPES = (
    "text/html",
    "text/css",
    "text/csv",
    "text/plain",
    "text/javascript",
    "application/javascript",
    "application/json",
    "image/svg+xml",
    "image/x-icon",
    "image/vnd.microsoft.icon",
)


class _Compressed:
    """Compressed bytes of files that never change under their address, by encoding and path."""

    def __init__(self) -> None:
        self._bytes: LRUCache[str, bytes] = LRUCache(CACHE_BYTES, getsizeof=len)
        self._lock = threading.Lock()

    def get(self, key: str) -> bytes | None:
        with self._lock:
            return self._bytes.get(key)

    def set(self, key: str, value: bytes) -> None:
        with self._lock, suppress(ValueError):  # a file larger than all of it
            self._bytes[key] = value


def register(server: flask.Flask, names_content: Callable[[flask.Request], bool]) -> None:
    """Compress what `server` answers; `names_content` says whether an address names what lies under it."""
    server.config.update(
        COMPRESS_MIMETYPES=list(_MIME_TYPES),
        COMPRESS_ALGORITHM=["br", "gzip"],
        COMPRESS_STREAMS=False,
        COMPRESS_REGISTER=False,
    )
    of_answers, of_files = Compress(server), Compress(server)
    of_files.cache, of_files.cache_key = _Compressed(), attrgetter("path")

    @server.after_request
    def compress(response: flask.Response) -> flask.Response:
        if response.status_code != 200 or not names_content(flask.request):
            return of_answers.after_request(response)
        response.direct_passthrough = False
        response.make_sequence()  # else a file is compressed anew for everybody
        response.headers["Cache-Control"] = f"public, max-age={ONE_YEAR_S}, immutable"
        return of_files.after_request(response)

"""The app + where to listen -> a server that runs, and ends in order."""

import logging
import select
import socket
import threading
import time
from collections.abc import Sequence
from typing import Any

import flask
import waitress
from waitress import wasyncore
from waitress.server import BaseWSGIServer
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from dashboard.api.limits import MAX_REQUEST_BYTES
from dashboard.server.channel import CONNECTIONS, Channel
from dashboard.server.parser import Bodies, BodyLimit, ClientOf
from dashboard.server.threads import THREADS, Dispatcher
from faces.pictures import MAX_BYTES

DRAIN_SECONDS = 10  # that running calls have when the server is told to end
_FORM_BYTES = 1_000_000  # of a multipart form beside its pictures
# A page's state travels in the body of its callbacks.
BODY_BYTES = {"api.predict": MAX_REQUEST_BYTES + _FORM_BYTES, "pictures.upload": MAX_BYTES + _FORM_BYTES}
OTHER_BODY_BYTES = 8_000_000
# Waitress moves longer bodies to a temporary file; an uploaded picture must never reach the disk.
_MEMORY_ONLY_BYTES = 4 * MAX_REQUEST_BYTES


class Server:
    """Serves on listening sockets, which are its own from then on, from a thread of its own."""

    def __init__(
        self,
        app: flask.Flask,
        sockets: Sequence[socket.socket],
        *,
        prefix: str = "",
        client_of: ClientOf = lambda peer, _forwarded_for: peer,
    ) -> None:
        self._dispatcher = Dispatcher()
        self._map: dict[int, Any] = {}
        self._server = waitress.create_server(
            app,
            map=self._map,
            _dispatcher=self._dispatcher,
            sockets=list(sockets),
            ident="",
            clear_untrusted_proxy_headers=False,
            connection_limit=CONNECTIONS,
            channel_request_lookahead=1,  # so that a client that goes away is noticed
            asyncore_use_poll=hasattr(select, "poll"),  # `select` ends at 1,024 files
            log_socket_errors=False,
            max_request_body_size=_MEMORY_ONLY_BYTES,  # the parser's limits are lower
            inbuf_overflow=_MEMORY_ONLY_BYTES,
            outbuf_overflow=_MEMORY_ONLY_BYTES,
        )
        channel_class = type(
            "AppChannel",
            (Channel,),
            {
                "bodies": Bodies(),
                "body_limit": staticmethod(body_limit(app, prefix)),
                "client_of": staticmethod(client_of),
            },
        )
        for listener in self._listeners():
            listener.channel_class = channel_class
        logging.getLogger("waitress").setLevel(logging.ERROR)  # it names the paths of clients that went away
        self._dispatcher.set_thread_count(THREADS)
        self._thread = threading.Thread(target=self._server.run, name="serve", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def join(self) -> None:
        """Wait until the server ends, or an exception comes."""
        self._thread.join()

    def drain(self, seconds: float = DRAIN_SECONDS) -> bool:
        """Accept no more connections, and wait for the calls that wait or run; whether all were answered."""
        for listener in self._listeners():
            listener.trigger.pull_trigger(lambda listener=listener: wasyncore.dispatcher.close(listener))
        deadline = time.monotonic() + seconds
        while not self._is_idle() and time.monotonic() < deadline:
            time.sleep(0.05)
        return self._is_idle()

    def _is_idle(self) -> bool:
        sending = any(
            channel.total_outbufs_len for channel in list(self._map.values()) if isinstance(channel, Channel)
        )
        return self._dispatcher.is_idle and not sending

    def _listeners(self) -> list[BaseWSGIServer]:
        return [listener for listener in list(self._map.values()) if isinstance(listener, BaseWSGIServer)]


def body_limit(app: flask.Flask, prefix: str = "") -> BodyLimit:
    """How many bytes the body of a request may have, by its method and path; or why it may have none."""

    def limit(method: str, path: str) -> int | tuple[int, str]:
        path = (path.removeprefix(prefix) if prefix else path) or "/"
        try:
            rule, _ = app.url_map.bind("localhost").match(path, method)
        except RequestRedirect:
            return 404, "There is nothing at this address."
        except HTTPException as error:
            return (
                error.code or 404,
                f"A request of {method} is not taken here."
                if error.code == 405
                else "There is nothing at this address.",
            )
        return BODY_BYTES.get(rule, OTHER_BODY_BYTES) if method not in ("GET", "HEAD") else _FORM_BYTES

    return limit

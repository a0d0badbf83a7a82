"""A connection, with deadlines and a bound for each address.

Waitress gives a connection no deadline for its header.
"""

import time
from functools import partial
from typing import Any

from waitress.channel import HTTPChannel

from dashboard.server.parser import Bodies, BodyLimit, ClientOf, Parser

CONNECTIONS = 400
CONNECTIONS_AN_ADDRESS = 100
IDLE_SECONDS = 60  # of a connection between two requests


class Channel(HTTPChannel):
    """A connection with deadlines; an address has only so many."""

    bodies: Bodies
    body_limit: BodyLimit
    client_of: ClientOf

    def __init__(self, server: Any, sock: Any, addr: Any, adj: Any, map: Any = None) -> None:
        self.address = str(addr[0]) if addr else ""
        self.parser_class = partial(
            Parser,
            peer=self.address,
            bodies=self.bodies,
            body_limit=self.body_limit,
            client_of=self.client_of,
        )
        others = [other for other in server.active_channels.values() if other.address == self.address]
        super().__init__(server, sock, addr, adj, map)
        if len(others) >= CONNECTIONS_AN_ADDRESS:
            idle = [other for other in others if other.is_idle]
            # A browser opens another one when it needs it.
            (min(idle, key=lambda other: other.last_activity) if idle else self).will_close = True

    @property
    def is_idle(self) -> bool:
        """Whether the connection waits for its next request."""
        return not (self.requests or self.request or self.total_outbufs_len or self.will_close)

    def readable(self) -> bool:
        """Waitress asks this every second at least: the place for deadlines."""
        is_idle_for_long = not self.requests and time.time() - self.last_activity > IDLE_SECONDS
        if is_idle_for_long or (self.request is not None and self.request.is_late()):
            self.will_close = True
        return bool(super().readable())

    def handle_close(self) -> None:
        if self.request is not None:
            self.request.close()
        super().handle_close()

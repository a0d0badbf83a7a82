"""--host and --port -> sockets that listen, before anything is loaded; or an AddressError."""

import argparse
import errno
import re
import socket
from collections.abc import Sequence
from contextlib import ExitStack

from faces.errors import AddressError

MAX_PORT = 65_535
BACKLOG = 1024  # connections that wait while the server is busy, as Waitress has it
_NOT_HERE = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT)


def port_number(text: str) -> int:
    """A port from 0 (any that is free) to MAX_PORT, as argparse wants its types."""
    # The resolver takes larger ports modulo 65,536: 99999 would be served as 34463.
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII) or int(text) > MAX_PORT:
        raise argparse.ArgumentTypeError(f"a port is a number from 0 to {MAX_PORT:,}. Received: {text}.")
    return int(text)


def listening_sockets(host: str, port: int) -> list[socket.socket]:
    """A listening socket for each address of `host`, IPv4 and IPv6, all on one port.

    Raises AddressError for a host that is not this machine, and for a port that cannot be had.
    """
    sockets: list[socket.socket] = []
    refusals: list[OSError] = []
    with ExitStack() as opened:
        for family, address in _addresses(host, port):
            # Of port 0 the first address gets a free one, and the others the same.
            wanted = sockets[0].getsockname()[1] if sockets else port
            try:
                listening = socket.create_server((address, wanted), family=family, backlog=BACKLOG)
            except OSError as error:
                if error.errno not in _NOT_HERE:
                    raise AddressError(_sentence(host, port, error)) from error
                refusals.append(error)
            else:
                sockets.append(opened.enter_context(listening))
        if not sockets:
            raise AddressError(_sentence(host, port, refusals[0]))
        opened.pop_all()
    return sockets


def url_of(host: str, sockets: Sequence[socket.socket]) -> str:
    """The URL under which the sockets are open."""
    host = host.strip("[]")
    return f"http://{f'[{host}]' if ':' in host else host}:{sockets[0].getsockname()[1]}"


def _addresses(host: str, port: int) -> list[tuple[socket.AddressFamily, str]]:
    """The numeric addresses of a host, each once. Raises AddressError for a host that has none."""
    name = host.strip("[]")
    try:
        if not name or not name.isprintable() or " " in name:
            raise ValueError("no name of a host")
        resolved = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, ValueError) as error:  # UnicodeError: a name that no resolver takes
        raise AddressError(
            f"There is no host '{host}' to listen on: --host is a name or an address of this machine, such "
            f"as 127.0.0.1, or 0.0.0.0 for all that it has. Received: --host {host or 'without a name'}."
        ) from error
    return list(dict.fromkeys((family, str(address[0])) for family, _, _, _, address in resolved))


def _sentence(host: str, port: int, error: OSError) -> str:
    reasons = {
        errno.EADDRINUSE: f"port {port} is taken by another program. Try --port",
        errno.EACCES: f"port {port} may not be opened by this user. Try --port with one above 1023",
        **dict.fromkeys(
            _NOT_HERE, "it is no address of this machine. Try --host 127.0.0.1, or 0.0.0.0 for all"
        ),
    }
    reason = reasons.get(error.errno or 0, error.strerror or str(error))
    return f"http://{host}:{port} cannot be served: {reason}. Received: --host {host} --port {port}."

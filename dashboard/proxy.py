"""Request behind a reverse proxy -> the client's address, and the address that its browser sees.

Headers of `X-Forwarded-…` are read where a trusted proxy is the peer, and removed everywhere else: anybody
may send them.
"""

import re
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import flask
from werkzeug.middleware.proxy_fix import ProxyFix

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

FORWARDED_HEADERS = tuple(
    f"HTTP_X_FORWARDED_{name}" for name in ("FOR", "PROTO", "HOST", "PORT", "PREFIX", "BY")
) + ("HTTP_FORWARDED",)
PREFIX = re.compile(r"(/[\w.~-]+)*", re.ASCII)
# What one customer of a provider is given: within it, an address costs nothing.
IPV6_CUSTOMER_BITS = 64


def peer_address(request: flask.Request) -> str:
    """The address of the client: of the connection, or the one that a trusted proxy forwards.

    Of IPv6 the network of one customer (`2001:db8::/64`); empty where the server gives none.
    """
    return _customer(_address_in(request.remote_addr or "")) or request.remote_addr or ""


def client_address(peer: str, forwarded_for: str, trusted: Sequence[Network]) -> str:
    """As `peer_address`, of the address of a connection and its header X-Forwarded-For."""
    address = _address_in(peer)
    return _customer(address and _client(address, forwarded_for, trusted)) or peer


class UnderPrefix:
    """WSGI middleware: the app under `prefix`, whether or not the proxy before it cuts the prefix off."""

    def __init__(self, app: WSGIApplication, prefix: str) -> None:
        self._app = app
        self._prefix = prefix

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        # A trusted proxy names the prefix itself, and then it wins.
        environ["SCRIPT_NAME"] = prefix = environ.get("SCRIPT_NAME") or self._prefix
        path = environ.get("PATH_INFO", "")
        if prefix and (path == prefix or path.startswith(f"{prefix}/")):
            environ["PATH_INFO"] = path[len(prefix) :] or "/"
        return self._app(environ, start_response)


class TrustedProxies:
    """WSGI middleware: forwarded headers of these networks are applied, all others are removed.

    `X-Forwarded-For` is read from its end: the first address that is no trusted proxy is the client's.
    """

    def __init__(self, app: WSGIApplication, networks: Sequence[Network]) -> None:
        self._app = app
        self._networks = networks
        self._fixed = ProxyFix(app, x_for=0, x_proto=1, x_host=1, x_port=1, x_prefix=1)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        peer = _address_in(environ.get("REMOTE_ADDR", ""))
        if peer is None or not _is_in(peer, self._networks):
            for header in FORWARDED_HEADERS:
                environ.pop(header, None)
            return self._app(environ, start_response)
        environ["REMOTE_ADDR"] = str(_client(peer, environ.get("HTTP_X_FORWARDED_FOR", ""), self._networks))
        _drop_impossible(environ)
        return self._fixed(environ, start_response)


def _client(peer: Address, forwarded_for: str, trusted: Sequence[Network]) -> Address:
    """The last address on the way to `peer` that is no trusted proxy."""
    way = [_address_in(text) for text in forwarded_for.split(",")]
    client = peer
    while way and _is_in(client, trusted) and (forwarder := way.pop()):
        client = forwarder
    return client


def _customer(address: Address | None) -> str:
    """The address, or of IPv6 the network of one customer; empty for None."""
    if isinstance(address, IPv6Address):
        return str(ip_network((address, IPV6_CUSTOMER_BITS), strict=False))
    return str(address or "")


def _is_in(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)


def _drop_impossible(environ: WSGIEnvironment) -> None:
    """Remove what a proxy passed on that becomes a part of addresses and cannot be one."""
    if environ.get("HTTP_X_FORWARDED_PROTO", "http").rpartition(",")[2].strip() not in ("http", "https"):
        del environ["HTTP_X_FORWARDED_PROTO"]
    if not environ.get("HTTP_X_FORWARDED_PORT", "80").rpartition(",")[2].strip().isdecimal():
        del environ["HTTP_X_FORWARDED_PORT"]
    prefix = environ.get("HTTP_X_FORWARDED_PREFIX", "").rpartition(",")[2].strip().rstrip("/")
    environ["HTTP_X_FORWARDED_PREFIX"] = prefix if PREFIX.fullmatch(prefix) else ""


def _address_in(text: str) -> Address | None:
    """The address of `192.0.2.1`, `192.0.2.1:80`, `[2001:db8::1]:80`; IPv4 inside IPv6 as IPv4; else None."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address

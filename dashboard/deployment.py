"""Options of the command line -> how this server stands in its network: prefix, proxies, hosts, keys."""

import argparse
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from pathlib import Path

import limits

from dashboard.proxy import PREFIX, Network
from faces.errors import ProjectError

API_KEYS = "AGE_GENDER_API_KEYS"  # environment variable: keys with blanks between them
LOOPBACK_HOSTS = ("localhost", ".localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True)
class Deployment:
    """Without arguments: at the root of an address, behind no proxy, for every host name, key and rate."""

    url_prefix: str = ""  # "" or "/workbench"
    trusted_proxies: tuple[Network, ...] = ()
    allowed_hosts: tuple[str, ...] = ()  # ".example.org" with all below it; none: any
    api_keys: tuple[str, ...] = ()  # none: the API asks for no key
    rate_limit: limits.RateLimitItem | None = None  # of calls of the API


def add_deployment_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that `deployment_of` reads."""
    parser.add_argument(
        "--url-prefix",
        type=_prefix,
        default="",
        metavar="PATH",
        help="path under which a proxy shows the workbench, such as /workbench (default: none)",
    )
    parser.add_argument(
        "--trusted-proxy",
        type=_network,
        nargs="+",
        default=[],
        metavar="ADDRESS",
        help="addresses or networks of proxies whose X-Forwarded-For, -Proto, -Host, -Port and -Prefix hold",
    )
    parser.add_argument(
        "--allowed-host",
        type=_host_name,
        nargs="+",
        default=[],
        metavar="NAME",
        help="host names under which the server answers, .example.org with all below it (default: "
        "those of this machine while --host is one, else any)",
    )
    parser.add_argument(
        "--api-key-file",
        type=Path,
        metavar="FILE",
        help=f"keys of /api/v1, one a line (default: those in {API_KEYS}; without any, no key is asked for)",
    )
    parser.add_argument(
        "--rate-limit",
        type=_rate,
        metavar="N/PERIOD",
        help="calls of /api/v1 by one key, or one address without keys: 60/minute (default: no limit)",
    )


def deployment_of(options: argparse.Namespace) -> Deployment:
    """What the options and the environment say. Raises ProjectError for a key file without keys."""
    hosts = tuple(options.allowed_host)
    if not hosts and not options.trusted_proxy and _is_loopback(options.host):
        # Else a page of any site could rename itself to 127.0.0.1 (DNS rebinding) and read this server.
        hosts = LOOPBACK_HOSTS
    return Deployment(
        url_prefix=options.url_prefix,
        trusted_proxies=tuple(options.trusted_proxy),
        allowed_hosts=hosts,
        api_keys=_keys(options.api_key_file),
        rate_limit=options.rate_limit,
    )


def is_allowed_host(host: str, allowed: Sequence[str]) -> bool:
    """Whether a Host header, port or not, names one of the `allowed`; without any, every host is."""
    name = host.lower().rpartition("]")[0] + "]" if host.startswith("[") else host.lower().partition(":")[0]
    return not allowed or any(
        name == known.lstrip(".") or (known.startswith(".") and name.endswith(known)) for known in allowed
    )


def _keys(path: Path | None) -> tuple[str, ...]:
    if path is None:
        return tuple(os.environ.get(API_KEYS, "").split())
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ProjectError(f"The API keys in {path} cannot be read: {error}.") from error
    keys = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    _refuse_impossible(keys, path)
    return tuple(keys)


def _refuse_impossible(keys: Sequence[str], path: Path) -> None:
    if not keys:
        raise ProjectError(f"{path} holds no API key. It needs one a line; # begins a comment.")
    if any(not key.isascii() or len(key.split()) > 1 for key in keys):
        # Not printed: a log is no place for a key.
        raise ProjectError(f"A key in {path} has a blank or is not ASCII: no header may carry it.")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _prefix(text: str) -> str:
    prefix = f"/{text.strip('/')}" if text.strip("/") else ""
    if not PREFIX.fullmatch(prefix):
        raise argparse.ArgumentTypeError(
            f"a prefix is a path of letters, digits and -._~, such as /workbench. Received: {text!r}"
        )
    return prefix


def _network(text: str) -> Network:
    try:
        return ip_network(text, strict=False)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"a proxy is an address or a network, such as 127.0.0.1 or 10.0.0.0/8. Received: {text!r}"
        ) from error


def _host_name(text: str) -> str:
    if not text.strip(".") or re.search(r"[/*@\s]|\w:", text):
        raise argparse.ArgumentTypeError(
            f"a host is a name without scheme, port or star, such as example.org. Received: {text!r}"
        )
    return f"[{text}]" if text.count(":") > 1 else text.lower()


def _rate(text: str) -> limits.RateLimitItem:
    try:
        rate = limits.parse(text if "/" in text else f"{text}/minute")
        if rate.amount < 1:
            raise ValueError
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"a rate is a number of calls and a period, such as 60/minute. Received: {text!r}"
        ) from error
    return rate

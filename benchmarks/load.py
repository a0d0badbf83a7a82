"""What a visitor waits while others attack: median and 95th percentile of small predictions, and memory.

    python -m benchmarks load --out docs/load.json

Starts the real server with the shipped pair, and beside each attack predicts 20 times for a small picture,
one call after the other. Attacks come from another address of this machine (127.0.0.2), or with
--same-address from that of the visitor. Needs Linux: memory is read from /proc. Close other programs.
"""

import argparse
import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

from benchmarks.attacks.attacks import ATTACKS
from benchmarks.attacks.client import Client, photograph
from evaluation.reports.scores import compact_json
from faces.errors import ProjectError
from faces.files import whole_file
from faces.templates import render

REPOSITORY = Path(__file__).parent.parent
PREDICTIONS = 20
RUN_UP_SECONDS = 3.0  # of an attack before the first prediction is timed
REST_SECONDS = 25.0  # after it, before memory is read: decoded pictures are kept for 15
ATTACKER = "127.0.0.2"
MAX_MEDIAN_RATIO, MAX_P95_RATIO, MAX_RESIDENT_MB, MAX_GROWTH = 3.0, 6.0, 1_200.0, 0.10
READY_SECONDS = 120


@dataclass(frozen=True)
class Row:
    """Beside one attack: milliseconds of small predictions, and resident megabytes of the server.

    `kept` says whether the picture that the visitor had uploaded before is still there.
    """

    attack: str
    description: str
    median_ms: float
    p95_ms: float
    peak_mb: float
    after_mb: float
    kept: bool


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `python -m benchmarks load`."""
    parser.add_argument("--out", type=Path, help="JSON file of the results; the page is written beside it")
    parser.add_argument("--attack", choices=ATTACKS, action="append", help="some attacks only")
    parser.add_argument("--same-address", action="store_true", help="attacks come from the visitor's address")


def run(parsed: argparse.Namespace) -> int:
    """Measure and print; 1 where a bound is exceeded."""
    if not Path("/proc/self/status").is_file():
        raise ProjectError("This benchmark reads memory from /proc: it needs Linux.")
    source = "127.0.0.1" if parsed.same_address else ATTACKER
    names = parsed.attack or list(ATTACKS)
    with _server() as (url, process_id):
        results = _measured(url, process_id, names, source)
    page = page_of(results)
    print(page)
    if parsed.out:
        for path, text in ((parsed.out, compact_json(results)), (parsed.out.with_suffix(".md"), page)):
            with whole_file(path) as temporary:
                temporary.write_text(text, encoding="utf-8")
    exceeded = exceeded_bounds(results)
    print("\n".join(exceeded) or "All bounds hold.")
    return 1 if exceeded else 0


def page_of(results: dict) -> str:
    """The results as the page docs/load.md."""
    return render(REPOSITORY / "benchmarks" / "load.md.j2", **results)


def exceeded_bounds(results: dict) -> list[str]:
    """A sentence for every bound that a row exceeds."""
    quiet, start_mb = results["quiet_median_ms"], results["start_mb"]
    sentences = []
    for row in results["rows"]:
        for what, value, bound in (
            ("the median", row["median_ms"], MAX_MEDIAN_RATIO * quiet),
            ("the 95th percentile", row["p95_ms"], MAX_P95_RATIO * quiet),
            ("resident memory (MB)", row["peak_mb"], MAX_RESIDENT_MB),
            ("memory afterwards (MB)", row["after_mb"], (1 + MAX_GROWTH) * start_mb),
        ):
            if value > bound:
                sentences.append(f"{row['attack']}: {what} is {value:.0f}, at most {bound:.0f} was wanted.")
        if not row["kept"]:
            sentences.append(f"{row['attack']}: the visitor's picture is gone.")
    return sentences


def _measured(url: str, process_id: int, names: list[str], source: str) -> dict:
    client = Client(url)
    small = photograph(512, 384, quality=85)
    _times_ms(client, small)  # warm
    token = client.uploaded(photograph(1024, 768))
    quiet = _times_ms(client, small)
    start_mb = _resident_mb(process_id)
    rows = [_beside(client, process_id, name, source, small, token) for name in names]
    return {
        "attacks_from": source,
        "quiet_median_ms": round(statistics.median(quiet), 1),
        "quiet_p95_ms": round(float(np.percentile(quiet, 95)), 1),
        "start_mb": round(start_mb),
        "cores": os.cpu_count(),
        "rows": [asdict(row) for row in rows],
    }


def _beside(client: Client, process_id: int, name: str, source: str, small: bytes, token: str) -> Row:
    """The row of one attack, which runs in a process of its own."""
    context = get_context("spawn")
    begun = context.Event()
    attacker = context.Process(target=_attack, args=(name, client.url, source, begun), daemon=True)
    with _peak(process_id) as peak_mb:
        attacker.start()
        if not begun.wait(READY_SECONDS):
            raise ProjectError(f"The attack {name} did not begin.")
        time.sleep(RUN_UP_SECONDS)
        times = _times_ms(client, small)
        attacker.terminate()
        attacker.join()
    time.sleep(REST_SECONDS)
    return Row(
        name,
        ATTACKS[name].__doc__ or "",
        round(statistics.median(times), 1),
        round(float(np.percentile(times, 95)), 1),
        round(peak_mb()),
        round(_resident_mb(process_id)),
        client.has(token),
    )


def _attack(name: str, url: str, source: str, begun: Event) -> None:
    ATTACKS[name](Client(url, source=source), begun.set)
    time.sleep(3_600)  # until it is ended


def _times_ms(client: Client, picture: bytes) -> list[float]:
    times = []
    for _ in range(PREDICTIONS):
        started = time.perf_counter()
        client.predicted([picture])
        times.append((time.perf_counter() - started) * 1000)
    return times


@contextmanager
def _server() -> Iterator[tuple[str, int]]:
    """The real server on a free port, ready: its address and process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "dashboard", "--port", str(port)]
    server = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.DEVNULL)
    try:
        _wait_until_ready(url, server)
        yield url, server.pid
    finally:
        server.terminate()
        server.wait(timeout=30)


def _wait_until_ready(url: str, server: subprocess.Popen) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=5)
        try:
            connection.request("GET", "/healthz")
            if json.load(connection.getresponse())["ready"]:
                return
        except OSError:
            pass
        finally:
            connection.close()
        time.sleep(0.2)
    raise ProjectError("The server was not ready in time.")


@contextmanager
def _peak(process_id: int) -> Iterator[Callable[[], float]]:
    """The highest resident megabytes of a process, looked at 20 times a second."""
    values, done = [_resident_mb(process_id)], threading.Event()

    def look() -> None:
        while not done.wait(0.05):
            values.append(_resident_mb(process_id))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield lambda: max(values)
    finally:
        done.set()
        thread.join()


def _resident_mb(process_id: int) -> float:
    lines = Path(f"/proc/{process_id}/status").read_text(encoding="utf-8").splitlines()
    (kilobytes,) = [line.split()[1] for line in lines if line.startswith("VmRSS")]
    return int(kilobytes) / 1024

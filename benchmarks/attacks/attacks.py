"""A client -> one attack, which goes on until its process is ended, and calls `begun` once it is prepared.

The docstrings stand in the table.
"""

import contextlib
import io
import struct
import threading
import time
import zlib
from collections.abc import Callable

from PIL import Image

from benchmarks.attacks.client import Client, crowd, multipart, photograph
from faces.pictures import MAX_BYTES

Begun = Callable[[], object]


def many_faces(client: Client, begun: Begun) -> None:
    """2 visitors, each with a picture of 2,667 faces after the other"""
    picture = crowd(2_667, 133)
    _repeatedly(2, begun, lambda: client.predicted([picture]))


def phone_pictures(client: Client, begun: Begun) -> None:
    """2 visitors, each with calls of 32 pictures of 12 megapixels"""
    picture = photograph(4_000, 3_000)
    _repeatedly(2, begun, lambda: client.predicted([picture] * 32))


def arithmetic_jpeg(client: Client, begun: Begun) -> None:
    """4 visitors, each with calls of 32 JPEGs that are 50 megapixels in 111 bytes"""
    _repeatedly(4, begun, lambda: client.predicted([_arithmetic_jpeg(7_000, 7_100)] * 32))


def uploads(client: Client, begun: Begun) -> None:
    """4 visitors who upload blank pictures of 50 megapixels in 14 kB"""
    file = io.BytesIO()
    Image.new("1", (7_000, 7_100)).save(file, "PNG", optimize=True)
    _repeatedly(4, begun, lambda: client.uploaded(file.getvalue()))


def slow_headers(client: Client, begun: Begun) -> None:
    """98 connections with a header line every 3 seconds"""
    connections = [client.opened() for _ in range(98)]
    for connection in connections:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
    begun()
    while True:
        time.sleep(3)
        for index, connection in enumerate(connections):
            try:
                connection.sendall(b"X-Slow: 1\r\n")
            except OSError:
                connections[index] = client.opened()


def unknown_addresses(client: Client, begun: Begun) -> None:
    """5 bodies of 150 MB to an address that does not exist, and 5 to that which predicts"""
    piece = bytes(1_000_000)

    def send(path: str) -> None:
        with client.opened() as connection:
            header = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 150000000\r\n\r\n"
            connection.sendall(header.encode())
            for _ in range(150):
                connection.sendall(piece)

    _repeatedly(5, begun, lambda: send("/nowhere"))
    _repeatedly(5, begun, lambda: send("/api/v1/predict"))


def bombs(client: Client, begun: Begun) -> None:
    """4 visitors with files of 20 MB whose parts a parser would walk for seconds"""
    files = _bombs()
    _repeatedly(4, begun, lambda: client.predicted(files))


def gone(client: Client, begun: Begun) -> None:
    """8 visitors who go away half a second after a call of 8 pictures of 200 faces"""
    body, headers = multipart([crowd(200, 100)] * 8)
    lines = [f"{name}: {value}" for name, value in headers.items()]
    header = "\r\n".join(["POST /api/v1/predict HTTP/1.1", "Host: localhost", *lines])
    header += f"\r\nContent-Length: {len(body)}\r\n\r\n"

    def send() -> None:
        with client.opened() as connection:
            connection.sendall(header.encode() + body)
            time.sleep(0.5)

    _repeatedly(8, begun, send)


ATTACKS: dict[str, Callable[[Client, Begun], None]] = {
    attack.__name__: attack
    for attack in (
        many_faces,
        phone_pictures,
        arithmetic_jpeg,
        uploads,
        slow_headers,
        unknown_addresses,
        bombs,
        gone,
    )
}


def _repeatedly(visitors: int, begun: Begun, action: Callable[[], object]) -> None:
    """Have so many threads act, again and again; a refusal is no reason to stop."""

    def act() -> None:
        while True:
            with contextlib.suppress(OSError, ValueError):
                action()
            time.sleep(0.01)

    begun()
    for _ in range(visitors):
        threading.Thread(target=act, daemon=True).start()


def _arithmetic_jpeg(width: int, height: int) -> bytes:
    """Frame and scan header of four components, arithmetic coding, no scan data."""
    tables = _segment(0xDB, b"\x00" + b"\x10" * 64)
    components = b"".join(bytes([number, 0x11, 0]) for number in range(1, 5))
    frame = _segment(0xC9, struct.pack(">BHHB", 8, height, width, 4) + components)
    scan = _segment(0xDA, b"\x04" + b"".join(bytes([number, 0]) for number in range(1, 5)) + b"\x00\x3f\x00")
    return b"\xff\xd8" + tables + frame + scan + b"\xff\xd9"


def _segment(kind: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, kind, len(content) + 2) + content


def _bombs() -> list[bytes]:
    """Seven files, each of MAX_BYTES and a few less."""
    small = photograph(32, 32)
    gif = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes(6)
    frame = b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00;"
    chunk = struct.pack(">I4sI", 0, b"tRNS", zlib.crc32(b"tRNS"))
    png = io.BytesIO()
    Image.new("RGB", (8, 8)).save(png, "PNG")
    room = MAX_BYTES - 20_000
    return [
        small[:2] + b"\xff" * room + small[2:],
        *(small[:2] + segment * (room // len(segment)) + small[2:] for segment in _EMPTY_SEGMENTS),
        gif + b"!\xfe" + b"\x01A" * (room // 2) + b"\x00" + frame,
        png.getvalue()[:33] + chunk * (room // 12) + png.getvalue()[33:],
    ]


_EMPTY_SEGMENTS = (_segment(0xDB, b""), _segment(0xC4, b""), _segment(0xDD, b"\x00\x00"))

"""Pictures -> calls of the server, from an address of choice."""

import http.client
import io
import json
import secrets
import socket
from collections.abc import Sequence
from urllib.parse import urlsplit

import cv2
import numpy as np
from PIL import Image

from dashboard.pictures.samples import SAMPLES_FOLDER
from faces.boxes import square_around
from faces.detection import Detector
from faces.input_crops import pixels_in
from faces.pictures import Picture

FACE_SCALE = 1.2  # of a face's box, in a crowd


class Client:
    """One visitor. Every call has a connection of its own."""

    def __init__(self, url: str, *, source: str = "127.0.0.1") -> None:
        self.url = url
        self.source = source
        parts = urlsplit(url)
        self.address = (parts.hostname or "", parts.port or 80)

    def predicted(self, pictures: Sequence[bytes]) -> list[dict]:
        """What the API answers to one call."""
        return self._posted("/api/v1/predict", pictures)

    def uploaded(self, picture: bytes) -> str:
        """The key of a picture that was uploaded as the page does it; empty where it was refused."""
        return self._posted("/pictures", [picture]).get("key", "")

    def has(self, key: str) -> bool:
        """Whether the server still has an uploaded picture."""
        with self._connection() as connection:
            connection.request("GET", f"/pictures/{key}/thumbnail.jpg")
            return connection.getresponse().status == 200

    def opened(self) -> socket.socket:
        """A connection without a call yet."""
        return socket.create_connection(self.address, timeout=60, source_address=(self.source, 0))

    def _posted(self, path: str, pictures: Sequence[bytes]):  # type: ignore[no-untyped-def]
        body, headers = multipart(pictures)
        with self._connection() as connection:
            connection.request("POST", path, body, headers)
            return json.load(connection.getresponse())

    def _connection(self) -> "_Connection":
        return _Connection(*self.address, timeout=300, source_address=(self.source, 0))


class _Connection(http.client.HTTPConnection):
    def __enter__(self) -> "_Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def multipart(pictures: Sequence[bytes]) -> tuple[bytes, dict[str, str]]:
    """Body and header of a form with these files."""
    boundary = secrets.token_hex(16)
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="picture"; filename='
    parts = [
        f'{head}"{number}.jpg"\r\n\r\n'.encode() + picture + b"\r\n"
        for number, picture in enumerate(pictures)
    ]
    body = b"".join(parts) + f"--{boundary}--\r\n".encode()
    return body, {"Content-Type": f"multipart/form-data; boundary={boundary}"}


def portrait() -> np.ndarray:
    """A shipped portrait, (height, width, 3) uint8 RGB."""
    path = sorted(SAMPLES_FOLDER.glob("portrait_*.jpg"))[0]
    return np.asarray(Image.open(path).convert("RGB"))


def photograph(width: int, height: int, *, quality: int = 90) -> bytes:
    """A JPEG of one person, of so many pixels."""
    return jpeg(cv2.resize(portrait(), (width, height), interpolation=cv2.INTER_CUBIC), quality)


def crowd(faces: int, face_px: int, *, quality: int = 90) -> bytes:
    """A JPEG with a square of faces side by side, `face_px` from one to the next."""
    rgb = portrait()
    (face, *_) = Detector().faces_in(Picture("portrait", rgb))
    square = square_around(face.box_xyxy, FACE_SCALE)
    tile = pixels_in(rgb, square, face_px, (127, 127, 127))
    across = round(faces**0.5)
    return jpeg(np.tile(tile, (-(-faces // across), across, 1)), quality)


def jpeg(rgb: np.ndarray, quality: int) -> bytes:
    """(height, width, 3) uint8 RGB as a JPEG."""
    file = io.BytesIO()
    Image.fromarray(rgb).save(file, "JPEG", quality=quality)
    return file.getvalue()

"""JPEG without its end mark -> its pixels, if it lacks nothing else."""

import hashlib
import io

import numpy as np
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile

from faces.jpeg import is_scanned

END = b"\xff\xd9"
_STRIP_PIXELS = 1_000_000
_RESTARTS = range(0xD0, 0xD8)


def _anything_else() -> bytes:
    """Coded values of no picture, some behind each restart mark: a decoder that lacks any takes them."""
    rng = np.random.default_rng(0)
    runs = [rng.integers(0, 255, 64, np.uint8).tobytes() for _ in range(1 + len(_RESTARTS))]  # 255 is a mark
    return runs[0] + b"".join(
        bytes([0xFF, mark]) + run for mark, run in zip(_RESTARTS, runs[1:], strict=True)
    )


def loaded_without_end(data: bytes) -> ImageFile:
    """The loaded picture of a JPEG that ends with its last value. Raises OSError where values are missing.

    Where none is, the pixels are the same whatever follows; a decoder takes what is missing from there.
    """
    # The first half of the mark, or what a stopped download leaves in place of the rest.
    data = data.rstrip(b"\x00\xff")
    if is_scanned(data):
        digest = _pixel_digest(_loaded(data + _anything_else() + END))
        image = _loaded(data + END)
        if _pixel_digest(image) == digest:
            return image
    raise OSError("The picture data are truncated.")


def _loaded(data: bytes) -> ImageFile:
    image = JpegImageFile(io.BytesIO(data))
    image.load()
    return image


def _pixel_digest(image: ImageFile) -> bytes:
    """SHA-256 of the pixels, in strips: a second copy of all may be 200 MB."""
    digest, rows = hashlib.sha256(), max(_STRIP_PIXELS // image.width, 1)
    for top in range(0, image.height, rows):
        digest.update(image.crop((0, top, image.width, min(top + rows, image.height))).tobytes())
    return digest.digest()

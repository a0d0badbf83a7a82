"""BMP of run lengths (RLE4, RLE8) -> its pixels.

Pillow's decoder of these is Python, a pixel at a time; OpenCV's is C++.
"""

import struct

import cv2
import numpy as np

from faces import format_bounds as bounds

_RLE8, _RLE4 = 1, 2
_HEADER_BYTES = 40
_GREYS = np.repeat(np.arange(256, dtype=np.uint8), 4).reshape(256, 4) * np.array([1, 1, 1, 0], np.uint8)


def has_run_lengths(data: bytes) -> bool:
    """Whether a BMP stores runs of one colour."""
    return (
        len(data) >= 34
        and int.from_bytes(data[30:34], "little") in (_RLE8, _RLE4)
        and data[14] >= _HEADER_BYTES
    )


def essential_run_lengths(data: bytes) -> bounds.Essential:
    """What such a BMP asks of a decoder."""
    width, height = struct.unpack_from("<ii", data, 18)
    pixels = max(width, 0) * abs(height)
    least_bytes = pixels / bounds.PIXELS_PER_RLE_BYTE
    return bounds.Essential(data, value_bytes=pixels, least_bytes=least_bytes, canvas=(width, abs(height)))


def run_length_pixels(data: bytes) -> tuple[np.ndarray, np.ndarray]:
    """(height, width) uint8 indices and their (256, 3) uint8 RGB; any exception for a broken file.

    OpenCV is shown a palette of greys, so that what it decodes are the indices.
    """
    (pixels_at,) = struct.unpack_from("<I", data, 10)
    header_bytes, width, height, _, bits = struct.unpack_from("<IiiHH", data, 14)
    (colours,) = struct.unpack_from("<I", data, 46)
    colours = min(colours or 1 << bits, 1 << bits)
    stored = np.frombuffer(data, np.uint8, 4 * colours, 14 + header_bytes).reshape(colours, 4)
    palette = np.zeros((256, 3), np.uint8)
    palette[:colours] = stored[:, 2::-1]
    greys = _GREYS[: 1 << bits].tobytes()
    header = struct.pack("<I", _HEADER_BYTES) + data[18:46] + struct.pack("<II", 1 << bits, 0)
    start = 14 + _HEADER_BYTES + len(greys)
    runs = data[pixels_at:]
    file = b"BM" + struct.pack("<IHHI", start + len(runs), 0, 0, start) + header + greys + runs
    indices = cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_UNCHANGED)
    if indices is None or indices.shape != (height, width):
        raise ValueError("run lengths that do not fill the picture")
    return indices, palette

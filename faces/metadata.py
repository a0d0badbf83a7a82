"""File bytes -> the bytes that make the pixels, and the EXIF block; EXIF block -> orientation.

Metadata is never a reason to refuse a picture, but Pillow refuses a PNG for a wrong checksum in a comment and
a JPEG (faces.jpeg) for a short colour profile: metadata that is not needed is cut out before decoding.
"""

import struct

from PIL import Image

from faces import format_bounds as bounds

EXIF_HEADER = b"Exif\x00\x00"
_EXIF_ORIENTATION = 0x0112

_PNG_PIXEL_CHUNKS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
_MAX_EXIF_BYTES = 65_535  # as in a JPEG; the orientation stands at its beginning


def essential_png(data: bytes) -> bounds.Essential:
    """The PNG with only the chunks that make its pixels.

    Without its animation chunks an APNG is its default picture. Raises OverBound for too many chunks.
    """
    chunks, exif, position, count = [data[:8]], b"", 8, 0
    seen: set[bytes] = set()
    while position + 8 <= len(data):
        count = bounds.counted(count, bounds.MAX_CHUNKS, "chunks")
        length, kind = struct.unpack_from(">I4s", data, position)
        chunk = data[position : position + length + 12]  # length, kind, content, checksum
        if kind == b"IDAT" or (kind in _PNG_PIXEL_CHUNKS and kind not in seen):
            chunks.append(chunk)
        elif kind == b"eXIf" and not exif:
            exif = EXIF_HEADER + chunk[8:-4]
        seen.add(kind)
        position += length + 12
        if kind == b"IEND":
            break
    value_bytes, rows = _png_value_bytes(data)
    least_bytes = (value_bytes + rows) / bounds.VALUES_PER_PNG_BYTE  # a row begins with its filter
    return bounds.Essential(b"".join(chunks), exif, value_bytes, least_bytes=least_bytes)


def _png_value_bytes(data: bytes) -> tuple[float, int]:
    """The bytes of the values of all pixels, and the count of rows, as the header says."""
    width, height, bits, colour_type = struct.unpack_from(">IIBB", data, 16)
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour_type]
    return width * height * bits * channels / 8, height


def orientation(exif: bytes) -> int:
    """EXIF orientation 1–8; 1, upright, where there is none or the block is garbage."""
    try:
        tags = Image.Exif()
        tags.load(exif[:_MAX_EXIF_BYTES])
        return int(tags.get(_EXIF_ORIENTATION, 1))
    except Exception:  # Pillow's EXIF parser raises whatever garbage makes it trip over
        return 1

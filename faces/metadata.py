"""File bytes -> the bytes that make the pixels, and the EXIF block; EXIF block -> orientation.

Metadata is never a reason to refuse a picture, but Pillow refuses a PNG for a wrong checksum in a comment and
a JPEG for a short colour profile: metadata that is not needed is cut out before decoding.
"""

import struct

from PIL import Image

EXIF_HEADER = b"Exif\x00\x00"
_EXIF_ORIENTATION = 0x0112

_PNG_PIXEL_CHUNKS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")

_JPEG_JFIF, _JPEG_EXIF, _JPEG_ADOBE, _JPEG_COMMENT, _JPEG_SCAN = 0xE0, 0xE1, 0xEE, 0xFE, 0xDA
# These two define how colours are stored; shorter than this they are broken and ignored.
_JPEG_COLOUR_SEGMENTS = {_JPEG_JFIF: (b"JFIF\x00", 14), _JPEG_ADOBE: (b"Adobe", 12)}


def essential_png(data: bytes) -> tuple[bytes, bytes]:
    """The PNG with only the chunks that make its pixels, and its EXIF block (may be empty).

    Without its animation chunks an APNG is its default picture.
    """
    chunks, exif, position = [data[:8]], b"", 8
    while position + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        chunk = data[position : position + length + 12]  # length, kind, content, checksum
        if kind in _PNG_PIXEL_CHUNKS:
            chunks.append(chunk)
        elif kind == b"eXIf":
            exif = EXIF_HEADER + chunk[8:-4]
        position += length + 12
        if kind == b"IEND":
            break
    return b"".join(chunks), exif


def essential_jpeg(data: bytes) -> tuple[bytes, bytes]:
    """The JPEG without application segments and comments, but for those on colour, and its EXIF block."""
    segments, exif, position = [data[:2]], b"", 2
    while position + 4 <= len(data):
        mark, kind, length = struct.unpack_from(">BBH", data, position)
        if mark != 0xFF or kind == _JPEG_SCAN or kind < 0xC0 or 0xD0 <= kind <= 0xD9 or kind == 0xFF:
            break  # the pixels begin, or this is no segment: the rest is left to the decoder
        segment = data[position : position + 2 + length]
        content = segment[4:]
        beginning, min_bytes = _JPEG_COLOUR_SEGMENTS.get(kind, (b"", 0))
        if kind == _JPEG_EXIF and content.startswith(EXIF_HEADER) and not exif:
            exif = content
        is_extra = 0xE0 <= kind <= 0xEF or kind == _JPEG_COMMENT
        if not is_extra or (beginning and content.startswith(beginning) and len(content) >= min_bytes):
            segments.append(segment)
        position += 2 + length
    segments.append(data[position:])
    return b"".join(segments), exif


def orientation(exif: bytes) -> int:
    """EXIF orientation 1–8; 1, upright, where there is none or the block is garbage."""
    try:
        tags = Image.Exif()
        tags.load(exif)
        return int(tags.get(_EXIF_ORIENTATION, 1))
    except Exception:  # Pillow's EXIF parser raises whatever garbage makes it trip over
        return 1

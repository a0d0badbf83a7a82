"""File bytes -> the bytes that make the pixels, and the EXIF block; EXIF block -> orientation.

Metadata is never a reason to refuse a picture, but Pillow refuses a PNG for a wrong checksum in a comment and
a JPEG (faces.jpeg) for a short colour profile: metadata that is not needed is cut out before decoding.
"""

import re
import struct
import zlib

from PIL import Image

from faces import format_bounds as bounds

EXIF_HEADER = b"Exif\x00\x00"
_EXIF_ORIENTATION = 0x0112

_PNG_PIXEL_CHUNKS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
_MAX_EXIF_BYTES = 65_535  # as in a JPEG; the orientation stands at its beginning
_PNG_TEXT_CHUNKS = (b"tEXt", b"zTXt", b"iTXt")
_MAX_TEXT_BYTES = 4 * _MAX_EXIF_BYTES  # ImageMagick writes EXIF in hexadecimal digits, in lines
_XMP_ORIENTATION = re.compile(rb"tiff:Orientation\s*(?:=\s*[\"']|>)\s*([1-8])\s*[\"'<]")
XMP_HEADER = b"http://ns.adobe.com/xap/1.0/\x00"


def essential_png(data: bytes) -> bounds.Essential:
    """The PNG with only the chunks that make its pixels.

    Without its animation chunks an APNG is its default picture. Raises OverBound for too many chunks.
    """
    chunks, exif, position, count = [data[:8]], b"", 8, 0
    texts: list[bytes] = []
    seen: set[bytes] = set()
    while position + 8 <= len(data):
        count = bounds.counted(count, bounds.MAX_CHUNKS, "chunks")
        length, kind = struct.unpack_from(">I4s", data, position)
        chunk = data[position : position + length + 12]  # length, kind, content, checksum
        if kind == b"IDAT" or (kind in _PNG_PIXEL_CHUNKS and kind not in seen):
            chunks.append(chunk)
        elif kind == b"eXIf" and not exif:
            exif = with_exif_header(chunk[8:-4])
        elif kind in _PNG_TEXT_CHUNKS and (text := _exif_in_png_text(kind, chunk[8:-4])):
            texts = [*texts, text][:2]
        seen.add(kind)
        position += length + 12
        if kind == b"IEND":
            break
    value_bytes, rows = _png_value_bytes(data)
    least_bytes = (value_bytes + rows) / bounds.VALUES_PER_PNG_BYTE  # a row begins with its filter
    exif = oriented(exif, *texts)
    return bounds.Essential(b"".join(chunks), exif, value_bytes, least_bytes=least_bytes)


def _png_value_bytes(data: bytes) -> tuple[float, int]:
    """The bytes of the values of all pixels, and the count of rows, as the header says."""
    width, height, bits, colour_type = struct.unpack_from(">IIBB", data, 16)
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour_type]
    return width * height * bits * channels / 8, height


def with_exif_header(exif: bytes) -> bytes:
    """The EXIF block as a JPEG has it: PNG and WebP leave its header out, or not."""
    return exif if not exif or exif.startswith(EXIF_HEADER) else EXIF_HEADER + exif


def oriented(*blocks: bytes) -> bytes:
    """The first of some EXIF blocks that has an orientation, or the first."""
    return next((block for block in blocks if _orientation(block)), blocks[0])


def exif_of_xmp(xmp: bytes) -> bytes:
    """An EXIF block with the orientation that XMP has as tiff:Orientation; empty where it has none."""
    match = _XMP_ORIENTATION.search(xmp[:_MAX_TEXT_BYTES])
    if match is None:
        return b""
    # TIFF: big endian, one directory at byte 8, of one short.
    directory = struct.pack(">HHHIHHI", 1, _EXIF_ORIENTATION, 3, 1, int(match[1]), 0, 0)
    return EXIF_HEADER + b"MM\x00*\x00\x00\x00\x08" + directory


def _exif_in_png_text(kind: bytes, content: bytes) -> bytes:
    """The EXIF block that a text chunk holds: as a raw profile of ImageMagick, or as XMP; else empty."""
    keyword, _, text = content.partition(b"\x00")
    if not (keyword.startswith(b"Raw profile type ") or keyword == b"XML:com.adobe.xmp"):
        return b""
    try:
        if kind == b"iTXt":
            is_compressed, text = text[0], text[2:].split(b"\x00", 2)[2]  # behind language and translation
        else:
            is_compressed, text = kind == b"zTXt", text[kind == b"zTXt" :]
        if is_compressed:
            text = zlib.decompressobj().decompress(text, _MAX_TEXT_BYTES)
        if keyword == b"XML:com.adobe.xmp":
            return exif_of_xmp(text)
        _name, _length, digits = text[:_MAX_TEXT_BYTES].split(None, 2)
        # Cut to whole bytes: of a large profile the beginning suffices.
        digits = b"".join(digits.split())
        profile = bytes.fromhex(digits[: len(digits) // 2 * 2].decode("ascii"))
    except (ValueError, IndexError, zlib.error):  # garbage: metadata is never a reason to refuse
        return b""
    if keyword.endswith(b" xmp") or profile.startswith(XMP_HEADER):
        return exif_of_xmp(profile)
    return with_exif_header(profile) if keyword.endswith((b" exif", b" APP1")) else b""


def orientation(exif: bytes) -> int:
    """EXIF orientation 1–8; 1, upright, where there is none or the block is garbage."""
    return _orientation(exif) or 1


def _orientation(exif: bytes) -> int:
    """The orientation in an EXIF block, 0 where it has none."""
    try:
        tags = Image.Exif()
        tags.load(exif[:_MAX_EXIF_BYTES])
        return int(tags.get(_EXIF_ORIENTATION, 0))
    except Exception:  # Pillow's EXIF parser raises whatever garbage makes it trip over
        return 0

"""GIF or WebP bytes -> the bytes of the first frame alone, as a file of its own.

Of an animation nothing else is shown; comments, extensions and further frames are passed over here, and
counted.
"""

import re
import struct

from faces import format_bounds as bounds
from faces.metadata import exif_of_xmp, oriented, with_exif_header

_GIF_HEADER_BYTES, _GIF_CONTROL = 13, 0xF9
_GIF_BLOCK = re.compile(rb"[,!;]")  # what lies between blocks is passed over, as browsers do
_WEBP_ANIMATED, _WEBP_ALPHA = 0x02, 0x10
_WEBP_PIXEL_CHUNKS = (b"ALPH", b"VP8 ", b"VP8L")


def essential_gif(data: bytes) -> bounds.Essential:
    """The GIF with its first frame and the control block of that. Raises OverBound for too many blocks."""
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    position = _GIF_HEADER_BYTES + _gif_palette_bytes(flags)
    parts, control, count = [data[:position]], b"", 0
    while block := _GIF_BLOCK.search(data, position):
        start, mark = block.start(), block.group()
        if mark == b";":
            break
        count = bounds.counted(count, bounds.MAX_BLOCKS, "blocks")
        if mark == b"!":
            position, count = _gif_blocks_end(data, start + 2, count)
            if data[start + 1 : start + 2] == bytes([_GIF_CONTROL]):
                control = data[start:position]
            continue
        left, top, frame_width, frame_height, flags = struct.unpack_from("<HHHHB", data, start + 1)
        width, height = max(width, left + frame_width), max(height, top + frame_height)
        end, _ = _gif_blocks_end(data, start + 11 + _gif_palette_bytes(flags), count)
        parts += [control, data[start:end]]
        break
    pixels = width * height
    return bounds.Essential(
        b"".join([*parts, b";"]),
        value_bytes=pixels,
        least_bytes=pixels / bounds.PIXELS_PER_GIF_BYTE,
    )


def _gif_palette_bytes(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _gif_blocks_end(data: bytes, position: int, count: int) -> tuple[int, int]:
    """Where a chain of data blocks ends, behind its empty last one, and the count with them."""
    while position < len(data):
        size = data[position]
        position += size + 1
        if not size:
            break
        count += 1
        if count > bounds.MAX_BLOCKS:
            raise bounds.OverBound(f"has more than {bounds.MAX_BLOCKS:,} blocks, which no picture needs.")
    return min(position, len(data)), count


def essential_webp(data: bytes) -> bounds.Essential:
    """The WebP as a picture that does not move. Raises OverBound for too many chunks."""
    chunks = _webp_chunks(data, 12)
    header, frame = chunks.get(b"VP8X", b""), chunks.get(b"ANMF", b"")
    exif = oriented(with_exif_header(chunks.get(b"EXIF", b"")), exif_of_xmp(chunks.get(b"XMP ", b"")))
    canvas, corner = None, (0, 0)
    if len(header) >= 10 and header[0] & _WEBP_ANIMATED and len(frame) >= 16:
        canvas = (_int24(header, 4) + 1, _int24(header, 7) + 1)
        corner = (2 * _int24(frame, 0), 2 * _int24(frame, 3))
        chunks = _webp_chunks(frame, 16)
    width, height, least_bytes = _webp_extent(chunks)
    parts = [(kind, chunks[kind]) for kind in _WEBP_PIXEL_CHUNKS if kind in chunks]
    if b"ALPH" in chunks:
        size = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
        parts.insert(0, (b"VP8X", bytes([_WEBP_ALPHA, 0, 0, 0]) + size))
    return bounds.Essential(
        _riff(parts), exif, least_bytes=least_bytes, canvas=canvas or (width, height), corner=corner
    )


def _webp_chunks(data: bytes, position: int) -> dict[bytes, bytes]:
    """The first chunk of each kind."""
    chunks: dict[bytes, bytes] = {}
    count = 0
    while position + 8 <= len(data):
        count = bounds.counted(count, bounds.MAX_CHUNKS, "chunks")
        kind, size = struct.unpack_from("<4sI", data, position)
        if kind not in chunks:
            chunks[kind] = data[position + 8 : position + 8 + size]
        position += 8 + size + size % 2
    return chunks


def _webp_extent(chunks: dict[bytes, bytes]) -> tuple[int, int, float]:
    """Width, height and the fewest bytes of a frame. VP8L has no bound: one colour is a few bytes."""
    if b"VP8 " in chunks:
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", chunks[b"VP8 "], 6))
        macroblocks = -(-width // 16) * -(-height // 16)
        return width, height, macroblocks * bounds.BITS_PER_WEBP_MACROBLOCK / 8
    (sizes,) = struct.unpack_from("<I", chunks[b"VP8L"], 1)
    return (sizes & 0x3FFF) + 1, (sizes >> 14 & 0x3FFF) + 1, 0


def _riff(parts: list[tuple[bytes, bytes]]) -> bytes:
    body = b"".join(
        kind + struct.pack("<I", len(content)) + content + b"\x00" * (len(content) % 2)
        for kind, content in parts
    )
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def _int24(data: bytes, position: int) -> int:
    return int.from_bytes(data[position : position + 3], "little")

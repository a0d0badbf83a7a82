"""JPEG bytes -> the segments that make its pixels, and its EXIF block.

Pillow's parser is Python and takes a segment, a fill byte, a stray byte at a time: what does not make
pixels is cut out before, with the speed of `bytes.find`.
"""

import math
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from faces import format_bounds as bounds
from faces.metadata import EXIF_HEADER, XMP_HEADER, exif_of_xmp, oriented

_JFIF, _EXIF, _ADOBE, _SCAN, _END = 0xE0, 0xE1, 0xEE, 0xDA, 0xD9
_QUANTISATION, _HUFFMAN, _RESTART = 0xDB, 0xC4, 0xDD
_ARITHMETIC_CONDITIONING, _RESERVED = 0xCC, 0xC8
_FRAMES = frozenset(range(0xC0, 0xD0)) - {_HUFFMAN, _RESERVED, _ARITHMETIC_CONDITIONING}
_PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_WITHOUT_CONTENT = frozenset({0x00, 0x01, *range(0xD0, 0xD9)})
# Four tables of 64 values, 16 bits each, in one segment; four of each class of 256 codes: T.81, B.2.4.
_MAX_TABLE_BYTES = {_QUANTISATION: 4 * 129, _HUFFMAN: 8 * 273, _ARITHMETIC_CONDITIONING: 64, _RESTART: 2}
# These two define how colours are stored; shorter than this they are broken and ignored.
_COLOUR_SEGMENTS = {_JFIF: (b"JFIF\x00", 14), _ADOBE: (b"Adobe", 12)}

_FILL = re.compile(rb"\xff*")
# Inside a scan, 0xFF is followed by zero, or by a restart mark.
_SCAN_END = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")


@dataclass(frozen=True)
class _Frame:
    """A frame header: the blocks of 8 by 8 values of each component, by its id."""

    kind: int
    blocks: dict[int, int]

    @classmethod
    def of(cls, kind: int, content: bytes) -> "_Frame":
        _, height, width, count = struct.unpack_from(">BHHB", content)
        parts = [struct.unpack_from(">BB", content, 6 + 3 * index) for index in range(count)]
        across, down = (
            max(sampling >> 4 for _, sampling in parts),
            max(sampling & 15 for _, sampling in parts),
        )
        return cls(
            kind,
            {
                component: math.ceil(width * (sampling >> 4) / across / 8)
                * math.ceil(height * (sampling & 15) / down / 8)
                for component, sampling in parts
            },
        )

    def scanned_blocks(self, scan: bytes) -> int:
        """The blocks that a scan with this header visits."""
        return sum(self.blocks.get(component, 0) for component in scan[1 : 1 + 2 * scan[0] : 2])


def essential_jpeg(data: bytes) -> bounds.Essential:
    """The JPEG without application segments and comments, but for those on colour.

    Raises OverBound for too many segments or too large tables, another exception for broken ones.
    """
    parts, exif, xmp, frame, scanned_blocks = [data[:2]], b"", b"", None, 0
    for kind, content, following in _segments(data):
        if kind in _FRAMES:
            if frame is not None:
                raise ValueError("a second frame")
            frame = _Frame.of(kind, content)
        elif kind == _SCAN and frame is not None:
            scanned_blocks += frame.scanned_blocks(content)
        elif kind == _EXIF and content.startswith(EXIF_HEADER) and not exif:
            exif = content
        elif kind == _EXIF and content.startswith(XMP_HEADER) and not xmp:
            xmp = content
        if _makes_pixels(kind, content):
            parts.append(struct.pack(">BBH", 0xFF, kind, len(content) + 2) + content + following)
        elif kind == _END:
            parts.append(b"\xff\xd9")
    blocks = sum(frame.blocks.values()) if frame else 0
    is_progressive = frame is not None and frame.kind in _PROGRESSIVE
    bits = bounds.BITS_PER_BLOCK_PROGRESSIVE if is_progressive else bounds.BITS_PER_BLOCK_BASELINE
    return bounds.Essential(
        b"".join(parts),
        oriented(exif, exif_of_xmp(xmp)),
        value_bytes=64 * blocks,
        scanned_values=64 * scanned_blocks,
        least_bytes=blocks * bits / 8,
    )


def is_scanned(data: bytes) -> bool:
    """Whether the scans of a JPEG visit all values of all components to their lowest bit.

    Passes of a progressive one may be missing as a whole.
    """
    missing = {(0, 0)}
    for kind, content, _ in _segments(data):
        if kind in _FRAMES:
            components = content[6 : 6 + 3 * content[5] : 3]
            missing = {(component, index) for component in components for index in range(64)}
        elif kind == _SCAN:
            components = content[1 : 1 + 2 * content[0] : 2]
            first, last, bits = content[1 + 2 * content[0] : 4 + 2 * content[0]]
            if bits & 15 == 0:
                missing -= {
                    (component, index) for component in components for index in range(first, last + 1)
                }
    return not missing


def _segments(data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Kind and content of each segment, and of a scan the coded values that follow it; up to the end mark.

    Of what ends early the part that is there.
    """
    position, count = 2, 0
    while (start := data.find(b"\xff", position)) >= 0:
        position = _FILL.match(data, start).end() + 1  # type: ignore[union-attr]
        if position > len(data):
            return
        kind = data[position - 1]
        count = bounds.counted(count, bounds.MAX_SEGMENTS, "segments")
        if kind in _WITHOUT_CONTENT:
            continue
        if kind == _END:
            yield kind, b"", b""
            return
        (length,) = struct.unpack_from(">H", data, position)
        if length < 2:
            raise ValueError("a segment shorter than its length")
        content = data[position + 2 : position + length]
        position += length
        following = b""
        if kind == _SCAN:
            end = _SCAN_END.search(data, position)
            following = data[position : end.start() if end else len(data)]
            position += len(following)
        yield kind, content, following


def _makes_pixels(kind: int, content: bytes) -> bool:
    """Whether a decoder needs a segment. Raises OverBound for more tables than a picture can have."""
    if kind in _COLOUR_SEGMENTS:
        beginning, min_bytes = _COLOUR_SEGMENTS[kind]
        return content.startswith(beginning) and len(content) >= min_bytes
    if len(content) > _MAX_TABLE_BYTES.get(kind, len(content)):
        raise bounds.OverBound(f"has a table of {len(content):,} bytes, more than a JPEG can use.")
    return kind in _FRAMES or kind in _MAX_TABLE_BYTES or kind == _SCAN

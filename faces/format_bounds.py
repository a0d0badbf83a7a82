"""What a picture file may ask of its decoder: how many parts, values and passes, and how few bytes.

A format's least bytes are those of a picture of one colour: fewer cannot describe so many pixels.
"""

from dataclasses import dataclass

from faces.errors import PictureBroken, PictureError, PictureTooLarge, PictureTruncated

MAX_PIXELS = 50_000_000
MAX_VALUE_BYTES = 3 * MAX_PIXELS  # of the pixel values as a file stores them: 16 bits a channel count twice
# A progressive JPEG may ask for a pass over all pixels with every few bytes: a bomb in time, not in memory.
MAX_SCANNED_VALUES = 20 * MAX_PIXELS
MAX_SEGMENTS = 1_000  # of a JPEG: a colour profile and the metadata of an editor take up to 300
MAX_CHUNKS = 20_000  # of a PNG or WebP; the smallest in use are 2 kB, and a file has 20 MB
MAX_BLOCKS = 400_000  # of up to 255 bytes, of a GIF

BITS_PER_BLOCK_BASELINE = 2  # JPEG, 8 by 8 values: Huffman codes of one bit for the mean and for "no more"
BITS_PER_BLOCK_PROGRESSIVE = 1  # the mean alone; one code ends the bands of 32,767 blocks
VALUES_PER_PNG_BYTE = 1_032  # deflate's highest ratio: 258 bytes for two bits
PIXELS_PER_GIF_BYTE = 4_096 / 1.5  # LZW's longest string for its longest code, 12 bits
BITS_PER_WEBP_MACROBLOCK = 3  # VP8, 16 by 16 pixels: the modes alone, by the fixed probabilities of RFC 6386
PIXELS_PER_RLE_BYTE = 255 / 2  # BMP: a length and a colour

Extent = tuple[int, int]


class OverBound(Exception):
    """A file that asks for more than any picture needs; the message goes on after the file's name."""


@dataclass(frozen=True)
class Essential:
    """The bytes that make the pixels of a file's first picture, and what they ask of a decoder.

    `value_bytes` are those of the pixel values as stored, `scanned_values` the values that all passes visit,
    `least_bytes` the fewest that the format needs for so many pixels. Of a frame that covers a part of an
    animation's canvas, `canvas` is its width and height and `corner` where the frame begins.
    """

    data: bytes
    exif: bytes = b""
    value_bytes: float = 0
    scanned_values: float = 0
    least_bytes: float = 0
    canvas: Extent | None = None
    corner: Extent = (0, 0)


def refuse_over_bounds(essential: Essential, name: str, *, ends_early: bool) -> None:
    """Raise PictureTooLarge for too many values or passes, PictureBroken for far too few bytes.

    A file that `ends_early` has too few for another reason: PictureTruncated.
    """
    if len(essential.data) < essential.least_bytes:
        raise _too_few_bytes(essential, name, ends_early)
    if essential.value_bytes > MAX_VALUE_BYTES:
        raise PictureTooLarge(
            f"{name} stores {essential.value_bytes / 1e6:,.0f} MB of pixel values; "
            f"at most {MAX_VALUE_BYTES / 1e6:.0f} MB are read."
        )
    if essential.scanned_values > MAX_SCANNED_VALUES:
        raise PictureTooLarge(
            f"{name} stores its pixels in more passes than are read. "
            f"Received: {essential.scanned_values / 1e6:,.0f} million values in all."
        )


def _too_few_bytes(essential: Essential, name: str, ends_early: bool) -> PictureError:
    if ends_early:
        return PictureTruncated(f"{name} ends in the middle of the picture data.")
    return PictureBroken(
        f"{name} is damaged: so many pixels take at least {essential.least_bytes:,.0f} bytes in its format. "
        f"Received: {len(essential.data):,} bytes."
    )


def counted(parts: int, most: int, what: str) -> int:
    """`parts` and one more. Raises OverBound above `most`."""
    if parts >= most:
        raise OverBound(f"has more than {most:,} {what}, which no picture needs.")
    return parts + 1

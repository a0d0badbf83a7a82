"""Where else an orientation stands than in the EXIF of a JPEG, and a JPEG that lacks its end mark alone."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageOps

from faces.errors import PictureTruncated
from faces.pictures import decode

XMP = '<x:xmpmeta><rdf:RDF><rdf:Description tiff:Orientation="{}"/></rdf:RDF></x:xmpmeta>'
XMP_ELEMENT = "<x:xmpmeta><tiff:Orientation>{}</tiff:Orientation></x:xmpmeta>"
PIXELS = np.random.default_rng(7).integers(0, 256, (24, 40, 3), np.uint8)


def exif_of(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif.tobytes()


def saved(suffix: str, **options) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(PIXELS).save(buffer, suffix, **options)
    return buffer.getvalue()


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_with(*chunks: bytes, behind_pixels: bool = False) -> bytes:
    data = saved("PNG")
    at = data.index(b"IEND") - 4 if behind_pixels else data.index(b"IDAT") - 4
    return data[:at] + b"".join(chunks) + data[at:]


def profile(name: str, content: bytes) -> bytes:
    """A profile as ImageMagick writes it: its name, its length, its bytes in lines of digits."""
    digits = content.hex()
    lines = [digits[start : start + 72] for start in range(0, len(digits), 72)]
    return "\n".join(["", name, f"{len(content):8}", *lines, ""]).encode()


def text(keyword: bytes, content: bytes) -> bytes:
    return chunk(b"tEXt", keyword + b"\x00" + content)


def compressed_text(keyword: bytes, content: bytes) -> bytes:
    return chunk(b"zTXt", keyword + b"\x00\x00" + zlib.compress(content))


def international(keyword: bytes, content: bytes, *, packed: bool) -> bytes:
    body = zlib.compress(content) if packed else content
    return chunk(b"iTXt", keyword + b"\x00" + bytes([packed, 0]) + b"en\x00\x00" + body)


def webp_with(kind: bytes, content: bytes) -> bytes:
    data = saved("WEBP", lossless=True)
    size = struct.pack("<I", 39)[:3] + struct.pack("<I", 23)[:3]
    flags = 0x08 if kind == b"EXIF" else 0x04
    padded = content + b"\x00" * (len(content) % 2)
    body = (
        b"WEBPVP8X" + struct.pack("<I", 10) + bytes([flags, 0, 0, 0]) + size
        + data[12:] + kind + struct.pack("<I", len(content)) + padded
    )  # fmt: skip
    return b"RIFF" + struct.pack("<I", len(body)) + body


def jpeg_with(segment: bytes, **options) -> bytes:
    data = saved("JPEG", **options)
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + data[2:]


EXIF = {orientation: exif_of(orientation) for orientation in range(1, 9)}
SOURCES = {
    "ImageMagick's tEXt": lambda o: png_with(text(b"Raw profile type exif", profile("exif", EXIF[o]))),
    "ImageMagick's zTXt": lambda o: png_with(
        compressed_text(b"Raw profile type exif", profile("exif", EXIF[o]))
    ),
    "ImageMagick's APP1": lambda o: png_with(
        compressed_text(b"Raw profile type APP1", profile("app1", EXIF[o]))
    ),
    "a profile without EXIF's header": lambda o: png_with(
        text(b"Raw profile type exif", profile("exif", EXIF[o][6:]))
    ),
    "ImageMagick's XMP profile": lambda o: png_with(
        compressed_text(b"Raw profile type xmp", profile("xmp", XMP.format(o).encode()))
    ),
    "iTXt with XMP": lambda o: png_with(
        international(b"XML:com.adobe.xmp", XMP.format(o).encode(), packed=False)
    ),
    "packed iTXt with XMP": lambda o: png_with(
        international(b"XML:com.adobe.xmp", XMP_ELEMENT.format(o).encode(), packed=True)
    ),
    "a profile behind the pixels": lambda o: png_with(
        text(b"Raw profile type exif", profile("exif", EXIF[o])), behind_pixels=True
    ),
    "eXIf": lambda o: png_with(chunk(b"eXIf", EXIF[o][6:])),
    "eXIf behind the pixels": lambda o: png_with(chunk(b"eXIf", EXIF[o][6:]), behind_pixels=True),
    "eXIf with a JPEG's header": lambda o: png_with(chunk(b"eXIf", EXIF[o])),
    "eXIf before another profile": lambda o: png_with(
        text(b"Raw profile type exif", profile("exif", EXIF[9 - o])), chunk(b"eXIf", EXIF[o][6:])
    ),
    "XMP beside EXIF without an orientation": lambda o: png_with(
        chunk(b"eXIf", b"MM\x00*\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00"),
        international(b"XML:com.adobe.xmp", XMP.format(o).encode(), packed=False),
    ),
    "a WebP's EXIF": lambda o: webp_with(b"EXIF", EXIF[o][6:]),
    "a WebP's EXIF with a JPEG's header": lambda o: webp_with(b"EXIF", EXIF[o]),
    "a WebP's XMP": lambda o: webp_with(b"XMP ", XMP.format(o).encode()),
    "a JPEG's EXIF": lambda o: saved("JPEG", quality=100, subsampling=0, exif=EXIF[o]),
    "a JPEG's XMP": lambda o: jpeg_with(
        b"http://ns.adobe.com/xap/1.0/\x00" + XMP_ELEMENT.format(o).encode(), quality=100, subsampling=0
    ),
    "a JPEG's EXIF before its XMP": lambda o: jpeg_with(
        b"http://ns.adobe.com/xap/1.0/\x00" + XMP.format(9 - o).encode(), exif=EXIF[o], quality=100
    ),
}  # fmt: skip


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("source", SOURCES)
def test_a_picture_is_turned_upright_wherever_its_orientation_stands(source, orientation):
    data = SOURCES[source](orientation)
    plain = Image.open(io.BytesIO(data)).convert("RGB")
    plain.info.clear()
    plain.getexif()[0x0112] = orientation
    upright = np.asarray(ImageOps.exif_transpose(plain))
    np.testing.assert_array_equal(decode(data, "a").rgb, upright)


@pytest.mark.parametrize(
    "garbage",
    [
        text(b"Raw profile type exif", b"exif"),
        text(b"Raw profile type exif", b"\nexif\n 4\nnothing"),
        text(b"Raw profile type exif", b"\nexif\n 4\n\xff\xff"),
        chunk(b"zTXt", b"Raw profile type exif\x00\x00" + zlib.compress(profile("exif", EXIF[6]))[:20]),
        chunk(b"zTXt", b"Raw profile type exif\x00\x00no deflate"),
        compressed_text(b"Raw profile type exif", b"\nexif\n 9\n" + b"0" * 40_000_000),
        chunk(b"iTXt", b"XML:com.adobe.xmp\x00"),
        international(b"XML:com.adobe.xmp", XMP.format(9).encode(), packed=False),
        international(b"XML:com.adobe.xmp", XMP.format("").encode(), packed=True),
        text(b"Comment", XMP.format(6).encode()),
    ],
    ids=[
        "no lines", "no digits", "no text", "cut off", "not packed", "40 MB of zeros", "no content",
        "orientation 9", "no orientation", "a comment",
    ],
)  # fmt: skip
def test_garbage_in_a_text_leaves_the_picture_as_it_is(garbage):
    np.testing.assert_array_equal(decode(png_with(garbage), "a").rgb, PIXELS)


KINDS_OF_JPEG = [
    {}, {"progressive": True}, {"subsampling": 0}, {"quality": 30}, {"restart_marker_rows": 1},
    {"progressive": True, "restart_marker_blocks": 3},
]  # fmt: skip


@pytest.mark.parametrize("options", KINDS_OF_JPEG, ids=str)
@pytest.mark.parametrize("missing", [1, 2])
def test_a_jpeg_that_lacks_its_end_mark_alone_is_answered(options, missing):
    data = saved("JPEG", **options)
    np.testing.assert_array_equal(decode(data[:-missing], "a").rgb, decode(data, "a").rgb)


@pytest.mark.parametrize("options", KINDS_OF_JPEG, ids=str)
@pytest.mark.parametrize("fraction", [0.98, 0.9, 0.7])
@pytest.mark.parametrize("filling", [b"", b"\x00", b"\xff"], ids=["cut", "then zeros", "then ones"])
def test_a_jpeg_that_lacks_more_is_truncated(options, fraction, filling):
    data = saved("JPEG", **options)
    kept = int(len(data) * fraction)
    with pytest.raises(PictureTruncated):
        decode(data[:kept] + filling * (len(data) - kept), "a")


def test_a_progressive_jpeg_without_its_last_passes_is_truncated():
    data = saved("JPEG", progressive=True)
    scans = [at for at in range(len(data)) if data[at : at + 2] == b"\xff\xda"]
    for start in scans[1:]:
        with pytest.raises(PictureTruncated):
            decode(data[: data.rindex(b"\xff\xc4", 0, start)], "a")

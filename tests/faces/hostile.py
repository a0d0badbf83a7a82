"""Small files that attack a decoder, made here: `python -m tests.faces.hostile` writes hostile_files.zip.

A file's name begins with the class of its outcome: `answered`, or the name of an error. They are the shapes
of large attacks, with as many parts as just cross a bound, or as few bytes as claim many pixels.
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from faces import format_bounds as bounds

ARCHIVE = Path(__file__).with_name("hostile_files.zip")
Files = Iterator[tuple[str, bytes]]
JPEG_APPLICATION = range(0xE0, 0xF0)
GIF_HEADER = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes(6)
GIF_FRAME = b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00;"


def hostile_files() -> Files:
    """Name and bytes of every file, some hundred."""
    for make in (
        jpeg_segments,
        jpeg_giants,
        jpeg_broken,
        png_chunks,
        png_giants,
        gifs,
        webps,
        bmps,
        cut_short,
    ):
        yield from make()


def jpeg_segments() -> Files:
    whole = encoded("JPEG")
    kinds = {"dqt": 0xDB, "dht": 0xC4, "dri": 0xDD, "com": 0xFE, "dac": 0xCC}
    kinds |= {f"app{kind - 0xE0}": kind for kind in JPEG_APPLICATION}
    for name, kind in kinds.items():
        content = b"\x00\x00" if kind == 0xDD else b""
        for count, outcome in ((bounds.MAX_SEGMENTS + 1, "PictureTooLarge"), (50, "answered")):
            if kind == 0xCC and outcome == "answered":
                continue
            yield f"{outcome}_{count}_{name}.jpg", whole[:2] + segment(kind, content) * count + whole[2:]
    for count in (100, 40_000):
        yield f"answered_{count}_fill_bytes.jpg", whole[:2] + b"\xff" * count + whole[2:]
        yield f"answered_{count}_stray_bytes.jpg", whole[:20] + b"A" * count + whole[20:]
        yield f"answered_{count}_bytes_behind_the_end.jpg", whole + b"\xff\xd8" * count
    yield "PictureTooLarge_restart_marks.jpg", whole[:2] + b"\xff\xd0" * 2_000 + whole[2:]
    for kind in (0xDB, 0xC4, 0xCC, 0xDD):
        yield (
            f"PictureTooLarge_table_of_60000_bytes_{kind:x}.jpg",
            whole[:2] + segment(kind, bytes(60_000)) + whole[2:],
        )


def jpeg_giants() -> Files:
    for frame, coding in ((0xC0, "baseline"), (0xC1, "extended"), (0xC9, "arithmetic")):
        for components in (1, 3, 4):
            for side in (1_000, 3_000, 7_000):
                if components == 4 and side == 7_000:
                    side = 6_000
                yield f"PictureBroken_{coding}_{components}x{side}.jpg", giant(frame, side, side, components)
    for frame, coding in ((0xC2, "progressive"), (0xCA, "progressive_arithmetic")):
        for components in (1, 3):
            yield f"PictureBroken_{coding}_{components}.jpg", giant(frame, 4_000, 3_000, components)
            many = giant(frame, 7_000, 7_000, components, scans=40)
            yield f"PictureBroken_{coding}_40_scans_{components}.jpg", many
    yield "PictureTooLarge_wide.jpg", giant(0xC0, 65_500, 1, 1)
    yield "PictureTooLarge_square.jpg", giant(0xC0, 20_000, 20_000, 1)


def jpeg_broken() -> Files:
    whole = encoded("JPEG")
    yield "PictureBroken_two_frames.jpg", whole[:2] + frame_header(0xC0, 9, 9, 1) + whole[2:]
    yield "PictureBroken_segment_without_length.jpg", whole[:2] + b"\xff\xe5\x00\x00" + whole[2:]
    yield "PictureBroken_no_frame.jpg", b"\xff\xd8\xff\xd9"
    yield "PictureBroken_no_component.jpg", b"\xff\xd8" + frame_header(0xC0, 9, 9, 0) + b"\xff\xd9"


def png_chunks() -> Files:
    whole = encoded("PNG")
    over = bounds.MAX_CHUNKS + 1
    for kind in (
        b"tRNS",
        b"PLTE",
        b"iTXt",
        b"zTXt",
        b"tEXt",
        b"iCCP",
        b"fdAT",
        b"fcTL",
        b"eXIf",
        b"abCd",
        b"IDAT",
        b"gAMA",
    ):
        name = kind.decode()
        yield f"PictureTooLarge_{name}.png", whole[:33] + chunk(kind) * over + whole[33:]
        if kind not in (b"tRNS", b"PLTE"):
            yield f"answered_50_{name}.png", whole[:33] + chunk(kind) * 50 + whole[33:]
    inflated = zlib.compress(bytes(20_000_000), 9)
    for kind, content in (
        (b"iCCP", b"x\x00\x00" + inflated),
        (b"zTXt", b"x\x00\x00" + inflated),
        (b"iTXt", b"x\x00\x01\x00\x00\x00" + inflated),
    ):
        yield f"answered_inflating_{kind.decode()}.png", whole[:33] + chunk(kind, content) + whole[33:]


def png_giants() -> Files:
    for side in (500, 2_000, 7_000):
        for bits, colour_type in ((1, 0), (8, 0), (8, 2), (8, 3)):
            # So few pixels fit into so few bytes; only these end early.
            outcome = "PictureTruncated" if (side, bits) == (500, 1) else "PictureBroken"
            yield (
                f"{outcome}_{side}_{bits}_{colour_type}.png",
                png(side, side, bits, colour_type, zlib.compress(b"\x00")),
            )
    for bits, colour_type in ((16, 2), (16, 6), (8, 6)):
        pixels = zlib.compress(bytes(1_000), 9) * 60
        yield f"PictureBroken_values_{bits}_{colour_type}.png", png(7_000, 7_000, bits, colour_type, pixels)
    yield "PictureTooLarge_side.png", png(20_001, 1, 8, 0, zlib.compress(bytes(20_002)))
    yield "PictureBroken_no_width.png", png(0, 9, 8, 0, zlib.compress(b""))
    for bits, colour_type in ((3, 0), (8, 5), (16, 3)):
        yield (
            f"PictureBroken_kind_{bits}_{colour_type}.png",
            png(9, 9, bits, colour_type, zlib.compress(bytes(900))),
        )


def gifs() -> Files:
    over = bounds.MAX_BLOCKS + 1
    for label, name in ((0xFE, "comment"), (0xFF, "application"), (0xF9, "control"), (0x01, "text")):
        empty, one = b"!" + bytes([label, 0]), b"!" + bytes([label]) + b"\x01A\x00"
        yield f"PictureTooLarge_{name}s.gif", GIF_HEADER + empty * over + GIF_FRAME
        yield (
            f"PictureTooLarge_{name}_of_blocks.gif",
            GIF_HEADER + b"!" + bytes([label]) + b"\x01A" * over + b"\x00" + GIF_FRAME,
        )
        if label != 0xF9:
            yield f"answered_500_{name}s.gif", GIF_HEADER + one * 500 + GIF_FRAME
    yield "answered_frames.gif", GIF_HEADER + GIF_FRAME[:-1] * 5_000 + b";"
    yield "answered_stray_bytes.gif", GIF_HEADER + b"x" * 100_000 + GIF_FRAME
    for side in (1_000, 5_000, 7_000):
        canvas = b"GIF89a" + struct.pack("<HHBBB", side, side, 0x80, 0, 0) + bytes(6)
        yield f"PictureBroken_canvas_{side}.gif", canvas + GIF_FRAME
        frame = b"," + struct.pack("<HHHHB", 0, 0, side, side, 0) + b"\x02\x02\x44\x01\x00;"
        yield f"PictureBroken_frame_{side}.gif", GIF_HEADER + frame


def webps() -> Files:
    whole = encoded("WEBP", quality=50)
    tiny = b"abCd" + struct.pack("<I", 0)
    yield "PictureTooLarge_chunks.webp", riff(tiny * (bounds.MAX_CHUNKS + 1) + whole[12:])
    yield "answered_50_chunks.webp", riff(whole[12:] + tiny * 50)
    bits = bytearray(whole)
    for side in (1_000, 5_000, 7_000):
        struct.pack_into("<HH", bits, 26, side, side)
        yield f"PictureBroken_lossy_{side}.webp", bytes(bits)
    lossless = bytearray(encoded("WEBP", lossless=True))
    struct.pack_into("<I", lossless, 21, 16_000 | 16_000 << 14)
    yield "PictureTooLarge_lossless.webp", bytes(lossless)
    for name, content in (("no_chunk", b""), ("no_pixels", tiny)):
        yield f"PictureBroken_{name}.webp", riff(content)


def bmps() -> Files:
    for compression, bits in ((1, 8), (2, 4)):
        name = f"rle{bits}"
        for side in (1_000, 5_000, 7_000):
            yield f"PictureBroken_{name}_{side}.bmp", bmp(side, side, bits, compression, b"\x00\x01")
            yield (
                f"PictureBroken_{name}_deltas_{side}.bmp",
                bmp(side, side, bits, compression, b"\x00\x02\xff\xff" * 50),
            )
        rows = (b"\x01\x07" * 20 + b"\x00\x00") * 100
        yield f"answered_{name}_runs_of_one.bmp", bmp(20, 100, bits, compression, rows + b"\x00\x01")
        past = b"\xff\x07" * 900
        yield (
            f"PictureBroken_{name}_runs_past_the_end.bmp",
            bmp(20, 100, bits, compression, past + b"\x00\x01"),
        )
    for bits in (1, 4, 8, 16, 24, 32):
        yield f"PictureTruncated_plain_{bits}.bmp", bmp(7_000, 7_000, bits, 0, bytes(500), missing=10_000)


def cut_short() -> Files:
    for kind in ("JPEG", "PNG", "WEBP", "BMP", "GIF"):
        whole = encoded(kind)
        for percent in (30, 60):
            yield f"PictureTruncated_{percent}.{kind.lower()}", whole[: len(whole) * percent // 100]


def encoded(kind: str, **options: object) -> bytes:
    """A gradient of 48 by 40 pixels."""
    image = Image.linear_gradient("L").resize((48, 40)).convert("RGB")
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def segment(kind: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, kind, len(content) + 2) + content


def frame_header(kind: int, width: int, height: int, components: int) -> bytes:
    parts = b"".join(bytes([number, 0x11, 0]) for number in range(1, components + 1))
    return segment(kind, struct.pack(">BHHB", 8, height, width, components) + parts)


def giant(kind: int, width: int, height: int, components: int, *, scans: int = 1) -> bytes:
    """A JPEG whose scans have no data."""
    parts = b"".join(bytes([number, 0]) for number in range(1, components + 1))
    last = b"\x00\x00\x01" if kind in (0xC2, 0xCA) else b"\x00\x3f\x00"
    scan = segment(0xDA, bytes([components]) + parts + last)
    tables = segment(0xDB, b"\x00" + b"\x10" * 64)
    return b"\xff\xd8" + tables + frame_header(kind, width, height, components) + scan * scans + b"\xff\xd9"


def chunk(kind: bytes, content: bytes = b"") -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width: int, height: int, bits: int, colour_type: int, pixels: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, 0)
    palette = chunk(b"PLTE", bytes(6)) if colour_type == 3 else b""
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + palette + chunk(b"IDAT", pixels) + chunk(b"IEND")


def riff(content: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", len(content) + 4) + b"WEBP" + content


def bmp(width: int, height: int, bits: int, compression: int, content: bytes, *, missing: int = 0) -> bytes:
    palette = b"".join(bytes([grey, grey, grey, 0]) for grey in range(1 << bits)) if bits <= 8 else b""
    start = 54 + len(palette)
    file = struct.pack("<IHHI", start + len(content) + missing, 0, 0, start)
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, compression, len(content), 0, 0, 0, 0)
    return b"BM" + file + header + palette + content


def main() -> None:
    """Write ARCHIVE: the same bytes each time."""
    with zipfile.ZipFile(ARCHIVE, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in hostile_files():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED, 9)


if __name__ == "__main__":
    main()

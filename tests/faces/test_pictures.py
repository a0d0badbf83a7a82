"""`decode` answers every kind of picture that people have, refuses the rest by name, and never breaks."""

import io
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from faces import pictures
from faces.errors import (
    PictureBroken,
    PictureEmpty,
    PictureError,
    PictureNotRecognised,
    PictureTooLarge,
    PictureTruncated,
)
from faces.pictures import MAX_BYTES, Picture, decode, shown_name

RED, GREEN, BLUE, WHITE = (200, 30, 30), (30, 200, 30), (30, 30, 200), (255, 255, 255)
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF")
PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
LOSSY_LEVELS = 6  # how far a colour may move through JPEG, WebP or a palette of 216 colours


def flag(width: int = 80, height: int = 60) -> Image.Image:
    """Red on the left, green at the upper right, blue at the lower right: no turn looks like another."""
    rgb = np.empty((height, width, 3), np.uint8)
    rgb[:, : width // 2] = RED
    rgb[: height // 2, width // 2 :] = GREEN
    rgb[height // 2 :, width // 2 :] = BLUE
    return Image.fromarray(rgb)


def encoded(image: Image.Image, kind: str, **options) -> bytes:
    if kind == "JPEG":
        options = {"quality": 95, "subsampling": 0} | options
    if kind == "WEBP":
        options = {"lossless": True} | options
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def assert_is_the_flag(picture: Picture, tolerance: int = LOSSY_LEVELS) -> None:
    height, width = picture.rgb.shape[:2]
    assert picture.rgb.dtype == np.uint8
    for (row, column), colour in {
        (height // 2, width // 4): RED,
        (height // 4, width * 3 // 4): GREEN,
        (height * 3 // 4, width * 3 // 4): BLUE,
    }.items():
        assert np.abs(picture.rgb[row, column].astype(int) - colour).max() <= tolerance


def png_chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


def png(width: int, height: int, bits: int, colour_type: int, pixel: bytes, *chunks: bytes) -> bytes:
    """A PNG of one pixel value, which Pillow cannot write for every depth, with chunks before the pixels."""
    header = struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, 0)
    rows = (b"\x00" + pixel * width) * height
    parts = (
        png_chunk(b"IHDR", header),
        *chunks,
        png_chunk(b"IDAT", zlib.compress(rows)),
        png_chunk(b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def with_jpeg_segment(jpeg: bytes, kind: int, content: bytes) -> bytes:
    return jpeg[:2] + bytes([0xFF, kind]) + struct.pack(">H", len(content) + 2) + content + jpeg[2:]


def without_jpeg_segment(jpeg: bytes, kind: int) -> bytes:
    start = jpeg.index(bytes([0xFF, kind]))
    return jpeg[:start] + jpeg[start + 2 + struct.unpack_from(">H", jpeg, start + 2)[0] :]


# Answered: every kind of pixel


@pytest.mark.parametrize("kind", FORMATS)
def test_each_format_is_decoded_to_rgb(kind):
    picture = decode(encoded(flag(), kind), f"flag.{kind.lower()}")
    assert (picture.width, picture.height) == (80, 60)
    assert_is_the_flag(picture)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_picture_with_a_wrong_extension_is_decoded(kind):
    assert_is_the_flag(decode(encoded(flag(), kind), "notes.txt"))


def test_a_progressive_jpeg_is_decoded():
    assert_is_the_flag(decode(encoded(flag(), "JPEG", progressive=True), "a.jpg"))


def test_a_palette_picture_keeps_its_colours():
    assert_is_the_flag(decode(encoded(flag().quantize(16), "PNG"), "a.png"))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "GIF"])
def test_a_grey_picture_becomes_three_equal_channels(kind):
    rgb = decode(encoded(flag().convert("L"), kind), "grey").rgb
    assert rgb.shape == (60, 80, 3)
    assert (rgb == rgb[..., :1]).all()
    assert abs(int(rgb[30, 20, 0]) - int(np.asarray(flag().convert("L"))[30, 20])) <= LOSSY_LEVELS


def test_a_black_and_white_picture_becomes_black_and_white():
    rgb = decode(encoded(Image.fromarray(np.eye(16, dtype=bool)), "PNG"), "eye.png").rgb
    assert (rgb == np.where(np.eye(16, dtype=bool), 255, 0)[..., None]).all()


@pytest.mark.parametrize(
    ("colour_type", "values", "expected"),
    [
        pytest.param(0, (51_400,), (200, 200, 200), id="grey"),
        pytest.param(2, (51_400, 7_710, 7_710), RED, id="RGB"),
        pytest.param(4, (51_400, 65_535), (200, 200, 200), id="grey and alpha"),
        pytest.param(6, (51_400, 7_710, 7_710, 65_535), RED, id="RGBA"),
    ],
)
def test_sixteen_bits_are_scaled_to_eight_not_clipped(colour_type, values, expected):
    pixel = struct.pack(f">{len(values)}H", *values)
    rgb = decode(png(9, 7, 16, colour_type, pixel), "deep.png").rgb
    assert rgb.shape == (7, 9, 3)
    assert (rgb == expected).all()


def test_a_sixteen_bit_picture_with_a_transparent_colour_is_white_there():
    key = struct.pack(">HHH", 51_400, 7_710, 7_710)
    assert (decode(png(9, 7, 16, 2, key, png_chunk(b"tRNS", key)), "deep.png").rgb == 255).all()


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_what_is_transparent_becomes_white_and_what_is_half_so_is_mixed(kind):
    image = flag().convert("RGBA")
    alpha = np.full((60, 80), 255, np.uint8)
    alpha[:, :40], alpha[:30, 40:] = 0, 128
    image.putalpha(Image.fromarray(alpha))
    rgb = decode(encoded(image, kind), "cut-out").rgb.astype(int)
    assert (rgb[30, 20] == WHITE).all()
    assert np.abs(rgb[15, 60] - [142, 227, 142]).max() <= 1
    assert (rgb[45, 60] == BLUE).all()


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_the_transparent_entry_of_a_palette_becomes_white(kind):
    indexed = flag().quantize(8)
    red = np.asarray(indexed)[30, 20]
    rgb = decode(encoded(indexed, kind, transparency=int(red)), "cut-out").rgb.astype(int)
    assert (rgb[30, 20] == WHITE).all()
    assert np.abs(rgb[45, 60] - BLUE).max() <= LOSSY_LEVELS


def test_a_cmyk_jpeg_of_adobes_inverted_kind_keeps_its_colours():
    assert_is_the_flag(decode(encoded(flag().convert("CMYK"), "JPEG"), "print.jpg"))


def test_a_cmyk_jpeg_without_adobes_marker_is_not_inverted():
    # Pillow writes the inverted kind with the marker; inverted once more and unmarked it is the plain kind.
    inverted = Image.fromarray(255 - np.asarray(flag().convert("CMYK")), "CMYK")
    plain = without_jpeg_segment(encoded(inverted, "JPEG"), 0xEE)
    assert_is_the_flag(decode(plain, "print.jpg"))


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_an_animation_is_its_first_frame(kind):
    other = Image.new("RGB", (80, 60), GREEN)
    assert_is_the_flag(decode(encoded(flag(), kind, save_all=True, append_images=[other, other]), "moving"))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_sideways_phone_photo_is_turned_upright(kind, orientation):
    to_stored = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = flag().transpose(to_stored[orientation]) if orientation > 1 else flag()
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = decode(encoded(stored, kind, exif=exif), "phone.jpg")
    assert (picture.width, picture.height) == (80, 60)
    assert_is_the_flag(picture)


# Answered: broken metadata and strange names


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        pytest.param(0xE1, b"Exif\x00\x00" + b"\xff" * 100, id="EXIF garbage"),
        pytest.param(0xE1, b"Exif\x00\x00II*\x00\x08\x00\x00\x00\xff\xff\x12\x01", id="EXIF cut off"),
        pytest.param(0xE1, b"Exif\x00\x00", id="EXIF empty"),
        pytest.param(0xE2, b"ICC_PROFILE\x00", id="colour profile without a number"),
        pytest.param(0xE2, b"ICC_PROFILE\x00\x01\x01garbage", id="colour profile garbage"),
        pytest.param(0xE2, b"MPF\x00II*\x00\xff\xff\xff\xff", id="several pictures garbage"),
        pytest.param(0xEE, b"Adobe", id="Adobe marker cut off"),
        pytest.param(0xE0, b"JFIF\x00", id="JFIF header cut off"),
        pytest.param(0xED, b"Photoshop 3.0\x008BIM\xff", id="Photoshop block cut off"),
        pytest.param(0xFE, b"\xff\xd9" * 20, id="comment that looks like an end"),
    ],
)
def test_a_jpeg_with_broken_metadata_is_decoded(kind, content):
    assert_is_the_flag(decode(with_jpeg_segment(encoded(flag(), "JPEG"), kind, content), "a.jpg"))


@pytest.mark.parametrize(
    "chunk",
    [
        pytest.param(png_chunk(b"tEXt", b"comment")[:-1] + b"?", id="wrong checksum of a comment"),
        pytest.param(png_chunk(b"zTXt", b"a\x00\x00" + zlib.compress(bytes(90_000_000))), id="comment bomb"),
        pytest.param(png_chunk(b"iCCP", b"\xff" * 40), id="colour profile garbage"),
        pytest.param(png_chunk(b"eXIf", b"\xff" * 40), id="EXIF garbage"),
        pytest.param(png_chunk(b"pHYs", b""), id="empty resolution"),
        pytest.param(png_chunk(b"acTL", b""), id="empty animation header"),
        pytest.param(png_chunk(b"fcTL", b"\x01" * 26), id="animation frame outside the picture"),
    ],
)
def test_a_png_with_broken_metadata_is_decoded(chunk):
    assert (decode(png(80, 60, 8, 2, bytes(RED), chunk), "a.png").rgb == RED).all()


@pytest.mark.parametrize("exif", [b"\xff" * 40, b"Exif\x00\x00MM", b"II*\x00\x08\x00\x00\x00\xff\xff"])
def test_a_webp_with_broken_metadata_is_decoded(exif):
    assert_is_the_flag(decode(encoded(flag(), "WEBP", exif=exif, icc_profile=b"garbage"), "a.webp"))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        pytest.param("holiday.jpg", "holiday.jpg", id="a plain name stays"),
        pytest.param("../../etc/passwd", "passwd", id="folders are dropped"),
        pytest.param(r"C:\fakepath\me.png", "me.png", id="a browser's made-up folder is dropped"),
        pytest.param("a\x00b\x1b[31m\tc.jpg", "ab[31m c.jpg", id="control characters are dropped"),
        pytest.param("gpj.\u202eexe", "gpj.exe", id="text cannot be turned round"),
        pytest.param("a\udcff.jpg", "a.jpg", id="bytes that are no text are dropped"),
        pytest.param("x" * 300 + ".jpeg", "x" * 74 + "….jpeg", id="an overlong name keeps its extension"),
        pytest.param("é" * 300, "é" * 79 + "…", id="an overlong name without an extension"),
        pytest.param("", "unnamed picture", id="no name"),
        pytest.param("\n\x00", "unnamed picture", id="nothing visible"),
        pytest.param("Zoë <b> & 'co'.jpg", "Zoë <b> & 'co'.jpg", id="escaping is left to whoever writes it"),
    ],
)
def test_a_strange_name_is_made_showable(name, shown):
    assert shown_name(name) == shown
    assert decode(encoded(flag(), "PNG"), name).name == shown


# Refused, by name


@pytest.mark.parametrize("content", [b"hello", b"\x00" * 1000, b"PK\x03\x04zip", "Grüße".encode()])
def test_what_is_no_picture_is_not_recognised(content):
    with pytest.raises(PictureNotRecognised, match=r"cv\.jpg is not a picture"):
        decode(content, "cv.jpg")


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00", "HEIC"),
        (b"\x00\x00\x00\x18ftypavif\x00\x00\x00\x00", "AVIF"),
        (b"II*\x00\x08\x00\x00\x00", "TIFF"),
        (b"%PDF-1.7", "PDF"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "text document"),
    ],
)
def test_a_picture_of_another_format_is_refused_by_its_name(content, found):
    with pytest.raises(PictureNotRecognised, match=found):
        decode(content, "IMG_0001.heic")


def test_zero_bytes_are_refused_as_empty():
    with pytest.raises(PictureEmpty, match="zero bytes"):
        decode(b"", "a.jpg")


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("fraction", [0.3, 0.6, 0.9])
def test_a_file_cut_off_is_refused_as_truncated(kind, fraction):
    noise = np.random.default_rng(3).integers(0, 256, (60, 80, 3), np.uint8)
    data = encoded(Image.fromarray(noise), kind)
    with pytest.raises(PictureTruncated, match=r"a\.jpg ends in the middle of the picture data"):
        decode(data[: int(len(data) * fraction)], "a.jpg")


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\xff\xd8\xff\xe0" + b"\x00" * 500 + b"\xff\xda\xff\xd9", id="JPEG of zeros"),
        pytest.param(PNG_MAGIC + png_chunk(b"IEND", b""), id="PNG without pixels"),
        pytest.param(png(0, 0, 8, 2, b""), id="PNG of no width"),
        pytest.param(b"RIFF\x0c\x00\x00\x00WEBPVP8 \x00\x00\x00\x00", id="WebP without pixels"),
        pytest.param(b"GIF89a\x10\x00\x10\x00\x00\x00\x00;", id="GIF without a frame"),
        pytest.param(b"BM\x10\x00\x00\x00" + b"\x0d\x00\x00\x00" * 60, id="BMP with a garbage header"),
    ],
)
def test_a_damaged_file_is_refused_as_broken(data):
    with pytest.raises(PictureBroken, match=r"a\.jpg is damaged"):
        decode(data, "a.jpg")


def test_a_file_of_exactly_twenty_megabytes_is_decoded_and_one_byte_more_is_not():
    data = encoded(flag(), "JPEG")
    padding = b"\x00" * (MAX_BYTES - len(data))
    assert_is_the_flag(decode(data + padding, "a.jpg"))
    with pytest.raises(PictureTooLarge, match="20 MB"):
        decode(data + padding + b"\x00", "a.jpg")


@pytest.mark.parametrize(
    ("width", "height", "reason"),
    [
        (10_000, 5_001, "50 megapixels"),
        (20_001, 10, "20,000"),
        (10, 20_001, "20,000"),
        (2**31 - 1, 2**31 - 1, "20,000"),
    ],
)
def test_too_many_pixels_are_refused_from_the_header(width, height, reason, monkeypatch):
    def decoded_after_all(*_):
        raise AssertionError("pixels were decoded before the size was checked")

    monkeypatch.setattr(pictures, "_flat_rgb", decoded_after_all)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    bomb = (
        b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", zlib.compress(bytes(10_000)))
    )
    with pytest.raises(PictureTooLarge, match=reason):
        decode(bomb + png_chunk(b"IEND", b""), "bomb.png")


def test_a_gif_frame_that_outgrows_its_screen_is_refused_from_the_header():
    data = bytearray(encoded(flag(), "GIF"))
    crop = data.index(b"\x2c\x00\x00\x00\x00")
    data[crop + 5 : crop + 9] = b"\xff\xff\xff\xff"
    with pytest.raises(PictureTooLarge):
        decode(bytes(data), "bomb.gif")


def test_a_webp_canvas_that_is_too_large_is_refused_from_the_header():
    canvas = (16_000 - 1).to_bytes(3, "little") * 2
    chunk = b"VP8X" + struct.pack("<I", 10) + b"\x02\x00\x00\x00" + canvas
    with pytest.raises(PictureError):
        decode(b"RIFF" + struct.pack("<I", len(chunk) + 4) + b"WEBP" + chunk, "bomb.webp")


def test_a_jpeg_that_asks_for_hundreds_of_passes_is_refused():
    data = encoded(Image.new("RGB", (4_000, 3_000)), "JPEG", progressive=True)
    scan = data.rindex(b"\xff\xda")
    with pytest.raises(PictureTooLarge, match="passes"):
        decode(data[:scan] + data[scan:-2] * 200, "bomb.jpg")


def test_a_picture_that_exhausts_the_memory_is_refused(monkeypatch):
    def no_memory(_):
        raise MemoryError

    monkeypatch.setattr(pictures, "_flat_rgb", no_memory)
    with pytest.raises(PictureTooLarge, match="memory"):
        decode(encoded(flag(), "PNG"), "a.png")


def test_threads_decode_side_by_side():
    samples = [(encoded(flag(), kind), kind) for kind in FORMATS] * 20
    with ThreadPoolExecutor(8) as pool:
        for picture in pool.map(lambda sample: decode(*sample), samples):
            assert_is_the_flag(picture)


# Whatever the bytes

_SEEDS = {
    "JPEG": [
        encoded(flag(33, 17), "JPEG"),
        encoded(flag(33, 17), "JPEG", progressive=True, exif=b"Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00"),
        encoded(flag(33, 17).convert("CMYK"), "JPEG"),
    ],
    "PNG": [
        encoded(flag(33, 17), "PNG"),
        encoded(flag(33, 17).quantize(8), "PNG", transparency=1),
        png(9, 7, 16, 0, b"\x10\x20", png_chunk(b"tRNS", b"\x10\x20")),
    ],
    "WEBP": [
        encoded(flag(33, 17), "WEBP", lossless=False),
        encoded(flag(33, 17).convert("RGBA"), "WEBP", exif=b"II*\x00"),
        encoded(flag(33, 17), "WEBP", save_all=True, append_images=[flag(33, 17).rotate(180)]),
    ],
    "BMP": [encoded(flag(33, 17), "BMP"), encoded(flag(33, 17).quantize(8), "BMP")],
    "GIF": [
        encoded(flag(33, 17), "GIF"),
        encoded(flag(33, 17), "GIF", save_all=True, append_images=[flag(33, 17).rotate(180)], transparency=0),
    ],
}


@st.composite
def mutated(draw, seeds: list[bytes]) -> bytes:
    """A picture file after a few accidents: half of them in its header, few in its first bytes."""
    data = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(1, 4))):
        first = draw(st.sampled_from([12, 12, 12, 12, 0]))  # else most of them would not be recognised
        last = draw(st.sampled_from([64, len(data)]))
        at = min(draw(st.integers(first, max(last, first))), max(len(data) - 1, 0))
        match draw(st.sampled_from(["flip", "number", "cut", "drop", "repeat", "splice", "insert"])):
            case "flip" if data:
                data[at] ^= 1 << draw(st.integers(0, 7))
            case "number":
                number = draw(st.sampled_from([0, 1, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF]))
                data[at : at + 4] = number.to_bytes(4, draw(st.sampled_from(["little", "big"])))
            case "cut":
                del data[at:]
            case "drop":
                del data[at : at + draw(st.integers(1, 40))]
            case "repeat":
                data[at:at] = data[at : at + draw(st.integers(1, 200))] * draw(st.integers(1, 5))
            case "splice":
                other = draw(st.sampled_from(seeds))
                data[at:] = other[draw(st.integers(first, len(other))) :]
            case "insert":
                data[at:at] = draw(st.binary(max_size=40))
    return bytes(data)


def assert_a_picture_or_a_picture_error(data: bytes, name: str) -> None:
    try:
        picture = decode(data, name)
    except PictureError:
        return
    assert picture.rgb.dtype == np.uint8
    assert picture.rgb.shape == (picture.height, picture.width, 3)
    assert picture.rgb.size > 0


@pytest.mark.parametrize("kind", FORMATS)
def test_whatever_is_done_to_a_file_it_is_a_picture_or_a_picture_error(kind):
    @settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
    @given(data=mutated(_SEEDS[kind]))
    def holds(data):
        assert_a_picture_or_a_picture_error(data, f"a.{kind.lower()}")

    holds()


@settings(max_examples=200, deadline=None)
@given(
    beginning=st.sampled_from(
        [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\x00\x00\x00\x00WEBP", b"BM", b"GIF89a", b""]
    ),
    rest=st.binary(max_size=400),
    name=st.text(max_size=200),
)
def test_garbage_behind_a_good_beginning_is_a_picture_or_a_picture_error(beginning, rest, name):
    assert_a_picture_or_a_picture_error(beginning + rest, name)

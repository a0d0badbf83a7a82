"""What people really send is answered, however large or empty; what only claims to be large is refused."""

import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageOps

from faces import format_bounds as bounds
from faces.errors import ClientGone, PictureBroken, PictureTooLarge
from faces.pictures import MAX_BYTES, decode
from faces.shares import Share, shared_by
from tests.faces.hostile import bmp, giant, png

# Of a blank page, each as its encoder makes it smallest.
FLAT = [
    pytest.param("JPEG", {"optimize": True}, id="JPEG"),
    pytest.param("JPEG", {"optimize": True, "subsampling": 0}, id="JPEG without subsampling"),
    pytest.param("JPEG", {"optimize": True, "quality": 1}, id="JPEG of the lowest quality"),
    pytest.param("JPEG", {"progressive": True}, id="progressive JPEG"),
    pytest.param("PNG", {"optimize": True}, id="PNG"),
    pytest.param("WEBP", {"quality": 1, "method": 6}, id="WebP"),
    pytest.param("WEBP", {"lossless": True}, id="WebP without loss"),
    pytest.param("GIF", {}, id="GIF"),
]


def file_of(image: Image.Image, kind: str, **options) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize(("kind", "options"), FLAT)
def test_a_blank_page_of_any_size_is_read(kind, options, mode):
    for size in ((1, 1), (17, 9), (640, 480), (4_000, 3_000)):
        rgb = decode(file_of(Image.new(mode, size, "white"), kind, **options), "page").rgb
        assert rgb.shape == (size[1], size[0], 3)
        assert rgb.min() >= 253  # white, through the YUV of WebP


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "options"), FLAT)
def test_a_blank_page_of_fifty_megapixels_is_read(kind, options):
    picture = decode(file_of(Image.new("L", (8_000, 6_200), "white"), kind, **options), "page")
    assert (picture.width, picture.height) == (8_000, 6_200)


def test_a_page_of_black_and_white_may_be_a_few_kilobytes():
    data = file_of(Image.new("1", (7_000, 7_100), 1), "PNG", optimize=True)
    assert len(data) < 20_000
    assert decode(data, "page.png").rgb[-1, -1].tolist() == [255, 255, 255]


def test_an_arithmetic_jpeg_of_a_few_bytes_is_refused_by_name():
    data = giant(0xC9, 7_000, 7_100, 3)
    with pytest.raises(
        PictureBroken, match=r"giant.jpg is damaged: .* at least 582,750 bytes.* Received: 106 bytes"
    ):
        decode(data, "giant.jpg")


@pytest.mark.parametrize("bits", [4, 8])
def test_run_lengths_are_read_as_their_encoder_meant_them(bits):
    colours = np.random.default_rng(bits)
    palette = colours.integers(0, 256, (1 << bits, 4), dtype=np.uint8)
    for width, height in ((20, 10), (37, 23), (301, 77)):
        indices = colours.integers(0, 1 << bits, (height, width), dtype=np.uint8)
        indices[:, width // 3 :] = indices[:, width // 3 : width // 3 + 1]  # long runs
        data = bytearray(bmp(width, height, bits, 1 if bits == 8 else 2, run_lengths(indices, bits)))
        data[54 : 54 + palette.size] = palette.tobytes()
        assert (decode(bytes(data), "runs.bmp").rgb == palette[indices][..., [2, 1, 0]]).all()


def run_lengths(indices: np.ndarray, bits: int) -> bytes:
    """Rows from below, runs where values repeat and absolute values elsewhere."""
    code = bytearray()
    for row in indices[::-1].tolist():
        x = 0
        while x < len(row):
            run = next(
                (n for n in range(1, min(255, len(row) - x)) if row[x + n] != row[x]), min(255, len(row) - x)
            )
            if run == 1 and len(row) - x >= 3:
                values = row[x : x + 3]
                pairs = bytes(values) if bits == 8 else bytes([values[0] << 4 | values[1], values[2] << 4])
                code += bytes([0, 3]) + pairs + b"\x00" * (len(pairs) % 2)
                x += 3
                continue
            code += bytes([run, row[x] if bits == 8 else row[x] << 4 | row[x]])
            x += run
        code += b"\x00\x00"
    return bytes(code + b"\x00\x01")


def test_of_a_moving_webp_the_first_frame_is_read():
    first, second = Image.new("RGB", (90, 60), "red"), Image.new("RGB", (90, 60), "blue")
    data = file_of(first, "WEBP", save_all=True, append_images=[second], lossless=True)
    assert (decode(data, "moving.webp").rgb == (255, 0, 0)).all()


def test_a_frame_that_covers_a_part_of_its_canvas_stands_on_paper():
    frame = file_of(Image.new("RGB", (20, 10), "red"), "WEBP", lossless=True)[12:]
    place = b"".join(struct.pack("<I", value)[:3] for value in (15, 10, 19, 9, 100))
    content = place + b"\x00" + frame
    header = (
        b"VP8X"
        + struct.pack("<I", 10)
        + b"\x02\x00\x00\x00"
        + struct.pack("<I", 99)[:3]
        + struct.pack("<I", 79)[:3]
    )
    body = (
        header + b"ANIM" + struct.pack("<IIH", 6, 0, 0) + b"ANMF" + struct.pack("<I", len(content)) + content
    )
    rgb = decode(b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body, "part.webp").rgb
    assert rgb.shape == (80, 100, 3)
    red = (rgb == (255, 0, 0)).all(axis=-1)
    assert red[20:30, 30:50].all()
    assert red.sum() == 200
    assert (rgb[~red] == 255).all()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_of_many_strips_is_turned_as_a_small_one(orientation):
    rgb = np.random.default_rng(1).integers(0, 256, (2_500, 1_000, 3), dtype=np.uint8)
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = file_of(Image.fromarray(rgb), "PNG", exif=exif, compress_level=1)
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    assert (decode(data, "turned.png").rgb == np.asarray(upright)).all()


def test_too_many_values_are_refused_before_they_are_decoded():
    data = png(7_000, 7_100, 16, 6, bytes(600_000))
    with pytest.raises(PictureTooLarge, match="398 MB of pixel values"):
        decode(data, "deep.png")
    assert bounds.MAX_VALUE_BYTES == 150_000_000
    assert len(data) < MAX_BYTES


def test_a_picture_asks_for_its_share_with_its_bytes_and_then_with_its_pixels():
    asked = []

    class Asked(Share):
        def admit(self, name, byte_count, pixels=0):
            asked.append((name, byte_count, pixels))

    data = file_of(Image.new("RGB", (30, 20)), "PNG")
    with shared_by(Asked()):
        decode(data, "a.png")
    assert asked == [("a.png", len(data), 0), ("a.png", len(data), 600)]


def test_a_picture_whose_client_went_away_is_not_decoded():
    class Gone(Share):
        def admit(self, name, byte_count, pixels=0):
            raise ClientGone("gone")

    with shared_by(Gone()), pytest.raises(ClientGone):
        decode(file_of(Image.new("RGB", (3, 2)), "PNG"), "a.png")

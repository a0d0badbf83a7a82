"""Bytes -> Picture, upright and RGB; or a PictureError, and nothing else, whatever the bytes.

Every size limit and every accepted format stands here: page, API and command line refuse the same files with
the same words.
"""

import io
import re
import unicodedata
import warnings
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageChops
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from faces.errors import (
    PictureBroken,
    PictureEmpty,
    PictureError,
    PictureNotRecognised,
    PictureTooLarge,
    PictureTruncated,
)
from faces.metadata import essential_jpeg, essential_png, orientation

MAX_BYTES = 20_000_000
MAX_PIXELS = 50_000_000
MAX_SIDE_PX = 20_000
MAX_NAME_CHARACTERS = 80
# A progressive JPEG may ask for a pass over all pixels with every few bytes: a bomb in time, not in memory.
MAX_SCANNED_PIXELS = 40 * MAX_PIXELS

FORMATS = "JPEG, PNG, WebP, BMP or GIF"
BEHIND_TRANSPARENCY_RGB = (255, 255, 255)  # as paper and nearly every viewer

_READERS: tuple[tuple[re.Pattern[bytes], type[ImageFile]], ...] = (
    (re.compile(rb"\xff\xd8\xff"), JpegImageFile),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), PngImageFile),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), WebPImageFile),
    (re.compile(rb"BM"), BmpImageFile),
    (re.compile(rb"GIF8[79]a"), GifImageFile),
)
_OTHER_FORMATS: tuple[tuple[re.Pattern[bytes], str], ...] = (
    (re.compile(rb"....ftyp(hei|hev|mif1|msf1)", re.DOTALL), "a HEIC picture"),
    (re.compile(rb"....ftypavi", re.DOTALL), "an AVIF picture"),
    (re.compile(rb"II\*\x00|MM\x00\*"), "a TIFF picture"),
    (re.compile(rb"%PDF"), "a PDF document"),
    (re.compile(rb"\s*<(\?xml|svg|!doctype|html)", re.IGNORECASE), "a text document"),
)
_UPRIGHT_BY_ORIENTATION = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# Once, at import: a filter set around each call would not be safe with threads.
warnings.filterwarnings("ignore", module=r"PIL\b")


@dataclass(frozen=True)
class Picture:
    """A decoded picture: `rgb` is (height, width, 3) uint8, upright as far as its metadata say."""

    name: str
    rgb: np.ndarray

    @property
    def width(self) -> int:
        return self.rgb.shape[1]

    @property
    def height(self) -> int:
        return self.rgb.shape[0]

    def turned_back(self, turned_degrees: int) -> "Picture":
        """A view of the picture, upright, where it lies turned by 0, 90, 180 or 270 degrees clockwise."""
        return Picture(self.name, np.rot90(self.rgb, turned_degrees // 90)) if turned_degrees else self


def decode(data: bytes, name: str) -> Picture:
    """Decode the picture in `data`, called `name`; of an animation the first frame.

    The first bytes determine the format, never the name. Of the metadata only the EXIF orientation is used.
    Raises a subclass of PictureError, and nothing else.
    """
    name = shown_name(name)
    try:
        return Picture(name, _rgb(data, name))
    except PictureError:
        raise
    except MemoryError as error:
        raise PictureTooLarge(f"{name} needs more memory than there is.") from error
    except Image.DecompressionBombError as error:
        raise PictureTooLarge(f"{name} has more than {_millions(MAX_PIXELS)} megapixels.") from error
    except Exception as error:  # Pillow lets through whatever its parsers trip over
        if _ends_early(data) or "truncated" in str(error).lower():
            raise PictureTruncated(f"{name} ends in the middle of the picture data.") from error
        raise PictureBroken(f"{name} is damaged: its picture data cannot be decoded.") from error


def shown_name(name: str) -> str:
    """The last component of a file name, without control characters, at most MAX_NAME_CHARACTERS long.

    It is not escaped: whoever writes it into HTML or a shell does that.
    """
    name = " ".join(re.split(r"[\\/]", name)[-1].split())
    # Category C holds control, format (bidirectional overrides among them) and surrogate characters.
    visible = "".join(character for character in name if unicodedata.category(character)[0] != "C").strip()
    if len(visible) > MAX_NAME_CHARACTERS:
        stem, dot, suffix = visible.rpartition(".")
        end = dot + suffix if stem and len(suffix) <= 5 else ""
        visible = visible[: MAX_NAME_CHARACTERS - 1 - len(end)] + "…" + end
    return visible or "unnamed picture"


def _rgb(data: bytes, name: str) -> np.ndarray:
    """The pixels of `data` as (height, width, 3) uint8, or any exception."""
    reader = _reader_for(data, name)
    exif = b""
    if reader is PngImageFile:
        data, exif = essential_png(data)
    elif reader is JpegImageFile:
        data, exif = essential_jpeg(data)
    with reader(io.BytesIO(data)) as image:  # reads the header only
        _refuse_too_many_pixels(image, data, name)
        exif = exif or image.info.get("exif", b"")
        image.load()
        flat = _flat_rgb(image)
        turn = _UPRIGHT_BY_ORIENTATION.get(orientation(exif))
        return np.array(flat if turn is None else flat.transpose(turn))


def _reader_for(data: bytes, name: str) -> type[ImageFile]:
    """Pillow's decoder of the format with whose first bytes `data` begins."""
    if not data:
        raise PictureEmpty(f"{name} is empty: it has zero bytes.")
    if len(data) > MAX_BYTES:
        raise PictureTooLarge(f"{name} is larger than {_millions(MAX_BYTES)} MB, the most that is read.")
    for beginning, reader in _READERS:
        if beginning.match(data):
            return reader
    other_format = next((title for beginning, title in _OTHER_FORMATS if beginning.match(data)), None)
    if other_format:
        raise PictureNotRecognised(f"{name} is {other_format}. Only {FORMATS} is read.")
    raise PictureNotRecognised(f"{name} is not a picture: its content is not {FORMATS}.")


def _refuse_too_many_pixels(image: ImageFile, data: bytes, name: str) -> None:
    """Raise PictureTooLarge by the sizes in the header, before a pixel is decoded."""
    width, height = image.size
    if width < 1 or height < 1:
        raise PictureBroken(f"{name} is damaged: its header says {width} × {height} pixels.")
    if max(width, height) > MAX_SIDE_PX:
        raise PictureTooLarge(
            f"{name} is {width} × {height} pixels; a side of at most {MAX_SIDE_PX:,} pixels is read."
        )
    if width * height > MAX_PIXELS:
        raise PictureTooLarge(
            f"{name} is {width} × {height} pixels; at most {_millions(MAX_PIXELS)} megapixels are read."
        )
    scans = data.count(b"\xff\xda") if isinstance(image, JpegImageFile) else 1
    if scans * width * height > MAX_SCANNED_PIXELS:
        raise PictureTooLarge(f"{name} stores its pixels in {scans} passes, more than are read.")


def _flat_rgb(image: ImageFile) -> Image.Image:
    """Convert `image` to mode RGB: 16 bits to 8, CMYK to RGB, transparency over a colour."""
    if image.mode == "I;16":  # Pillow's own conversion clips at 255 instead of scaling
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8)).convert("RGB")
    if image.mode == "CMYK":
        # Pillow takes every CMYK JPEG to be inverted; only those that carry Adobe's marker are.
        upright = image if "adobe" in image.info else ImageChops.invert(image)
        return upright.convert("RGB")
    key = image.info.get("transparency")
    if isinstance(key, tuple) and max(key) > 255:  # of a 16-bit picture, whose pixels are 8-bit by now
        image.info["transparency"] = tuple(value >> 8 for value in key)
    if not image.has_transparency_data:
        return image if image.mode == "RGB" else image.convert("RGB")  # a copy may cost 200 MB
    layer = image if image.mode == "RGBA" else image.convert("RGBA")
    flat = Image.new("RGB", image.size, BEHIND_TRANSPARENCY_RGB)
    flat.paste(layer, mask=layer)
    return flat


def _ends_early(data: bytes) -> bool:
    """Whether a file that could not be decoded is truncated, by the end mark of its format."""
    if data.startswith(b"\xff\xd8"):
        return data.rfind(b"\xff\xd9") <= data.rfind(b"\xff\xda")
    if data.startswith(b"\x89PNG"):
        return b"IEND" not in data
    if data.startswith(b"RIFF"):
        return int.from_bytes(data[4:8], "little") + 8 > len(data)
    if data.startswith(b"BM"):
        return int.from_bytes(data[2:6], "little") > len(data)
    return not data.rstrip(b"\x00").endswith(b";")


def _millions(count: int) -> str:
    return f"{count / 1_000_000:g}"

"""Bytes -> Picture, upright and RGB; or a PictureError, and nothing else, whatever the bytes.

Every size limit and every accepted format stands here: page, API and command line refuse the same files with
the same words.
"""

import io
import re
import unicodedata
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import cv2
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
    PictureNotRecognised,
    PictureTooLarge,
    PictureTruncated,
    ProjectError,
)
from faces.first_frames import essential_gif, essential_webp
from faces.format_bounds import MAX_PIXELS, Essential, OverBound, refuse_over_bounds
from faces.jpeg import essential_jpeg
from faces.jpeg_end import END, loaded_without_end
from faces.metadata import essential_png, orientation
from faces.run_lengths import essential_run_lengths, has_run_lengths, run_length_pixels
from faces.shares import current_share

MAX_BYTES = 20_000_000
MAX_SIDE_PX = 20_000
MAX_NAME_CHARACTERS = 80
_STRIP_PIXELS = 1_000_000  # that are converted at one time: a second copy of 50 megapixels takes 200 MB

FORMATS = "JPEG, PNG, WebP, BMP or GIF"
BEHIND_TRANSPARENCY_RGB = (255, 255, 255)  # as paper and nearly every viewer

_READERS: tuple[tuple[re.Pattern[bytes], type[ImageFile]], ...] = (
    (re.compile(rb"\xff\xd8\xff"), JpegImageFile),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), PngImageFile),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), WebPImageFile),
    (re.compile(rb"BM"), BmpImageFile),
    (re.compile(rb"GIF8[79]a"), GifImageFile),
)
_ESSENTIAL: dict[type[ImageFile], Callable[[bytes], Essential]] = {
    JpegImageFile: essential_jpeg,
    PngImageFile: essential_png,
    WebPImageFile: essential_webp,
    GifImageFile: essential_gif,
}
_OTHER_FORMATS: tuple[tuple[re.Pattern[bytes], str], ...] = (
    (re.compile(rb"....ftyp(hei|hev|mif1|msf1)", re.DOTALL), "a HEIC picture"),
    (re.compile(rb"....ftypavi", re.DOTALL), "an AVIF picture"),
    (re.compile(rb"II\*\x00|MM\x00\*"), "a TIFF picture"),
    (re.compile(rb"%PDF"), "a PDF document"),
    (re.compile(rb"\s*<(\?xml|svg|!doctype|html)", re.IGNORECASE), "a text document"),
)
_Strips = Callable[[int, int], np.ndarray]  # first and last row, exclusive -> (rows, width, 3) uint8 RGB

# By EXIF orientation: the view of upright pixels that shows them as the file stores them.
_AS_STORED: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    2: lambda upright: upright[:, ::-1],
    3: lambda upright: upright[::-1, ::-1],
    4: lambda upright: upright[::-1],
    5: lambda upright: upright.swapaxes(0, 1),
    6: np.rot90,
    7: lambda upright: upright[::-1, ::-1].swapaxes(0, 1),
    8: lambda upright: np.rot90(upright, -1),
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
    except ProjectError:
        raise
    except OverBound as error:
        raise PictureTooLarge(f"{name} {error}") from error
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
    current_share().admit(name, len(data))
    essential = _essential(reader, data)
    if essential.canvas:
        _refuse_or_admit(essential, essential.canvas, data, name)
        decoded = _webp_strips if reader is WebPImageFile else _run_length_strips
        return _upright(decoded(essential), essential.canvas, orientation(essential.exif))
    with reader(io.BytesIO(essential.data)) as image:  # reads the header only
        _refuse_or_admit(essential, image.size, data, name)
        exif = essential.exif or image.info.get("exif", b"")
        if reader is JpegImageFile and not essential.data.endswith(END):
            image = loaded_without_end(essential.data)
        image.load()
        return _upright(partial(_image_strip, image), image.size, orientation(exif))


def _essential(reader: type[ImageFile], data: bytes) -> Essential:
    """What is decoded of a file in the format of `reader`, and what it asks for. Any exception."""
    if reader is BmpImageFile:
        return essential_run_lengths(data) if has_run_lengths(data) else Essential(data)
    return _ESSENTIAL[reader](data)


def _upright(strip_of: _Strips, size: tuple[int, int], exif_orientation: int) -> np.ndarray:
    """(height, width, 3) uint8, upright, from the strips of rows that a decoder gives."""
    width, height = size
    upright = np.empty((width, height, 3) if exif_orientation >= 5 else (height, width, 3), np.uint8)
    stored = _AS_STORED.get(exif_orientation, lambda pixels: pixels)(upright)
    rows = max(_STRIP_PIXELS // width, 1)
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        stored[top:bottom] = strip_of(top, bottom)
    return upright


def _image_strip(image: Image.Image, top: int, bottom: int) -> np.ndarray:
    """Rows of a loaded image as (bottom - top, width, 3) uint8."""
    return np.asarray(_flat_rgb(image.crop((0, top, image.width, bottom))))


def _run_length_strips(essential: Essential) -> _Strips:
    indices, palette = run_length_pixels(essential.data)
    return lambda top, bottom: palette[indices[top:bottom]]


def _webp_strips(essential: Essential) -> _Strips:
    """Rows of a WebP's canvas: its frame, and paper where that is transparent or does not reach.

    OpenCV decodes to the very same pixels as Pillow, whose decoder of animations takes 19 bytes a pixel.
    """
    frame = cv2.imdecode(np.frombuffer(essential.data, np.uint8), cv2.IMREAD_UNCHANGED)
    if frame is None:
        raise ValueError("no WebP picture")
    assert essential.canvas
    (left, above), width = essential.corner, essential.canvas[0]

    def strip(top: int, bottom: int) -> np.ndarray:
        paper = np.full((bottom - top, width, 3), BEHIND_TRANSPARENCY_RGB, np.uint8)
        rows = frame[max(top - above, 0) : max(bottom - above, 0)]
        covered = paper[max(above - top, 0) :][: len(rows), left : left + rows.shape[1]]
        rows = rows[: len(covered), : covered.shape[1]]
        if rows.size and rows.shape[2] == 3:
            covered[:] = cv2.cvtColor(rows, cv2.COLOR_BGR2RGB)
        elif rows.size:
            covered[:] = np.asarray(_flat_rgb(Image.fromarray(cv2.cvtColor(rows, cv2.COLOR_BGRA2RGBA))))
        return paper

    return strip


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


def _refuse_or_admit(essential: Essential, size: tuple[int, int], data: bytes, name: str) -> None:
    """Raise a PictureError, before a pixel is decoded, or wait until there is room for the pixels."""
    _refuse_too_many_pixels(size, name)
    refuse_over_bounds(essential, name, ends_early=_ends_early(data))
    current_share().admit(name, len(data), size[0] * size[1])


def _refuse_too_many_pixels(size: tuple[int, int], name: str) -> None:
    """Raise PictureTooLarge by the sizes in the header, before a pixel is decoded."""
    width, height = size
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


def _flat_rgb(image: Image.Image) -> Image.Image:
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

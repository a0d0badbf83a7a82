"""Picture + Answer -> the picture with numbered boxes, and a line for each prediction under it.

A tag at each box holds as much as there is room for; the lines under the picture hold everything, so that
thirty faces in a crowd stay legible.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from faces.answer import Answer, AnsweredFace
from faces.boxes import intersect
from faces.notes import face_notes, turn_in_words
from faces.pictures import Picture
from faces.predictions import Prediction, age_in_words, gender_in_words

MIN_SIDE_PX = 800  # a smaller picture is enlarged: text in 200 pixels is legible to nobody
MAX_SIDE_PX = 4_000  # a larger one is shrunk: it is a picture to look at
MIN_TEXT_PX = 14
PAPER, INK = "#ffffff", "#1b1f27"
# On paper; the pages' light scheme takes these two as well. A variant of another name is drawn in ink.
VARIANT_COLOURS = {"full": "#1d64b3", "cropped": "#bf5000"}

_Edges = tuple[float, float, float, float]


@dataclass(frozen=True)
class _Scale:
    """Sizes in pixels of the drawing, from the picture's longer side.

    Text is smaller where many lines stand under the picture.
    """

    font: ImageFont.FreeTypeFont | ImageFont.ImageFont
    text_px: int
    line_px: int

    @classmethod
    def of(cls, width: int, height: int, lines: int) -> "_Scale":
        longer_px = max(width, height)
        text_px = max(round(longer_px / max(55, 1.5 * lines)), MIN_TEXT_PX)
        return cls(ImageFont.load_default(text_px), text_px, max(text_px // 8, 2))


def in_words(prediction: Prediction) -> str:
    """`34 (28-40) female 93 %`: age with its 80 % interval, gender with its own probability.

    Without the head `age not predicted` or `gender not predicted`. With a plain hyphen: the font of the
    drawing has no dash, and some terminals neither.
    """
    comma = "," if prediction.age_and_interval is None else ""
    return f"{age_in_words(prediction)}{comma} {gender_in_words(prediction)}".replace("–", "-")


def annotated(picture: Picture, answer: Answer) -> np.ndarray:
    """The drawing as (height, width, 3) uint8 RGB: larger than the picture by the lines under it."""
    image = _in_size(picture.rgb)
    lines = _lines(answer)
    scale = _Scale.of(*image.size, len(lines))
    enlargement = max(image.size) / max(picture.width, picture.height)
    _draw_faces(image, answer.faces, enlargement, scale)
    return np.asarray(_with_lines_under(image, lines, scale))


def _in_size(rgb: np.ndarray) -> Image.Image:
    """The picture with a longer side of MIN_SIDE_PX to MAX_SIDE_PX."""
    height, width = rgb.shape[:2]
    factor = min(max(MIN_SIDE_PX / max(width, height), 1), MAX_SIDE_PX / max(width, height))
    size = (max(round(width * factor), 1), max(round(height * factor), 1))
    if factor < 1:
        return Image.fromarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA))
    image = Image.fromarray(rgb)
    return image if factor == 1 else image.resize(size, Image.Resampling.BICUBIC)


def _draw_faces(image: Image.Image, faces: Sequence[AnsweredFace], enlargement: float, scale: _Scale) -> None:
    draw = ImageDraw.Draw(image)
    boxes = [_times(answered.face.box_xyxy, enlargement) for answered in faces]
    for answered, box in zip(faces, boxes, strict=True):
        _draw_box(draw, box, _colour_of(answered), scale.line_px)
    for answered, (text, spot) in zip(faces, _tags(draw, faces, boxes, image.size, scale), strict=True):
        draw.rectangle(spot, fill=_colour_of(answered))
        centre = ((spot[0] + spot[2]) / 2, (spot[1] + spot[3]) / 2)
        draw.text(centre, text, fill=PAPER, font=scale.font, anchor="mm")


def _draw_box(draw: ImageDraw.ImageDraw, box: _Edges, colour: str, line_px: int) -> None:
    """A coloured outline between two thin white ones, so that it shows on any picture."""
    x0, y0, x1, y1 = box
    halo = max(line_px // 2, 1)
    draw.rectangle((x0 - halo, y0 - halo, x1 + halo, y1 + halo), outline=PAPER, width=line_px + 2 * halo)
    draw.rectangle(box, outline=colour, width=line_px)


def _tags(
    draw: ImageDraw.ImageDraw,
    faces: Sequence[AnsweredFace],
    boxes: Sequence[_Edges],
    size: tuple[int, int],
    scale: _Scale,
) -> list[tuple[str, _Edges]]:
    """Text and box of each face's tag: the longest label style for which none overlaps a box or another."""
    tags: list[tuple[str, _Edges]] = []
    for texts in zip(*(_tag_texts(number, face) for number, face in enumerate(faces, start=1)), strict=True):
        tags, all_free = [], True
        for text, box in zip(texts, boxes, strict=True):
            occupied = [*boxes, *(spot for _, spot in tags)]
            spots = _spots(draw.textlength(text, font=scale.font), box, size, scale)
            free = [spot for spot in spots if not any(intersect(spot, other) for other in occupied)]
            tags.append((text, (free or spots)[0]))
            all_free = all_free and bool(free)
        if all_free:
            break
    return tags


def _tag_texts(number: int, answered: AnsweredFace) -> tuple[str, str, str]:
    """The texts of a tag, the longest first, with the prediction of the first variant."""
    prediction = next(iter(answered.answers.values()), None)
    if prediction is None:
        return (str(number),) * 3
    short = gender_in_words(prediction) if prediction.age_years is None else f"{prediction.age_years:.0f}"
    return (f"{number}: {in_words(prediction)}", f"{number}: {short}", str(number))


def _spots(text_width: float, box: _Edges, size: tuple[int, int], scale: _Scale) -> list[_Edges]:
    """Boxes for a tag, moved inside the picture: above the face's box, below, to the right, to the left."""
    width, height, gap = text_width + scale.text_px * 0.7, scale.text_px * 1.4, scale.line_px
    corners = (
        (box[0] - gap, box[1] - height - gap),
        (box[0] - gap, box[3] + gap),
        (box[2] + gap, box[1]),
        (box[0] - width - gap, box[1]),
    )
    last_x, last_y = max(size[0] - width, 0), max(size[1] - height, 0)
    inside = [(min(max(x, 0), last_x), min(max(y, 0), last_y)) for x, y in corners]
    return [(x, y, x + width, y + height) for x, y in inside]


def _lines(answer: Answer) -> list[tuple[str, str]]:
    """One line a face and variant, then one a variant that saw the whole picture, with their colours."""
    lines = []
    if answer.turned_degrees:
        lines.append((f"The picture lies {turn_in_words(answer.turned_degrees)}.", INK))
    lines += [
        (
            f"{number}  {name}: {in_words(prediction)}{_notes(answered, answer)}",
            VARIANT_COLOURS.get(name, INK),
        )
        for number, answered in enumerate(answer.faces, start=1)
        for name, prediction in answered.answers.items()
    ]
    if not answer.faces:
        lines.append(("No face was found.", INK))
    lines += [
        (f"Whole picture  {name}: {in_words(prediction)}", VARIANT_COLOURS.get(name, INK))
        for name, prediction in answer.whole_picture.items()
    ]
    return lines


def _notes(answered: AnsweredFace, answer: Answer) -> str:
    return "".join(f" ({note})" for note in face_notes(answered.face, answer.turned_degrees))


def _with_lines_under(image: Image.Image, lines: Sequence[tuple[str, str]], scale: _Scale) -> Image.Image:
    """The picture above the lines, which stand in as many columns as its width has room for."""
    draw = ImageDraw.Draw(image)
    column_px = max(draw.textlength(text, font=scale.font) for text, _ in lines) + 2 * scale.text_px
    width = max(image.width, round(column_px))
    columns = min(int(width // column_px), len(lines))
    rows = -(-len(lines) // columns)
    line_px = round(scale.text_px * 1.5)
    sheet = Image.new("RGB", (width, image.height + line_px * rows + scale.text_px), PAPER)
    sheet.paste(image, ((width - image.width) // 2, 0))
    draw = ImageDraw.Draw(sheet)
    for index, (text, colour) in enumerate(lines):
        column, row = divmod(index, rows)
        corner = (scale.text_px + column * column_px, image.height + scale.text_px // 2 + row * line_px)
        draw.text(corner, text, fill=colour, font=scale.font)
    return sheet


def _colour_of(answered: AnsweredFace) -> str:
    return next((VARIANT_COLOURS.get(name, INK) for name in answered.answers), INK)


def _times(box: Sequence[float], factor: float) -> _Edges:
    x0, y0, x1, y1 = (value * factor for value in box)
    return (x0, y0, x1, y1)

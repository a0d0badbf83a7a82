"""Picture + Answer -> the picture with numbered boxes, and under it a line for each of what was read.

A room of its own because the page's download, the API and the command line hand out the same drawing. A tag
at each box says as much as there is room for; the lines under the picture say all, so that thirty faces in a
crowd stay legible.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from faces.answer import Answer, AnsweredFace
from faces.boxes import intersect
from faces.pictures import Picture
from faces.predictions import Prediction, age_in_words, gender_in_words

LEAST_SIDE_PX = 800  # a smaller picture is enlarged: text in 200 pixels is legible to nobody
PAPER_RGB, INK_RGB = (255, 255, 255), (27, 31, 39)
# The variants' colours of the page; a variant of another name is drawn in ink.
VARIANT_RGB = {"full": (29, 100, 179), "cropped": (191, 80, 0)}

_Edges = tuple[float, float, float, float]


@dataclass(frozen=True)
class _Scale:
    """Sizes in pixels of the drawing, all from the picture's longer side."""

    font: ImageFont.FreeTypeFont | ImageFont.ImageFont
    text_px: int
    line_px: int

    @classmethod
    def of(cls, width: int, height: int) -> "_Scale":
        text_px = max(round(max(width, height) / 55), 14)
        return cls(ImageFont.load_default(text_px), text_px, max(text_px // 8, 2))


def in_words(prediction: Prediction) -> str:
    """`34 (28-40) female 93 %`: age with its 80 % interval, gender with its own probability.

    What the network does not tell is `age not told` or `gender not told`. With a plain hyphen: the font of
    the drawing has no dash, and some terminals neither.
    """
    comma = "," if prediction.age_and_interval is None else ""
    return f"{age_in_words(prediction)}{comma} {gender_in_words(prediction)}".replace("–", "-")


def annotated(picture: Picture, answer: Answer) -> np.ndarray:
    """The drawing as (height, width, 3) uint8 RGB: larger than the picture by the lines under it."""
    image = _enlarged(Image.fromarray(picture.rgb))
    scale = _Scale.of(*image.size)
    enlargement = image.width / picture.width
    _draw_faces(image, answer.faces, enlargement, scale)
    return np.asarray(_with_lines_under(image, _lines(answer), scale))


def _enlarged(image: Image.Image) -> Image.Image:
    factor = LEAST_SIDE_PX / max(image.size)
    if factor <= 1:
        return image
    size = (max(round(image.width * factor), 1), max(round(image.height * factor), 1))
    return image.resize(size, Image.Resampling.BICUBIC)


def _draw_faces(image: Image.Image, faces: Sequence[AnsweredFace], enlargement: float, scale: _Scale) -> None:
    draw = ImageDraw.Draw(image)
    boxes = [_times(answered.face.box_xyxy, enlargement) for answered in faces]
    for answered, box in zip(faces, boxes, strict=True):
        _draw_box(draw, box, _colour_of(answered), scale.line_px)
    for answered, (text, place) in zip(faces, _tags(draw, faces, boxes, image.size, scale), strict=True):
        draw.rectangle(place, fill=_colour_of(answered))
        centre = ((place[0] + place[2]) / 2, (place[1] + place[3]) / 2)
        draw.text(centre, text, fill=PAPER_RGB, font=scale.font, anchor="mm")


def _draw_box(draw: ImageDraw.ImageDraw, box: _Edges, colour: tuple[int, int, int], line_px: int) -> None:
    """A coloured frame between two thin white ones, so that it shows on any picture."""
    x0, y0, x1, y1 = box
    halo = max(line_px // 2, 1)
    draw.rectangle((x0 - halo, y0 - halo, x1 + halo, y1 + halo), outline=PAPER_RGB, width=line_px + 2 * halo)
    draw.rectangle(box, outline=colour, width=line_px)


def _tags(
    draw: ImageDraw.ImageDraw,
    faces: Sequence[AnsweredFace],
    boxes: Sequence[_Edges],
    size: tuple[int, int],
    scale: _Scale,
) -> list[tuple[str, _Edges]]:
    """Text and place of each face's tag: the longest kind of text with which no tag hides a box or a tag."""
    tags: list[tuple[str, _Edges]] = []
    for texts in zip(*(_tag_texts(number, face) for number, face in enumerate(faces, start=1)), strict=True):
        tags, all_free = [], True
        for text, box in zip(texts, boxes, strict=True):
            occupied = [*boxes, *(place for _, place in tags)]
            places = _places(draw.textlength(text, font=scale.font), box, size, scale)
            free = [place for place in places if not any(intersect(place, other) for other in occupied)]
            tags.append((text, (free or places)[0]))
            all_free = all_free and bool(free)
        if all_free:
            break
    return tags


def _tag_texts(number: int, answered: AnsweredFace) -> tuple[str, str, str]:
    """What the tag may say, the longest first; of several variants it says what the first one read."""
    prediction = next(iter(answered.answers.values()), None)
    if prediction is None:
        return (str(number),) * 3
    short = gender_in_words(prediction) if prediction.age_years is None else f"{prediction.age_years:.0f}"
    return (f"{number}: {in_words(prediction)}", f"{number}: {short}", str(number))


def _places(text_width: float, box: _Edges, size: tuple[int, int], scale: _Scale) -> list[_Edges]:
    """Where a tag may stand, moved inside the picture: above its box, below, to the right, to the left."""
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


def _lines(answer: Answer) -> list[tuple[str, tuple[int, int, int]]]:
    """One line a face and variant, then one a variant that saw the whole picture, with their colours."""
    lines = [
        (f"{number}  {name}: {in_words(prediction)}", VARIANT_RGB.get(name, INK_RGB))
        for number, answered in enumerate(answer.faces, start=1)
        for name, prediction in answered.answers.items()
    ]
    if not answer.faces:
        lines.append(("No face was found.", INK_RGB))
    lines += [
        (f"Whole picture  {name}: {in_words(prediction)}", VARIANT_RGB.get(name, INK_RGB))
        for name, prediction in answer.whole_picture.items()
    ]
    return lines


def _with_lines_under(
    image: Image.Image, lines: Sequence[tuple[str, tuple[int, int, int]]], scale: _Scale
) -> Image.Image:
    """The picture above the lines, which stand in as many columns as its width has room for."""
    draw = ImageDraw.Draw(image)
    column_px = max(draw.textlength(text, font=scale.font) for text, _ in lines) + 2 * scale.text_px
    width = max(image.width, round(column_px))
    columns = min(int(width // column_px), len(lines))
    rows = -(-len(lines) // columns)
    line_px = round(scale.text_px * 1.5)
    sheet = Image.new("RGB", (width, image.height + line_px * rows + scale.text_px), PAPER_RGB)
    sheet.paste(image, ((width - image.width) // 2, 0))
    draw = ImageDraw.Draw(sheet)
    for index, (text, colour) in enumerate(lines):
        column, row = divmod(index, rows)
        corner = (scale.text_px + column * column_px, image.height + scale.text_px // 2 + row * line_px)
        draw.text(corner, text, fill=colour, font=scale.font)
    return sheet


def _colour_of(answered: AnsweredFace) -> tuple[int, int, int]:
    return next((VARIANT_RGB.get(name, INK_RGB) for name in answered.answers), INK_RGB)


def _times(box: Sequence[float], factor: float) -> _Edges:
    x0, y0, x1, y1 = (value * factor for value in box)
    return (x0, y0, x1, y1)

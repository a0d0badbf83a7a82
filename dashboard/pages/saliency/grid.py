"""An answered picture + a face -> the rows of the Saliency grid: where each variant looks and what it said.

Everything in a row is placed in the picture's coordinates by CSS variables (--x, --y, --w, --h in picture
pixels; the grid holds the window that is shown), so that rows compare, and are zoomed without a request.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from dash import html

from dashboard.pictures.uploads import Upload
from faces.boxes import Square, square_around
from faces.detection import Face
from faces.input_crops import square_for
from faces.predictions import AGE, GENDER, Prediction, age_in_words, gender_in_words
from faces.variants import FACE, Variant

TITLES = {AGE: "Age", GENDER: "Gender"}
SMALL_FACE_FRACTION = 0.15  # of the picture's shorter side: below, the page opens zoomed to the face
FACE_WINDOW_SCALE = 2.2


@dataclass(frozen=True)
class Look:
    """Where one variant looks, and what it answered there."""

    variant: Variant
    face: Face | None  # whom the page explains, also where the variant looks at everything
    square: Square  # in whole pixels, as the frame is cut
    prediction: Prediction
    at: str  # "face 1", "the whole picture", or "the whole picture, read face 2" where that is another one


def looks_of(variants: Sequence[Variant], upload: Upload, face_index: int) -> list[Look]:
    """One look a variant at a face of an answered picture; its index is one that `existing_face` gave."""
    face = chosen_face(upload, face_index)
    looks = []
    for variant in variants:
        by_face = variant.input_mode == FACE and face is not None
        prediction = (
            upload.answer.faces[face_index].answers[variant.name]
            if by_face
            else upload.answer.whole_picture[variant.name]
        )
        read = None if by_face else upload.answer.attended_face(prediction)
        elsewhere = "" if read in (None, face_index) else f", read face {read + 1}"
        square = square_for(variant, upload.picture, face)
        whole_pixels = Square(round(square.x0), round(square.y0), max(round(square.side), 1))
        looks.append(
            Look(
                variant,
                face,
                whole_pixels,
                prediction,
                f"face {face_index + 1}" if by_face else f"the whole picture{elsewhere}",
            )
        )
    return looks


def existing_face(upload: Upload, wanted: int) -> int:
    """The index of the face that an address wants, or of the last one; 0 where the picture has no face."""
    return max(min(wanted, len(upload.answer.faces) - 1), 0)


def chosen_face(upload: Upload, face_index: int) -> Face | None:
    """The face of an index that `existing_face` gave; None where the picture has no face."""
    faces = upload.answer.faces
    return faces[face_index].face if faces else None


def looks_view(
    key: str, upload: Upload, face_index: int, looks: Sequence[Look], colours: Mapping[str, str]
) -> html.Div:
    """The grid: a row a variant, with frame, age map and gender map (filled by assets/saliency.js).

    In the place of a map of what the variant does not tell stands a sentence that says so.
    """
    face = chosen_face(upload, face_index)
    answer = upload.answer
    letterbox = square_around((0, 0, answer.width, answer.height), 1.0)
    whole = _around([letterbox, *(look.square for look in looks)])
    near = whole
    if face is not None:
        near = square_around(face.box_xyxy, FACE_WINDOW_SCALE)
    is_small = face is not None and max(face.width, 1) < SMALL_FACE_FRACTION * min(
        answer.width, answer.height
    )
    style = _window("whole", whole) | _window("near", near)
    return html.Div(
        [_row(key, upload, face_index, face, look, colours[look.variant.name]) for look in looks],
        className="looks",
        style=style,
        **{
            "data-key": key,
            "data-face": str(face_index),
            "data-opens": "near" if is_small else "whole",
            "data-has-face": "yes" if face is not None else "no",
            "data-width": str(answer.width),
            "data-height": str(answer.height),
            "data-name": answer.picture,
        },
    )


def face_strip(key: str, upload: Upload, face_index: int) -> html.Div | None:
    """A button a face, to choose whom to explain; nothing where there is no choice."""
    if len(upload.answer.faces) < 2:
        return None
    return html.Div(
        [
            html.Button(
                html.Img(src=f"/pictures/{quote(key)}/face/{index}.jpg", alt=""),
                className="face-choice",
                **{
                    "data-explain-face": str(index),
                    "aria-label": f"Face {index + 1}",
                    "aria-pressed": "true" if index == face_index else "false",
                },
            )
            for index in range(len(upload.answer.faces))
        ],
        className="face-strip",
        role="group",
        **{"aria-label": "Whom to explain"},
    )


def _row(
    key: str, upload: Upload, face_index: int, face: Face | None, look: Look, colour: str
) -> html.Section:
    name = look.variant.name
    query = urlencode({"key": key, "face": face_index, "variant": name})
    crop = html.Img(
        src=f"/saliency/input.png?{query}", alt="", className="placed", style=_placed(look.square)
    )
    receives = html.Figure(
        [
            _stage(key, upload, face, look, [crop], f"What {name} receives"),
            html.Figcaption(html.Span("What it receives", className="panel-title")),
        ],
        className="panel panel-frame",
    )
    return html.Section(
        [
            html.Div(
                [html.H2(name, style={"color": colour}), html.P(f"sees {look.at}", className="quiet")],
                className="look-label",
            ),
            html.Div(
                [
                    receives,
                    *(
                        _map_panel(key, upload, face, look, output, query)
                        if output in look.prediction.heads
                        else html.P(f"{name} tells no {output}.", className="quiet panel-untold")
                        for output in TITLES
                    ),
                ],
                className="panels",
            ),
        ],
        className="look",
        style={"--variant": colour},
        **{"data-variant": name, "aria-label": f"Maps of {name}"},
    )


def _map_panel(
    key: str, upload: Upload, face: Face | None, look: Look, output: str, query: str
) -> html.Figure:
    """One map over the picture, and under it the answer that it explains and where the map lies."""
    answer = age_in_words(look.prediction) if output == AGE else gender_in_words(look.prediction)
    answer = answer.removeprefix(f"{output} ")  # the caption says it already
    what = f"the {output} map of {look.variant.name}"
    over = [
        _sharp(key, upload, look),
        html.Canvas(className="placed map", style=_placed(look.square)),
    ]
    caption = [
        html.Span([TITLES[output], html.Strong(answer)], className="panel-title"),
        html.Span(
            [
                html.Button(
                    kind,
                    className="button-link",
                    **{"data-save-map": kind, "aria-label": f"Download {what} as {kind}"},
                )
                for kind in ("PNG", "CSV")
            ],
            className="panel-saves",
        ),
        html.Span(
            "\u00a0",
            className="panel-share",
            title="The map's share inside the face box; by chance it would be the box's share of the area",
        ),
    ]
    return html.Figure(
        [
            _stage(key, upload, face, look, over, what.capitalize()),
            html.Figcaption(caption),
        ],
        className="panel panel-map is-loading",
        **{"data-map": f"/saliency/map?{query}&output={output}", "data-output": output},
    )


def _stage(key: str, upload: Upload, face: Face | None, look: Look, over: list, label: str) -> html.Div:
    """A window onto the picture: dimmed where the variant does not look, `over` lies on what it sees."""
    picture = Square(0, 0, 0)
    size = {"--w": upload.answer.width, "--h": upload.answer.height}
    children = [
        html.Img(
            src=f"/pictures/{quote(key)}/picture.jpg",
            alt="",
            className="placed unseen",
            style=_placed(picture) | size,
        ),
        *over,
        html.Div(className="placed outline", style=_placed(look.square)),
    ]
    if face is not None:
        x0, y0, x1, y1 = face.box_xyxy
        box = {"--x": round(x0, 1), "--y": round(y0, 1), "--w": round(x1 - x0, 1), "--h": round(y1 - y0, 1)}
        children.append(html.Div(className="placed face-box", style=box))
    children += [html.Div(className="crosshair"), html.Span(className="reading")]
    return html.Div(
        children,
        className="stage",
        role="img",
        tabIndex="0",
        **{"aria-label": label, "data-square": f"{look.square.x0},{look.square.y0},{look.square.side}"},
    )


def _sharp(key: str, upload: Upload, look: Look) -> html.Div:
    """The picture at full sharpness inside the square, the variant's pad colour outside of the picture."""
    square, (red, green, blue) = look.square, look.variant.pad_rgb
    image = {
        "left": f"{-100 * square.x0 / square.side:.4f}%",
        "top": f"{-100 * square.y0 / square.side:.4f}%",
        "width": f"{100 * upload.answer.width / square.side:.4f}%",
        "height": f"{100 * upload.answer.height / square.side:.4f}%",
    }
    return html.Div(
        html.Img(src=f"/pictures/{quote(key)}/picture.jpg", alt="", style=image),
        className="placed seen",
        style=_placed(square) | {"backgroundColor": f"rgb({red} {green} {blue})"},
    )


def _placed(square: Square) -> dict[str, float]:
    return {"--x": square.x0, "--y": square.y0, "--w": square.side, "--h": square.side}


def _window(name: str, square: Square) -> dict[str, float]:
    return {
        f"--{name}-x": round(square.x0, 2),
        f"--{name}-y": round(square.y0, 2),
        f"--{name}-side": round(square.side, 2),
    }


def _around(squares: Sequence[Square]) -> Square:
    """The smallest square that holds them all."""
    left, top = min(one.x0 for one in squares), min(one.y0 for one in squares)
    right = max(one.x0 + one.side for one in squares)
    bottom = max(one.y0 + one.side for one in squares)
    side = max(right - left, bottom - top)
    return Square((left + right - side) / 2, (top + bottom - side) / 2, side)

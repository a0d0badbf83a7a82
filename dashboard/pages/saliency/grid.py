"""Rows of an answered picture -> the Saliency grid: a row a variant, each with its input and its maps.

Everything in a row is placed in the picture's coordinates by CSS variables (--x, --y, --w, --h in picture
pixels; the grid holds the window that is shown), so that rows compare, and are zoomed without a request.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from dash import html

from dashboard.pages.saliency.rows import SaliencyRow, chosen_face
from dashboard.pictures.uploads import Upload
from dashboard.shared.url_params import path_of
from faces.boxes import Square, square_around
from faces.detection import Face
from faces.predictions import AGE, GENDER, age_in_words, gender_in_words

TITLES = {AGE: "Age", GENDER: "Gender"}
ZOOM_BELOW_FRACTION = 0.15  # of the picture's shorter side: below, the page opens zoomed to the face
FACE_WINDOW_SCALE = 2.2


@dataclass(frozen=True)
class ExplainedFace:
    """A face of an answered picture; its index is one that `existing_face` gave."""

    key: str
    upload: Upload
    index: int

    @property
    def face(self) -> Face | None:
        """None where the picture has no face: then the whole of it is explained."""
        return chosen_face(self.upload, self.index)

    @property
    def picture_url(self) -> str:
        return path_of(f"/pictures/{quote(self.key)}/picture.jpg")

    @property
    def is_small(self) -> bool:
        """Whether the face takes so little of the picture that the page opens zoomed to it."""
        if self.face is None:
            return False
        answer = self.upload.answer
        return max(self.face.width, 1) < ZOOM_BELOW_FRACTION * min(answer.width, answer.height)


def saliency_grid(
    explained: ExplainedFace, rows: Sequence[SaliencyRow], colours: Mapping[str, str]
) -> html.Div:
    """The grid, with input, age map and gender map in a row (filled by assets/saliency/saliency.js).

    In the place of a map for a head that the variant lacks stands a sentence that says so.
    """
    answer = explained.upload.answer
    letterbox = square_around((0, 0, answer.width, answer.height), 1.0)
    whole = _around([letterbox, *(row.square for row in rows)])
    near = square_around(explained.face.box_xyxy, FACE_WINDOW_SCALE) if explained.face else whole
    return html.Div(
        [_row(explained, row, colours[row.variant.name]) for row in rows],
        className="saliency-rows",
        style=_window("whole", whole) | _window("near", near),
        **{
            "data-key": explained.key,
            "data-face": str(explained.index),
            "data-opens": "near" if explained.is_small else "whole",
            "data-has-face": "yes" if explained.face is not None else "no",
            "data-width": str(answer.width),
            "data-height": str(answer.height),
            "data-name": answer.picture,
        },
    )


def face_choices(explained: ExplainedFace) -> html.Div | None:
    """A button a face, to choose the one to explain; nothing where there is no choice."""
    count = len(explained.upload.answer.faces)
    if count < 2:
        return None
    return html.Div(
        [
            html.Button(
                html.Img(src=path_of(f"/pictures/{quote(explained.key)}/face/{index}.jpg"), alt=""),
                className="face-choice",
                **{
                    "data-explain-face": str(index),
                    "aria-label": f"Face {index + 1}",
                    "aria-pressed": "true" if index == explained.index else "false",
                },
            )
            for index in range(count)
        ],
        className="face-choices",
        role="group",
        **{"aria-label": "The face to explain"},
    )


def placeholder(variants: int) -> html.Div:
    """The grid before the first answer, in its final size."""
    panels = [html.Div(className="panel skeleton-panel") for _ in range(3)]
    row = html.Div(
        [html.Div(className="row-label"), html.Div(panels, className="panels")], className="saliency-row"
    )
    return html.Div([row] * variants, className="saliency-rows is-empty", **{"aria-hidden": "true"})


def _row(explained: ExplainedFace, row: SaliencyRow, colour: str) -> html.Section:
    name = row.variant.name
    query = urlencode({"key": explained.key, "face": explained.index, "variant": name})
    label = [
        html.H2(name, style={"color": colour}),
        html.P(f"input: {row.input_in_words}", className="quiet"),
    ]
    maps = [
        _map_panel(explained, row, output, query)
        if output in row.prediction.heads
        else html.P(f"{name} predicts no {output}.", className="quiet panel-missing")
        for output in TITLES
    ]
    return html.Section(
        [
            html.Div(label, className="row-label"),
            html.Div([_input_panel(explained, row, query), *maps], className="panels"),
        ],
        className="saliency-row",
        style={"--variant": colour},
        **{"data-variant": name, "aria-label": f"Maps of {name}"},
    )


def _input_panel(explained: ExplainedFace, row: SaliencyRow, query: str) -> html.Figure:
    """The input crop as the network receives it."""
    source = path_of(f"/saliency/input.png?{query}")
    crop = html.Img(src=source, alt="", className="placed", style=_placed(row.square))
    return html.Figure(
        [
            _stage(explained, row, [crop], f"The input of {row.variant.name}"),
            html.Figcaption(html.Span("What it receives", className="panel-title")),
        ],
        className="panel panel-input",
    )


def _map_panel(explained: ExplainedFace, row: SaliencyRow, output: str, query: str) -> html.Figure:
    """One map over the picture, and under it the answer that it explains and where the map lies."""
    answer = age_in_words(row.prediction) if output == AGE else gender_in_words(row.prediction)
    answer = answer.removeprefix(f"{output} ")  # the caption says it already
    name = f"the {output} map of {row.variant.name}"
    over = [_sharp(explained, row), html.Canvas(className="placed map", style=_placed(row.square))]
    saves = [
        html.Button(
            kind,
            className="button-link",
            **{"data-save-map": kind, "aria-label": f"Download {name} as {kind}"},
        )
        for kind in ("PNG", "CSV")
    ]
    caption = [
        html.Span([TITLES[output], html.Strong(answer)], className="panel-title"),
        html.Span(saves, className="panel-saves"),
        html.Span(
            "\u00a0",
            className="panel-fraction",
            title=f"The map's share inside the face box; by chance it is the box's share of {_area(row)}",
        ),
    ]
    return html.Figure(
        [_stage(explained, row, over, name.capitalize()), html.Figcaption(caption)],
        className="panel panel-map is-loading",
        **{"data-map": path_of(f"/saliency/map?{query}&output={output}"), "data-output": output},
    )


def _stage(explained: ExplainedFace, row: SaliencyRow, over: list[Any], label: str) -> html.Div:
    """A window onto the picture: dimmed outside the input, `over` lies on the input."""
    answer = explained.upload.answer
    whole = {"--x": 0, "--y": 0, "--w": answer.width, "--h": answer.height}
    children = [
        html.Img(src=explained.picture_url, alt="", className="placed dimmed", style=whole),
        *over,
        html.Div(className="placed outline", style=_placed(row.square)),
    ]
    attended = attended_square(row)
    if attended is not None:
        title = f"The part of its input that {row.variant.name} attends"
        children.append(html.Div(className="placed attended", style=_placed(attended), title=title))
    if explained.face is not None:
        x0, y0, x1, y1 = explained.face.box_xyxy
        box = {"--x": round(x0, 1), "--y": round(y0, 1), "--w": round(x1 - x0, 1), "--h": round(y1 - y0, 1)}
        children.append(html.Div(className="placed face-box", style=box))
    children += [html.Div(className="crosshair"), html.Span(className="map-value")]
    return html.Div(
        children,
        className="stage",
        role="img",
        tabIndex="0",
        **{
            "aria-label": label,
            "data-square": _corners(row.square),
            "data-attended": _corners(attended) if attended else "",
        },
    )


def attended_square(row: SaliencyRow) -> Square | None:
    """The attention crop over the picture; None where the network has none."""
    if row.prediction.attended_xyxy is None:
        return None
    x0, y0, x1, _ = row.prediction.attended_xyxy
    return Square(round(x0, 1), round(y0, 1), round(x1 - x0, 1))


def _area(row: SaliencyRow) -> str:
    return "the input" if row.prediction.attended_xyxy is None else "the square that the network attends"


def _corners(square: Square) -> str:
    return f"{square.x0},{square.y0},{square.side}"


def _sharp(explained: ExplainedFace, row: SaliencyRow) -> html.Div:
    """The picture at full sharpness inside the square, the variant's pad colour outside of the picture."""
    square, (red, green, blue) = row.square, row.variant.pad_rgb
    answer = explained.upload.answer
    image = {
        "left": f"{-100 * square.x0 / square.side:.4f}%",
        "top": f"{-100 * square.y0 / square.side:.4f}%",
        "width": f"{100 * answer.width / square.side:.4f}%",
        "height": f"{100 * answer.height / square.side:.4f}%",
    }
    return html.Div(
        html.Img(src=explained.picture_url, alt="", style=image),
        className="placed sharp",
        style=_placed(square) | {"backgroundColor": f"rgb({red} {green} {blue})"},
    )


def _placed(square: Square) -> dict[str, Any]:
    return {"--x": square.x0, "--y": square.y0, "--w": square.side, "--h": square.side}


def _window(name: str, square: Square) -> dict[str, float]:
    return {
        f"--{name}-x": round(square.x0, 2),
        f"--{name}-y": round(square.y0, 2),
        f"--{name}-side": round(square.side, 2),
    }


def _around(squares: Sequence[Square]) -> Square:
    """The smallest square that holds them all."""
    left, top = min(square.x0 for square in squares), min(square.y0 for square in squares)
    right = max(square.x0 + square.side for square in squares)
    bottom = max(square.y0 + square.side for square in squares)
    side = max(right - left, bottom - top)
    return Square((left + right - side) / 2, (top + bottom - side) / 2, side)

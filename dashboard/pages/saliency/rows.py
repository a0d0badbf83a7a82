"""An answered picture + a face -> the rows of the Saliency grid: input and prediction of each variant."""

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.pictures.uploads import Upload
from faces.answer import AROUND_FACE_SCALE
from faces.boxes import Square, square_around
from faces.detection import Face
from faces.input_crops import square_for, turn_of_input
from faces.notes import turn_in_words
from faces.predictions import AROUND_FACE, Prediction
from faces.variants import FACE, Variant


@dataclass(frozen=True)
class SaliencyRow:
    """The input of one variant, and what it predicted for it."""

    variant: Variant
    face: Face | None  # the face that the page explains, also where the input is the whole picture
    square: Square  # the input, in whole pixels of the picture, as the crop is cut
    prediction: Prediction
    turned_degrees: int  # by how much the input lies turned in the picture, clockwise
    input_in_words: str  # "face 1", "the whole picture", "the whole picture, attended to face 2"


def rows_of(variants: Sequence[Variant], upload: Upload, face_index: int) -> list[SaliencyRow]:
    """One row a variant for a face of an answered picture; its index is one that `existing_face` gave."""
    face = chosen_face(upload, face_index)
    rows = []
    for variant in variants:
        if variant.input_mode == FACE and face is not None:
            prediction = upload.answer.faces[face_index].answers[variant.name]
            input_in_words = f"face {face_index + 1}"
        else:
            prediction = upload.answer.whole_picture[variant.name]
            attended = upload.answer.attended_face(prediction)
            elsewhere = "" if attended in (None, face_index) else f", attended to face {attended + 1}"
            input_in_words = f"the whole picture{elsewhere}"
        square = square_for(variant, upload.picture, face)
        if prediction.input_source == AROUND_FACE and face is not None:
            square = square_around(face.box_xyxy, AROUND_FACE_SCALE)
            input_in_words = f"the part around face {face_index + 1}"
        whole_pixels = Square(round(square.x0), round(square.y0), max(round(square.side), 1))
        degrees = turn_of_input(variant, face, upload.answer.turned_degrees)
        if degrees:
            input_in_words += f", {turn_in_words(degrees)}"
        rows.append(SaliencyRow(variant, face, whole_pixels, prediction, degrees, input_in_words))
    return rows


def existing_face(upload: Upload, wanted: int) -> int:
    """The index of the face that a URL wants, or of the last one; 0 where the picture has no face."""
    return max(min(wanted, len(upload.answer.faces) - 1), 0)


def chosen_face(upload: Upload, face_index: int) -> Face | None:
    """The face of an index that `existing_face` gave; None where the picture has no face."""
    faces = upload.answer.faces
    return faces[face_index].face if faces else None

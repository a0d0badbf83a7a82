"""How a picture and its faces were read -> short notes and sentences for people."""

from collections.abc import Sequence

from faces.detection import Face
from faces.predictions import AROUND_FACE, OFF_FACE, Prediction

NO_FACE_NOTE = "No face was found: an age for the whole picture says little, and no gender is given."


def turn_in_words(turned_degrees: int) -> str:
    """`turned by 180°`, `turned by 90° clockwise`, `upright`."""
    if not turned_degrees:
        return "upright"
    words = {90: "90° clockwise", 270: "90° counterclockwise"}
    return f"turned by {words.get(turned_degrees, f'{turned_degrees}°')}"


def face_notes(face: Face, picture_turned_degrees: int) -> list[str]:
    """What is unusual about a face: `perhaps a face, 38 %`, `turned by 180°`; empty for most."""
    notes = [] if face.is_likely else [f"perhaps a face, {100 * face.confidence:.0f} %"]
    if face.turned_degrees is None:
        notes.append("which way up is unclear")
    elif face.turned_degrees != picture_turned_degrees:
        notes.append(turn_in_words(face.turned_degrees))
    return notes


def sentences(faces: Sequence[Face], whole_picture: dict[str, Prediction], turned_degrees: int) -> list[str]:
    """What people have to know about how a picture was read."""
    notes = []
    if turned_degrees:
        notes.append(f"The picture lies {turn_in_words(turned_degrees)} and was read upright.")
    if not faces:
        notes.append(NO_FACE_NOTE)
    for number, face in enumerate(faces, start=1):
        if own := face_notes(face, turned_degrees):
            notes.append(f"Face {number}: {', '.join(own)}.")
    notes += [
        f"{name} attended to something else than the face: it was given the part around the face."
        for name, prediction in whole_picture.items()
        if prediction.input_source == AROUND_FACE and not prediction.doubt
    ]
    notes += [
        f"{name} attended to something else than the face: no gender is given."
        for name, prediction in whole_picture.items()
        if prediction.doubt == OFF_FACE
    ]
    return notes

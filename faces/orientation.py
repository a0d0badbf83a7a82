"""Picture -> its faces, and by how many degrees the picture, or a face in it, lies turned.

The detector was trained on upright faces, and its confidence shows it: a face in a small square (CROP_PX) has
its highest confidence the right way up. Turned passes run only where the faces as they come leave doubt. The
picture counts as turned where its faces agree, else each face for itself.

The thresholds belong to one detector and lie beside it, in `orientation.toml`; `python -m benchmarks
orientation` fits them. Without that file, or with that of another detector, nothing is turned.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, ClassVar

import cv2
from annotated_types import Ge, Le

from faces.boxes import square_around, turned_again
from faces.detection import PAD_GREY, Detector, Face
from faces.errors import DetectorError
from faces.input_crops import pixels_in
from faces.pictures import Picture
from faces.toml import STRICT, read_toml

ORIENTATION_TOML = "orientation.toml"
TURNS = (0, 90, 180, 270)
CROP_SCALE = 1.2  # side of a face's square over the longer side of its box
CROP_PX = 96
SMALLEST_FRACTION = 0.5  # of the widest sure face
STRENGTH_POWER = 4
MAX_TESTED = 8  # faces of a picture, the widest: they tell for all
AGREEING_FRACTION = 0.75  # of the faces that tell; beyond it the picture is turned, and not some faces in it

Level = Annotated[float, Ge(0), Le(1)]


@dataclass(frozen=True)
class Thresholds:
    """When a face counts as upright, and when as turned; confidences of one detector."""

    __pydantic_config__: ClassVar = STRICT

    detector_sha256: str
    upright_confidence: Level  # of a face in the picture: from here on it is upright
    doubtful_confidence: Level  # of the best face in a picture: below, the turned picture is searched, too
    upright_crop_confidence: Level  # of a face in its square
    margin: Level  # by which a turned square has to exceed the square as it comes
    found_confidence: Level  # of a face that only the turned picture shows


@dataclass(frozen=True)
class UprightFaces:
    """The faces of a picture, boxes in the picture as it came, and how it lies: clockwise, 0 to 270."""

    faces: list[Face]
    turned_degrees: int = 0


def read_thresholds(detector: Detector) -> Thresholds | None:
    """The thresholds beside a detector's file; None where there are none, or those of another detector.

    Raises DetectorError where the file is broken.
    """
    path = Path(detector.onnx_path).parent / ORIENTATION_TOML
    if not path.is_file():
        return None
    thresholds = read_toml(path, Thresholds, DetectorError)
    return thresholds if thresholds.detector_sha256 == detector.sha256 else None


class OrientedDetector:
    """Finds faces however the picture, or one face in it, lies turned. Safe to call from several threads."""

    def __init__(self, detector: Detector, thresholds: Thresholds | None = None) -> None:
        self.detector = detector
        self.thresholds = thresholds or read_thresholds(detector)

    def faces_in(self, picture: Picture) -> UprightFaces:
        """The faces, by falling confidence, each with its `turned_degrees`, None where unclear."""
        found = self.detector.faces_in(picture)
        if self.thresholds is None:
            return UprightFaces(found)
        if not found:
            return self._found_by_turning(picture)
        faces = self._with_turns(picture, found)
        degrees: int | None = _agreed_turn(face.turned_degrees for face in faces)
        if not degrees and (found[0].confidence < self._limits.doubtful_confidence or self._disagree(faces)):
            degrees = self._turn_of_strongest(picture, found)
            if degrees == 0:  # then what is unclear by itself is upright as well
                faces = [replace(face, turned_degrees=face.turned_degrees or 0) for face in faces]
        return (self._faces_turned(picture, degrees) if degrees else None) or UprightFaces(faces)

    def read(self, picture: Picture, face: Face) -> Face:
        """The face with its turn, None where no direction is clearly the best."""
        square = _face_square(picture, face)
        as_it_came = self.detector.highest_confidence(square.rgb, CROP_PX)
        if as_it_came >= self._limits.upright_crop_confidence:
            return face
        by_turn = {0: as_it_came} | self._turned_confidences(square, CROP_PX)
        turn = clearest_turn(by_turn, self._limits.margin)
        if turn and by_turn[turn] < self._limits.doubtful_confidence:
            turn = None
        return replace(face, turned_degrees=turn)

    def confidence_by_turn(self, picture: Picture, face: Face) -> dict[int, float]:
        """The confidence in a face's square as it came, and turned back by 90, 180 and 270 degrees."""
        square = _face_square(picture, face)
        as_it_came = self.detector.highest_confidence(square.rgb, CROP_PX)
        return {0: as_it_came} | self._turned_confidences(square, CROP_PX)

    def _with_turns(self, picture: Picture, faces: list[Face]) -> list[Face]:
        """The faces with their turns: the doubtful ones are tested, and all where one of those is turned."""
        sure = [face for face in faces if face.confidence >= self._limits.upright_confidence]
        # Beside a sure face, a much smaller doubtful one is a badge or a hand rather than somebody who lies.
        least_px = SMALLEST_FRACTION * max((face.width for face in sure), default=0)
        doubtful = [face for face in faces if face not in sure and face.width >= least_px]
        read = {face: face for face in sure} | self._tested(picture, doubtful)
        if any(face.turned_degrees for face in read.values()):
            read |= {face: one for face, one in self._tested(picture, sure).items() if one.turned_degrees}
        agreed = _agreed_turn(face.turned_degrees for face in read.values())
        return [read.get(face, replace(face, turned_degrees=agreed)) for face in faces]

    def _disagree(self, faces: list[Face]) -> bool:
        """Whether some face seems turned, and none is upright for sure."""
        sure = any(
            face.confidence >= self._limits.upright_confidence and face.turned_degrees == 0 for face in faces
        )
        return not sure and any(face.turned_degrees != 0 for face in faces)

    def _turn_of_strongest(self, picture: Picture, as_they_come: list[Face]) -> int | None:
        """The turn of the strongest faces; None where it exceeds the others hardly."""
        strengths = {0: _strength(as_they_come)}
        for turn in TURNS[1:]:
            strengths[turn] = _strength(self.detector.faces_in(picture.turned_back(turn)))
        second, best = sorted(strengths.values())[-2:]
        return max(strengths, key=strengths.__getitem__) if best - second >= self._limits.margin else None

    def _tested(self, picture: Picture, faces: list[Face]) -> dict[Face, Face]:
        widest = sorted(faces, key=lambda face: -face.width)[:MAX_TESTED]
        return {face: self.read(picture, face) for face in widest}

    def _found_by_turning(self, picture: Picture) -> UprightFaces:
        """The faces of a picture that shows none as it comes.

        The passes over it turned cost at most as much as those over it as it came.
        """
        size_px = self.detector.turned_pass_px(picture)
        by_turn = self._turned_confidences(shrunk(picture, size_px), size_px)
        turn = max(by_turn, key=by_turn.__getitem__)
        found = self._faces_turned(picture, turn) if by_turn[turn] else None
        return found or UprightFaces([])

    def _faces_turned(self, picture: Picture, degrees: int, *, again: bool = True) -> UprightFaces | None:
        """The faces of the picture turned back by `degrees`; None where they are not upright there either.

        Where they agree on another turn, the picture is turned once more.
        """
        faces = self.detector.faces_in(picture.turned_back(degrees))
        if not faces or faces[0].confidence < self._limits.found_confidence:
            return None
        faces = self._with_turns(picture.turned_back(degrees), faces)
        further = _agreed_turn(face.turned_degrees for face in faces)
        if further:
            return self._faces_turned(picture, (degrees + further) % 360, again=False) if again else None
        return UprightFaces([_as_it_came(face, picture, degrees) for face in faces], degrees)

    def _turned_confidences(self, picture: Picture, size_px: int) -> dict[int, float]:
        return {
            turn: self.detector.highest_confidence(picture.turned_back(turn).rgb, size_px)
            for turn in TURNS[1:]
        }

    @property
    def _limits(self) -> Thresholds:
        assert self.thresholds is not None
        return self.thresholds


def _face_square(picture: Picture, face: Face) -> Picture:
    square = square_around(face.box_xyxy, CROP_SCALE)
    return Picture(picture.name, pixels_in(picture.rgb, square, CROP_PX, (PAD_GREY,) * 3))


def shrunk(picture: Picture, longer_px: int) -> Picture:
    """The picture with a longer side of at most `longer_px`."""
    scale = longer_px / max(picture.width, picture.height)
    if scale >= 1:
        return picture
    size = max(round(picture.width * scale), 1), max(round(picture.height * scale), 1)
    return Picture(picture.name, cv2.resize(picture.rgb, size, interpolation=cv2.INTER_AREA))


def clearest_turn(confidence_by_turn: Mapping[int, float], margin: float) -> int | None:
    """The turn of the highest confidence; None where it exceeds that of 0 degrees by less than `margin`."""
    best = max(confidence_by_turn, key=confidence_by_turn.__getitem__)
    return None if best and confidence_by_turn[best] - confidence_by_turn[0] < margin else best


def _strength(faces: Iterable[Face]) -> float:
    """Strength of all faces of a picture: a face of confidence 0.86 outweighs two of 0.7 and 0.5."""
    return sum(face.confidence**STRENGTH_POWER for face in faces)


def _agreed_turn(turns: Iterable[int | None]) -> int:
    """The turn of nearly all faces whose turn is clear; 0 where they disagree."""
    counts = Counter(turn for turn in turns if turn is not None)
    turn, count = max(counts.items(), key=lambda item: item[1], default=(0, 0))
    return turn if count >= AGREEING_FRACTION * counts.total() else 0


def _as_it_came(face: Face, picture: Picture, degrees: int) -> Face:
    """A face of the picture turned back by `degrees`, in the picture as it came."""
    box = turned_again(face.box_xyxy, picture.width, picture.height, degrees)
    turn = face.turned_degrees
    return replace(face, box_xyxy=box, turned_degrees=None if turn is None else (turn + degrees) % 360)

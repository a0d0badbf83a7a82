"""Picture + variants -> one Answer with stage times: what page, API and command line call."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from faces.boxes import Square, iou, square_around, turned_again, turned_back
from faces.detection import DEFAULT_DETECTOR, Detector, Face
from faces.errors import PictureError
from faces.input_crops import (
    Extent,
    crop_for,
    square_for,
    turn_of_input,
    upright_pixels,
    upright_square,
)
from faces.networks import Network
from faces.notes import sentences
from faces.orientation import OrientedDetector
from faces.pictures import Picture, decode
from faces.predictions import AROUND_FACE, NO_FACE, OFF_FACE, UNCLEAR_TURN, Prediction
from faces.variants import FACE, WHOLE_IMAGE, Variant, read_variant

MAX_FACES = 200  # of a picture that are answered: those of the highest confidence
STAGES = ("decode", "detect", "crop", "network")
AROUND_FACE_SCALE = 2.0  # side of the square around a face that attention missed, over its box's longer
MIN_ATTENDED_IOU = 0.4  # of an attention crop with a face's square, to belong to this face

_Value = TypeVar("_Value")


@dataclass(frozen=True)
class AnsweredFace:
    """A face with the predictions of the variants whose input is one face, by name."""

    face: Face
    answers: dict[str, Prediction]


@dataclass(frozen=True)
class Answer:
    """The predictions of some variants for one picture. Without a face, all stand in `whole_picture`.

    `faces_left_out` were found beyond MAX_FACES, with lower confidence. `variant_ms` are the milliseconds of
    cropping and of the network, by variant. `turned_degrees` is by how much, clockwise, the picture as it
    came lies turned: 0, 90, 180 or 270.
    """

    picture: str
    width: int
    height: int
    faces: Sequence[AnsweredFace] = ()
    whole_picture: dict[str, Prediction] = field(default_factory=dict)
    decode_ms: float = 0.0
    detect_ms: float = 0.0
    variant_ms: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    faces_left_out: int = 0
    turned_degrees: int = 0

    @property
    def notes(self) -> list[str]:
        """What people have to know about how the picture was read, a sentence each."""
        return sentences([one.face for one in self.faces], self.whole_picture, self.turned_degrees)

    @property
    def timings_ms(self) -> dict[str, float]:
        """Milliseconds of each of STAGES; crop and network are sums over the variants of this answer."""
        crop_ms, network_ms = (sum(times[stage] for times in self.variant_ms.values()) for stage in (0, 1))
        return dict(zip(STAGES, (self.decode_ms, self.detect_ms, crop_ms, network_ms), strict=True))

    def of(self, names: Sequence[str]) -> "Answer":
        """The part of the variants of these names, in this order; without names that it lacks."""
        return replace(
            self,
            faces=[AnsweredFace(answered.face, _of(names, answered.answers)) for answered in self.faces],
            whole_picture=_of(names, self.whole_picture),
            variant_ms=_of(names, self.variant_ms),
        )

    def has(self, name: str) -> bool:
        """Whether the answer holds predictions of the variant of this name."""
        return name in self.whole_picture or any(name in answered.answers for answered in self.faces)

    def attended_face(self, prediction: Prediction) -> int | None:
        """The index of the face under a whole picture's attention crop; None where there is none."""
        if prediction.attended_xyxy is None or not self.faces:
            return None
        squares = [square_around(answered.face.box_xyxy, 1.0).xyxy for answered in self.faces]
        overlaps = iou(prediction.attended_xyxy, squares)
        best = int(overlaps.argmax())
        return best if overlaps[best] >= MIN_ATTENDED_IOU else None

    def as_dict(self) -> dict[str, Any]:
        """The JSON object of `faces predict --json` and of the API."""
        return {
            "picture": self.picture,
            "width": self.width,
            "height": self.height,
            "turned_degrees": self.turned_degrees,
            "notes": self.notes,
            "faces": [
                {
                    "box_xyxy": [round(value, 1) for value in answered.face.box_xyxy],
                    "confidence": round(answered.face.confidence, 4),
                    "low_confidence": not answered.face.is_likely,
                    "turned_degrees": answered.face.turned_degrees,
                    "answers": {name: prediction.as_dict() for name, prediction in answered.answers.items()},
                }
                for answered in self.faces
            ],
            "faces_left_out": self.faces_left_out,
            "whole_picture": {name: prediction.as_dict() for name, prediction in self.whole_picture.items()},
            "timings_ms": {stage: round(ms, 2) for stage, ms in self.timings_ms.items()},
        }


def refusal(name: str, error: PictureError | OSError) -> dict[str, Any]:
    """The JSON object of a picture that was refused, or of a file that could not be read."""
    return {"picture": name, "error": {"name": type(error).__name__, "message": str(error)}}


class Predictor:
    """The detector and the networks of all variants, loaded once; answers any number of pictures."""

    def __init__(
        self, variant_folders: Sequence[Path], detector_path: Path = DEFAULT_DETECTOR, *, threads: int = 2
    ) -> None:
        self.detector = OrientedDetector(Detector(detector_path, threads=threads))
        self.networks: dict[str, Network] = {}
        self._threads = threads
        for folder in variant_folders:
            self.add(read_variant(folder))

    def add(self, variant: Variant) -> None:
        """Load the network of one more variant, under its name. Raises VariantError."""
        self.networks[variant.name] = Network(variant, threads=self._threads)

    def warm_up(self) -> None:
        """Run every session once, so that the first picture is answered as fast as the others."""
        self.answer(Picture("warm-up", np.full((64, 64, 3), 127, np.uint8)))

    def answer_bytes(
        self, data: bytes, name: str, names: Sequence[str] | None = None
    ) -> tuple[Picture, Answer]:
        """Decode a file called `name` and answer it as `answer` does. Raises PictureError."""
        started = time.perf_counter()
        picture = decode(data, name)
        decode_ms = _ms_since(started)
        return picture, replace(self.answer(picture, names), decode_ms=decode_ms)

    def answer(self, picture: Picture, names: Sequence[str] | None = None) -> Answer:
        """Detect the faces of a picture, and predict with all variants or with those of these names."""
        started = time.perf_counter()
        found = self.detector.faces_in(picture)
        # From left to right, as people number them.
        faces = sorted(
            found.faces[:MAX_FACES], key=lambda face: _left_to_right(face, picture, found.turned_degrees)
        )
        answer = Answer(
            picture.name,
            picture.width,
            picture.height,
            [AnsweredFace(face, {}) for face in faces],
            detect_ms=_ms_since(started),
            faces_left_out=max(len(found.faces) - MAX_FACES, 0),
            turned_degrees=found.turned_degrees,
        )
        for name in list(self.networks) if names is None else names:
            answer = self.add_predictions(name, picture, answer)
        return answer

    def add_predictions(self, name: str, picture: Picture, answer: Answer) -> Answer:
        """The answer with the predictions of one more variant; the same answer where it has them."""
        if answer.has(name):
            return answer
        network = self.networks[name]
        by_face = network.variant.input_mode == FACE and bool(answer.faces)
        faces = [answered.face for answered in answer.faces] if by_face else [None]
        started = time.perf_counter()
        crops = np.stack([crop_for(network.variant, picture, face, answer.turned_degrees) for face in faces])
        crop_ms = _ms_since(started)
        turns = [turn_of_input(network.variant, face, answer.turned_degrees) for face in faces]
        squares = [
            upright_square(square_for(network.variant, picture, face), picture, degrees)
            for face, degrees in zip(faces, turns, strict=True)
        ]
        started = time.perf_counter()
        predictions = [
            _placed(prediction, answer, face, degrees)
            for prediction, face, degrees in zip(
                network.predictions(crops, FACE if by_face else WHOLE_IMAGE, squares),
                faces,
                turns,
                strict=True,
            )
        ]
        variant_ms = {**answer.variant_ms, name: (crop_ms, _ms_since(started))}
        if not by_face:
            prediction = self._on_the_face(name, picture, answer, predictions[0])
            whole_picture = {**answer.whole_picture, name: prediction}
            return replace(answer, whole_picture=whole_picture, variant_ms=variant_ms)
        answered_faces = [
            AnsweredFace(answered.face, {**answered.answers, name: prediction})
            for answered, prediction in zip(answer.faces, predictions, strict=True)
        ]
        return replace(answer, faces=answered_faces, variant_ms=variant_ms)

    def _on_the_face(self, name: str, picture: Picture, answer: Answer, prediction: Prediction) -> Prediction:
        """The prediction for a whole picture or, where its attention crop misses the only face, around that.

        Attention is drawn away from grey faces in particular. Where it misses again, the doubt says so.
        """
        if prediction.attended_xyxy is None or len(answer.faces) != 1 or prediction.doubt:
            return prediction
        (face,) = (answered.face for answered in answer.faces)
        if answer.attended_face(prediction) is not None or not face.is_likely:
            return prediction
        square = square_around(face.box_xyxy, AROUND_FACE_SCALE)
        again = self.predict_square(name, picture, square, face.turned_degrees or 0)
        missed = answer.attended_face(again) is None
        return replace(again, input_source=AROUND_FACE, doubt=OFF_FACE if missed else "")

    def predict_square(
        self, variant_name: str, picture: Picture, square: Square, turned_degrees: int = 0
    ) -> Prediction:
        """The prediction of one variant for the pixels under a square, such as of `full` for one face.

        What lies under it is turned back by `turned_degrees`.
        """
        network = self.networks[variant_name]
        variant = network.variant
        crop = upright_pixels(picture, square, turned_degrees, variant.input_px, variant.pad_rgb)
        upright = upright_square(square, picture, turned_degrees)
        prediction = network.predictions(crop[None], "square", [upright])[0]
        return _in_picture(prediction, picture, turned_degrees)


def _placed(prediction: Prediction, answer: Answer, face: Face | None, degrees: int) -> Prediction:
    """A prediction for an upright input, in the picture as it came, with the doubt about its face."""
    placed = _in_picture(prediction, answer, degrees)
    return replace(placed, doubt=_doubt(placed, answer, face))


def _in_picture(prediction: Prediction, extent: Extent, degrees: int) -> Prediction:
    if prediction.attended_xyxy is None:
        return prediction
    attended = turned_again(prediction.attended_xyxy, extent.width, extent.height, degrees)
    return replace(prediction, attended_xyxy=attended)


def _doubt(prediction: Prediction, answer: Answer, face: Face | None) -> str:
    """The doubt about the face that was predicted for; of a whole picture the attended one, or any."""
    if not answer.faces:
        return NO_FACE
    attended = answer.attended_face(prediction) if face is None else None
    faces = [answer.faces[attended].face] if attended is not None else [one.face for one in answer.faces]
    unclear = all(one.turned_degrees is None for one in ([face] if face else faces))
    return UNCLEAR_TURN if unclear else ""


def _left_to_right(face: Face, picture: Picture, turned_degrees: int) -> float:
    x0, _, x1, _ = turned_back(face.box_xyxy, picture.width, picture.height, turned_degrees)
    return x0 + x1


def _of(names: Sequence[str], by_name: Mapping[str, _Value]) -> dict[str, _Value]:
    return {name: by_name[name] for name in names if name in by_name}


def _ms_since(started: float) -> float:
    return (time.perf_counter() - started) * 1000

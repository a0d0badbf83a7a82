"""Picture + variants -> one Answer with stage times. Page, API and command line all call this room."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from faces.boxes import Square, iou, square_around
from faces.detection import DEFAULT_DETECTOR, Detector, Face
from faces.errors import PictureError
from faces.input_crops import crop_for, pixels_in, square_for
from faces.networks import Network
from faces.pictures import Picture, decode
from faces.predictions import Prediction
from faces.variants import FACE, WHOLE_IMAGE, Variant, read_variant

STAGES = ("decode", "detect", "frame", "network")
MIN_ATTENDED_IOU = 0.4  # of a look with a face's square, to be one at this face


@dataclass(frozen=True)
class AnsweredFace:
    """A face with the reading of every variant that is framed by faces."""

    face: Face
    answers: dict[str, Prediction]


@dataclass
class Answer:
    """What all variants say about one picture. Without a face, every variant answers in `whole_picture`."""

    picture: str
    width: int
    height: int
    faces: list[AnsweredFace] = field(default_factory=list)
    whole_picture: dict[str, Prediction] = field(default_factory=dict)
    timings_ms: dict[str, float] = field(default_factory=dict)

    def of(self, names: Sequence[str]) -> "Answer":
        """What the variants of these names said, in this order; without those that were not asked."""

        def own(predictions: dict[str, Prediction]) -> dict[str, Prediction]:
            return {name: predictions[name] for name in names if name in predictions}

        faces = [AnsweredFace(answered.face, own(answered.answers)) for answered in self.faces]
        return replace(self, faces=faces, whole_picture=own(self.whole_picture))

    def says(self, name: str) -> bool:
        """Whether the variant of this name was asked."""
        return name in self.whole_picture or any(name in answered.answers for answered in self.faces)

    def attended_face(self, prediction: Prediction) -> int | None:
        """The index of the face that a reading of the whole picture looked at; None: at no single one."""
        if prediction.attended_xyxy is None or not self.faces:
            return None
        squares = [square_around(answered.face.box_xyxy, 1.0).xyxy for answered in self.faces]
        overlaps = iou(prediction.attended_xyxy, squares)
        most = int(overlaps.argmax())
        return most if overlaps[most] >= MIN_ATTENDED_IOU else None

    def as_dict(self) -> dict[str, Any]:
        """The JSON object of `faces predict --json` and of the API."""
        return {
            "picture": self.picture,
            "width": self.width,
            "height": self.height,
            "faces": [
                {
                    "box_xyxy": [round(value, 1) for value in answered.face.box_xyxy],
                    "confidence": round(answered.face.confidence, 4),
                    "answers": {name: prediction.as_dict() for name, prediction in answered.answers.items()},
                }
                for answered in self.faces
            ],
            "whole_picture": {name: prediction.as_dict() for name, prediction in self.whole_picture.items()},
            "timings_ms": {stage: round(self.timings_ms.get(stage, 0.0), 2) for stage in STAGES},
        }


def refusal(name: str, error: PictureError | OSError) -> dict[str, Any]:
    """The JSON object of a picture that was refused, or of a file that could not be read."""
    return {"picture": name, "error": {"name": type(error).__name__, "message": str(error)}}


class Predictor:
    """The detector and the networks of all variants, loaded once; answers any number of pictures."""

    def __init__(
        self, variant_folders: Sequence[Path], detector_path: Path = DEFAULT_DETECTOR, *, threads: int = 2
    ) -> None:
        self.detector = Detector(detector_path, threads=threads)
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

    def answer(
        self,
        picture: Picture,
        timings_ms: dict[str, float] | None = None,
        names: Sequence[str] | None = None,
    ) -> Answer:
        """Detect, frame and read one decoded picture, by all variants or by those of these names."""
        timings = dict.fromkeys(STAGES, 0.0) | (timings_ms or {})
        answer = Answer(picture.name, picture.width, picture.height, timings_ms=timings)
        with _timed(timings, "detect"):
            # From left to right, so that a reader finds the face that a number means.
            faces = sorted(
                self.detector.faces_in(picture), key=lambda face: face.box_xyxy[0] + face.box_xyxy[2]
            )
        answer.faces = [AnsweredFace(face, {}) for face in faces]
        for name in list(self.networks) if names is None else names:
            self.add_predictions(name, picture, answer)
        return answer

    def add_predictions(self, name: str, picture: Picture, answer: Answer) -> None:
        """Put what one more variant says into the answer about a picture, and its time into the timings."""
        network = self.networks[name]
        by_face = network.variant.input_mode == FACE and bool(answer.faces)
        with _timed(answer.timings_ms, "frame"):
            views: Sequence[Face | None] = [one.face for one in answer.faces] if by_face else [None]
            crops = np.stack([crop_for(network.variant, picture, view) for view in views])
        with _timed(answer.timings_ms, "network"):
            predictions = network.predictions(crops, FACE if by_face else WHOLE_IMAGE)
        squares = [square_for(network.variant, picture, view) for view in views]
        predictions = [_placed(*one) for one in zip(predictions, squares, strict=True)]
        if by_face:
            for answered, prediction in zip(answer.faces, predictions, strict=True):
                answered.answers[name] = prediction
        else:
            answer.whole_picture[name] = predictions[0]

    def answer_bytes(self, data: bytes, name: str) -> Answer:
        """Decode and answer. Raises PictureError when the bytes are refused."""
        timings: dict[str, float] = {}
        with _timed(timings, "decode"):
            picture = decode(data, name)
        return self.answer(picture, timings)

    def predict_square(self, variant_name: str, picture: Picture, square: Square) -> Prediction:
        """What one variant says about the pixels under a square: "ask full about this face"."""
        network = self.networks[variant_name]
        variant = network.variant
        crop = pixels_in(picture.rgb, square, variant.input_px, variant.pad_rgb)
        return _placed(network.predictions(crop[None], "square")[0], square)


def _placed(prediction: Prediction, square: Square) -> Prediction:
    """The reading of a frame that lies at `square`, with the picture's pixels that it looked at."""
    if prediction.attention_cxcys is None:
        return prediction
    return replace(prediction, attended_xyxy=square.part(prediction.attention_cxcys).xyxy)


@contextmanager
def _timed(timings_ms: dict[str, float], stage: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    timings_ms[stage] = timings_ms.get(stage, 0.0) + (time.perf_counter() - started) * 1000

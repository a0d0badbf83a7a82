"""Detected faces + labelled faces -> average precision, and counts over pictures of one person.

Detection runs as it is served; neither torch nor ultralytics is needed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dataset.face_detection import LabelledPicture
from faces.boxes import iou
from faces.detection import LIKELY_CONFIDENCE, Detector, Face
from faces.pictures import Picture, decode

RECALL_STEPS = np.linspace(0, 1, 101)
NAMED_AT_MOST = 10


@dataclass(frozen=True)
class FaceCounts:
    """Of `pictures` of one person each: the number with at least one detected face, and with exactly one."""

    pictures: int
    with_a_face: int
    with_exactly_one: int


@dataclass(frozen=True)
class EmptyCounts:
    """Of `pictures` without a person: those in which a face is detected, and those where one is confident.

    `named` lists the first, at most NAMED_AT_MOST.
    """

    pictures: int
    with_a_face: int
    with_a_confident_face: int
    named: tuple[str, ...]


def faces_in_file(detector: Detector, path: Path) -> list[Face]:
    """Detect the faces in a picture file, by falling confidence."""
    return detector.faces_in(picture_at(path))


def picture_at(path: Path) -> Picture:
    """Decode a picture file."""
    return decode(path.read_bytes(), path.name)


def face_counts(detector: Detector, pictures: Iterable[Picture]) -> FaceCounts:
    """Count the detected faces over pictures of one person each."""
    numbers = [len(detector.faces_in(picture)) for picture in pictures]
    return FaceCounts(len(numbers), sum(n > 0 for n in numbers), sum(n == 1 for n in numbers))


def empty_counts(detector: Detector, pictures: Iterable[Picture]) -> EmptyCounts:
    """Count the pictures without a person in which a face is detected nevertheless."""
    highest = [
        (picture.name, max((face.confidence for face in detector.faces_in(picture)), default=0.0))
        for picture in pictures
    ]
    named = tuple(name for name, confidence in highest if confidence > 0)
    confident = sum(confidence >= LIKELY_CONFIDENCE for _, confidence in highest)
    return EmptyCounts(len(highest), len(named), confident, named[:NAMED_AT_MOST])


def average_precision_50(detector: Detector, pictures: Sequence[LabelledPicture]) -> float:
    """AP at an IoU of 0.5 over labelled pictures, 0-1, higher is better.

    `detector` should have a very low confidence (0.001), or the tail of the curve is cut off.
    """
    scores: list[float] = []
    hits: list[bool] = []
    for picture in pictures:
        faces = faces_in_file(detector, picture.path)
        scores += [face.confidence for face in faces]
        hits += matched(faces, picture.boxes_xyxy)
    return average_precision(
        np.array(scores), np.array(hits, bool), sum(len(picture.boxes_xyxy) for picture in pictures)
    )


def average_precision(scores: np.ndarray, hits: np.ndarray, labelled: int) -> float:
    """The area under the precision envelope at 101 recalls, as COCO and ultralytics compute it, 0-1.

    `scores` and `hits` are (n,): the confidences of the detected boxes, and whether each matches a labelled
    one.
    """
    if not hits.any():
        return 0.0
    true_positives = np.cumsum(hits[np.argsort(-scores, kind="stable")])
    recall = true_positives / labelled
    precision = true_positives / np.arange(1, len(hits) + 1)
    # Beyond the highest recall the precision is 0 at once, not on a slope towards it.
    recalls = np.concatenate([[0], recall, [recall[-1], 1]])
    envelope = np.maximum.accumulate(np.concatenate([[1], precision, [0, 0]])[::-1])[::-1]
    return float(np.trapezoid(np.interp(RECALL_STEPS, recalls, envelope), RECALL_STEPS))


def matched(faces: Sequence[Face], true_boxes: np.ndarray, at_iou: float = 0.5) -> list[bool]:
    """Whether each face, by falling confidence, is the first to match one of the labelled boxes (n, 4)."""
    matched_boxes = np.zeros(len(true_boxes), bool)
    hits = []
    for face in faces:
        overlaps = np.where(matched_boxes, 0.0, iou(face.box_xyxy, true_boxes))
        is_hit = bool(len(overlaps)) and bool(overlaps.max() >= at_iou)
        if is_hit:
            matched_boxes[overlaps.argmax()] = True
        hits.append(is_hit)
    return hits

"""Picture -> faces: boxes from a YOLO network that ONNX Runtime runs.

Handles what an ultralytics export asks for (metadata, letterbox, two output layouts), and runs the network a
second time where one pass would miss small faces.
"""

import ast
import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np

from faces.boxes import longer_sides, nms
from faces.errors import DetectorError
from faces.files import sha256_of
from faces.pictures import Picture
from faces.sessions import onnx_session, outputs_of

DEFAULT_DETECTOR = Path(__file__).parent.parent / "model_detector" / "face.onnx"
CONFIDENCE = 0.25
LIKELY_CONFIDENCE = 0.5  # below, answers say "perhaps a face"
OVERLAP_IOU = 0.5  # two boxes that overlap more are one face
MAX_INSIDE = 0.8  # of a box, within one of higher confidence: beyond it, an eye or a mouth of that face
# Sizes of the passes, in input sizes (`size_px`).
LARGE_FROM = (
    5 / 3
)  # a picture with a longer side above this is large; the second pass of another has this size
FIRST_PASS_FRACTION = 5 / 6
SECOND_PASS_FRACTIONS = (2.08, 3.75)  # lowest and highest; between them two thirds of the longer side
MAX_MAGNIFICATION = 1.6
# Fractions of the longer side of the picture.
SMALL_FACE_FRACTION = 0.15  # a face below it causes a second pass
ADDED_BELOW_FRACTION = 0.25  # a second pass only adds faces below it
DOMINANT_FRACTION = 0.2  # a picture with a first face above it is a portrait
SPURIOUS_SCALE = 1 / 6  # of the first face of a portrait: smaller boxes are lapel pins, buttons, eyes
MIN_CONTRAST = 2.0  # standard deviation in 255 levels
PAD_GREY = 114  # the letterbox colour with which ultralytics trains


@dataclass(frozen=True)
class Face:
    """A face in a picture: its box in picture pixels, clipped to the picture, and 0 <= confidence <= 1.

    `turned_degrees` is by how much, clockwise, the face lies turned in the picture as it came: 0, 90, 180 or
    270, and None where that is not clear (faces.orientation).
    """

    box_xyxy: tuple[float, float, float, float]
    confidence: float
    turned_degrees: int | None = 0

    @property
    def is_likely(self) -> bool:
        """Whether this is more likely a face than not."""
        return self.confidence >= LIKELY_CONFIDENCE

    @property
    def width(self) -> float:
        return self.box_xyxy[2] - self.box_xyxy[0]


class Detector:
    """Finds faces with an ultralytics detection export, by default the shipped one.

    The input size is the one for which the file was exported (`imgsz` in its metadata); `size_px` overrides
    it where the export has dynamic axes. Safe to call from several threads.

    Raises DetectorError where `onnx_path` is no such export, or has several classes and none called "face".
    """

    def __init__(
        self,
        onnx_path: Path = DEFAULT_DETECTOR,
        *,
        threads: int = 2,
        size_px: int | None = None,
        confidence: float = CONFIDENCE,
    ) -> None:
        self.onnx_path = Path(onnx_path)
        self.confidence = confidence
        if not self.onnx_path.is_file():
            raise DetectorError(f"There is no detector file {self.onnx_path}.")
        try:
            self._session = onnx_session(self.onnx_path, threads)
        except Exception as error:  # ONNX Runtime's own classes share no public root
            raise DetectorError(f"{self.onnx_path} is not an ONNX network: {error}") from error
        self._read_layout(size_px)

    def _read_layout(self, size_px: int | None) -> None:
        """Read names, stride, input and output layout from the file, or raise DetectorError."""
        metadata = self._session.get_modelmeta().custom_metadata_map
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        try:
            names = dict(ast.literal_eval(metadata["names"]))
            self._stride = int(metadata["stride"])
            exported_px = max(ast.literal_eval(metadata["imgsz"]))
            task = metadata["task"]
        except (KeyError, ValueError, SyntaxError, TypeError):
            raise DetectorError(
                f"{self.onnx_path} is no ultralytics export: it lacks their metadata."
            ) from None
        shape = inputs[0].shape
        if task != "detect" or len(inputs) != 1 or len(shape) != 4 or len(outputs) != 1:
            raise DetectorError(f"{self.onnx_path} is no detection network. Received: task '{task}'.")
        faces = [index for index, name in names.items() if str(name).lower() == "face"]
        if len(names) > 1 and not faces:
            raise DetectorError(f"{self.onnx_path} has no class 'face'. Received: {sorted(names.values())}.")
        self._face_class = faces[0] if faces else 0
        # A fixed height and width are integers; dynamic axes have names.
        self._fixed_hw = (
            (shape[2], shape[3]) if isinstance(shape[2], int) and isinstance(shape[3], int) else None
        )
        if self._fixed_hw and size_px not in (None, max(self._fixed_hw)):
            raise DetectorError(
                f"{self.onnx_path} was exported for {exported_px} px alone. Received: {size_px}."
            )
        self.size_px = (
            max(self._fixed_hw) if self._fixed_hw else _up_to_stride(size_px or exported_px, self._stride)
        )
        self._input_name = inputs[0].name
        self._end_to_end = outputs[0].shape[-1] == 6

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the network file: tables and cards carry it."""
        return sha256_of(self.onnx_path)

    def faces_in(self, picture: Picture) -> list[Face]:
        """The faces of a picture, by falling confidence.

        A large picture gets two passes: at a small size for the faces that fill it, and at a large one for
        those that would shrink away. Any other gets the second pass where the first finds small faces. A
        second pass only adds small faces.
        """
        longer_px = max(picture.width, picture.height)
        is_large = longer_px > LARGE_FROM * self.size_px
        boxes, scores = self._pass(picture.rgb, self._first_pass_px(longer_px))
        fractions = longer_sides(boxes[scores >= CONFIDENCE]) / longer_px
        if not self._fixed_hw and (is_large or (fractions < SMALL_FACE_FRACTION).any()):
            more_boxes, more_scores = self._pass(picture.rgb, self._second_pass_px(longer_px))
            small = longer_sides(more_boxes) < ADDED_BELOW_FRACTION * longer_px
            boxes = np.concatenate([boxes, more_boxes[small]])
            scores = np.concatenate([scores, more_scores[small]])
        indices = nms(boxes, scores, OVERLAP_IOU, MAX_INSIDE)
        indices = [i for i in indices if _has_contrast(picture.rgb, boxes[i])]
        indices = _without_spurious_boxes(boxes, indices, longer_px)
        return [Face(tuple(float(edge) for edge in boxes[i]), float(scores[i])) for i in indices]  # type: ignore[arg-type]

    def highest_confidence(self, rgb: np.ndarray, size_px: int) -> float:
        """The highest confidence of one pass over (height, width, 3) uint8 RGB; 0 where nothing is found."""
        _, scores = self._pass(rgb, size_px)
        return float(scores.max(initial=0))

    def turned_pass_px(self, picture: Picture) -> int:
        """The largest size at which three passes cost no more than those over a picture without a face."""
        longer_px = max(picture.width, picture.height)
        sizes_px = [self._first_pass_px(longer_px)]
        if longer_px > LARGE_FROM * self.size_px and not self._fixed_hw:
            sizes_px.append(self._second_pass_px(longer_px))
        affordable_px = math.sqrt(sum(size_px**2 for size_px in sizes_px) / 3)
        return int(affordable_px // self._stride) * self._stride

    def _first_pass_px(self, longer_px: int) -> int:
        if self._fixed_hw:
            return self.size_px
        small_px = _up_to_stride(self.size_px * FIRST_PASS_FRACTION, self._stride)
        if longer_px > LARGE_FROM * self.size_px:
            return small_px
        # Beyond this magnification a face shows no more, and one that fills the picture less of itself.
        return min(max(_up_to_stride(MAX_MAGNIFICATION * longer_px, self._stride), small_px), self.size_px)

    def _second_pass_px(self, longer_px: int) -> int:
        if longer_px <= LARGE_FROM * self.size_px:
            return _up_to_stride(LARGE_FROM * self.size_px, self._stride)
        least, most = (times * self.size_px for times in SECOND_PASS_FRACTIONS)
        return _up_to_stride(min(max(longer_px * 2 / 3, least), most), self._stride)

    def _pass(self, rgb: np.ndarray, size_px: int) -> tuple[np.ndarray, np.ndarray]:
        """One run of the network: boxes (n, 4) in picture pixels and confidences (n,), with overlaps."""
        crop, scale, left, top = self._letterbox(rgb, size_px)
        tensor = crop.transpose(2, 0, 1)[None].astype(np.float32) / 255
        output = outputs_of(self._session, None, {self._input_name: tensor})[0][0]
        if self._end_to_end:
            # (300, 6): x0, y0, x1, y1, confidence, class.
            boxes, scores = output[:, :4], output[:, 4].copy()
            scores[output[:, 5] != self._face_class] = 0
        else:
            # (4 + classes, anchors): centre x, centre y, width, height, then a confidence for each class.
            centres, sizes = output[:2].T, output[2:4].T
            boxes, scores = (
                np.hstack([centres - sizes / 2, centres + sizes / 2]),
                output[4 + self._face_class],
            )
        confident = scores >= self.confidence
        boxes = (boxes[confident] - [left, top, left, top]) / scale
        height, width = rgb.shape[:2]
        return boxes.clip(0, [width, height, width, height]), scores[confident]

    def _letterbox(self, rgb: np.ndarray, size_px: int) -> tuple[np.ndarray, float, int, int]:
        """The picture scaled so that its longer side is `size_px`, centred on grey; scale and offsets.

        With dynamic axes the shorter side is only padded to a multiple of the stride, which saves time.
        """
        height, width = rgb.shape[:2]
        input_height, input_width = self._fixed_hw or (size_px, size_px)
        scale = min(input_height / height, input_width / width)
        inner_width, inner_height = max(round(width * scale), 1), max(round(height * scale), 1)
        if not self._fixed_hw:
            input_width = _up_to_stride(inner_width, self._stride)
            input_height = _up_to_stride(inner_height, self._stride)
        # By area when it shrinks: bilinear sampling would skip pixels, and with them small faces.
        method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        left, top = (input_width - inner_width) // 2, (input_height - inner_height) // 2
        crop = np.full((input_height, input_width, 3), PAD_GREY, np.uint8)
        crop[top : top + inner_height, left : left + inner_width] = cv2.resize(
            rgb, (inner_width, inner_height), interpolation=method
        )
        return crop, scale, left, top


def _up_to_stride(size_px: float, stride: int) -> int:
    return math.ceil(size_px / stride) * stride


def _has_contrast(rgb: np.ndarray, box: np.ndarray) -> bool:
    """Whether the pixels in a box differ: the network takes an evenly grey picture for one blurred face."""
    x0, y0, x1, y1 = np.rint(box).astype(int)
    # A sample of 16 by 16 of them is enough.
    part = rgb[y0 : y1 + 1 : max((y1 - y0) // 16, 1), x0 : x1 + 1 : max((x1 - x0) // 16, 1)]
    return bool(part.size) and float(part.std(axis=(0, 1)).max()) > MIN_CONTRAST


def _without_spurious_boxes(boxes: np.ndarray, kept: list[int], longer_px: int) -> list[int]:
    """Remove what is tiny beside the highest-confidence face of a portrait.

    A portrait is a picture whose highest-confidence face exceeds DOMINANT_FRACTION of the longer side.
    """
    sides = longer_sides(boxes)
    if not kept or sides[kept[0]] < DOMINANT_FRACTION * longer_px:
        return kept
    return [i for i in kept if sides[i] > SPURIOUS_SCALE * sides[kept[0]]]

"""Face-free photographs and areas -> backgrounds for compositions, disjoint between the splits.

In goes `face_detection`: its pictures without a face, and bands beside the labelled faces of the others,
where neither YuNet nor a YOLO detector finds anything. Out comes `backgrounds.csv`, committed so that
compositions do not change with the detector. A picture gives backgrounds to one split only.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from dataset.face_detection import LabelledPicture, labelled_pictures, rgb_of
from dataset.stable_hash import stable_hash
from faces.detection import Detector
from faces.errors import DataMissing
from faces.pictures import Picture

BACKGROUNDS_CSV = Path(__file__).parent / "backgrounds.csv"
SHORTEST_SIDE_PX = 90  # a smaller band would be magnified to a blur
SUSPICION = 0.08  # confidence from which a band is not called face-free


@dataclass(frozen=True)
class Background:
    """A face-free rectangle (x0, y0, x1, y1), in pixels of the picture `file` of `face_detection`."""

    file: str
    split: str
    box_xyxy: tuple[int, int, int, int]

    @property
    def area_px(self) -> int:
        x0, y0, x1, y1 = self.box_xyxy
        return (x1 - x0) * (y1 - y0)


def backgrounds_of(split: str) -> list[Background]:
    """The committed backgrounds of train, validation or test."""
    table = pd.read_csv(BACKGROUNDS_CSV)
    rows = table.loc[table["split"] == split, ["file", "x0", "y0", "x1", "y1"]].to_numpy()
    return [Background(file, split, (x0, y0, x1, y1)) for file, x0, y0, x1, y1 in rows]


@lru_cache(maxsize=400)
def pixels_of(background: Background, data_dir: Path) -> np.ndarray:
    """The background as (height, width, 3) uint8 RGB. Raises DataMissing."""
    path = Path(data_dir) / "face_detection" / "images" / background.file
    if not path.is_file():
        raise DataMissing(f"Compositions need {path}: --data-dir is the folder of face_detection.")
    x0, y0, x1, y1 = background.box_xyxy
    return rgb_of(path)[y0:y1, x0:x1]


def find_backgrounds(data_dir: Path, detector: Detector) -> pd.DataFrame:
    """Search `face_detection` for backgrounds: columns file, split, x0, y0, x1, y1.

    Face-free pictures of its train part go 4 : 1 : 1 to train, validation and test; its bands go to train,
    those of its val part to validation and test. `detector` should have a low confidence.
    """
    yunet = cv2.FaceDetectorYN.create(str(Path(data_dir) / "weights" / "yunet.onnx"), "", (320, 320), 0.4)
    rows = []
    for part in ("train", "val"):
        for picture in labelled_pictures(data_dir, part):
            rgb = rgb_of(picture.path)
            for x0, y0, x1, y1 in _bands(picture, rgb.shape[1], rgb.shape[0]):
                if not _shows_a_face(rgb[y0:y1, x0:x1], detector, yunet):
                    rows.append((f"{part}/{picture.path.name}", _split_of(picture, part), x0, y0, x1, y1))
    return pd.DataFrame(rows, columns=["file", "split", "x0", "y0", "x1", "y1"])


def _split_of(picture: LabelledPicture, part: str) -> str:
    draw = stable_hash(picture.path.name, 8) % 6
    if part == "train":
        is_empty = len(picture.boxes_xyxy) == 0
        return {0: "validation", 1: "test"}.get(draw, "train") if is_empty else "train"
    return "validation" if draw < 3 else "test"


def _bands(picture: LabelledPicture, width: int, height: int) -> list[tuple[int, int, int, int]]:
    """The whole picture where no face is labelled, else the largest band beside, above or below the faces."""
    boxes = picture.boxes_xyxy
    if len(boxes) == 0:
        return [(0, 0, width, height)]
    # Half a face around the box holds hair, chin and neck.
    margin = np.maximum(boxes[:, 2:] - boxes[:, :2], 1) / 2
    left, top = np.floor((boxes[:, :2] - margin).min(axis=0)).astype(int)
    right, bottom = np.ceil((boxes[:, 2:] + margin).max(axis=0)).astype(int)
    bands = [(0, 0, left, height), (right, 0, width, height), (0, 0, width, top), (0, bottom, width, height)]
    wide = [band for band in bands if min(band[2] - band[0], band[3] - band[1]) >= SHORTEST_SIDE_PX]
    return [max(wide, key=lambda band: (band[2] - band[0]) * (band[3] - band[1]))] if wide else []


def _shows_a_face(rgb: np.ndarray, detector: Detector, yunet: cv2.FaceDetectorYN) -> bool:
    bigger = cv2.resize(rgb, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR)
    yunet.setInputSize((bigger.shape[1], bigger.shape[0]))
    found = yunet.detect(cv2.cvtColor(bigger, cv2.COLOR_RGB2BGR))[1]
    if found is not None:
        return True
    return any(face.confidence >= SUSPICION for face in detector.faces_in(Picture("band", rgb)))

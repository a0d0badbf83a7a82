"""UTKFace chip + face-free photograph -> composite: a picture in which the face is not everything.

Used for the set `composites` (one face a picture, a seed for each file) and for the detector's scenes
(`dataset/detection_scenes.py`). The face fades out in an irregular ellipse that never touches the chip's
border, is shifted towards the light and colour of what it covers, and is slightly turned, so that neither a
rectangle nor one particular edge can be learnt.
"""

import multiprocessing
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from tqdm import tqdm

from dataset.backgrounds import Background, backgrounds_of, pixels_of
from dataset.face_detection import rgb_of
from dataset.stable_hash import stable_hash
from faces.errors import DataMissing
from faces.files import whole_file

COMPOSITES_COLUMNS = [
    "file", "split", "path", "source_file", "x0", "y0", "x1", "y1", "face_fraction", "background",
]  # fmt: skip
COMPOSITES_SEED = "context 1"  # enters the seed of every composite: never change it
COMPOSITE_SIDES_PX = (320, 448)
FACE_FRACTIONS = (0.10, 1.00)  # longer side of the face box over the shorter side of the picture, log-uniform
JPEG_QUALITY = 92
# Box of the face of an aligned chip in which YuNet finds none: the median of its boxes, as fractions.
USUAL_BOX = (0.07, 0.0, 0.91, 0.98)
CHUNK = 200  # pictures a unit of resumable work


@dataclass(frozen=True, eq=False)
class Chip:
    """A picture filled by one face: (side, side, 3) uint8 RGB, and the face's box in it, x0, y0, x1, y1."""

    rgb: np.ndarray
    box_xyxy: np.ndarray

    @property
    def face_px(self) -> float:
        """The longer side of the face's box."""
        return float(np.max(self.box_xyxy[2:] - self.box_xyxy[:2]))

    def mirrored(self) -> "Chip":
        x0, y0, x1, y1 = self.box_xyxy
        width = self.rgb.shape[1]
        return Chip(np.ascontiguousarray(self.rgb[:, ::-1]), np.array([width - x1, y0, width - x0, y1]))


def chip_at(path: Path, data_dir: Path) -> tuple[Chip, bool]:
    """Load a chip, and whether YuNet found its face; the box is YuNet's, or else USUAL_BOX."""
    rgb = rgb_of(path)
    height, width = rgb.shape[:2]
    yunet = _yunet(Path(data_dir) / "weights" / "yunet.onnx")
    yunet.setInputSize((width, height))
    faces = yunet.detect(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))[1]
    if faces is None:
        return Chip(rgb, np.array(USUAL_BOX) * [width, height, width, height]), False
    x, y, box_width, box_height = max(faces, key=lambda row: row[2] * row[3])[:4].astype(float)
    return Chip(rgb, np.array([x, y, x + box_width, y + box_height])), True


def background_picture(
    backgrounds: list[Background], data_dir: Path, width: int, height: int, rng: np.random.Generator
) -> tuple[np.ndarray, Background]:
    """A random cut of a random background, scaled to (height, width, 3) uint8 RGB; larger is likelier."""
    # By the square root of the area: large backgrounds are likelier, but do not dominate.
    weights = np.sqrt([background.area_px for background in backgrounds])
    background = backgrounds[rng.choice(len(backgrounds), p=weights / weights.sum())]
    rgb = pixels_of(background, Path(data_dir))
    whole_height, whole_width = rgb.shape[:2]
    largest = min(whole_width / width, whole_height / height)
    cut = largest * rng.uniform(0.6, 1.0)
    cut_width, cut_height = max(int(cut * width), 1), max(int(cut * height), 1)
    x = rng.integers(0, whole_width - cut_width + 1)
    y = rng.integers(0, whole_height - cut_height + 1)
    part = rgb[y : y + cut_height, x : x + cut_width]
    if rng.random() < 0.5:
        part = part[:, ::-1]
    method = cv2.INTER_AREA if cut > 1 else cv2.INTER_CUBIC
    return cv2.resize(np.ascontiguousarray(part), (width, height), interpolation=method), background


def paste_face(
    canvas_rgb: np.ndarray,
    chip: Chip,
    centre_xy: tuple[float, float],
    face_px: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """Blend a chip into `canvas_rgb`, in place: the face's box around `centre_xy`, its longer side `face_px`.

    Returns the box of the pasted face (x0, y0, x1, y1), clipped to the canvas.
    """
    scale = face_px / chip.face_px
    angle_degrees = float(np.clip(rng.normal(0, 7), -18, 18))
    mask = _soft_ellipse(chip.rgb.shape[0], chip.rgb.shape[1], rng)
    rgb, shrink = chip.rgb, min(scale, 1.0)
    if shrink < 0.8:
        # Shrink by area first: a warp would skip pixels.
        size = (max(round(rgb.shape[1] * shrink), 2), max(round(rgb.shape[0] * shrink), 2))
        rgb = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
        mask = cv2.resize(mask, size, interpolation=cv2.INTER_AREA)
        shrink = size[0] / chip.rgb.shape[1]
    else:
        shrink = 1.0
    box_centre = (chip.box_xyxy[:2] + chip.box_xyxy[2:]) / 2
    turn = cv2.getRotationMatrix2D((box_centre * shrink).tolist(), angle_degrees, scale / shrink)
    turn[:, 2] += np.array(centre_xy) - box_centre * shrink

    height, width = canvas_rgb.shape[:2]
    corners = (
        np.array([[0, 0], [rgb.shape[1], 0], [0, rgb.shape[0]], rgb.shape[1::-1]]) @ turn[:, :2].T
        + turn[:, 2]
    )
    left, top = np.floor(corners.min(axis=0)).astype(int).clip(0, [width, height])
    right, bottom = np.ceil(corners.max(axis=0)).astype(int).clip(0, [width, height])
    if right > left and bottom > top:
        turn[:, 2] -= [left, top]
        size = (int(right - left), int(bottom - top))
        face = cv2.warpAffine(rgb, turn, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        cover = cv2.warpAffine(mask, turn, size, flags=cv2.INTER_LINEAR)[..., None]
        under = canvas_rgb[top:bottom, left:right]
        face = _blended_towards(face, under, cover, rng)
        canvas_rgb[top:bottom, left:right] = np.rint(cover * face + (1 - cover) * under).astype(np.uint8)

    # The bounds of the turned ellipse in the box, not of the turned box: corners of a face box show no face.
    box_width, box_height = (chip.box_xyxy[2:] - chip.box_xyxy[:2]) * scale
    cosine, sine = np.cos(np.radians(angle_degrees)), np.sin(np.radians(angle_degrees))
    half = np.array(
        [np.hypot(box_width * cosine, box_height * sine), np.hypot(box_width * sine, box_height * cosine)]
    )
    box = np.concatenate([centre_xy - half / 2, centre_xy + half / 2])
    return box.clip(0, [width, height, width, height])


def make_composite(
    chip: Chip, backgrounds: list[Background], data_dir: Path, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, Background]:
    """Paste one face into a face-free photograph: the picture, the face's box, and the background."""
    width, height = (int(side) for side in rng.integers(COMPOSITE_SIDES_PX[0], COMPOSITE_SIDES_PX[1] + 1, 2))
    canvas, background = background_picture(backgrounds, data_dir, width, height, rng)
    fraction = float(np.exp(rng.uniform(*np.log(FACE_FRACTIONS))))
    face_px = fraction * min(width, height)
    scale = face_px / chip.face_px
    if scale > 1:
        # A magnified face is soft: a sharp background around it would be the seam.
        canvas = cv2.GaussianBlur(canvas, (0, 0), 0.3 + (scale - 1) * rng.uniform(0.2, 0.8))
    centre = (_inside(width, face_px, rng), _inside(height, face_px, rng))
    box = paste_face(canvas, chip.mirrored() if rng.random() < 0.5 else chip, centre, face_px, rng)
    return canvas, box, background


def write_composites(
    records: pd.DataFrame, data_dir: Path, cache_dir: Path, *, processes: int = 2
) -> pd.DataFrame:
    """Write one composite for each UTKFace picture, and `composites/composites.csv`; existing ones are kept.

    `records` has the columns path, file and split. Pictures go to `cache_dir`/composites/{split}/{stem}.jpg
    and depend on the file's name alone. Returns the table (COMPOSITES_COLUMNS; `path` is relative to
    `cache_dir`). Raises DataMissing.
    """
    folder = Path(cache_dir) / "composites"
    jobs = [
        (split, number, chunk)
        for split, part in records.groupby("split")
        for number, chunk in enumerate(_chunks(part.sort_values("file")))
    ]
    write = partial(_write_chunk, data_dir=Path(data_dir), cache_dir=Path(cache_dir))
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        bar = tqdm(total=len(records), desc="composites", unit=" pictures")
        tables = []
        for table in pool.imap_unordered(write, jobs):
            tables.append(table)
            bar.update(len(table))
        bar.close()
    composites = pd.concat(tables).sort_values(["split", "file"], ignore_index=True)
    with whole_file(folder / "composites.csv") as path:
        composites.to_csv(path, index=False)
    return composites


def rng_for(seed: str, name: str) -> np.random.Generator:
    """A random generator for a name under a seed, whatever the order and the number of processes."""
    # The bytes of "seed/name" are hashed: composites and scenes depend on them.
    return np.random.default_rng(stable_hash(f"{seed}/{name}", 64))


def _chunks(records: pd.DataFrame) -> list[pd.DataFrame]:
    return [records.iloc[start : start + CHUNK] for start in range(0, len(records), CHUNK)]


def _write_chunk(job: tuple[str, int, pd.DataFrame], *, data_dir: Path, cache_dir: Path) -> pd.DataFrame:
    """Write the composites of one chunk; its table is written last and marks it as done."""
    cv2.setNumThreads(1)
    split, number, records = job
    table_path = cache_dir / "composites" / "chunks" / f"{split}_{number:04d}.csv"
    if table_path.is_file():
        table = pd.read_csv(table_path)
        if list(table["file"]) == list(records["file"]):
            return table
    backgrounds = backgrounds_of(split)
    rows = []
    for file, chip_path in zip(records["file"], records["path"], strict=True):
        rng = rng_for(COMPOSITES_SEED, file)
        chip, _ = chip_at(Path(chip_path), data_dir)
        rgb, box, background = make_composite(chip, backgrounds, data_dir, rng)
        path = Path("composites") / split / f"{Path(file).stem}.jpg"
        write_jpeg(cache_dir / path, rgb)
        fraction = max(box[2] - box[0], box[3] - box[1]) / min(rgb.shape[:2])
        rows.append(
            (path.name, split, path.as_posix(), file, *box.round(1), round(fraction, 4), background.file)
        )
    table = pd.DataFrame(rows, columns=COMPOSITES_COLUMNS)
    with whole_file(table_path) as part:
        table.to_csv(part, index=False)
    return table


def write_jpeg(path: Path, rgb: np.ndarray) -> None:
    """Write (height, width, 3) uint8 RGB whole, at JPEG_QUALITY."""
    with whole_file(path) as part:
        cv2.imwrite(str(part), cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])


def _inside(side: int, face_px: float, rng: np.random.Generator) -> float:
    """A random centre along one side of the picture that keeps the face inside it."""
    return float(rng.uniform(face_px / 2, side - face_px / 2))


def _soft_ellipse(height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """(height, width) float32: 1 in an irregular ellipse, falling to 0 before the border is reached."""
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    angle = np.arctan2(y, x)
    reach = np.full_like(angle, 0.985)
    for waves in (2, 3, 5):
        depth, phase = rng.uniform(0, 0.03), rng.uniform(0, 2 * np.pi)
        reach -= depth * (1 + np.cos(waves * angle + phase))
    # An exponent above 2 squares the ellipse a little: foreheads and jaws are not lost.
    exponent = rng.uniform(2.0, 2.8)
    radius = (np.abs(x) ** exponent + np.abs(y) ** exponent) ** (1 / exponent)
    rise = ((reach - radius) / rng.uniform(0.06, 0.22)).clip(0, 1)
    return rise * rise * (3 - 2 * rise)


def _blended_towards(
    face: np.ndarray, under: np.ndarray, cover: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """The face with its mean light and colour moved part of the way to those of what it covers.

    Only part of the way, and at most 25 of 255 levels: skin must stay skin.
    """
    weight = cover.sum() + 1e-6
    face_mean = (face * cover).sum(axis=(0, 1)) / weight
    under_mean = under.mean(axis=(0, 1))
    shift = (rng.uniform(0.1, 0.35) * (under_mean - face_mean)).clip(-25, 25)
    return (face + shift).clip(0, 255)


@lru_cache(maxsize=1)
def _yunet(weights_path: Path) -> cv2.FaceDetectorYN:
    if not weights_path.is_file():
        raise DataMissing(f"Face boxes of chips come from {weights_path}, which is not there.")
    return cv2.FaceDetectorYN.create(str(weights_path), "", (200, 200), 0.6)

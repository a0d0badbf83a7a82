"""The importer of faceres-deep reproduces what the data README measured without any training."""

from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from dataset.records import load_records
from faces.boxes import square_around
from faces.errors import DataMissing
from faces.input_crops import pixels_in
from faces.pictures import decode
from tests.builders import face_network
from training.networks.architectures import IMAGENET_MEAN_RGB
from training.networks.start_weights import read_tfjs_weights

PAD_RGB = [round(value) for value in IMAGENET_MEAN_RGB]


def yunet_box(rgb: np.ndarray, model: Path) -> tuple[float, float, float, float] | None:
    """The first face of YuNet at 320 px: the boxes with which the published figures were measured."""
    scale = 320 / max(rgb.shape[:2])
    small = cv2.resize(rgb[:, :, ::-1], None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    faces = cv2.FaceDetectorYN.create(str(model), "", small.shape[1::-1], 0.5).detect(small)[1]
    if faces is None:
        return None
    x0, y0, width, height = faces[0][:4] / scale
    return x0, y0, x0 + width, y0 + height


@pytest.mark.parametrize(
    ("set_name", "pictures", "mae_years", "bias_years", "gender_accuracy"),
    [
        pytest.param("chips", 600, 5.35, None, 0.905, id="UTKFace: MAE 5.2-5.5, gender 90.5 %"),
        pytest.param("fgnet", 400, 4.65, 3.4, 0.836, id="FG-NET: MAE 4.65, bias +3.4, gender 83.6 %"),
        pytest.param("portraits", 240, 5.5, -4.0, 0.996, id="portraits: MAE 5.5, bias -4.0, gender 99.6 %"),
    ],
)
@pytest.mark.slow
def test_the_imported_network_reproduces_the_published_figures(
    data_dir: Path,
    set_name: str,
    pictures: int,
    mae_years: float,
    bias_years: float | None,
    gender_accuracy: float,
) -> None:
    records = load_records(set_name, data_dir, Path("no-cache"))
    records = records.sample(min(pictures, len(records)), random_state=1)
    model = face_network(224, "faceres", data_dir / "weights")
    inputs, rows = [], []
    for row, path in enumerate(records.path):
        rgb = decode(Path(path).read_bytes(), path).rgb
        box = yunet_box(rgb, data_dir / "weights" / "yunet.onnx")
        if box is not None:
            inputs.append(pixels_in(rgb, square_around(box, 1.2), 224, PAD_RGB))
            rows.append(row)
    assert len(rows) >= 0.98 * len(records)
    seen: pd.DataFrame = records.iloc[rows]
    outputs = model.predict(np.stack(inputs).astype(np.float32), batch_size=32, verbose=0)
    errors = outputs["age_probabilities"] @ np.arange(101) - seen.age_years.to_numpy()
    female = (outputs["female_probability"][:, 0] >= 0.5) == (seen.gender.to_numpy() == 1)
    assert np.abs(errors).mean() == pytest.approx(mae_years, abs=0.3 + 0.15)  # 5.2-5.5 is itself a range
    assert bias_years is None or errors.mean() == pytest.approx(bias_years, abs=0.6)
    assert female.mean() == pytest.approx(gender_accuracy, abs=0.03)


def test_missing_start_weights_are_named_with_where_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match=r"faceres-deep.*MIT.*Missing"):
        read_tfjs_weights(tmp_path / "faceres-deep.json")

"""The detector finds the faces that it promises, loads other exports, and refuses what is none."""

from pathlib import Path

import numpy as np
import onnx
import pytest

from faces.boxes import iou, square_around
from faces.detection import DEFAULT_DETECTOR, Detector
from faces.errors import DetectorError
from faces.files import sha256_of
from faces.pictures import Picture, decode

SAMPLES = Path(__file__).resolve().parents[2] / "dashboard" / "samples"

METADATA = {"names": "{0: 'face'}", "stride": "32", "imgsz": "[64, 64]", "task": "detect"}


@pytest.fixture(scope="module")
def detector():
    return Detector()


@pytest.fixture(scope="module")
def astronaut():
    return decode((SAMPLES / "astronaut.jpg").read_bytes(), "astronaut.jpg")


def export_that_answers(path: Path, output: np.ndarray, metadata: dict[str, str] = METADATA) -> Path:
    """A network with a fixed 64 px input that gives the same output for every picture."""
    value = onnx.numpy_helper.from_array(output.astype(np.float32), "answer")
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Constant", [], ["output0"], value=value)],
        "export",
        [onnx.helper.make_tensor_value_info("images", onnx.TensorProto.FLOAT, [1, 3, 64, 64])],
        [onnx.helper.make_tensor_value_info("output0", onnx.TensorProto.FLOAT, output.shape)],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=10)
    onnx.helper.set_model_props(model, metadata)
    onnx.save(model, path)
    return path


def picture_of(width: int, height: int) -> Picture:
    """Noise, because an even surface is never called a face."""
    return Picture("noise", np.random.default_rng(1).integers(0, 255, (height, width, 3)).astype(np.uint8))


def test_a_box_surrounds_the_face_and_stays_in_the_picture(detector, astronaut):
    (face,) = detector.faces_in(astronaut)
    assert iou(np.array(face.box_xyxy), np.array([[175, 65, 275, 200]]))[0] > 0.5
    close_up = Picture("close-up", np.ascontiguousarray(astronaut.rgb[90:200, 175:270]))
    for face in detector.faces_in(close_up):
        x0, y0, x1, y1 = face.box_xyxy
        assert 0 <= x0 < x1 <= close_up.width
        assert 0 <= y0 < y1 <= close_up.height


def test_the_face_of_the_highest_confidence_comes_first(detector):
    picture = decode((SAMPLES / "solvay_1927.jpg").read_bytes(), "solvay")
    confidences = [face.confidence for face in detector.faces_in(picture)]
    assert confidences == sorted(confidences, reverse=True)
    assert min(confidences) >= detector.confidence


def test_a_large_picture_gets_two_passes_and_still_shows_its_large_face_once(detector, astronaut):
    large = Picture("large", np.repeat(np.repeat(astronaut.rgb[20:260, 120:340], 8, axis=0), 8, axis=1))
    (small_face,) = detector.faces_in(Picture("small", np.ascontiguousarray(astronaut.rgb[20:260, 120:340])))
    (face,) = detector.faces_in(large)
    assert iou(np.array(face.box_xyxy) / 8, np.array([small_face.box_xyxy]))[0] > 0.8


@pytest.mark.parametrize(
    ("width", "height"), [(1, 1), (2, 3000), (3000, 2), (31, 33)], ids=["one pixel", "tall", "wide", "tiny"]
)
def test_a_picture_of_any_shape_is_answered(detector, width, height):
    assert detector.faces_in(picture_of(width, height)) == []


@pytest.mark.parametrize("level", [0, 64, 128, 255])
def test_an_even_surface_is_no_face(detector, level):
    assert detector.faces_in(Picture("even", np.full((200, 200, 3), level, np.uint8))) == []


def test_one_thread_finds_what_two_find(detector, astronaut):
    (two,), (one,) = detector.faces_in(astronaut), Detector(threads=1).faces_in(astronaut)
    assert one.box_xyxy == pytest.approx(two.box_xyxy, abs=0.05)


def test_the_detector_names_the_bytes_of_its_file(detector):
    assert detector.sha256 == sha256_of(DEFAULT_DETECTOR)


def test_an_end_to_end_export_is_decoded(tmp_path):
    output = np.zeros((1, 300, 6))
    output[0, 0] = [16, 24, 48, 56, 0.9, 0]
    output[0, 1] = [0, 0, 10, 10, 0.1, 0]
    found = Detector(export_that_answers(tmp_path / "e.onnx", output)).faces_in(picture_of(128, 128))
    assert [face.box_xyxy for face in found] == [(32, 48, 96, 112)]
    assert found[0].confidence == pytest.approx(0.9)


def test_the_letterbox_is_undone(tmp_path):
    output = np.zeros((1, 5, 3))
    output[0, :, 0] = [32, 32, 20, 16, 0.8]  # 128 x 64 px becomes 64 x 32 with 16 px of grey above and below
    found = Detector(export_that_answers(tmp_path / "e.onnx", output)).faces_in(picture_of(128, 64))
    assert [face.box_xyxy for face in found] == [(44, 16, 84, 48)]


def test_overlapping_boxes_are_one_face(tmp_path):
    output = np.zeros((1, 5, 3))
    output[0, :, 0] = [32, 32, 20, 20, 0.7]
    output[0, :, 1] = [33, 32, 20, 20, 0.8]
    output[0, :, 2] = [10, 10, 10, 10, 0.6]
    found = Detector(export_that_answers(tmp_path / "e.onnx", output)).faces_in(picture_of(64, 64))
    assert [round(face.confidence, 1) for face in found] == [0.8, 0.6]


def test_a_small_box_inside_a_surer_larger_one_is_a_part_of_that_face(tmp_path):
    output = np.zeros((1, 5, 3))
    output[0, :, 0] = [32, 32, 50, 50, 0.8]
    output[0, :, 1] = [24, 24, 14, 14, 0.7]  # an eye behind glasses
    output[0, :, 2] = [59, 12, 10, 10, 0.6]  # a person behind, cut by the edge of the face's box
    found = Detector(export_that_answers(tmp_path / "e.onnx", output)).faces_in(picture_of(64, 64))
    assert [round(face.confidence, 1) for face in found] == [0.8, 0.6]


@pytest.mark.parametrize("scale", [0.8, 0.9, 1.0, 1.1, 1.2])
@pytest.mark.parametrize("name", ["portrait_C000537.jpg", "portrait_G000600.jpg"])
def test_a_close_crop_of_one_person_shows_one_face(detector, name, scale):
    portrait = decode((SAMPLES / name).read_bytes(), name)
    (face,) = detector.faces_in(portrait)
    square = square_around(face.box_xyxy, scale)
    x0, y0, x1, y1 = np.rint(square.xyxy).astype(int).clip(0, [portrait.width, portrait.height] * 2)
    crop = Picture("close", np.ascontiguousarray(portrait.rgb[y0:y1, x0:x1]))
    assert len(detector.faces_in(crop)) == 1


def test_of_several_classes_the_one_called_face_counts(tmp_path):
    output = np.zeros((1, 6, 2))
    output[0, :, 0] = [32, 32, 20, 20, 0.9, 0.1]
    output[0, :, 1] = [20, 20, 10, 10, 0.1, 0.6]
    names = METADATA | {"names": "{0: 'person', 1: 'Face'}"}
    found = Detector(export_that_answers(tmp_path / "e.onnx", output, names)).faces_in(picture_of(64, 64))
    assert [face.box_xyxy for face in found] == [(15, 15, 25, 25)]


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ({}, "no ultralytics export"),
        (METADATA | {"names": "{0: 'person', 1: 'dog'}"}, "no class 'face'"),
        (METADATA | {"task": "classify"}, "no detection network"),
        (METADATA | {"names": "face"}, "no ultralytics export"),
    ],
    ids=["no metadata", "no faces", "another task", "broken metadata"],
)
def test_a_network_that_is_no_face_detector_is_refused(tmp_path, metadata, reason):
    path = export_that_answers(tmp_path / "e.onnx", np.zeros((1, 6, 2)), metadata)
    with pytest.raises(DetectorError, match=reason):
        Detector(path)


@pytest.mark.parametrize("content", [b"", b"not a network", b"\x08\x07"], ids=["empty", "text", "cut off"])
def test_a_file_that_is_no_network_is_refused(tmp_path, content):
    path = tmp_path / "face.onnx"
    path.write_bytes(content)
    with pytest.raises(DetectorError, match="face.onnx"):
        Detector(path)
    with pytest.raises(DetectorError, match="no detector file"):
        Detector(tmp_path / "absent.onnx")


def test_an_export_of_one_size_is_refused_for_another(tmp_path):
    path = export_that_answers(tmp_path / "e.onnx", np.zeros((1, 5, 2)))
    assert Detector(path).size_px == 64
    with pytest.raises(DetectorError, match="64 px alone"):
        Detector(path, size_px=320)

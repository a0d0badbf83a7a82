"""The detector's training takes the right pictures, survives a kill, and its card says what was measured."""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from dataset.backgrounds import backgrounds_of
from evaluation.reports.scores import compact_json
from faces.boxes import iou
from faces.detection import DEFAULT_DETECTOR, Detector, Face
from faces.errors import DataMissing
from faces.files import sha256_of
from training.detector import train as detector
from training.detector.card import card, check_rows
from training.detector.quality import average_precision, matched

MODEL_FOLDER = DEFAULT_DETECTOR.parent


def arguments(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    detector.add_arguments(parser)
    return parser.parse_args(words)


def test_the_command_says_which_data_it_wants(monkeypatch, tmp_path):
    monkeypatch.delenv("AGE_GENDER_DATA", raising=False)
    with pytest.raises(DataMissing, match="--data-dir"):
        detector.run(arguments())
    with pytest.raises(DataMissing, match="--start none"):
        detector.run(arguments("--data-dir", str(tmp_path)))


def test_no_background_of_an_evaluated_composite_is_trained_on(data_dir):
    names = {f"train/{picture.path.name}" for picture in detector.labelled_for_training(data_dir)}
    assert not names & {one.file for split in ("validation", "test") for one in backgrounds_of(split)}
    assert len(names) > 1100


def test_published_settings_name_no_folder_of_a_machine():
    settings = detector.without_paths({"data": "/home/me/runs/data.yaml", "epochs": 4, "resume": False})
    assert settings == {"data": "data.yaml", "epochs": 4, "resume": False}


@pytest.mark.training
@pytest.mark.parametrize(("has_gpu", "device"), [(True, "0"), (False, "cpu")])
def test_the_detector_trains_on_a_gpu_where_torch_finds_one(monkeypatch, has_gpu, device):
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: has_gpu)
    assert detector.default_device() == device


# ultralytics exports by torch's earlier exporter.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.slow
def test_a_killed_training_goes_on_and_its_export_is_served(data_dir, tmp_path):
    torch = pytest.importorskip("torch")
    pytest.importorskip("ultralytics")
    pictures = [picture.path for picture in detector.labelled_for_training(data_dir)[:8]]
    run_dir = tmp_path / "run"
    data_yaml = detector.write_data_yaml(run_dir, pictures, data_dir)
    content = yaml.safe_load(data_yaml.read_text())
    data_yaml.write_text(yaml.safe_dump(content | {"val": "train.txt"}))
    start = str(data_dir / detector.START_WEIGHTS)
    # Killed as by the system, in a process of its own, as soon as the first epoch's row is written.
    program = (
        "import sys; from pathlib import Path; from training.detector import train as detector; "
        "detector.train(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], "
        "epochs=2, size_px=64, lr=1e-4, threads=1, device='cpu')"
    )
    killed = subprocess.Popen(
        [sys.executable, "-c", program, str(run_dir), str(data_yaml), start],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    last, best = run_dir / "weights" / "last.pt", run_dir / "weights" / "best.pt"
    while killed.poll() is None and not best.is_file():  # it is written right after last.pt
        time.sleep(0.01)
    time.sleep(0.2)
    killed.kill()
    killed.wait()
    assert last.is_file()
    detector.train(run_dir, data_yaml, start, epochs=2, size_px=64, lr=1e-4, threads=1, device="cpu")
    assert torch.load(last, map_location="cpu", weights_only=False)["epoch"] == -1  # stripped: it finished
    finished = pd.read_csv(run_dir / "results.csv")
    assert list(finished["epoch"]) == [1, 2]
    detector.publish(run_dir / "weights" / "best.pt", tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "face.onnx", "face.pt", "args.yaml", "results.csv",
    }  # fmt: skip
    assert Detector(tmp_path / "out" / "face.onnx").size_px == detector.SERVED_PX
    assert str(tmp_path).encode() not in (tmp_path / "out" / "face.pt").read_bytes()


def test_all_faces_detected_is_the_highest_average_precision():
    assert average_precision(np.array([0.9, 0.8]), np.array([True, True]), 2) == pytest.approx(0.995)


def test_nothing_detected_is_an_average_precision_of_zero():
    assert average_precision(np.array([]), np.array([], bool), 3) == 0


def test_average_precision_equals_that_of_ultralytics():
    metrics = pytest.importorskip(
        "ultralytics.utils.metrics", reason="needs ultralytics (the full environment)"
    )
    rng = np.random.default_rng(4)
    scores, hits = rng.random(200), rng.random(200) < 0.6
    order = np.argsort(-scores)
    true_positives = np.cumsum(hits[order])
    theirs, _, _ = metrics.compute_ap(true_positives / 150, true_positives / np.arange(1, 201))
    assert average_precision(scores, hits, 150) == pytest.approx(theirs, abs=1e-6)


def test_a_labelled_face_is_matched_once():
    labelled = np.array([[0.0, 0, 10, 10], [20, 20, 30, 30]])
    faces = [Face((0, 0, 10, 10), 0.9), Face((1, 0, 11, 10), 0.8), Face((21, 20, 31, 30), 0.7)]
    assert matched(faces, labelled) == [True, False, True]
    assert matched(faces, np.zeros((0, 4))) == [False, False, False]


def test_the_overlap_of_two_boxes_is_their_intersection_over_their_union():
    assert iou(np.array([0, 0, 10, 10]), np.array([[5, 0, 15, 10], [20, 20, 30, 30]])) == pytest.approx(
        [1 / 3, 0]
    )


def test_the_card_shows_each_check_of_both_detectors():
    empty = {"pictures": 2000, "with_a_face": 9, "with_a_confident_face": 4, "named": ["a"]}
    faces = {"pictures": 240, "with_a_face": 240, "with_exactly_one": 228}
    before = {"empty": {"synthetic": empty}, "close": {"0.8": faces}, "degraded": {}, "fairface": {}}
    after = before | {"close": {"0.8": faces | {"with_exactly_one": 240}}}
    assert check_rows({"before": before, "shipped": after}) == [
        ["no person: synthetic", "2,000", "9 (4)", "9 (4)"],
        ["portraits cropped to 0.8 of the face's box", "240", "100.0 % / 95.0 %", "100.0 % / 100.0 %"],
    ]
    assert check_rows({}) == []


def test_the_card_is_the_one_that_its_figures_make():
    assert (MODEL_FOLDER / "README.md").read_text(encoding="utf-8") == card(MODEL_FOLDER)


def test_the_figures_belong_to_the_detector_beside_them():
    text = (MODEL_FOLDER / "figures.json").read_text(encoding="utf-8")
    figures = json.loads(text)
    assert text == compact_json(figures)
    assert figures["detector_sha256"] == sha256_of(DEFAULT_DETECTOR)
    assert Path(MODEL_FOLDER / "face.pt").stat().st_size < 6e6

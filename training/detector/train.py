"""Labelled scenes -> the face detector: `python -m training detector`.

In go the train part of `face_detection` and scenes composed from UTKFace training faces; out come
`face.onnx`, `face.pt`, `args.yaml` and `results.csv` in `model_detector/`. Only this module imports
ultralytics.
"""

import argparse
import os
import shutil
import sys
import types
from pathlib import Path
from typing import Any

import yaml

from dataset.backgrounds import backgrounds_of
from dataset.detection_scenes import write_scenes
from dataset.face_detection import LabelledPicture, labelled_pictures
from dataset.labels import CHIPS, TEST, TRAIN, VALIDATION
from dataset.paths import add_path_options, data_dir_of
from dataset.records import load_records
from faces.errors import DataMissing
from faces.files import whole_file

MODEL_FOLDER = Path(__file__).parents[2] / "model_detector"
START_WEIGHTS = Path("weights/yolo11n_face.pt")  # in the data folder
SERVED_PX = 384  # written into the export: the size at which faces.detection runs it
PATH_SETTINGS = ("project", "save_dir", "data", "model", "name", "resume")  # of ultralytics
# How many scenes of each kind of dataset.detection_scenes.
SCENES = {"scene": 300, "close": 350, "print": 350, "empty": 900, "round": 700}
FROZEN_LAYERS = 5  # the first of yolo11n, at half to an eighth of the size


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `python -m training detector`."""
    add_path_options(parser)
    parser.add_argument("--start", default="", help="weights to start from (.pt), or none for a random start")
    parser.add_argument("--epochs", type=int, default=4, help="passes over the pictures (default 4)")
    parser.add_argument("--size", type=int, default=416, help="training size in pixels (default 416)")
    parser.add_argument(
        "--threads", type=int, default=os.cpu_count(), help="one is fastest on cores that others use too"
    )
    parser.add_argument(
        "--device", help="cpu, mps or the number of a GPU (default: a GPU where there is one)"
    )
    parser.add_argument("--lr", type=float, default=5e-4, help="learning rate of AdamW at its highest")
    parser.add_argument("--out", type=Path, default=MODEL_FOLDER, help="folder of the finished files")
    parser.add_argument(
        "--run-dir", type=Path, default=Path("runs/detector"), help="folder of the checkpoints"
    )


def run(args: argparse.Namespace) -> int:
    """Compose the scenes, train (going on where a killed run stopped), export to `args.out`; 0 when done.

    Raises DataMissing.
    """
    data_dir, cache_dir = data_dir_of(args), args.cache_dir
    start = _start_of(args.start, data_dir)
    device = args.device or default_device()
    print(f"device: {device}", flush=True)
    labelled = labelled_for_training(data_dir)
    scenes = write_scenes(load_records(CHIPS, data_dir, cache_dir), labelled, data_dir, cache_dir, SCENES)
    data_yaml = write_data_yaml(args.run_dir, [picture.path for picture in labelled] + scenes, data_dir)
    best = train(
        args.run_dir,
        data_yaml,
        start,
        epochs=args.epochs,
        size_px=args.size,
        lr=args.lr,
        threads=args.threads,
        device=device,
    )
    publish(best, args.out)
    return 0


def default_device() -> str:
    """The first CUDA GPU that torch finds, else the CPU, as ultralytics names them."""
    import torch

    return "0" if torch.cuda.is_available() else "cpu"


def labelled_for_training(data_dir: Path) -> list[LabelledPicture]:
    """The train pictures of face_detection, without the backgrounds of validation and test composites."""
    excluded = {row.file for split in (VALIDATION, TEST) for row in backgrounds_of(split)}
    pictures = labelled_pictures(data_dir, TRAIN)
    return [picture for picture in pictures if f"train/{picture.path.name}" not in excluded]


def write_data_yaml(run_dir: Path, pictures: list[Path], data_dir: Path) -> Path:
    """Write the data set as ultralytics wants it: training pictures, the folder of val, and the one class."""
    run_dir.mkdir(parents=True, exist_ok=True)
    with whole_file(run_dir / "train.txt") as part:
        part.write_text("".join(f"{path.absolute()}\n" for path in pictures))
    content = {
        "path": str(run_dir.absolute()),
        "train": "train.txt",
        "val": str((data_dir / "face_detection" / "images" / "val").absolute()),
        "names": {0: "face"},
    }
    with whole_file(run_dir / "data.yaml") as part:
        part.write_text(yaml.safe_dump(content))
    return run_dir / "data.yaml"


def train(
    run_dir: Path,
    data_yaml: Path,
    start: str,
    *,
    epochs: int,
    size_px: int,
    lr: float,
    threads: int,
    device: str,
) -> Path:
    """Train a one-class yolo11n, or finish what a killed run left in `run_dir`; return the best checkpoint.

    `device` may be another than that on which a killed run began.
    """
    YOLO = ultralytics_yolo()
    weights = run_dir.absolute() / "weights"
    epochs_done = _epochs_done(weights / "last.pt")
    if epochs_done:
        start = str(weights / "last.pt")
        _drop_rows_after(run_dir / "results.csv", epochs_done)
    model = YOLO("yolo11n.yaml") if start == "none" else YOLO(start)
    # ultralytics falls back to one thread on its way into the training loop.
    model.add_callback("on_train_start", lambda _: _use_threads(threads))
    if epochs_done:
        model.train(resume=True, device=device)
        return weights / "best.pt"
    model.train(
        data=str(data_yaml),
        single_cls=True,
        project=str(run_dir.absolute().parent),
        name=run_dir.name,
        exist_ok=True,
        epochs=epochs,
        imgsz=size_px,
        batch=16,
        nbs=16,
        save_period=1,  # the weights of each epoch, to choose from
        # The edges and colours of the first layers are those of any picture, and the dearest to train.
        freeze=FROZEN_LAYERS if start != "none" else None,
        channels_last=True,
        optimizer="AdamW",
        lr0=lr if start != "none" else 4 * lr,
        lrf=0.05,
        cos_lr=True,
        warmup_epochs=0.3,
        warmup_bias_lr=lr,
        weight_decay=5e-4,
        mosaic=0.5,
        close_mosaic=max(epochs // 2, 1),
        scale=0.5,
        degrees=5,
        workers=2,
        device=device,
        amp=False,
        plots=False,
        deterministic=False,
        seed=9,
    )
    return weights / "best.pt"


def publish(checkpoint: Path, folder: Path) -> None:
    """Export a checkpoint; write the network, the stripped weights, the settings and the log to `folder`."""
    run_dir = checkpoint.parent.parent
    onnx_path = exported(checkpoint, run_dir / "exported", SERVED_PX)
    for source in (onnx_path, onnx_path.with_suffix(".pt"), run_dir / "results.csv"):
        with whole_file(folder / source.name) as part:
            shutil.copyfile(source, part)
    settings: dict[str, Any] = yaml.safe_load((run_dir / "args.yaml").read_text())
    with whole_file(folder / "args.yaml") as part:
        part.write_text(yaml.safe_dump(without_paths(settings), sort_keys=False))


def exported(checkpoint: Path, folder: Path, size_px: int) -> Path:
    """Write `folder`/face.pt, stripped to its weights, and face.onnx with dynamic axes; return its path."""
    YOLO = ultralytics_yolo()
    import torch
    from ultralytics.utils.torch_utils import strip_optimizer

    folder.mkdir(parents=True, exist_ok=True)
    stripped = folder / "face.pt"
    stripped.write_bytes(checkpoint.read_bytes())
    strip_optimizer(stripped)
    weights = torch.load(stripped, map_location="cpu", weights_only=False)
    weights["train_args"] = without_paths(weights["train_args"])
    weights["model"].args = without_paths(dict(weights["model"].args))
    weights["model"].pt_path = stripped.name
    weights.pop("git", None)
    torch.save(weights, stripped)
    return Path(YOLO(stripped).export(format="onnx", dynamic=True, simplify=True, opset=18, imgsz=size_px))


def without_paths(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings with each path reduced to its name: the folders of one machine help nobody."""
    names = {name: Path(settings[name]).name for name in PATH_SETTINGS if isinstance(settings.get(name), str)}
    return settings | names


def ultralytics_yolo() -> Any:
    """Import ultralytics' YOLO class, offline, and without torchvision beside a CPU torch.

    The registry's torchvision is a CUDA build that does not load beside a CPU torch, and ultralytics needs
    only its non-maximum suppression, of which it has an equal one of its own.
    """
    os.environ["YOLO_OFFLINE"] = "true"
    os.environ.setdefault("YOLO_VERBOSE", "true")
    import torch
    from ultralytics.utils.nms import TorchNMS

    if not torch.cuda.is_available() and "torchvision" not in sys.modules:
        operators = types.ModuleType("torchvision.ops")
        vars(operators)["nms"] = TorchNMS.nms
        torchvision = types.ModuleType("torchvision")
        vars(torchvision).update(ops=operators, __version__="0")
        sys.modules.update({"torchvision": torchvision, "torchvision.ops": operators})
    from ultralytics import YOLO

    return YOLO


def _use_threads(threads: int) -> None:
    import torch

    torch.set_num_threads(threads)


def _start_of(start: str, data_dir: Path) -> str:
    if start == "none":
        return start
    path = Path(start) if start else data_dir / START_WEIGHTS
    if not path.is_file():
        raise DataMissing(f"There are no start weights {path}; --start none trains from a random start.")
    return str(path)


def _epochs_done(last: Path) -> int:
    """Epochs in the checkpoint of a killed run; 0 where there is none or it finished (its epoch is -1)."""
    if not last.is_file():
        return 0
    import torch

    return int(torch.load(last, map_location="cpu", weights_only=False)["epoch"]) + 1


def _drop_rows_after(results: Path, epochs: int) -> None:
    """Drop the rows of epochs that will be run again: a row is written before its checkpoint is."""
    lines = results.read_text().splitlines(keepends=True)
    with whole_file(results) as part:
        part.write_text("".join(lines[: 1 + epochs]))

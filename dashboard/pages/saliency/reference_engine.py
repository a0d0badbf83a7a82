"""Variant + frame -> map by tf-keras-vis, from one TensorFlow process beside the server.

A room of its own because TensorFlow must never be loaded into the server: it is started on first use, in a
process of its own, and answers one request after the other.
"""

import atexit
import importlib.util
import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np

from faces.errors import ReferenceEngineError
from faces.variants import Variant

REPOSITORY = Path(__file__).resolve().parents[3]
WORKER = "training.saliency_reference"


def is_offered(variants: list[Variant]) -> bool:
    """Whether TensorFlow and tf-keras-vis are installed, and the variants' Keras networks are there."""
    installed = all(importlib.util.find_spec(name) for name in ("tensorflow", "tf_keras_vis"))
    return installed and all(
        (one.folder / "network.keras").is_file() for variant in variants for one in variant.networks
    )


class ReferenceEngine:
    """One worker process for all visitors, started by the first request and stopped with the server."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._worker: subprocess.Popen[bytes] | None = None
        atexit.register(self.stop)

    def map_values(
        self, variant: Variant, crop: np.ndarray, method: str, output: str, female_probability: float
    ) -> np.ndarray:
        """(px, px, 3) uint8 frame -> (px, px) float32 from 0 to 1.

        Raises ReferenceEngineError when the worker refuses, or ends without an answer.
        """
        request = {
            "folder": str(variant.folder.resolve()),
            "method": method,
            "output": output,
            "female_probability": female_probability,
        }
        with self._lock:
            worker = self._running()
            try:
                return _asked(worker, request, crop)
            except (OSError, ValueError) as error:
                self.stop()
                raise ReferenceEngineError(
                    "TensorFlow stopped without an answer. Please try again."
                ) from error

    def stop(self) -> None:
        """End the worker, if there is one."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.kill()
            worker.communicate()  # waits, and closes the pipes

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._worker is None or self._worker.poll() is not None:
            self._worker = subprocess.Popen(
                [sys.executable, "-m", WORKER],
                cwd=REPOSITORY,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        return self._worker


def _asked(worker: "subprocess.Popen[bytes]", request: dict[str, Any], crop: np.ndarray) -> np.ndarray:
    """One question and its answer, in the format of the worker's `answer_requests`."""
    assert worker.stdin is not None
    assert worker.stdout is not None
    px = len(crop)
    worker.stdin.write(json.dumps(request | {"px": px}).encode() + b"\n" + crop.tobytes())
    worker.stdin.flush()
    error = json.loads(worker.stdout.readline())["error"]
    if error:
        raise ReferenceEngineError(error)
    return np.frombuffer(worker.stdout.read(px * px * 4), np.float32).reshape(px, px)

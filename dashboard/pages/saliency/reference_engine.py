"""Variant + input crop -> saliency map by tf-keras-vis, from one TensorFlow process beside the server.

TensorFlow must never be loaded into the server: a worker process is started by the first request and answers
one after the other. Requests are jobs (dashboard.jobs); a worker that hangs is killed with its job.
"""

import atexit
import importlib.util
import json
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from cachetools import LRUCache

from dashboard.jobs import WAITING, Job, JobError, JobQueue, JobUnknown
from faces.errors import ReferenceEngineError
from faces.variants import Variant

REPOSITORY = Path(__file__).resolve().parents[3]
WORKER = "training.saliency_reference"
MAP = "saliency map"
LIMIT_SECONDS = 120.0  # of one map; the start of TensorFlow alone takes 45 on a busy machine
# A page has four panels. With the job that runs, those that wait must leave threads of the server to others.
MOST_WAITING, MOST_WAITING_A_VISITOR = 6, 4


def is_offered(variants: list[Variant]) -> bool:
    """Whether TensorFlow and tf-keras-vis are installed, and the variants' Keras networks are there."""
    installed = all(importlib.util.find_spec(name) for name in ("tensorflow", "tf_keras_vis"))
    return installed and all(
        (part.folder / "network.keras").is_file() for variant in variants for part in variant.networks
    )


class ReferenceEngine:
    """One worker process for all visitors; `command` starts it, and it speaks as WORKER does."""

    def __init__(
        self, command: Sequence[str] = (sys.executable, "-m", WORKER), limit_seconds: float = LIMIT_SECONDS
    ) -> None:
        self.jobs = JobQueue(
            {MAP: self._compute}, capacity=MOST_WAITING, capacity_a_visitor=MOST_WAITING_A_VISITOR
        )
        self._command = list(command)
        self._limit_seconds = limit_seconds
        self._starting = threading.Lock()
        self._newest: LRUCache[tuple[str, ...], str] = LRUCache(256)
        self._worker: subprocess.Popen[bytes] | None = None
        atexit.register(self.stop)

    def map_values(
        self,
        variant: Variant,
        crop: np.ndarray,
        method: str,
        output: str,
        female_probability: float,
        panel: tuple[str, str, str] | None = None,
    ) -> np.ndarray:
        """(px, px, 3) uint8 input crop -> (px, px) float32 from 0 to 1.

        `panel` is the place of the map: an open page, a variant's name, an output. A request replaces one
        that still waits for the same panel. Raises ReferenceEngineError when it was replaced, when too many
        wait, and when the worker refuses, takes too long or ends without an answer.
        """
        request = {
            "folder": str(variant.folder.resolve()),
            "method": method,
            "output": output,
            "female_probability": female_probability,
            "px": len(crop),
        }
        arguments = {"request": request, "pixels": crop.tobytes()}
        visitor = panel[0] if panel else ""
        try:
            self._cancel_waiting(panel)
            job = self.jobs.submit(MAP, arguments, visitor=visitor, limit_seconds=self._limit_seconds)
            if panel:
                self._newest[panel] = job
            return self.jobs.result(job, wait_seconds=2 * self._limit_seconds)
        except JobError as error:
            raise ReferenceEngineError(f"tf-keras-vis gave no map. {error}") from error

    def stop(self) -> None:
        """End the worker, if there is one."""
        worker, self._worker = self._worker, None
        if worker is not None:
            _end(worker)
            _close_pipes(worker)

    def _cancel_waiting(self, panel: tuple[str, str, str] | None) -> None:
        """Cancel the job of a panel that waits. One that runs goes on: its worker would have to be killed."""
        job = self._newest.pop(panel, None) if panel else None
        with suppress(JobUnknown):
            if job and self.jobs.status(job).status == WAITING:
                self.jobs.cancel(job)

    def _compute(self, job: Job) -> np.ndarray:
        """One question and its answer, in the format of the worker's `answer_requests`."""
        job.report(0.1, "TensorFlow is starting")
        worker = self._running()
        job.stop_with(lambda: _end(worker))  # this process and no later one, even if this thread lags behind
        request, px = job.arguments["request"], job.arguments["request"]["px"]
        assert worker.stdin is not None
        assert worker.stdout is not None
        try:
            worker.stdin.write(json.dumps(request).encode() + b"\n" + job.arguments["pixels"])
            worker.stdin.flush()
            job.report(0.5, "tf-keras-vis computes the map")
            error = json.loads(worker.stdout.readline())["error"]
            if not error:
                return np.frombuffer(worker.stdout.read(px * px * 4), np.float32).reshape(px, px)
        except (OSError, ValueError) as failure:
            _end(worker)
            _close_pipes(worker)
            raise ReferenceEngineError("TensorFlow stopped without an answer. Please try again.") from failure
        raise ReferenceEngineError(error)

    def _running(self) -> "subprocess.Popen[bytes]":
        with self._starting:
            if self._worker is None or self._worker.poll() is not None:
                self._worker = subprocess.Popen(
                    self._command,
                    cwd=REPOSITORY,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                )
            return self._worker


def _end(worker: "subprocess.Popen[bytes]") -> None:
    worker.kill()
    worker.wait()


def _close_pipes(worker: "subprocess.Popen[bytes]") -> None:
    for pipe in (worker.stdin, worker.stdout):
        with suppress(OSError):  # what was not sent yet cannot be any more
            if pipe is not None:
                pipe.close()

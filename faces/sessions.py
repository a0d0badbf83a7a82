"""ONNX file -> ONNX Runtime session, and its runs, for the detector and for the networks of all variants.

Several sessions share the cores, so that all have the same options.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnxruntime

from faces.shares import current_share

LARGE_INPUT = 3 * 768 * 768  # numbers: only the detector's, for small faces in a large picture


def onnx_session(path: Path, threads: int) -> onnxruntime.InferenceSession:
    """An InferenceSession with `threads` non-spinning threads.

    ONNX Runtime's exceptions pass through; they have no common base class.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Spinning pools of several sessions fight for the same cores.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def outputs_of(
    session: onnxruntime.InferenceSession, fetches: Sequence[str] | None, feed: Mapping[str, np.ndarray]
) -> list[np.ndarray]:
    """Run a session: the tensors named in `fetches`, or all. Visitors take turns with every run."""
    run_options = onnxruntime.RunOptions()
    input_numbers = sum(array.size for array in feed.values())
    if input_numbers > LARGE_INPUT:
        # ONNX Runtime would keep the memory of its largest run: a crowd costs 200 MB.
        run_options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    with current_share().network_run(input_numbers):
        return session.run(fetches, feed, run_options)

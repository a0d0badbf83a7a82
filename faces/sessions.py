"""ONNX file -> ONNX Runtime session: how every network is loaded, the detector and the variants' alike.

A room of its own because several sessions share the cores: what one does to the others is decided once.
"""

from pathlib import Path

import onnxruntime


def onnx_session(path: Path, threads: int) -> onnxruntime.InferenceSession:
    """A session whose `threads` sleep between runs. Raises ONNX Runtime's errors, which share no root."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Spinning pools of several sessions fight for the same cores.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

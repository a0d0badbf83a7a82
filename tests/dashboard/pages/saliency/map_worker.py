"""A worker as training.saliency_reference is one, without TensorFlow: `method` says how it behaves.

"answer" sends a map whose first value is the number of this process, "slow" the same after a moment; "hang"
sends nothing, "deaf" does not even take the pixels; "die" ends, "half" ends in the middle of the map,
"refuse" sends a sentence.
"""

import json
import os
import sys
import time
from array import array

while line := sys.stdin.buffer.readline():
    request = json.loads(line)
    px, method = request["px"], request["method"]
    if method == "deaf":
        time.sleep(600)
    pixels = sys.stdin.buffer.read(px * px * 3)
    if method == "hang":
        time.sleep(600)
    if method == "die":
        sys.exit(1)
    if method == "slow":
        time.sleep(0.3)
    error = "full has no height head." if method == "refuse" else None
    sent = b"" if error else array("f", [os.getpid(), *(value / 255 for value in pixels[3::3])]).tobytes()
    sys.stdout.buffer.write(json.dumps({"error": error}).encode() + b"\n")
    sys.stdout.buffer.write(sent[: len(sent) // 2] if method == "half" else sent)
    sys.stdout.buffer.flush()
    if method == "half":
        sys.exit(0)

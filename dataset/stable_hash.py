"""Deterministic hash of a string, the same on every machine.

Splits, samples and composites are chosen by it: what is committed or cached depends on these very numbers.
"""

import hashlib

ALL_BITS = 256


def stable_hash(name: str, bits: int = 32) -> int:
    """The first `bits` (1 to 256) of the SHA-256 of a name, as an integer from 0 to 2 ** bits - 1."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()) >> ALL_BITS - bits

"""A name -> a number as if by chance, which is the same on every machine and in whatever order files come.

A room of its own because splits, samples and compositions are all drawn so: what is committed or cached
depends on these very numbers.
"""

import hashlib

ALL_BITS = 256


def stable_hash(name: str, bits: int = 32) -> int:
    """The first `bits` (1 to 256) of the SHA-256 of a name, as a whole number from 0 to 2 ** bits - 1."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()) >> ALL_BITS - bits

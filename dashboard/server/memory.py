"""The C library's allocator -> one that gives memory back.

glibc keeps what was freed for itself: a heap a thread, and blocks of up to 32 MB, once one was freed. After
a few pictures of 12 megapixels a server would stay at twice its size. Elsewhere nothing is done.
"""

import ctypes
import threading
import time
from contextlib import suppress

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # of malloc.h
LARGE_BLOCK_BYTES = 512 * 1024
ARENAS = 2
TRIM_EVERY_SECONDS = 2.0


def give_memory_back() -> None:
    """Have large blocks returned when they are freed, and the rest now and then."""
    with suppress(OSError, AttributeError, TypeError):  # no glibc
        library = ctypes.CDLL(None)
        trim = library.malloc_trim
        library.mallopt(_MMAP_THRESHOLD, LARGE_BLOCK_BYTES)
        library.mallopt(_TRIM_THRESHOLD, LARGE_BLOCK_BYTES)
        library.mallopt(_ARENA_MAX, ARENAS)

        def trim_now_and_then() -> None:
            while True:
                time.sleep(TRIM_EVERY_SECONDS)
                trim(0)

        threading.Thread(target=trim_now_and_then, name="trim-memory", daemon=True).start()

"""Picture -> token -> the same picture, for as long as this process remembers it.

A room of its own because it makes the promise of the first page: pictures stay in this server's memory, are
forgotten after half an hour without use or when newer ones need the room, and never reach a disk or a log.
"""

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from faces.answer import Answer
from faces.errors import PictureExpired
from faces.pictures import Picture

IDLE_SECONDS = 30 * 60
CAPACITY_BYTES = 512 * 1024 * 1024
_ANSWER_BYTES = 64 * 1024  # generous for a picture with a hundred faces: no answer is stored for free


@dataclass
class Upload:
    """A decoded picture with its answer, which is replaced by a fuller one when a variant is added."""

    picture: Picture
    answer: Answer

    @property
    def size_bytes(self) -> int:
        return self.picture.rgb.nbytes + _ANSWER_BYTES


class Uploads:
    """The pictures of all visitors, each under a token that cannot be guessed. Safe for several threads."""

    def __init__(
        self,
        *,
        idle_seconds: float = IDLE_SECONDS,
        capacity_bytes: int = CAPACITY_BYTES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._idle_seconds = idle_seconds
        self._capacity_bytes = capacity_bytes
        self._clock = clock
        self._lock = threading.Lock()
        self._uploads: OrderedDict[str, Upload] = OrderedDict()  # the longest unused first
        self._last_used: dict[str, float] = {}
        self._size_bytes = 0

    def add(self, picture: Picture, answer: Answer) -> str:
        """Remember an answered picture; return its token."""
        token, upload = secrets.token_urlsafe(16), Upload(picture, answer)
        with self._lock:
            self._uploads[token] = upload
            self._last_used[token] = self._clock()
            self._size_bytes += upload.size_bytes
            self._drop_old()
        return token

    def upload(self, token: str) -> Upload:
        """The picture and its answer. Raises PictureExpired when they were forgotten, or never were here."""
        with self._lock:
            self._drop_old()
            if token not in self._uploads:
                raise PictureExpired(
                    "This picture is no longer in the server's memory: it keeps pictures for "
                    f"{IDLE_SECONDS // 60} minutes. Please choose it again."
                )
            self._uploads.move_to_end(token)
            self._last_used[token] = self._clock()
            return self._uploads[token]

    def get(self, token: str) -> Picture:
        """The picture alone. Raises PictureExpired like `upload`."""
        return self.upload(token).picture

    def forget(self, token: str) -> None:
        """Drop one picture now; a token that is not known is no error."""
        with self._lock:
            if token in self._uploads:
                self._drop(token)

    def keep_forgetting(self, every_seconds: float = 60) -> None:
        """Start a thread that forgets idle pictures on time, also when nobody asks for any."""

        def forget_now_and_then() -> None:
            while True:
                time.sleep(every_seconds)
                with self._lock:
                    self._drop_old()

        threading.Thread(target=forget_now_and_then, name="forget-uploads", daemon=True).start()

    @property
    def size_bytes(self) -> int:
        return self._size_bytes

    def __len__(self) -> int:
        return len(self._uploads)

    def _drop_old(self) -> None:
        oldest_allowed = self._clock() - self._idle_seconds
        while self._uploads:
            token = next(iter(self._uploads))
            if self._size_bytes <= self._capacity_bytes and self._last_used[token] >= oldest_allowed:
                return
            self._drop(token)

    def _drop(self, token: str) -> None:
        self._size_bytes -= self._uploads.pop(token).size_bytes
        del self._last_used[token]

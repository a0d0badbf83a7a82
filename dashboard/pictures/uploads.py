"""In-memory store of uploads, keyed by an unguessable token; 30 min idle expiry, 512 MB cap.

It keeps the promise of the first page: pictures stay in this server's memory and never reach a disk or a log.
How large a picture may be stands in `faces.pictures` (MAX_BYTES), how large a request in `dashboard.api`.
"""

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter

from cachetools import TTLCache

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
    """The pictures of all visitors. Safe for several threads."""

    def __init__(
        self,
        *,
        idle_seconds: float = IDLE_SECONDS,
        capacity_bytes: int = CAPACITY_BYTES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lock = threading.Lock()
        self._uploads: TTLCache[str, Upload] = TTLCache(
            capacity_bytes, idle_seconds, timer=clock, getsizeof=attrgetter("size_bytes")
        )

    def add(self, picture: Picture, answer: Answer) -> str:
        """Remember an answered picture; return its token. The longest unused make room for it."""
        token = secrets.token_urlsafe(16)
        with self._lock:
            self._uploads[token] = Upload(picture, answer)
        return token

    def upload(self, token: str) -> Upload:
        """The picture and its answer. Raises PictureExpired when they were forgotten, or never were here."""
        with self._lock:
            upload = self._uploads.get(token)
            if upload is None:
                raise PictureExpired(
                    "This picture is no longer in the server's memory: it keeps pictures for "
                    f"{IDLE_SECONDS // 60} minutes. Please choose it again."
                )
            self._uploads[token] = upload  # its half hour begins anew
            return upload

    def get(self, token: str) -> Picture:
        """The picture alone. Raises PictureExpired like `upload`."""
        return self.upload(token).picture

    def forget(self, token: str) -> None:
        """Drop one picture now; a token that is not known is no error."""
        with self._lock:
            self._uploads.pop(token, None)

    def keep_forgetting(self, every_seconds: float = 60) -> None:
        """Start a thread that forgets idle pictures on time, also when nobody asks for any."""

        def forget_now_and_then() -> None:
            while True:
                time.sleep(every_seconds)
                with self._lock:
                    self._uploads.expire()

        threading.Thread(target=forget_now_and_then, name="forget-uploads", daemon=True).start()

    @property
    def size_bytes(self) -> int:
        with self._lock:
            return int(self._uploads.currsize)

    def __len__(self) -> int:
        with self._lock:
            return len(self._uploads)

"""In-memory store of uploads, keyed by an unguessable token; 30 min idle expiry, 192 MB cap.

It keeps the promise of the first page: pictures stay in this server's memory and never reach a disk or a log.
A picture is kept as the bytes that came, and decoded again when it is looked at later: 106 bytes may be 150
MB of pixels. How large a picture may be stands in `faces.pictures` (MAX_BYTES), how large a request in
`dashboard.api`.
"""

import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from operator import attrgetter

from cachetools import TTLCache, cachedmethod

from faces.answer import Answer
from faces.errors import PictureExpired
from faces.pictures import Picture, decode

IDLE_SECONDS = 30 * 60
CAPACITY_BYTES = 192 * 1024 * 1024
ADDRESS_FRACTION = 0.5  # of the memory that the pictures of one address may have
DECODED_BYTES = 160 * 1024 * 1024  # of pictures that are looked at now; one of 50 megapixels has 150
DECODED_SECONDS = 15.0  # a page asks for all views of a picture at once
_ANSWER_BYTES, _FACE_BYTES = 16 * 1024, 4 * 1024  # no answer is stored for free


@dataclass(frozen=True, eq=False)
class PictureFile:
    """The bytes of a picture and its name."""

    data: bytes
    name: str


class DecodedPictures:
    """The pictures that were decoded a moment ago. Safe for several threads."""

    def __init__(self, capacity_bytes: int = DECODED_BYTES) -> None:
        self._pictures: TTLCache[PictureFile, Picture] = TTLCache(
            capacity_bytes, DECODED_SECONDS, getsizeof=lambda picture: picture.rgb.nbytes
        )
        self._decoding = threading.Condition()

    @cachedmethod(attrgetter("_pictures"), key=lambda _self, file: file, condition=attrgetter("_decoding"))
    def picture(self, file: PictureFile) -> Picture:
        """The picture of a file, decoded if it was not lately. Raises PictureError."""
        return decode(file.data, file.name)

    def keep(self, file: PictureFile, picture: Picture) -> None:
        """Remember a picture that was decoded elsewhere; one too large for this memory is not kept."""
        with self._decoding:
            if picture.rgb.nbytes <= self._pictures.maxsize:
                self._pictures[file] = picture

    def expire(self) -> None:
        """Drop what was not decoded a moment ago."""
        with self._decoding:
            self._pictures.expire()

    def forget(self, file: PictureFile) -> None:
        """Drop a picture."""
        with self._decoding:
            self._pictures.pop(file, None)


_decoded = DecodedPictures()


@dataclass(eq=False)
class Upload:
    """A picture with its answer, which is replaced by a fuller one when a variant is added.

    `answering` is held while that happens. `store` gives its pixels to the memory of decoded pictures.
    """

    file: PictureFile
    answer: Answer
    decoded: DecodedPictures = field(default_factory=lambda: _decoded)
    answering: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _picture: Picture | None = None

    @property
    def picture(self) -> Picture:
        """The picture, decoded when it is needed. Raises ClientGone."""
        return self._picture or self.decoded.picture(self.file)

    def store(self) -> "Upload":
        """The same upload, whose pixels may be forgotten and decoded again."""
        if self._picture is not None:
            self.decoded.keep(self.file, self._picture)
        return replace(self, _picture=None)

    @property
    def size_bytes(self) -> int:
        return len(self.file.data) + _ANSWER_BYTES + _FACE_BYTES * len(self.answer.faces)


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
        self._capacity_bytes = capacity_bytes
        self._uploads: TTLCache[str, tuple[str, Upload]] = TTLCache(
            capacity_bytes, idle_seconds, timer=clock, getsizeof=lambda stored: stored[1].size_bytes
        )

    def add(self, upload: Upload, address: str = "") -> str:
        """Remember an answered picture of an address; return its token.

        Room is made by the longest unused pictures of the same address while it would have more than its
        fraction of the memory, then by those of the address that has most.
        """
        token = secrets.token_urlsafe(16)
        with self._lock:
            used = self._bytes_by_address()
            room = self._capacity_bytes - upload.size_bytes
            while used[address] > max(ADDRESS_FRACTION * self._capacity_bytes - upload.size_bytes, 0):
                self._drop_longest_unused(address, used)
            while used.total() > room and used:
                self._drop_longest_unused(used.most_common(1)[0][0], used)
            self._uploads[token] = (address, upload.store())
        return token

    def _bytes_by_address(self) -> Counter[str]:
        used: Counter[str] = Counter()
        for address, upload in list(self._uploads.values()):
            used[address] += upload.size_bytes
        return used

    def _drop_longest_unused(self, address: str, used: Counter[str]) -> None:
        # Iteration is by insertion, and every use inserts an upload anew.
        token = next(token for token, (owner, _) in self._uploads.items() if owner == address)
        _, upload = self._uploads.pop(token)
        upload.decoded.forget(upload.file)
        used[address] -= upload.size_bytes
        if used[address] <= 0:
            del used[address]

    def upload(self, token: str) -> Upload:
        """The picture and its answer. Raises PictureExpired when they were forgotten, or never were here."""
        with self._lock:
            stored = self._uploads.pop(token, None)
            if stored is None:
                raise PictureExpired(
                    "This picture is no longer in the server's memory: it keeps pictures for at most "
                    f"{IDLE_SECONDS // 60} minutes, and less when its memory is full. Please choose it again."
                )
            self._uploads[token] = stored  # last in the order, and its half hour begins anew
            return stored[1]

    def get(self, token: str) -> Picture:
        """The picture alone. Raises PictureExpired like `upload`."""
        return self.upload(token).picture

    def forget(self, token: str) -> None:
        """Drop one picture now; a token that is not known is no error."""
        with self._lock:
            stored = self._uploads.pop(token, None)
        if stored is not None:
            stored[1].decoded.forget(stored[1].file)

    def keep_forgetting(self, every_seconds: float = 5) -> None:
        """Start a thread that forgets idle pictures on time, also when nobody asks for any."""

        def forget_now_and_then() -> None:
            while True:
                time.sleep(every_seconds)
                with self._lock:
                    self._uploads.expire()
                _decoded.expire()

        threading.Thread(target=forget_now_and_then, name="forget-uploads", daemon=True).start()

    @property
    def size_bytes(self) -> int:
        with self._lock:
            return int(self._uploads.currsize)

    def __len__(self) -> int:
        with self._lock:
            return len(self._uploads)

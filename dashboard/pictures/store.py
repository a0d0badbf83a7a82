"""Picture key -> picture and answer, for uploads, samples and labelled pictures alike.

A key is the token of an upload, `sample:FILE`, or `set:SET/FILE`.
"""

import re
import threading
from collections.abc import Mapping, Sequence
from operator import attrgetter
from pathlib import Path

from cachetools import LRUCache, cachedmethod

from dashboard.pictures.labelled import SET_PREFIX, LabelledPictures
from dashboard.pictures.samples import Sample, shipped_samples
from dashboard.pictures.uploads import Upload, Uploads
from dashboard.pictures.utkface import UTKFace
from dashboard.workbench import Workbench
from faces.errors import PictureExpired
from faces.pictures import Picture, decode

SAMPLE_PREFIX = "sample:"
FIRST_SAMPLE = f"{SAMPLE_PREFIX}astronaut.jpg"  # what a page shows that was given no picture
ANSWERED_BYTES = 64 * 1024 * 1024  # of samples and labelled pictures; the longest unused are dropped
TOKEN = re.compile(r"[\w-]{22}", re.ASCII)  # of an upload: 16 bytes in base64


class Pictures:
    """All pictures that have a key. Safe for several threads."""

    def __init__(
        self,
        workbench: Workbench,
        *,
        labelled: LabelledPictures,
        utkface: UTKFace,
        uploads: Uploads | None = None,
        samples: Mapping[str, Sample] | None = None,
    ) -> None:
        self.labelled = labelled
        self.utkface = utkface
        self.uploads = Uploads() if uploads is None else uploads
        self.samples = (
            {sample.file: sample for sample in shipped_samples()} if samples is None else dict(samples)
        )
        self._workbench = workbench
        self._answered: LRUCache[str, Upload] = LRUCache(ANSWERED_BYTES, getsizeof=attrgetter("size_bytes"))
        self._answering = threading.Condition()

    def upload(self, key: str, names: Sequence[str] | None = None) -> Upload:
        """The picture under a key with the predictions of the variants of these names, or of all given ones.

        Raises PictureExpired when the picture was forgotten or never was there, another PictureError when a
        file of a set is no picture, and VariantError.
        """
        detected = self._detected(key) if _is_on_disk(key) else self.uploads.upload(key)
        return self._workbench.completed(detected, names)

    def picture(self, key: str) -> Picture:
        """The picture alone; needs no network. Raises PictureExpired as `upload` does."""
        if not _is_on_disk(key):
            return self.uploads.get(key)
        return decode(*self._file(key))

    @cachedmethod(attrgetter("_answered"), key=lambda _self, key: key, condition=attrgetter("_answering"))
    def _detected(self, key: str) -> Upload:
        """A sample or labelled picture with its faces; predictions are added to the answer when needed."""
        return self._workbench.answered(*self._file(key), names=()).store()

    def _file(self, key: str) -> tuple[bytes, str]:
        """The bytes and the name of a picture on the disk. Raises PictureExpired."""
        path = self._path(key)
        try:
            return path.read_bytes(), path.name
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise PictureExpired(f"The picture {path.name} cannot be loaded: {reason}.") from error

    def _path(self, key: str) -> Path:
        if key.startswith(SET_PREFIX):
            return self.labelled.path(key)
        file = key.removeprefix(SAMPLE_PREFIX)
        if file not in self.samples:
            raise PictureExpired(f"There is no sample picture '{file[:80]}'. Please choose another one.")
        return self.samples[file].path


def is_key(key: str) -> bool:
    """Whether a picture may once have had this key."""
    return _is_on_disk(key) or TOKEN.fullmatch(key) is not None


def _is_on_disk(key: str) -> bool:
    return key.startswith((SAMPLE_PREFIX, SET_PREFIX))

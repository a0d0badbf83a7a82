"""The server's memory of pictures keeps its promise."""

import io
import threading

import pytest
from PIL import Image

from dashboard.pictures.uploads import DecodedPictures, PictureFile, Upload, Uploads
from faces.answer import Answer
from faces.errors import PictureExpired

ONE_MEGABYTE = 1024 * 1024


class Clock:
    def __init__(self):
        self.seconds = 0.0

    def __call__(self):
        return self.seconds


def picture_of(megabytes: int = 1) -> bytes:
    """A small picture in a file of so many bytes."""
    picture = io.BytesIO()
    Image.new("RGB", (8, 6)).save(picture, "PNG")
    return picture.getvalue().ljust(megabytes * ONE_MEGABYTE - 16 * 1024, b" ")


def added(uploads: Uploads, address: str = "192.0.2.1") -> str:
    upload = Upload(PictureFile(picture_of(), "holiday.jpg"), Answer("holiday.jpg", 8, 6))
    return uploads.add(upload, address)


def test_a_picture_is_found_again_under_its_token():
    uploads = Uploads()
    token = added(uploads)
    assert uploads.get(token).name == "holiday.jpg"
    assert uploads.upload(token).answer.picture == "holiday.jpg"


def test_tokens_differ_and_are_long():
    uploads = Uploads()
    tokens = {added(uploads) for _ in range(20)}
    assert len(tokens) == 20
    assert all(len(token) >= 20 for token in tokens)


def test_a_picture_that_nobody_asks_for_is_forgotten_after_half_an_hour():
    clock = Clock()
    uploads = Uploads(clock=clock)
    token = added(uploads)
    clock.seconds = 29 * 60
    uploads.get(token)  # asked for: half an hour from now
    clock.seconds = 58 * 60
    uploads.get(token)
    clock.seconds = 89 * 60
    with pytest.raises(PictureExpired, match="30 minutes"):
        uploads.get(token)
    assert uploads.size_bytes == 0


def test_when_the_room_is_full_the_longest_unused_goes_first():
    uploads = Uploads(capacity_bytes=7 * ONE_MEGABYTE)  # half of it for one address
    first, second, third = (added(uploads) for _ in range(3))
    uploads.get(first)
    added(uploads)
    assert len(uploads) == 3
    uploads.get(first)
    uploads.get(third)
    with pytest.raises(PictureExpired):
        uploads.get(second)
    assert uploads.size_bytes <= 3.5 * ONE_MEGABYTE


def test_a_visitor_who_leaves_is_forgotten_at_once():
    uploads = Uploads()
    token = added(uploads)
    uploads.forget(token)
    uploads.forget(token)
    assert len(uploads) == 0
    with pytest.raises(PictureExpired):
        uploads.get(token)


def test_a_thread_forgets_idle_pictures_although_nobody_asks():
    uploads = Uploads(idle_seconds=0.01)
    added(uploads)
    uploads.keep_forgetting(every_seconds=0.02)
    waited = threading.Event()
    for _ in range(100):
        if not len(uploads):
            break
        waited.wait(0.02)
    assert len(uploads) == 0


def test_many_threads_may_add_and_ask_at_once():
    uploads = Uploads(capacity_bytes=8 * ONE_MEGABYTE)
    failures: list[Exception] = []

    def visit():
        for _ in range(50):
            token = added(uploads)
            try:
                uploads.get(token)
            except PictureExpired:
                pass  # others needed the room
            except Exception as error:
                failures.append(error)

    threads = [threading.Thread(target=visit) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert 0 < uploads.size_bytes <= 8 * ONE_MEGABYTE


def test_an_address_that_fills_the_memory_drops_its_own_pictures_alone():
    uploads = Uploads(capacity_bytes=8 * ONE_MEGABYTE)
    mine = added(uploads, address="192.0.2.1")
    theirs = [added(uploads, address="198.51.100.7") for _ in range(20)]
    assert uploads.get(mine).name == "holiday.jpg"
    assert len(uploads) == 1 + 4  # half of the memory
    assert uploads.get(theirs[-1]).name == "holiday.jpg"


def test_of_many_addresses_the_one_with_most_pictures_makes_room():
    uploads = Uploads(capacity_bytes=4 * ONE_MEGABYTE)
    first = [added(uploads, address="192.0.2.1") for _ in range(2)]
    others = [added(uploads, address=f"192.0.2.{host}") for host in (2, 3, 4)]
    with pytest.raises(PictureExpired, match="at most 30 minutes, and less when its memory is full"):
        uploads.get(first[0])
    for token in (first[1], *others):
        uploads.get(token)


def test_a_small_file_takes_little_memory_however_many_pixels_it_has():
    page = io.BytesIO()
    Image.new("1", (7_000, 7_000), 1).save(page, "PNG", optimize=True)
    uploads = Uploads()
    for _ in range(4):
        uploads.add(Upload(PictureFile(page.getvalue(), "page.png"), Answer("page.png", 7_000, 7_000)))
    assert uploads.size_bytes < 200_000


def test_pixels_are_kept_a_moment_and_made_again_from_the_file():
    file = PictureFile(picture_of(), "holiday.jpg")
    decoded = DecodedPictures()
    first = decoded.picture(file)
    assert decoded.picture(file) is first
    decoded.forget(file)
    again = decoded.picture(file)
    assert again is not first
    assert (again.rgb == first.rgb).all()

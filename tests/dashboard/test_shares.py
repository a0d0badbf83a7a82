"""The share of a request: pixels and faces of a call, places for large pictures, whom the server serves."""

import threading

import flask
import pytest

from dashboard.shares import (
    LARGE_PIXELS,
    MAX_CALL_FACES,
    MAX_CALL_PIXELS,
    Machine,
    VisitorShare,
    share_requests,
    visitor_of,
)
from dashboard.turns import Request, Visitor
from faces.errors import ClientGone, PictureTooLarge
from faces.shares import Share, current_share


def share_of(machine: Machine, address: str = "192.0.2.1", **request) -> VisitorShare:
    return VisitorShare(machine, Request(Visitor(address), **request))


def test_thirty_two_phone_pictures_are_one_call():
    share = share_of(Machine())
    for number in range(32):
        share.admit(f"{number}.jpg", 4_000_000)
        share.admit(f"{number}.jpg", 4_000_000, 12_000_000)
        share.picture_done(faces=3)


def test_more_pixels_than_a_call_may_have_are_refused_by_name():
    share = share_of(Machine())
    for number in range(8):
        share.admit(f"{number}.jpg", 1_000, MAX_CALL_PIXELS // 8)
        share.picture_done()
    with pytest.raises(PictureTooLarge, match=r"^8.jpg is too much for one call, .*400 megapixels"):
        share.admit("8.jpg", 1_000, MAX_CALL_PIXELS // 8)


def test_after_too_many_faces_the_next_picture_is_refused_by_name():
    share = share_of(Machine())
    share.admit("crowd.jpg", 1_000, 1_000)
    share.picture_done(faces=MAX_CALL_FACES + 1)
    with pytest.raises(PictureTooLarge, match=r"1,000 faces"):
        share.admit("next.jpg", 1_000, 1_000)


def test_an_address_has_one_large_picture_at_a_time_and_another_address_need_not_wait():
    machine = Machine()
    first, second, other = share_of(machine), share_of(machine), share_of(machine, "192.0.2.2")
    first.admit("a.jpg", 1_000, LARGE_PIXELS + 1)
    other.admit("b.jpg", 1_000, LARGE_PIXELS + 1)
    second.admit("small.jpg", 1_000, 1_000)
    waiting = threading.Thread(target=second.admit, args=("c.jpg", 1_000, LARGE_PIXELS + 1))
    waiting.start()
    waiting.join(0.2)
    assert waiting.is_alive()
    first.picture_done()
    waiting.join(5)
    assert not waiting.is_alive()


def test_nothing_is_admitted_for_a_client_that_has_gone():
    with pytest.raises(ClientGone):
        share_of(Machine(), is_gone=lambda: True).admit("a.jpg", 10)


def test_a_visitor_is_a_cookie_within_an_address():
    server = flask.Flask("test")
    with server.test_request_context(
        "/", environ_base={"REMOTE_ADDR": "192.0.2.7"}, headers={"Cookie": "visit=t0ken"}
    ):
        assert visitor_of(flask.request) == Visitor("192.0.2.7", "t0ken")
    with server.test_request_context("/", environ_base={"REMOTE_ADDR": "192.0.2.7"}):
        assert visitor_of(flask.request) == Visitor("192.0.2.7")


def test_every_request_works_under_the_share_of_its_visitor_and_gives_back_what_it_holds():
    server = flask.Flask("test")
    share_requests(server)
    seen: list[Share] = []

    @server.get("/large")
    def large() -> str:
        seen.append(current_share())
        current_share().admit("a.jpg", 10, LARGE_PIXELS + 1)
        return ""

    client = server.test_client()
    for _ in range(3):  # with a place that was not given back, the second would wait for ever
        assert (
            client.get(
                "/large", environ_overrides={"waitress.client_disconnected": lambda: False}
            ).status_code
            == 200
        )
    assert len(set(seen)) == 3
    assert type(current_share()) is Share

"""Visitors take turns, and who goes away leaves the queue."""

import threading
import time

import pytest

from dashboard.turns import Request, Turns, Visitor
from faces.errors import ClientGone


def order_of(turns: Turns, requests: list[Request]) -> list[Request]:
    """In which order requests that wait together are served, one turn each."""
    first = Request(Visitor("198.51.100.9"))
    turns.take(first)
    served: list[Request] = []

    def wait(request: Request) -> None:
        with turns.turn(request):
            served.append(request)

    threads = []
    for request in requests:
        threads.append(threading.Thread(target=wait, args=(request,)))
        threads[-1].start()
        time.sleep(0.02)  # so that they wait in this order
    turns.give_back(first)
    for thread in threads:
        thread.join()
    return served


def test_addresses_take_turns():
    many = [Request(Visitor("192.0.2.1")) for _ in range(5)]
    (other,) = [Request(Visitor("192.0.2.2"))]
    assert order_of(Turns(), [*many, other]).index(other) == 1


def test_visitors_of_one_address_take_turns():
    many = [Request(Visitor("192.0.2.1", "a")) for _ in range(5)]
    other = Request(Visitor("192.0.2.1", "b"))
    assert order_of(Turns(), [*many, other]).index(other) == 1


def test_many_tokens_do_not_make_many_addresses():
    many = [Request(Visitor("192.0.2.1", str(token))) for token in range(5)]
    other = Request(Visitor("192.0.2.2", "b"))
    assert order_of(Turns(), [*many, other]).index(other) == 1


def test_of_one_visitor_the_request_that_had_least_goes_first():
    long = [Request(Visitor("192.0.2.1"), used_seconds=9.0) for _ in range(3)]
    short = Request(Visitor("192.0.2.1"))
    assert order_of(Turns(), [*long, short])[0] is short


def test_an_address_has_only_so_many_turns_at_one_time():
    turns = Turns(at_once=2, at_once_an_address=1)
    first, second, other = (Request(Visitor(address)) for address in ("192.0.2.1", "192.0.2.1", "192.0.2.2"))
    turns.take(first)
    waiting = threading.Thread(target=turns.take, args=(second,))
    waiting.start()
    turns.take(other)  # at once
    waiting.join(0.2)
    assert waiting.is_alive()
    turns.give_back(first)
    waiting.join(5)
    assert not waiting.is_alive()


def test_work_ends_when_its_client_has_gone():
    turns, gone = Turns(), threading.Event()
    first, second = Request(Visitor("192.0.2.1")), Request(Visitor("192.0.2.2"), gone.is_set)
    turns.take(first)
    threading.Timer(0.1, gone.set).start()
    with pytest.raises(ClientGone), turns.turn(second):
        pass
    turns.give_back(first)
    with turns.turn(Request(Visitor("192.0.2.3"))):
        pass  # nobody waits before this one


def test_who_has_gone_before_gets_no_turn():
    with pytest.raises(ClientGone), Turns().turn(Request(Visitor("192.0.2.1"), lambda: True)):
        pass


def test_turns_are_used_one_at_a_time_by_many_threads():
    turns, running, most = Turns(), [0], [0]

    def work(number: int) -> None:
        for _ in range(50):
            with turns.turn(Request(Visitor(str(number % 3), str(number)))):
                running[0] += 1
                most[0] = max(most[0], running[0])
                running[0] -= 1

    threads = [threading.Thread(target=work, args=(number,)) for number in range(9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert most == [1]
    assert running == [0]

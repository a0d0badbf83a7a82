"""Numbers are computed once, whoever asks at the same moment."""

import threading
import time
from types import SimpleNamespace

import pandas as pd
import pytest

from dashboard.app import create_app
from dashboard.context import AppContext
from dashboard.pages.metrics import numbers as module
from dashboard.pages.metrics.numbers import Numbers, numbers_of


@pytest.fixture
def numbers():
    return Numbers(pd.DataFrame())


def together(*calls):
    """The results of calls in a thread each, all let go at once."""
    barrier, results = threading.Barrier(len(calls)), [None] * len(calls)

    def run(index):
        barrier.wait()
        results[index] = calls[index]()

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_two_threads_that_ask_for_one_number_compute_it_once(numbers):
    computed = []

    def compute():
        computed.append(threading.get_ident())
        time.sleep(0.05)
        return 4.2

    assert together(*[lambda: numbers.once(("mae", "chips"), compute)] * 2) == [4.2, 4.2]
    assert len(computed) == 1


def test_different_numbers_do_not_wait_for_each_other(numbers):
    both_compute = threading.Barrier(2)

    def compute():
        both_compute.wait(timeout=5)  # broken, and so an error, if one waited for the other
        return 1

    calls = [lambda key=key: numbers.once(key, compute) for key in ("a", "b")]
    assert together(*calls) == [1, 1]


def test_an_error_is_not_kept(numbers):
    with pytest.raises(ZeroDivisionError):
        numbers.once("rate", lambda: 1 / 0)
    assert numbers.once("rate", lambda: 0.5) == 0.5


def test_the_least_used_results_make_room(numbers, monkeypatch):
    for key in range(module.MOST_RESULTS + 1):
        numbers.once(key, lambda: 1)
        numbers.once(0, lambda: 1)
    assert numbers.once(0, lambda: 2) == 1
    assert numbers.once(1, lambda: 2) == 2


def test_two_first_visitors_share_their_numbers(context):
    read = []

    class SlowTables:
        runs = list
        second_trainings = None

        @property
        def predictions(self):
            read.append(1)
            time.sleep(0.05)
            return context.tables.predictions

    fake = AppContext(SimpleNamespace(variants=context.variants), SlowTables(), context.pictures)  # type: ignore[arg-type]
    server = create_app(fake).server

    def visit():
        with server.app_context():
            return numbers_of(fake)

    first, second = together(visit, visit)
    assert first is second
    assert len(read) == 1

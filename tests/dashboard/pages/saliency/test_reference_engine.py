"""The tf-keras-vis worker as a job: it answers, refuses, dies or hangs, and nobody waits for ever."""

import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from dashboard.jobs import RUNNING, WAITING
from dashboard.pages.saliency.reference_engine import ReferenceEngine
from faces.errors import ReferenceEngineError

WORKER = Path(__file__).with_name("map_worker.py")
VARIANT = SimpleNamespace(folder=Path("model_full"))
CROP = np.full((300, 300, 3), 51, np.uint8)  # more than a pipe holds


@pytest.fixture
def engine():
    engine = ReferenceEngine([sys.executable, str(WORKER)], limit_seconds=20)
    yield engine
    engine.stop()


@pytest.fixture
def impatient():
    engine = ReferenceEngine([sys.executable, str(WORKER)], limit_seconds=2)
    yield engine
    engine.stop()


def map_of(engine, method="answer", panel=None):
    return engine.map_values(VARIANT, CROP, method, "age", 0.5, panel)


def in_background(engine, method, panel=None):
    """A request in a thread of its own; its outcome lands in the list."""
    outcome: list = []

    def ask():
        try:
            outcome.append(map_of(engine, method, panel))
        except ReferenceEngineError as error:
            outcome.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    return thread, outcome


def eventually(condition, seconds=10):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "this never became true"
        time.sleep(0.01)


def statuses(engine):
    return sorted(job.state.status for job in engine.jobs._unfinished.values())


def test_a_worker_answers_one_request_after_the_other(engine):
    first, second = map_of(engine), map_of(engine)
    assert first.shape == (300, 300)
    assert first.dtype == np.float32
    np.testing.assert_allclose(first[1:], 0.2, rtol=1e-6)
    assert first[0, 0] == second[0, 0]  # one process


def test_a_refusal_is_passed_on_and_the_worker_lives(engine):
    before = map_of(engine)[0, 0]
    with pytest.raises(ReferenceEngineError, match="has no height head"):
        map_of(engine, "refuse")
    assert map_of(engine)[0, 0] == before


@pytest.mark.parametrize("method", ["die", "half"])
def test_after_a_worker_that_dies_the_next_request_has_a_fresh_one(engine, method):
    before = map_of(engine)[0, 0]
    with pytest.raises(ReferenceEngineError, match="stopped without an answer. Please try again"):
        map_of(engine, method)
    assert map_of(engine)[0, 0] != before


def test_a_worker_that_cannot_start_is_an_error_in_a_sentence():
    engine = ReferenceEngine([sys.executable, "-m", "training.no_such_module"])
    with pytest.raises(ReferenceEngineError, match="try again"):
        map_of(engine)


@pytest.mark.parametrize("method", ["hang", "deaf"])
def test_a_worker_that_hangs_is_killed_and_the_next_request_is_answered(impatient, method):
    started = time.monotonic()
    with pytest.raises(ReferenceEngineError, match="longer than 2 seconds"):
        map_of(impatient, method)
    hung = impatient._worker
    assert map_of(impatient).shape == (300, 300)
    assert hung.poll() is not None
    assert time.monotonic() - started < 15


def test_a_hung_request_of_one_visitor_does_not_keep_another_from_an_answer(impatient):
    hung, failed = in_background(impatient, "hang", ("one", "full", "age"))
    eventually(lambda: statuses(impatient) == [RUNNING])
    assert map_of(impatient, panel=("other", "full", "age")).shape == (300, 300)
    hung.join()
    assert "longer than 2 seconds" in str(failed[0])


def test_a_newer_request_for_a_panel_replaces_the_one_that_waits(engine):
    running, _ = in_background(engine, "slow", ("page", "full", "gender"))
    eventually(lambda: statuses(engine) == [RUNNING])
    waiting, replaced = in_background(engine, "answer", ("page", "full", "age"))
    eventually(lambda: statuses(engine) == [RUNNING, WAITING])
    assert map_of(engine, "slow", ("page", "full", "age")).shape == (300, 300)
    for thread in (running, waiting):
        thread.join()
    assert "was cancelled" in str(replaced[0])


def test_a_running_request_that_is_cancelled_takes_its_worker_along(engine):
    before = map_of(engine)[0, 0]
    hung, outcome = in_background(engine, "hang")
    eventually(lambda: statuses(engine) == [RUNNING])
    (job,) = engine.jobs._unfinished
    eventually(lambda: engine.jobs.status(job).progress == 0.5)
    engine.jobs.cancel(job)
    hung.join()
    assert "was cancelled" in str(outcome[0])
    assert map_of(engine)[0, 0] != before

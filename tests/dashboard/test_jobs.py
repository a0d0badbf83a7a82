"""The queue of slow work: progress, time limits, cancel, turns between visitors, and a state that is JSON."""

import json
import threading
import time

import pytest

from dashboard.jobs import (
    CANCELLED,
    DONE,
    FAILED,
    RUNNING,
    WAITING,
    JobCancelled,
    JobQueue,
    JobQueueFull,
    JobState,
    JobTimeLimit,
    JobUnknown,
)


@pytest.fixture
def gate():
    """Tasks named "wait" end when it is set."""
    gate = threading.Event()
    yield gate
    gate.set()


@pytest.fixture
def order():
    """Names of the tasks in the order in which they ran."""
    return []


@pytest.fixture
def queue(gate, order):
    def wait(job):
        job.report(0.25, "waits for the gate")
        assert gate.wait(10)
        return job.arguments.get("name")

    def note(job):
        order.append(job.arguments["name"])

    def fail(_job):
        raise ValueError("7 is not a face")

    return JobQueue({"wait": wait, "note": note, "fail": fail}, capacity=6, capacity_a_visitor=4)


def submit(queue, task="wait", visitor="a", limit_seconds=10.0, **arguments):
    return queue.submit(task, arguments, visitor=visitor, limit_seconds=limit_seconds)


def eventually(condition, seconds=5):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "this never became true"
        time.sleep(0.005)


def test_a_job_waits_runs_with_progress_and_ends_with_its_result(queue, gate):
    first, second = submit(queue, name="one"), submit(queue, name="two")
    eventually(lambda: queue.status(first).progress == 0.25)
    state = queue.status(first)
    assert (state.status, state.words) == (RUNNING, "waits for the gate")
    assert queue.status(second).status == WAITING
    gate.set()
    assert [queue.result(job) for job in (first, second)] == ["one", "two"]
    state = queue.status(second)
    assert (state.status, state.progress, state.error) == (DONE, 1.0, "")
    assert state.submitted_at <= state.started_at <= state.finished_at
    assert queue.result(second) == "two"  # as often as it is asked for


def test_a_state_goes_to_json_and_back(queue, gate):
    job = submit(queue)
    state = queue.status(job)
    assert JobState(**json.loads(json.dumps(state.as_dict()))) == state


def test_what_a_task_raises_is_raised_to_whoever_wants_the_result(queue):
    job = submit(queue, "fail")
    with pytest.raises(ValueError, match="7 is not a face"):
        queue.result(job)
    state = queue.status(job)
    assert (state.status, state.error) == (FAILED, "7 is not a face")


def test_a_job_over_its_limit_ends_and_the_next_one_starts(queue, gate, order):
    late = submit(queue, limit_seconds=0.05)
    following = submit(queue, "note", name="next")
    with pytest.raises(JobTimeLimit, match=r"longer than 0\.05 seconds"):
        queue.result(late)
    queue.result(following)
    assert order == ["next"]  # although the task of the first does not obey
    gate.set()
    time.sleep(0.05)
    assert queue.status(late).status == FAILED  # what it returns later changes nothing


def test_the_time_in_the_row_does_not_count_towards_the_limit(queue, gate):
    first, second = submit(queue), submit(queue, limit_seconds=0.2, name="two")
    time.sleep(0.3)
    gate.set()
    queue.result(first)
    assert queue.result(second) == "two"


def test_a_waiting_job_that_is_cancelled_never_runs(queue, gate, order):
    running, waiting = submit(queue), submit(queue, "note", name="never")
    queue.cancel(waiting)
    with pytest.raises(JobCancelled):
        queue.result(waiting)
    gate.set()
    queue.result(running)
    queue.result(submit(queue, "note", name="after"))
    assert order == ["after"]
    assert queue.status(waiting).status == CANCELLED


def test_a_running_job_that_is_cancelled_is_stopped_before_the_next_starts():
    events = []
    stopped = threading.Event()

    def stop():
        events.append("stopped")
        stopped.set()

    def obey(job):
        job.stop_with(stop)
        stopped.wait(10)
        job.report(0.9, "too late to be seen")

    queue = JobQueue({"obey": obey, "note": lambda job: events.append("next")})
    job = submit(queue, "obey")
    following = submit(queue, "note")
    eventually(lambda: queue._unfinished[job].stop is stop)
    queue.cancel(job)
    queue.result(following)
    assert events == ["stopped", "next"]
    assert queue.status(job).words != "too late to be seen"
    queue.cancel(job)  # a finished one stays as it is
    assert queue.status(job).status == CANCELLED


def test_a_task_that_was_cancelled_before_it_could_be_stopped_is_told_at_once():
    may_go, outcome = threading.Event(), []

    def lag(job):
        may_go.wait(10)
        try:
            job.stop_with(lambda: outcome.append("called"))
        except JobCancelled as error:
            outcome.append(str(error))

    queue = JobQueue({"lag": lag})
    job = submit(queue, "lag")
    queue.cancel(job)
    may_go.set()
    eventually(lambda: outcome == ["The computation was cancelled."])


def test_whoever_waits_in_vain_cancels_the_job(queue):
    job = submit(queue)
    with pytest.raises(JobTimeLimit, match=r"not ready after 0\.05 seconds"):
        queue.result(job, wait_seconds=0.05)
    assert queue.status(job).status == CANCELLED


def test_visitors_take_turns(queue, gate, order):
    submit(queue, visitor="a")
    jobs = [submit(queue, "note", visitor="a", name=f"a{number}") for number in range(3)]
    jobs += [submit(queue, "note", visitor="b", name=f"b{number}") for number in range(2)]
    gate.set()
    for job in jobs:
        queue.result(job)
    assert order == ["a0", "b0", "a1", "b1", "a2"]


def test_a_full_queue_refuses_by_name_and_leaves_room_for_other_visitors(queue, gate):
    submit(queue)
    waiting = [submit(queue) for _ in range(4)]
    with pytest.raises(JobQueueFull, match="try again"):
        submit(queue)
    waiting += [submit(queue, visitor="b"), submit(queue, visitor="c")]
    with pytest.raises(JobQueueFull):
        submit(queue, visitor="d")
    queue.cancel(waiting[0])
    submit(queue, visitor="d")


def test_an_unknown_or_forgotten_job_is_named(queue):
    first = submit(queue, "note", name="first")
    queue.result(first)
    for _ in range(70):
        queue.result(submit(queue, "note", name="later"))
    for job in (first, "never"):
        with pytest.raises(JobUnknown, match="no computation"):
            queue.status(job)


def test_many_threads_may_submit_and_cancel_at_once(order):
    queue = JobQueue({"nothing": lambda _job: 1}, at_once=3, capacity=1000, capacity_a_visitor=1000)
    outcomes = []

    def visit(visitor):
        for number in range(20):
            job = submit(queue, "nothing", visitor=visitor)
            if number % 3 == 0:
                queue.cancel(job)
            try:
                outcomes.append(queue.result(job))
            except JobCancelled:
                outcomes.append(0)

    threads = [threading.Thread(target=visit, args=(str(number),)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 160
    assert sum(outcomes) >= 8 * 13
    assert (queue._free, queue._unfinished, dict(queue._waiting)) == (3, {}, {})


def test_an_address_has_half_of_the_queue_however_many_names_it_uses():
    go = threading.Event()
    queue = JobQueue({"wait": lambda _job: go.wait(20)}, capacity=6, capacity_a_visitor=2)
    queue.submit("wait", {}, visitor="192.0.2.1 a", limit_seconds=20)  # runs
    for name in "bcd":
        queue.submit("wait", {}, visitor=f"192.0.2.1 {name}", limit_seconds=20)
    with pytest.raises(JobQueueFull):
        queue.submit("wait", {}, visitor="192.0.2.1 e", limit_seconds=20)
    queue.submit("wait", {}, visitor="192.0.2.2 a", limit_seconds=20)
    go.set()

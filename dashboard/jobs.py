"""Slow work -> a queue of jobs with progress, time limit and cancel.

A job is a task's name and its arguments; what is known about it is a JobState, which goes to JSON and back,
so that another engine (Celery, Redis) can stand behind the same four calls: submit, status, cancel, result.
"""

import secrets
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import asdict, dataclass, replace
from typing import Any

from cachetools import LRUCache

from faces.errors import ProjectError

WAITING, RUNNING, DONE, FAILED, CANCELLED = "waiting", "running", "done", "failed", "cancelled"
MAX_FINISHED = 64  # finished jobs with their results; the longest unused are forgotten


class JobError(ProjectError):
    """A job without a result."""


class JobQueueFull(JobError):
    """Too many jobs are waiting, of this visitor or of all."""


class JobUnknown(JobError):
    """No job has this id, or it was forgotten."""


class JobCancelled(JobError):
    """The job was cancelled."""


class JobTimeLimit(JobError):
    """The job took longer than its time limit, or than its visitor waits."""


@dataclass(frozen=True)
class JobState:
    """What is known about a job; every field is a JSON value.

    `progress` runs from 0 to 1, `words` say what is done now, `error` is a sentence, empty without one. Times
    are seconds since 1970, 0 for not yet.
    """

    id: str
    task: str
    visitor: str
    limit_seconds: float
    submitted_at: float
    started_at: float = 0.0
    finished_at: float = 0.0
    status: str = WAITING
    progress: float = 0.0
    words: str = ""
    error: str = ""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class Job:
    """A submitted job. Its task is handed it, to report progress and to say how it can be stopped."""

    def __init__(self, state: JobState, arguments: Mapping[str, Any], lock: threading.RLock) -> None:
        self.state = state
        self.arguments = arguments
        self.outcome: Future[Any] = Future()
        self.stop: Callable[[], Any] = lambda: None
        self._lock = lock

    def report(self, progress: float, words: str) -> None:
        """Say how far the task is, 0 to 1, and what it does now."""
        with self._lock:
            if self.state.status == RUNNING:
                self.state = replace(self.state, progress=min(max(progress, 0.0), 1.0), words=words)

    def stop_with(self, stop: Callable[[], Any]) -> None:
        """Have `stop` called if the job is cancelled or exceeds its limit. Raises JobCancelled if it was."""
        with self._lock:
            if self.state.status != RUNNING:
                raise JobCancelled(self.state.error)
            self.stop = stop


class JobQueue:
    """Runs tasks in threads of this process, `at_once` of them. Safe for several threads.

    Visitors take turns: a visitor with many waiting jobs delays the first job of another by one job at most.
    A visitor is called by an address and, after a blank, a name there: an address has half of the queue.
    The place of a job that is cancelled or exceeds its limit is free at once, whether its task obeys or not.
    """

    def __init__(
        self,
        tasks: Mapping[str, Callable[[Job], Any]],
        *,
        at_once: int = 1,
        capacity: int = 32,
        capacity_a_visitor: int = 8,
    ) -> None:
        self._tasks = dict(tasks)
        self._free = at_once
        self._capacity = capacity
        self._capacity_a_visitor = capacity_a_visitor
        self._lock = threading.RLock()
        self._unfinished: dict[str, Job] = {}
        self._finished: LRUCache[str, Job] = LRUCache(MAX_FINISHED)
        self._waiting: OrderedDict[str, deque[Job]] = OrderedDict()  # by visitor; who is next comes first

    def submit(
        self, task: str, arguments: Mapping[str, Any], *, visitor: str = "", limit_seconds: float
    ) -> str:
        """Queue a job; its id. Raises JobQueueFull."""
        state = JobState(secrets.token_urlsafe(16), task, visitor, limit_seconds, time.time())
        with self._lock:
            waiting = sum(map(len, self._waiting.values()))
            of_visitor = len(self._waiting.get(visitor, ()))
            of_address = sum(
                len(jobs) for other, jobs in self._waiting.items() if _address(other) == _address(visitor)
            )
            if (
                waiting >= self._capacity
                or of_visitor >= self._capacity_a_visitor
                or of_address >= max(self._capacity // 2, self._capacity_a_visitor)
            ):
                raise JobQueueFull("Too many computations wait on this server. Please try again in a minute.")
            self._unfinished[state.id] = job = Job(state, arguments, self._lock)
            self._waiting.setdefault(visitor, deque()).append(job)
            self._start_next()
        return state.id

    def status(self, job_id: str) -> JobState:
        """What is known about a job now. Raises JobUnknown."""
        return self._job(job_id).state

    def cancel(self, job_id: str) -> None:
        """End a waiting or running job; a finished one stays as it is. Raises JobUnknown."""
        cancelled = JobCancelled("The computation was cancelled.")
        self._finish(self._job(job_id), CANCELLED, cancelled, stop=True)

    def result(self, job_id: str, wait_seconds: float | None = None) -> Any:
        """What the task returned; waits for it.

        A job that is not finished after `wait_seconds` is cancelled, because nobody waits for it any more.
        Raises what the task raised, JobCancelled, JobTimeLimit or JobUnknown.
        """
        job = self._job(job_id)
        try:
            return job.outcome.result(wait_seconds)
        except TimeoutError:
            late = JobTimeLimit(f"The computation was not ready after {wait_seconds:g} seconds.")
            self._finish(job, CANCELLED, late, stop=True)
            return job.outcome.result()

    def _job(self, job_id: str) -> Job:
        with self._lock:
            job = self._unfinished.get(job_id) or self._finished.get(job_id)
        if job is None:
            raise JobUnknown(f"There is no computation '{job_id[:40]}' on this server.")
        return job

    def _start_next(self) -> None:
        while self._free and self._waiting:
            visitor, jobs = self._waiting.popitem(last=False)
            job = jobs.popleft()
            if jobs:
                self._waiting[visitor] = jobs  # at the end: the others come first
            self._free -= 1
            job.state = replace(job.state, status=RUNNING, started_at=time.time())
            threading.Thread(target=self._run, args=(job,), name=f"job-{job.state.task}", daemon=True).start()

    def _run(self, job: Job) -> None:
        seconds = job.state.limit_seconds
        late = JobTimeLimit(f"The computation took longer than {seconds:g} seconds.")
        limit = threading.Timer(seconds, self._finish, (job, FAILED, late), {"stop": True})
        limit.daemon = True
        limit.start()
        try:
            result = self._tasks[job.state.task](job)
        except Exception as error:
            self._finish(job, FAILED, error)
        else:
            self._finish(job, DONE, None, result)
        finally:
            limit.cancel()

    def _finish(
        self, job: Job, status: str, error: Exception | None, result: Any = None, *, stop: bool = False
    ) -> None:
        """End a job and give its place to the next; whatever ends it later changes nothing."""
        with self._lock:
            if self._unfinished.pop(job.state.id, None) is None:
                return
            self._finished[job.state.id] = job
            was_running = job.state.status == RUNNING
            progress = 1.0 if status == DONE else job.state.progress
            job.state = replace(
                job.state, status=status, progress=progress, error=str(error or ""), finished_at=time.time()
            )
            if was_running:
                if stop:
                    job.stop()
                self._free += 1
            else:
                self._leave(job)
            self._start_next()
        if error is None:
            job.outcome.set_result(result)
        else:
            job.outcome.set_exception(error)

    def _leave(self, job: Job) -> None:
        jobs = self._waiting[job.state.visitor]
        jobs.remove(job)
        if not jobs:
            del self._waiting[job.state.visitor]


def _address(visitor: str) -> str:
    return visitor.partition(" ")[0]

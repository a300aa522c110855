"""Tasks of one run: when each was started, when it is done, what was asked."""

from __future__ import annotations

import random
import re
import resource
import time
from collections import Counter
from typing import Any, NamedTuple

JOB = re.compile(rb"bench-(\w+)")
"""The job's own name, which every adapter writes into its prompt."""

FAULTS = ("", "drop", "e504", "e500", "e429")
"""drop: task made, connection cut. e504, e500: task made, error reply. e429: no task made."""


class Task(NamedTuple):
    """One accepted task. Times are seconds of CLOCK_MONOTONIC, which the clients share."""

    id: str
    job: str
    created: float
    done: float
    created_at: str
    name: str


class Setup(NamedTuple):
    """What a run asks of the server.

    mean, spread: seconds; a task's duration is uniform in mean ± spread, drawn by seed and job.
    rtt: seconds of round trip, half before the request is seen and half after the reply is made.
    fault, faulty: what happens to the first start of how large a share of the jobs.
    result_size: bytes of each result's file.
    lost: the share of calls to webhooks that are not made, drawn by seed and job.
    rate: API requests a second, after a burst of that many; beyond it they are refused. 0 for no limit.
    """

    seed: int = 0
    mean: float = 0.0
    spread: float = 0.0
    rtt: float = 0.0
    fault: str = ""
    faulty: float = 0.0
    result_size: int = 1024
    lost: float = 0.0
    rate: float = 0.0


class Run:
    """The state of one run: tasks by id and in order, and counts of requests."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.tasks: dict[str, Task] = {}
        self.order: list[Task] = []
        self.requests: Counter[str] = Counter()
        self.connections: set[Any] = set()
        self.received = 0
        self.calls = 0
        self.arrivals: list[tuple[float, bool]] = []
        self._tokens, self._filled = setup.rate, time.monotonic()
        self._faulted: set[str] = set()
        self._began = cpu_seconds()

    def refuses(self) -> bool:
        """Whether a request is one too many; notes when it came."""
        if not self.setup.rate:
            return False
        now = time.monotonic()
        self._tokens = min(self.setup.rate, self._tokens + (now - self._filled) * self.setup.rate)
        self._filled = now

        refused = self._tokens < 1
        self._tokens -= not refused
        self.arrivals.append((now, refused))
        return refused

    def start(self, body: bytes, name: str = "") -> Task:
        """Accept the job named in `body`."""
        job = job_of(body)
        now = time.monotonic()
        number = len(self.order)
        wall = time.time()
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(wall)) + f".{int(wall % 1 * 1000):03d}Z"
        task = Task(f"65f0c0ffee{number:014x}", job, now, now + self._duration(job), stamp, name)
        self.tasks[task.id] = task
        self.order.append(task)
        return task

    def fault(self, job: str) -> str:
        """The fault that this start meets; every so many-th job meets one, at its first start."""
        setup = self.setup
        if not setup.fault or job in self._faulted or not job.isdigit():
            return ""
        if (int(job) + setup.seed) % round(1 / setup.faulty):
            return ""
        self._faulted.add(job)
        return setup.fault

    def loses_call(self, job: str) -> bool:
        """Whether the webhook of this job is not called."""
        return random.Random(f"{self.setup.seed}:call:{job}").random() < self.setup.lost

    def _duration(self, job: str) -> float:
        setup = self.setup
        drawn = random.Random(f"{setup.seed}:{job}").uniform(-setup.spread, setup.spread)
        return max(0.0, setup.mean + drawn)

    def ledger(self) -> dict[str, Any]:
        """All that a bench reads after a run."""
        return {
            "tasks": [[task.job, task.id, task.created, task.done] for task in self.order],
            "requests": dict(self.requests),
            "connections": len(self.connections),
            "received": self.received,
            "calls": self.calls,
            "arrivals": self.arrivals,
            "faulted": len(self._faulted),
            "server_cpu": cpu_seconds() - self._began,
        }


def job_of(body: bytes) -> str:
    """The job's name in a start's body, or an empty string."""
    found = JOB.search(body)
    return found[1].decode() if found else ""


def cpu_seconds() -> float:
    """CPU used by this process so far."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime

"""The state of a queue and its workers, in numbers."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from a2e_async.plain import Plain

__all__ = ["Enqueued", "Status", "WorkerStatus"]


@attrs.frozen
class Enqueued(Plain):
    """How many jobs were put into the queue, and how many need not be.

    Attributes:
        queued: jobs that are in the queue now.
        waiting: jobs that were in the queue before, or that a worker is working on.
        done: jobs that the journal has the result of.
    """

    queued: int = 0
    waiting: int = 0
    done: int = 0


@attrs.frozen
class WorkerStatus(Plain):
    """What one worker is doing, and has done.

    Attributes:
        name: the machine, the process and a number.
        seen: seconds since its last sign of life; None if it has left or died.
        running, done, failed: jobs.
        coins: what these have cost.
    """

    name: str
    seen: float | None
    running: int
    done: int
    failed: int
    coins: float


@attrs.frozen
class Status(Plain):
    """The state of a queue and its workers.

    Attributes:
        queued: jobs that wait for a worker.
        running: jobs that a worker has started and waits for, and started jobs that wait for a worker.
        done: jobs with a result.
        failed: jobs that ended without one.
        uncertain: starts of which it is not known whether they made a task, and nobody is finding out.
        failed_messages: messages whose job has failed, is uncertain, or could not be read.
        coins: the coins charged.
        starts_per_minute: starts in the last minute.
        workers: those that live, or have jobs.
    """

    queued: int
    running: int
    done: int
    failed: int
    uncertain: int
    failed_messages: int
    coins: float
    starts_per_minute: int
    workers: Sequence[WorkerStatus]

"""How things stand: what waits in the queue, and what the workers have done with the rest."""

from __future__ import annotations

from typing import Any

import attrs
import procrastinate
import psycopg
from procrastinate.exceptions import ConnectorException

from a2e_async._journal.database_url import DatabaseURL
from a2e_async._journal.entries import State
from a2e_async._journal.look import WorkerLook, look_into
from a2e_async._worker import names
from a2e_async._worker.connector import PatientConnector, opened, translated
from a2e_async.task_groups import in_thread

__all__ = ["Status", "WorkerStatus", "status_of"]


@attrs.frozen
class WorkerStatus:
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
class Status:
    """How things stand.

    Attributes:
        queued: jobs that wait for a worker.
        running: jobs that a worker has started, and jobs whose task another one goes on with.
        done: jobs with a result.
        failed: jobs that ended without one.
        uncertain: starts of which it is not known whether they made a task, and nobody is finding out.
        refused: messages whose job could not be carried out, for other reasons too.
        coins: the coins charged.
        starts_per_minute: starts in the last minute.
        workers: those that live, or have jobs.
    """

    queued: int
    running: int
    done: int
    failed: int
    uncertain: int
    refused: int
    coins: float
    starts_per_minute: int
    workers: tuple[WorkerStatus, ...]


async def status_of(url: DatabaseURL) -> Status:
    """Look how things stand. Nothing is written.

    Raises:
        JournalError: there is no journal, or it cannot be read.
    """
    look = await in_thread(look_into, url)
    messages = await _messages(url)
    alive = [worker for worker in look.workers if worker.seen is not None]
    starting = sum(worker.states.get(State.STARTING, 0) for worker in alive)

    return Status(
        queued=messages.get("todo", 0),
        running=look.states.get(State.ACCEPTED, 0) + starting,
        done=look.states.get(State.DONE, 0),
        failed=look.states.get(State.FAILED, 0),
        uncertain=max(0, look.states.get(State.STARTING, 0) - starting),
        refused=messages.get("failed", 0),
        coins=look.coins,
        starts_per_minute=look.started,
        workers=tuple(_worker(worker) for worker in look.workers),
    )


def _worker(worker: WorkerLook) -> WorkerStatus:
    states = worker.states
    return WorkerStatus(
        worker.name,
        worker.seen,
        states.get(State.ACCEPTED, 0) + states.get(State.STARTING, 0),
        states.get(State.DONE, 0),
        states.get(State.FAILED, 0),
        worker.coins,
    )


async def _messages(url: DatabaseURL) -> dict[str, Any]:
    """The number of messages in each state; empty if there is no queue yet."""
    connector = PatientConnector(url)
    connector.patient = False
    app = procrastinate.App(connector=connector)

    with translated(url):
        async with opened(app, url):
            try:
                found = list(await app.job_manager.list_tasks_async(task=names.JOB_TASK))
            except ConnectorException as error:
                if isinstance(error.__cause__, psycopg.errors.UndefinedTable):
                    return {}
                raise

    return found[0] if found else {}

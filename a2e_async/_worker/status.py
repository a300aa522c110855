"""The state of a queue: what waits in it, and what the workers have done with the rest."""

from __future__ import annotations

from typing import Any

import procrastinate
import psycopg
from procrastinate.exceptions import ConnectorException

from a2e_async._journal.contents import WorkerLook
from a2e_async._journal.database_url import DatabaseURL
from a2e_async._journal.entries import State
from a2e_async._journal.look import look_into
from a2e_async._worker import names
from a2e_async._worker.connector import PatientConnector, opened, translated
from a2e_async._worker.counts import Status, WorkerStatus
from a2e_async.task_groups import in_thread

__all__ = ["status_of"]


async def status_of(url: DatabaseURL) -> Status:
    """Read the state of the queue. Nothing is written.

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
        failed_messages=messages.get("failed", 0),
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

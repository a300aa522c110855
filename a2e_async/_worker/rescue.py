"""Messages whose worker is gone go back to the queue. Nobody has to write a task for that."""

from __future__ import annotations

import asyncio
import logging
import random
import time

import procrastinate
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job as Message

from a2e_async._worker import names
from a2e_async._worker.connector import PatientConnector
from a2e_async._worker.delivery import Delivery

__all__ = ["keep_rescuing", "rescue"]

logger = logging.getLogger("a2e_async")


async def rescue(app: procrastinate.App, seconds: float) -> None:
    """Give the messages of workers back to the queue that have shown no sign of life for so long.

    Workers may do so at the same time. A message that is delivered twice does no harm.
    """
    await _give_back(app, await _stalled(app, seconds), "a worker that is gone")


async def keep_rescuing(
    app: procrastinate.App, connector: PatientConnector, delivery: Delivery, lease: float
) -> None:
    """Rescue messages for as long as the worker runs, in step with the leases of the journal.

    Args:
        app: the app.
        connector: its connections.
        delivery: what this worker does.
        lease: seconds after which a worker without a sign of life is taken for dead.
    """
    pause = lease / 2

    quiet_until, last = float("-inf"), time.monotonic()
    lost: set[int | None] = set()

    while True:
        try:
            found = await _stalled(app, lease)
        except ConnectorException as error:
            logger.warning("queue: messages cannot be looked after: %s", error.__cause__ or error)
            found = []

        now = time.monotonic()
        # After the database was away, or this machine asleep, nobody has been able to show a sign of life.
        if now - last > 2 * pause + 1 or now - connector.trouble < lease:
            quiet_until = now + lease
        last = now

        if now >= quiet_until:
            await _give_back(app, found, "a worker that is gone")
            lost = await _give_back_lost(app, delivery, lost)
        # Not all workers at the same time: each would give back what another has just fetched again.
        await asyncio.sleep(pause * random.uniform(0.5, 1.0))


async def _give_back_lost(
    app: procrastinate.App, delivery: Delivery, before: set[int | None]
) -> set[int | None]:
    """Give back what this worker has according to the queue, and does not know of.

    It was fetched, and the answer was lost. Returns the ids of what may be such messages: one that has just
    been fetched looks the same.
    """
    if delivery.worker_id is None:
        return set()
    fetched = await app.job_manager.list_jobs_async(
        task=names.JOB_TASK, status="doing", worker_id=delivery.worker_id
    )
    unknown = {message.id: message for message in fetched if message.id not in delivery.under_way}
    await _give_back(app, [unknown[id_] for id_ in unknown.keys() & before], "an answer that was lost")
    return set(unknown)


async def _stalled(app: procrastinate.App, seconds: float) -> list[Message]:
    manager = app.job_manager
    return list(await manager.get_stalled_jobs(task_name=names.JOB_TASK, seconds_since_heartbeat=seconds))


async def _give_back(app: procrastinate.App, messages: list[Message], whose: str) -> None:
    for message in messages:
        try:
            await app.job_manager.retry_job(message, retry_at=names.AT_ONCE)
        except ConnectorException as error:  # another worker was faster
            logger.debug("queue: %s", error.__cause__ or error)
    if messages:
        logger.warning("queue: %d jobs of %s go back to the queue", len(messages), whose)

"""The start of one job of a bulk run: budget, uploads, turns, and every step of it in the journal first."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import anyio

from a2e_async._bulk.budget import Reservation, kind_of
from a2e_async._bulk.entries import Entry, State, strip_inputs
from a2e_async._bulk.shared import NotStarted, Shared
from a2e_async._tasks.starting import Watch
from a2e_async.errors import (
    APIError,
    AuthenticationError,
    BudgetReached,
    InsufficientCredits,
    InvalidArgument,
    JournalError,
    ModerationError,
    SubmissionUncertain,
    TaskRejected,
    TransportError,
)
from a2e_async.failures import Failure, classify
from a2e_async.jobs import Job, Task
from a2e_async.records import JSONObject

if TYPE_CHECKING:
    pass

__all__ = ["Launch"]

logger = logging.getLogger("a2e_async")

# What a request that was never taken ends with: it may be sent again.
_NOT_TAKEN = (Failure.UNDELIVERED, Failure.REFUSED)
_PAUSE = 15.0  # seconds between tries while the service cannot be reached or refuses everything


class Launch:
    """Starts the task of one job, or finds the one that an earlier process has started.

    Args:
        shared: the run.
        job: the job.
        entry: the job's entry in the journal.
    """

    def __init__(self, shared: Shared, job: Job[Any], entry: Entry) -> None:
        self._shared = shared
        self._job = job
        self._entry = entry
        self._runtime = job.workflow.runtime

    async def start(self) -> Task[Any]:
        """Start the job. While the service cannot be reached or refuses, wait, as long as for a task.

        Raises:
            NotStarted: the run has stopped.
            Exception: this job cannot be started, or it is not known whether it was.
        """
        shared, clock = self._shared, self._runtime.policies.clock
        self._job.workflow.require_readable()
        began = clock.now()
        while True:
            shared.check()
            try:
                return await self._start_once()
            except (AuthenticationError, InsufficientCredits, BudgetReached, JournalError) as error:
                shared.stop(error)
                raise NotStarted from error
            except (APIError, TransportError) as error:
                if classify(error) not in _NOT_TAKEN:
                    raise
                pause = max(_PAUSE, error.retry_after or 0.0)
                if clock.now() - began + pause > shared.settings.timeout:
                    shared.stop(error)
                    raise NotStarted from error
                logger.warning("bulk run: %s; trying again in %.0f s", type(error).__name__, pause)
                shared.rate.hold(pause)
                await clock.sleep(pause)

    async def recover(self) -> Task[Any] | None:
        """The task of a start that an earlier process sent and did not live to see answered.

        Raises:
            SubmissionUncertain: it cannot be told whether there is one.
        """
        shared, job, entry, journal = self._shared, self._job, self._entry, self._shared.journal
        starter = self._runtime.starter(job.workflow)
        if entry.marker is None:
            if journal is not None and job.workflow.name not in shared.claimed:
                starter.claim(await journal.known_tasks(job.workflow.name))
                shared.claimed.add(job.workflow.name)
            job = await job.with_uploads()
        reservation = Reservation(kind_of(job), entry.reserved)
        ago = max(0.0, time.time() - entry.sent)
        records = await starter.recover(
            job,
            job.body,
            entry.marker,
            self._runtime.policies.clock.now() - ago,
            self._watch(reservation),
        )
        if not records:
            shared.budget.release(reservation)
            await self._write(_before(entry))
            return None
        return job.task(records)

    async def _start_once(self) -> Task[Any]:
        shared = self._shared
        ready = await self._job.with_uploads()
        shared.check()
        kind = kind_of(self._job)
        await self._ask_price(kind)
        reservation = await shared.budget.reserve(kind, self._job.quote)
        starter = self._runtime.starter(ready.workflow)

        try:
            started = await starter.start(self._job, ready.call, watch=self._watch(reservation))
        except Exception as error:
            await self._not_made(error, reservation)
            raise
        return ready.started(started, self._runtime.policies.clock.now())

    def _watch(self, reservation: Reservation) -> Watch:
        """Writes each step of the start down."""

        async def sending(marker: str | None) -> None:
            await self._shared.rate.turn()
            self._shared.check(within_budget=True)
            # Once it is written down it is also sent: nothing is looked for that never was.
            with anyio.CancelScope(shield=True):
                await self._write(State.STARTING, marker, reservation.coins)

        async def refused() -> None:
            with suppress(JournalError):
                await self._write(_before(self._entry))

        async def accepted(records: Sequence[JSONObject]) -> None:
            await self._accepted(records, reservation)

        return Watch(accepted, sending, refused, self._shared.shields)

    async def _write(self, state: str, marker: str | None = None, reserved: float = 0.0) -> None:
        journal, entry = self._shared.journal, self._entry
        if journal is None:
            entry.state = state
        elif state == State.STARTING:
            await journal.record_start(entry, marker, reserved)
        else:
            await journal.undo_start(entry, state)

    async def _accepted(self, records: Sequence[JSONObject], reservation: Reservation) -> None:
        """A start made these tasks: write it down before anything else."""
        shared, entry = self._shared, self._entry
        told = [coins for record in records if isinstance(coins := record.get("coins"), int | float)]
        coins = sum(told) if told else None
        shared.budget.spend(reservation, coins)
        shared.counts.charged(entry.workflow, coins or 0.0)
        stored = [strip_inputs(record, self._job.body) for record in records]
        if shared.journal is None:
            entry.accept(stored, coins or 0.0)
            return
        try:
            await shared.journal.record_accepted(entry, stored, coins or 0.0)
        except JournalError as error:
            # The task is there and will be waited for; a later run finds it by what was written before.
            shared.stop(error)

    async def _not_made(self, error: Exception, reservation: Reservation) -> None:
        """A start failed: note that it made no task, if that is known."""
        shared, entry = self._shared, self._entry
        if not _made_none(error):
            shared.budget.doubt(reservation)
            return
        shared.budget.release(reservation)
        if entry.state != State.STARTING:
            return
        try:
            with anyio.CancelScope(shield=True):
                if shared.journal and isinstance(error, TaskRejected | ModerationError):
                    await shared.journal.record_end(entry, (), error)
                else:
                    await self._write(_before(entry))
        except JournalError as problem:
            shared.stop(problem)

    async def _ask_price(self, kind: str) -> None:
        """Where nobody knows what a job will cost, ask the service (free, H)."""
        shared, job = self._shared, self._job
        if job.quote is not None or not shared.budget.wants_quote(kind):
            return
        async with shared.quoting:
            if not shared.budget.wants_quote(kind):
                return
            try:
                shared.budget.expect(kind, (await shared.client.quote(job)).coins)
            except (APIError, TransportError) as error:
                if isinstance(error, AuthenticationError) or classify(error) in _NOT_TAKEN:
                    raise
                shared.budget.expect(kind, None)


def _before(entry: Entry) -> str:
    """The state of an entry whose start has made no task: what it was before."""
    return State.FAILED if entry.error else State.NEW


def _made_none(error: Exception) -> bool:
    """Whether a start that ended so provably made no task."""
    if isinstance(error, APIError | TransportError):
        return classify(error) is not Failure.UNKNOWN
    if isinstance(error, SubmissionUncertain):
        return False
    return isinstance(error, NotStarted | TaskRejected | InvalidArgument | JournalError)

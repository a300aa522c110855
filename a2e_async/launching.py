"""The start of one job of a bulk run: budget, uploads, turns, and every step of it in the journal first."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import anyio
import attrs

from a2e_async.budget import Budget, Reservation, kind_of
from a2e_async.entries import Entry, State, kept
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
from a2e_async.jobs import Job, Task
from a2e_async.outcomes import Counts
from a2e_async.pace import Pace
from a2e_async.policy import Failure, classify
from a2e_async.starting import Watch, marked, new_marker
from a2e_async.transport import retry_after

if TYPE_CHECKING:
    from a2e_async.bulk import BulkSettings
    from a2e_async.client import A2E
    from a2e_async.journal import Journal

__all__ = ["Launch", "NotStarted", "Shared"]

JSONObject = Mapping[str, Any]

logger = logging.getLogger("a2e_async")

# What a request that was never taken ends with: it may be sent again.
_NOT_TAKEN = (Failure.UNDELIVERED, Failure.REFUSED)
_PAUSE = 15.0  # seconds between tries while the service cannot be reached or refuses everything


class NotStarted(Exception):
    """The run has stopped, and this job was not started. Never leaves the run."""


@attrs.define(eq=False)
class Shared:
    """What the jobs of one run share.

    Attributes:
        tasks: places for tasks at the server.
        downloads: places for downloads.
        rate: the turns of the run's own start rate.
        shields: the scopes in which starts are kept from being cut off.
        quoting: held while a price is asked for.
        claimed: workflows whose known tasks have been told to their starters.
        stopping: called once, when the run stops.
        stopped: why no more jobs are started.
    """

    client: A2E
    settings: BulkSettings
    journal: Journal | None
    counts: Counts
    budget: Budget
    rate: Pace
    tasks: anyio.Semaphore
    downloads: anyio.Semaphore
    stopping: Callable[[], None]
    shields: set[anyio.CancelScope] = attrs.field(factory=set[anyio.CancelScope])
    quoting: anyio.Lock = attrs.field(factory=anyio.Lock)
    claimed: set[str] = attrs.field(factory=set[str])
    stopped: Exception | None = None

    def stop(self, error: Exception) -> None:
        """Start no more jobs; the first reason is the one that is told."""
        if self.stopped is None:
            self.stopped = error
            self.stopping()

    def check(self, *, within_budget: bool = False) -> None:
        """Called before each start.

        Args:
            within_budget: coins are set aside for it, so that the end of the budget does not concern it.

        Raises:
            NotStarted: the run has stopped.
        """
        if self.stopped is not None and not (within_budget and isinstance(self.stopped, BudgetReached)):
            raise NotStarted


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
        self._runtime = job.workflow.client.runtime

    async def task(self) -> Task[Any]:
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
                return await self._start()
            except (AuthenticationError, InsufficientCredits, BudgetReached, JournalError) as error:
                shared.stop(error)
                raise NotStarted from error
            except (APIError, TransportError) as error:
                if classify(error) not in _NOT_TAKEN:
                    raise
                pause = max(_PAUSE, retry_after(error) or 0.0)
                if clock.now() - began + pause > shared.settings.timeout:
                    shared.stop(error)
                    raise NotStarted from error
                logger.warning("bulk run: %s; trying again in %.0f s", type(error).__name__, pause)
                shared.rate.hold(pause)
                await clock.sleep(pause)

    async def found_again(self) -> Task[Any] | None:
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
            self._watch(entry.marker, reservation),
        )
        if not records:
            shared.budget.release(reservation)
            await self._write(_before(entry))
            return None
        return job.task(records)

    async def _start(self) -> Task[Any]:
        shared = self._shared
        ready = await self._job.with_uploads()
        shared.check()
        kind = kind_of(self._job)
        await self._ask_price(kind)
        reservation = await shared.budget.reserve(kind, self._job.quote)
        call, marker = ready.call, None
        if ready.takes_name:
            marker = new_marker()
            call = attrs.evolve(call, body=marked(ready.body, marker, ready.workflow.name))
        starter = self._runtime.starter(ready.workflow)
        try:
            records = await starter.start(self._job, call, marker, self._watch(marker, reservation))
        except Exception as error:
            await self._not_made(error, reservation)
            raise
        return ready.task(records, born=self._runtime.policies.clock.now())

    def _watch(self, marker: str | None, reservation: Reservation) -> Watch:
        """Writes each step of the start down."""

        async def sending() -> None:
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
            await journal.starting(entry, marker, reserved)
        else:
            await journal.unstarted(entry, state)

    async def _accepted(self, records: Sequence[JSONObject], reservation: Reservation) -> None:
        """A start made these tasks: write it down before anything else."""
        shared, entry = self._shared, self._entry
        told = [coins for record in records if isinstance(coins := record.get("coins"), int | float)]
        coins = sum(told) if told else None
        shared.budget.spend(reservation, coins)
        shared.counts.charged(entry.workflow, coins or 0.0)
        stored = [kept(record, self._job.body) for record in records]
        if shared.journal is None:
            entry.accept(stored, coins or 0.0)
            return
        try:
            await shared.journal.accepted(entry, stored, coins or 0.0)
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
                    await shared.journal.ended(entry, (), error)
                else:
                    await self._write(_before(entry))
        except JournalError as problem:
            shared.stop(problem)

    async def _ask_price(self, kind: str) -> None:
        """Where nobody knows what a job will cost, ask the service (free, H)."""
        shared, job = self._shared, self._job
        if job.quote is not None or not shared.budget.wants_quote(kind):
            return
        from a2e_async.quotes import quote

        async with shared.quoting:
            if not shared.budget.wants_quote(kind):
                return
            try:
                shared.budget.expect(kind, (await quote(shared.client, job)).coins)
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

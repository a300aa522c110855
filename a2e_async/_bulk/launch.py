"""The start of one job of a bulk run, with each step written to the journal before the next."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import AbstractContextManager, suppress
from functools import partial
from typing import Any, TypeVar

from a2e_async._bulk.budget import Reservation, kind_of
from a2e_async._bulk.endings import NotStarted
from a2e_async._bulk.faults import service_fault
from a2e_async._bulk.refused import refuses_finally
from a2e_async._bulk.run_state import RunState
from a2e_async._journal.entries import Entry, State, strip_inputs
from a2e_async._journal.journal import LeaseExpired
from a2e_async._tasks.list_pages import ListPages
from a2e_async._tasks.start_watch import Watch, shielding
from a2e_async.checks import coins_in, price_in
from a2e_async.errors import (
    APIError,
    BudgetReached,
    InvalidArgument,
    JournalError,
    SubmissionUncertain,
    TaskRejected,
    TransportError,
)
from a2e_async.failures import Failure, classify, concerns_account
from a2e_async.hooks import HookSlot
from a2e_async.jobs import Job
from a2e_async.records import JSONObject
from a2e_async.tasks import Task

__all__ = ["Launch"]

T = TypeVar("T")

_FULL_PAUSE = 0.5  # seconds until a start asks again for a place on the account


class Launch:
    """Starts the task of one job, or recovers the task that an earlier process started.

    Args:
        run_state: the state of the run.
        job: the job.
        entry: the job's entry in the journal.
        sent: when an earlier start of the job was sent at the latest, in seconds of the client's clock.
    """

    def __init__(self, run_state: RunState, job: Job[Any], entry: Entry, sent: float = 0.0) -> None:
        self._run_state = run_state
        self._job = job
        self._entry = entry
        self._sent = sent
        self._runtime = job.workflow.runtime

        # What was set aside for the last start, if its reply has not shown what it cost.
        self._unpriced: Reservation | None = None
        self._started_here = False
        if entry.state == State.ACCEPTED and coins_in(entry.records) is None:
            self._unpriced = Reservation(kind_of(job), entry.reserved)

    async def start(self) -> Task[Any]:
        """Start the job.

        While the service cannot be reached or refuses everything, all jobs of the run wait and one of them
        tries again, for no longer than the run's timeout.

        Raises:
            NotStarted: the run has stopped.
            Exception: this job cannot be started, or it is not known whether it was.
        """
        run = self._run_state
        if run.downloads is not None:
            try:
                await run.downloads.check()
            except InvalidArgument as error:
                run.stop(error)
                raise NotStarted from error
        return await self._unless_stopped(self._start_once)

    async def _unless_stopped(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do some work, or stop the run because of an error that every job would meet.

        Raises:
            NotStarted: the run has stopped.
        """
        run = self._run_state
        try:
            return await run.service.through(work, service_fault, who=self)
        except NotStarted:
            raise
        except Exception as error:
            of_run = isinstance(error, BudgetReached | JournalError) or concerns_account(error)
            if of_run or service_fault(error) is not None:
                run.stop(error)
                raise NotStarted from error
            raise

    async def recover(self) -> Task[Any] | None:
        """Recover the task of a start whose process died before the answer came.

        Returns:
            The task; None if the start made none.

        Raises:
            NotStarted: the run has stopped.
            SubmissionUncertain: it is not known whether the start made a task.
        """
        return await self._unless_stopped(self._recover)

    async def _recover(self) -> Task[Any] | None:
        """Search for the task that a start of an earlier run may have made."""
        run, job, entry = self._run_state, self._job, self._entry
        starter = self._runtime.starter(job.workflow)
        run.check()
        await self._reach_list()

        # Without a marker the task is found by its inputs, so the URLs of uploaded files must be known.
        if entry.marker is None:
            job = await job.with_uploads()

        reservation = Reservation(kind_of(job), entry.reserved)
        records = await starter.recover(
            job,
            job.body,
            entry.marker,
            self._sent,
            self._watch(reservation),
        )

        if not records:
            run.budget.release(reservation)
            await self._undo_start()
            return None
        return job.task(records, slot=self.slot)

    @property
    def slot(self) -> HookSlot | None:
        """Receives the service's calls about a start of an earlier run, if its marker is known."""
        hooks, marker = self._runtime.hooks, self._entry.marker
        return None if hooks is None or marker is None else hooks.bus.slot(marker)

    async def _reach_list(self) -> None:
        """Make sure that the list can be reached that is searched for the task. A run does it once.

        A search goes on while its list cannot be read, and then leaves it open whether there is a task. All
        jobs of the run would wait for that, each for itself.
        """
        run, listing = self._run_state, self._job.workflow.routes.list
        async with run.reaching:
            if run.reached or listing is None:
                return
            try:
                await ListPages(listing, self._runtime.transport).read(1)
            except (APIError, TransportError) as error:
                if concerns_account(error) or service_fault(error) is not None:
                    raise
            run.reached = True

    async def _start_once(self) -> Task[Any]:
        """Start the job, within the budget, once all that stops the run has passed."""
        run = self._run_state
        run.check()
        await run.disk.passed()
        ready = await self._job.with_uploads()
        run.check()

        kind = kind_of(self._job)
        await self._ask_price(kind)
        reservation = await run.budget.reserve(kind, self._job.quote)

        starter = self._runtime.starter(ready.workflow)
        try:
            started = await starter.start(self._job, ready.call, watch=self._watch(reservation))
        except Exception as error:
            run.unanswered.pop(id(self._entry), None)
            await self._settle_failure(error, reservation)
            raise
        return ready.started(started, self._runtime.policies.clock.now())

    def _watch(self, reservation: Reservation) -> Watch:
        """A Watch that writes each step of the start to the journal."""

        run, journal = self._run_state, self._run_state.journal

        async def sending(marker: str | None) -> None:
            run.check(within_budget=True)
            # A start that is written down must also be sent. Otherwise the next run would search for a task
            # that cannot exist.
            while True:
                with self._shielded():
                    if await self._write_start(marker, reservation.coins):
                        break
                run.service.hand_over(self)
                await self._runtime.policies.clock.sleep(_FULL_PAUSE)
                run.check(within_budget=True)
            run.unanswered[id(self._entry)] = self._entry

        async def refused() -> None:
            run.unanswered.pop(id(self._entry), None)
            with suppress(JournalError):
                await self._undo_start()

        async def accepted(records: Sequence[JSONObject]) -> None:
            await self._record_accepted(records, reservation)

        async def known(ids: Collection[str]) -> Collection[str]:
            return await journal.known_among(self._job.workflow.name, ids, self._entry) if journal else ()

        return Watch(
            accepted,
            sending,
            refused,
            run.shields,
            patient=False,
            awaited=True,
            turn=run.start_rate.turn,
            ready=partial(journal.require_lease, self._entry)
            if journal is not None and journal.is_shared
            else None,
            known=known if journal is not None else None,
            guarded=run.is_shared,
        )

    def _shielded(self) -> AbstractContextManager[None]:
        """Keep cancellation off, until the run's grace time is over: the journal may be away for long."""
        return shielding(self._run_state.shields)

    async def _write_start(self, marker: str | None, reserved: float) -> bool:
        """Write that a start is about to be sent. Returns False if it must wait."""
        journal, entry = self._run_state.journal, self._entry
        if journal is not None:
            return await journal.record_start(entry, marker, reserved)
        entry.state, entry.marker = State.STARTING, marker
        return True

    async def _undo_start(self) -> None:
        """Write that the last start made no task."""
        journal, entry = self._run_state.journal, self._entry
        if journal is not None:
            await journal.undo_start(entry)
        else:
            entry.undo_start()

    async def _record_accepted(self, records: Sequence[JSONObject], reservation: Reservation) -> None:
        """Count the coins of an accepted start and write down its tasks."""
        run, entry = self._run_state, self._entry
        run.unanswered.pop(id(entry), None)

        coins = coins_in(records)
        run.budget.spend(reservation, coins)
        self._unpriced, self._started_here = (reservation if coins is None else None), True
        run.counts.add_coins(entry.workflow, coins or 0.0)

        stored = [strip_inputs(record, self._job.body) for record in records]
        if run.journal is None:
            entry.accept(stored, coins or 0.0)
            return
        try:
            await run.journal.record_accepted(entry, stored, coins or 0.0)
        except JournalError as error:
            # This run still waits for the task. The journal knows that the start was sent, so a later run
            # can recover it.
            run.stop(error)

    def settle_price(self, records: Sequence[JSONObject]) -> float:
        """Take the cost of the last start from the last records of its tasks, if its reply has not shown it.

        Args:
            records: the records; empty if the end of the tasks was not seen.

        Returns:
            The coins that were not counted before.
        """
        reservation, self._unpriced = self._unpriced, None
        if reservation is None:
            return 0.0

        coins = coins_in(records)
        self._run_state.budget.settle(reservation, coins)
        if self._started_here:
            self._run_state.counts.add_coins(self._entry.workflow, coins or 0.0)
        return coins or 0.0

    async def _settle_failure(self, error: Exception, reservation: Reservation) -> None:
        """Write down that a start made no task, if that is certain."""
        run, entry = self._run_state, self._entry
        if not _made_no_task(error):
            run.budget.doubt(reservation)
            return

        run.budget.release(reservation)
        if entry.state != State.STARTING:
            return

        try:
            with self._shielded():
                if run.journal and refuses_finally(error):
                    await run.journal.record_end(entry, (), error)
                else:
                    await self._undo_start()
        except JournalError as problem:
            run.stop(problem)

    async def _ask_price(self, kind: str) -> None:
        """Ask the service for the price of this kind of job, if it is needed and not known. This is free."""
        run, job = self._run_state, self._job
        if job.quote is not None or not run.budget.wants_quote(kind):
            return

        async with run.quoting:
            # Another job may have asked in the meantime.
            if not run.budget.wants_quote(kind):
                return
            try:
                run.budget.expect(kind, price_in((await run.client.quote(job)).coins))
            except (APIError, TransportError) as error:
                if concerns_account(error) or service_fault(error) is not None:
                    raise
                run.budget.expect(kind, None)


def _made_no_task(error: Exception) -> bool:
    """Whether a start that failed with this error certainly made no task."""
    if isinstance(error, APIError | TransportError):
        return classify(error) is not Failure.UNKNOWN
    if isinstance(error, SubmissionUncertain):
        return False
    return isinstance(
        error, NotStarted | TaskRejected | InvalidArgument | JournalError | BudgetReached | LeaseExpired
    )

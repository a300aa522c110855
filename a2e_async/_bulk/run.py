"""A bulk run: reads jobs lazily, runs them side by side, and yields their Outcomes as they complete."""

from __future__ import annotations

from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Callable,
    Iterable,
    Iterator,
    Sequence,
)
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import anyio
import attrs
from anyio.abc import TaskGroup
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from a2e_async._bulk.budget import Budget
from a2e_async._bulk.job_run import JobRun
from a2e_async._bulk.outcomes import Counts, Outcome, Summary
from a2e_async._bulk.run_state import BulkClient, NotStarted, RunState
from a2e_async._bulk.settings import BulkSettings
from a2e_async._tasks.pace import Pace
from a2e_async.errors import APIError, BudgetReached, InvalidArgument, JournalError, TransportError
from a2e_async.jobs import Job

if TYPE_CHECKING:
    from a2e_async._bulk.journal import Journal
    from a2e_async._bulk.uncertain import UncertainStart
    from a2e_async._files.uploads import Uploader
    from a2e_async.runtime import Runtime

__all__ = ["BulkRun"]

_DOWNLOADS = 8
# A run that stops for one of these reasons ends without raising; the reason is in `BulkRun.stopped`.
_NOT_RAISED = (APIError, TransportError, BudgetReached)
_END: Any = object()


@attrs.frozen(eq=False)
class _OpenRun:
    """The parts of a run that exist from its first `async with` on.

    Attributes:
        state: the state that the jobs share.
        outcomes: the Outcomes, for the reader of the run.
        group: the task group of the run.
        reading: the scope in which jobs are read; it is cancelled when the run stops.
        ended: set when no job is running any more.
        resources: closed when the run is left.
    """

    state: RunState
    outcomes: MemoryObjectReceiveStream[Outcome]
    group: TaskGroup
    reading: anyio.CancelScope
    ended: anyio.Event
    resources: AsyncExitStack


class BulkRun:
    """A bulk run; see `A2E.bulk`.

    When the block is left early, by an exception or by Ctrl-C, the starts under way are completed and
    written to the journal. Everything else is cancelled here; accepted tasks go on at the server. A second
    Ctrl-C does not wait for the starts. With a journal, the next run recovers their tasks.
    """

    def __init__(
        self, client: BulkClient, jobs: Iterable[Job[Any]] | AsyncIterable[Job[Any]], settings: BulkSettings
    ) -> None:
        if not isinstance(jobs, Iterable | AsyncIterable):
            raise InvalidArgument("jobs", f"{jobs!r} is not an iterable of Jobs")
        self._client = client
        self._jobs = jobs
        self._settings = settings
        self._counts = Counts()
        self._open: _OpenRun | None = None
        self._input_error: Exception | None = None
        self._left = 0
        self._left_block = False
        self._requests: Callable[[], int] = lambda: 0

    @property
    def stopped(self) -> Exception | None:
        """Why the run stopped starting jobs; None while it runs normally.

        Either the run cannot go on: no coins are left, the token was refused, the budget is reached, or the
        service is unreachable or refuses everything. Or the iterable of the jobs or the journal raised an
        error, which the iteration raises at its end.
        """
        return (self._open.state.stopped if self._open else None) or self._input_error

    def summary(self) -> Summary:
        """The run in numbers so far."""
        return self._counts.summary(requests=self._requests(), left=self._left, stopped=self.stopped)

    async def uncertain(self) -> Sequence[UncertainStart]:
        """The starts in the journal of which it is not known whether they made a task.

        Starts that this run is sending, or searching for, are not among them. Call it inside the run's
        ``async with``. To decide them without running anything, give the run no jobs.

        Returns:
            The starts, the oldest first. Search for each in the workflow's list, and then `bind` it to its
            task or `release` it.

        Raises:
            JournalError: the journal cannot be read.

        Example:
            ```python
            async with a2e.bulk([], journal="run.db") as run:
                for start in await run.uncertain():
                    print(start.key, start.workflow, start.marker)
            ```
        """
        state, journal = self._open_journal()
        return await journal.uncertain(state.under_way)

    async def release(self, start: UncertainStart) -> None:
        """Declare that an uncertain start has made no task. The next run starts its job again, and pays.

        Args:
            start: one of `uncertain`.

        Raises:
            InvalidArgument: its outcome is known by now, or this run is working on it.
        """
        await self._open_journal(start)[1].release(start)

    async def bind(self, start: UncertainStart, task_id: str) -> None:
        """Declare which task an uncertain start has made. The next run waits for this task.

        Args:
            start: one of `uncertain`.
            task_id: the id of the task.

        Raises:
            InvalidArgument: the outcome of the start is known by now, this run is working on it, or the task
                is that of another job.
        """
        await self._open_journal(start)[1].bind(start, task_id)

    def _open_journal(self, start: UncertainStart | None = None) -> tuple[RunState, Journal]:
        """The state and the journal of the run, to decide an uncertain start."""
        if self._open is None or self._left_block:
            raise RuntimeError("ask for uncertain starts inside the `async with` of the bulk run")
        state = self._open.state
        if state.journal is None:
            raise InvalidArgument("journal", "this run has none, so it keeps no uncertain starts")
        if start is not None and start.number in state.under_way:
            raise InvalidArgument("start", f"this run is working on the start of {start.key!r}")
        return state, state.journal

    async def __aenter__(self) -> Self:
        if self._open is not None:
            raise RuntimeError("this bulk run has been used; make another one")
        runtime = self._client.runtime
        before, transport = runtime.transport.requests, runtime.transport
        self._requests = lambda: transport.requests - before

        async with AsyncExitStack() as resources:
            send, receive = anyio.create_memory_object_stream[Outcome](0)
            resources.enter_context(receive)
            resources.enter_context(send)
            await resources.enter_async_context(runtime.session())

            reading = anyio.CancelScope()
            state = await self._open_state(runtime, resources, on_stop=reading.cancel)
            group = await resources.enter_async_context(anyio.create_task_group())

            opened = _OpenRun(state, receive, group, reading, anyio.Event(), resources.pop_all())
            group.start_soon(self._feed, opened, send)
            self._open = opened
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._open is None:
            return
        self._left_block = True

        # A start whose request has been sent may already have cost coins, so it must not be cut off before
        # its answer is written to the journal. Starts therefore run in shielded scopes: cancelling the group
        # ends everything else, and `ended` is set once the last start is settled. The wait for it is
        # shielded as well, because the block may have been left by a cancellation.
        #
        # A second Ctrl-C is raised in that wait. It means "now": the shields are taken off, so that the
        # pending cancellation reaches the starts too. Their entries stay "starting", and the next run
        # searches for their tasks.
        self._open.group.cancel_scope.cancel()
        try:
            with anyio.CancelScope(shield=True):
                await self._open.ended.wait()
        except BaseException:
            for scope in tuple(self._open.state.shields):
                scope.shield = False
            raise
        finally:
            # The block's own exception is not passed on: the task group would wrap it in a group.
            await self._open.resources.__aexit__(None, None, None)
            sent = self._requests()
            self._requests = lambda: sent

    def __aiter__(self) -> Self:
        """Iterate over the Outcomes as they complete."""
        return self

    async def __anext__(self) -> Outcome:
        if self._open is None:
            raise RuntimeError("read a bulk run inside its `async with`")

        with suppress(anyio.EndOfStream):
            return await self._open.outcomes.receive()

        if self._input_error is not None:
            raise self._input_error
        if self.stopped is not None and not isinstance(self.stopped, _NOT_RAISED):
            raise self.stopped
        raise StopAsyncIteration

    async def _open_state(
        self, runtime: Runtime, resources: AsyncExitStack, *, on_stop: Callable[[], None]
    ) -> RunState:
        """Open the journal, if there is one, and make the state that the jobs share."""
        settings = self._settings
        journal = None
        spent, set_aside = 0.0, 0.0

        if settings.journal is not None:
            from a2e_async._bulk.journal import Journal

            journal = await resources.enter_async_context(Journal.open(settings.journal))
            await resources.enter_async_context(_share_uploads(runtime.uploader, journal))
            spent, set_aside = await journal.spent()

        return RunState(
            client=self._client,
            settings=settings,
            journal=journal,
            counts=self._counts,
            budget=Budget(settings.max_coins, spent=spent, set_aside=set_aside),
            pace=Pace(runtime.policies.clock, settings.start_rate),
            tasks=anyio.Semaphore(settings.concurrency),
            downloads=anyio.Semaphore(_DOWNLOADS),
            on_stop=on_stop,
        )

    async def _feed(self, run: _OpenRun, send: MemoryObjectSendStream[Outcome]) -> None:
        """Read jobs and run them side by side. A job is read when there is room for it.

        There is room for a few more jobs than may run at once: for those whose task has ended, but whose
        files are still downloading or whose Outcome has not been taken yet.
        """
        room = anyio.Semaphore(self._settings.concurrency + _DOWNLOADS)
        try:
            async with anyio.create_task_group() as group:
                with run.reading:
                    await self._read(run.state, room, group, send)
            await self._count_left(run.state)
            # Closing the stream ends the iteration. It stays open when this is broken off (under trio,
            # Ctrl-C may be raised here): a broken run must not look complete.
            send.close()
        finally:
            run.ended.set()

    async def _count_left(self, state: RunState) -> None:
        if state.journal is not None and self.stopped is None:
            try:
                self._left = await state.journal.unfinished()
            except JournalError as error:
                state.stop(error)

    async def _read(
        self,
        state: RunState,
        room: anyio.Semaphore,
        group: TaskGroup,
        send: MemoryObjectSendStream[Outcome],
    ) -> None:
        jobs = _iterate(self._jobs)
        index = 0
        try:
            while True:
                await room.acquire()
                try:
                    job = await anext(jobs, _END)
                except Exception as error:
                    self._input_error = error
                    return

                if job is _END or state.stopped is not None:
                    return
                if not isinstance(job, Job):
                    self._input_error = InvalidArgument(f"jobs[{index}]", f"{job!r} is not a Job")
                    return

                group.start_soon(self._run_job, JobRun(state, job, index), room, send)
                index += 1
        finally:
            if isinstance(jobs, AsyncGenerator):
                await jobs.aclose()

    async def _run_job(
        self, run: JobRun, room: anyio.Semaphore, send: MemoryObjectSendStream[Outcome]
    ) -> None:
        try:
            outcome = await run.run()
        except NotStarted:
            self._counts.not_started += 1
        else:
            if outcome is None:
                self._counts.skipped += 1
            else:
                self._counts.add_outcome(outcome)
                await send.send(outcome)
        room.release()


@asynccontextmanager
async def _share_uploads(uploader: Uploader, journal: Journal) -> AsyncIterator[None]:
    """Reuse the uploads of earlier runs, and record the uploads of this run for later ones."""
    uploader.recall(await journal.uploads())
    uploader.listeners.append(journal.record_upload)
    try:
        yield
    finally:
        uploader.listeners.remove(journal.record_upload)


def _iterate(jobs: Iterable[Job[Any]] | AsyncIterable[Job[Any]]) -> AsyncIterator[Job[Any]]:
    return aiter(jobs) if isinstance(jobs, AsyncIterable) else _AsyncIterator(iter(jobs))


class _AsyncIterator:
    """Makes a plain iterator an async iterator."""

    def __init__(self, jobs: Iterator[Job[Any]]) -> None:
        self._jobs = jobs

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Job[Any]:
        for job in self._jobs:
            return job
        raise StopAsyncIteration

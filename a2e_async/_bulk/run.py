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
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Self

import anyio
from anyio.abc import TaskGroup
from anyio.streams.memory import MemoryObjectSendStream

from a2e_async._bulk.budget import Budget
from a2e_async._bulk.endings import NotEnded, NotStarted
from a2e_async._bulk.folder import Folder
from a2e_async._bulk.job_run import JobRun
from a2e_async._bulk.open_run import OpenRun
from a2e_async._bulk.outage import Outage
from a2e_async._bulk.outcomes import Counts, Outcome, Summary
from a2e_async._bulk.run_state import BulkClient, RunState
from a2e_async._bulk.settings import BulkSettings
from a2e_async._tasks.pace import Pace
from a2e_async.errors import (
    APIError,
    BudgetReached,
    ConfigurationError,
    DownloadError,
    InvalidArgument,
    JournalError,
    TransportError,
    UploadError,
)
from a2e_async.event_loops import running_loop, start_in_background
from a2e_async.jobs import Job
from a2e_async.records import TaskRecordT
from a2e_async.task_groups import first_error

if TYPE_CHECKING:
    from a2e_async._files.uploads import Uploader
    from a2e_async._journal.sqlite.journal import Journal
    from a2e_async._journal.uncertain import UncertainStart
    from a2e_async.runtime import Runtime

__all__ = ["BulkRun"]

_AHEAD = 8
_FIRST_ALONE = 1.0  # seconds
# A run that stops for one of these reasons ends without raising; the reason is in `BulkRun.stopped`.
_NOT_RAISED = (APIError, TransportError, BudgetReached, DownloadError, UploadError)
_END: Any = object()


class BulkRun(Generic[TaskRecordT]):
    """A bulk run; see `A2E.bulk`.

    When the block is left early, by an exception or by Ctrl-C, the starts under way are completed and
    written to the journal, for at most `StartPolicy.grace` seconds. Everything else is cancelled here;
    accepted tasks go on at the server. A second Ctrl-C does not wait for the starts. With a journal, the next
    run recovers their tasks.

    The block may be left in another task than it was entered in, as in a test fixture or in a generator that
    is collected. A run whose block is never left ends with its event loop.
    """

    def __init__(
        self,
        client: BulkClient,
        jobs: Iterable[Job[TaskRecordT]] | AsyncIterable[Job[TaskRecordT]],
        settings: BulkSettings,
    ) -> None:
        if not isinstance(jobs, Iterable | AsyncIterable):
            raise InvalidArgument("jobs", f"{jobs!r} is not an iterable of Jobs")
        self._client = client
        self._jobs = jobs
        self._settings = settings
        self._counts = Counts()
        self._open: OpenRun | None = None
        self._input_error: Exception | None = None
        self._missing = 0
        self._requests: Callable[[], int] = lambda: 0

    @property
    def stopped(self) -> Exception | None:
        """Why the run stopped starting jobs; None while it runs normally.

        Either the run cannot go on: no coins are left, the token was refused, the budget is reached, or the
        service is unreachable or refuses everything. Or the iterable of the jobs or the journal raised an
        error, which the iteration raises at its end.
        """
        state = self._open.state if self._open else None
        return (state.stopped if state else None) or self._input_error

    def summary(self) -> Summary:
        """The run in numbers so far."""
        return self._counts.summary(requests=self._requests(), left=self._missing, stopped=self.stopped)

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
        state = self._entered("ask for uncertain starts").state
        if state is None or state.journal is None:
            raise InvalidArgument("journal", "this run has none, so it keeps no uncertain starts")
        if start is not None and getattr(start, "number", None) in state.under_way:
            raise InvalidArgument("start", f"this run is working on the start of {start.key!r}")
        return state, state.journal

    def _entered(self, what: str) -> OpenRun:
        """The parts of the run, inside its block.

        Raises:
            ConfigurationError: the block was not entered, or left, or belongs to another event loop.
        """
        if self._open is None or self._open.is_left:
            raise ConfigurationError(f"{what} inside the `async with` of the bulk run")
        if self._open.loop is not running_loop():
            raise ConfigurationError(f"{what} in the event loop in which the bulk run was entered")
        return self._open

    async def __aenter__(self) -> Self:
        if self._open is not None:
            raise ConfigurationError("this bulk run has been used; make another one")

        runtime = self._client.runtime
        policies, transport = runtime.policies, runtime.transport
        before = transport.requests
        self._requests = lambda: transport.requests - before

        send, receive = anyio.create_memory_object_stream[Outcome](0)
        run = OpenRun(running_loop(), policies.clock, policies.start.grace, receive)
        self._open = run
        start_in_background(partial(self._run, run, runtime, send), "a2e_async bulk run")

        try:
            await run.opened.wait()
        except BaseException:
            await run.leave()
            raise
        if run.state is None:
            run.is_left = True
            raise run.failure or ConfigurationError("the event loop has ended")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        run = self._open
        if run is None or run.is_left:
            return
        if run.loop is not running_loop():
            run.leave_from_elsewhere()
            return

        await run.leave(error)
        sent = self._requests()
        self._requests = lambda: sent
        if error is None and run.failure is not None:
            raise run.failure

    def __aiter__(self) -> Self:
        """Iterate over the Outcomes as they complete."""
        return self

    async def __anext__(self) -> Outcome[TaskRecordT]:
        run = self._entered("read a bulk run")
        with suppress(anyio.EndOfStream, anyio.ClosedResourceError):
            return await run.outcomes.receive()

        if run.is_left:
            self._entered("read a bulk run")
        if run.failure is not None:
            raise run.failure
        if self._input_error is not None:
            raise self._input_error
        if self.stopped is not None and not isinstance(self.stopped, _NOT_RAISED):
            raise self.stopped
        raise StopAsyncIteration

    async def _run(self, run: OpenRun, runtime: Runtime, send: MemoryObjectSendStream[Outcome]) -> None:
        """All that is done for the run, from its opening to its end, in a task of its own."""
        try:
            async with AsyncExitStack() as resources:
                resources.enter_context(run.outcomes)
                resources.enter_context(send)
                with run.scope:
                    await resources.enter_async_context(runtime.session())
                    run.state = await self._open_state(runtime, resources, on_stop=run.reading.cancel)
                    run.opened.set()
                    await self._feed(run, run.state, send)

                # The journal stays open for as long as the block is not left.
                run.ended.set()
                await run.left.wait()
        except anyio.get_cancelled_exc_class():
            raise
        except BaseExceptionGroup as errors:
            run.failure = first_error(errors)
        except BaseException as error:
            run.failure = error
        finally:
            for event in (run.opened, run.ended, run.closed):
                event.set()

    async def _open_state(
        self, runtime: Runtime, resources: AsyncExitStack, *, on_stop: Callable[[], None]
    ) -> RunState:
        """Open the journal, if there is one, and make the state that the jobs share."""
        settings = self._settings
        journal = None
        spent, set_aside = 0.0, 0.0

        if settings.journal is not None:
            from a2e_async._journal.sqlite.journal import Journal

            journal = await resources.enter_async_context(Journal.open(settings.journal))
            await resources.enter_async_context(_share_uploads(runtime.uploader, journal))
            spent, set_aside = await journal.spent()

        clock = runtime.policies.clock
        pace = Pace(clock, settings.start_rate)
        bounded, events = runtime.policies.retry.bounded, runtime.events
        service = Outage(
            clock, settings.timeout, bounded=bounded, hold=pace.hold, first_alone=_FIRST_ALONE, events=events
        )
        disk = Outage(clock, settings.timeout)

        return RunState(
            client=self._client,
            settings=settings,
            journal=journal,
            counts=self._counts,
            budget=Budget(settings.max_coins, spent=spent, set_aside=set_aside),
            pace=pace,
            service=service,
            disk=disk,
            folder=None if settings.download_to is None else Folder(settings.download_to, disk),
            tasks=anyio.Semaphore(settings.concurrency),
            on_stop=on_stop,
        )

    async def _feed(self, run: OpenRun, state: RunState, send: MemoryObjectSendStream[Outcome]) -> None:
        """Read jobs and run them side by side. A job is read when there is room for it.

        There is room for a few more jobs than may run at once: for those whose task has ended, but whose
        files are still downloading or whose Outcome has not been taken yet.
        """
        room = anyio.Semaphore(self._settings.concurrency + _AHEAD)
        async with anyio.create_task_group() as group:
            with run.reading:
                await self._read(state, room, group, send)

        await self._count_missing(state)
        # Closing the stream ends the iteration.
        send.close()

    async def _count_missing(self, state: RunState) -> None:
        if state.journal is not None and self.stopped is None:
            try:
                self._missing += await state.journal.unfinished()
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

                if job.workflow.client is None:
                    job = job.with_client(self._client)
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
        except NotEnded:
            self._missing += 1
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

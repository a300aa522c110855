"""Many jobs at once: read lazily, started within bounds, delivered as they complete, never paid twice."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Iterable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import anyio
from anyio.abc import TaskGroup
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from a2e_async._bulk.budget import Budget
from a2e_async._bulk.job_run import JobRun
from a2e_async._bulk.outcomes import Counts, Outcome, Summary
from a2e_async._bulk.settings import BulkSettings
from a2e_async._bulk.shared import BulkClient, NotStarted, Shared
from a2e_async._tasks.pace import Pace
from a2e_async.errors import APIError, BudgetReached, InvalidArgument, JournalError, TransportError
from a2e_async.jobs import Job

if TYPE_CHECKING:
    from a2e_async._bulk.journal import Journal
    from a2e_async._files.uploads import Uploader

__all__ = ["BulkRun"]

_DOWNLOADS = 8
# Why a run may end early without raising: `BulkRun.stopped` tells.
_QUIET = (APIError, TransportError, BudgetReached)


class BulkRun:
    """A bulk run; see `A2E.bulk`.

    Leaving the block early, an exception in it, or Ctrl-C settles the starts that are under way, writes
    them down and cancels the rest here; tasks that were accepted go on at the server. A second Ctrl-C
    does not wait for the starts: with a journal the next run looks for their tasks.
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
        self._shared: Shared | None = None
        self._broken: Exception | None = None
        self._outcomes: MemoryObjectReceiveStream[Outcome] | None = None
        self._left = 0
        self._requests: Callable[[], int] = lambda: 0

    @property
    def stopped(self) -> Exception | None:
        """Why no more jobs are started; None as a rule.

        No coins, a refused token, the budget, a service that cannot be reached or refuses everything;
        or what the jobs' iterable or the journal has raised, which the iteration raises at its end.
        """
        return (self._shared.stopped if self._shared else None) or self._broken

    def summary(self) -> Summary:
        """The run in numbers, as far as it has come."""
        return self._counts.summary(requests=self._requests(), left=self._left, stopped=self.stopped)

    async def __aenter__(self) -> Self:
        if self._shared is not None:
            raise RuntimeError("this bulk run has been used; make another one")
        runtime = self._client.runtime
        before, transport = runtime.transport.requests, runtime.transport
        self._requests = lambda: transport.requests - before
        async with AsyncExitStack() as stack:
            send, receive = anyio.create_memory_object_stream[Outcome](0)
            stack.enter_context(receive)
            stack.enter_context(send)
            await stack.enter_async_context(runtime.session())
            journal = None
            spent, set_aside = 0.0, 0.0
            if self._settings.journal is not None:
                from a2e_async._bulk.journal import Journal

                journal = await stack.enter_async_context(Journal.open(self._settings.journal))
                await stack.enter_async_context(_uploads_kept(runtime.uploader, journal))
                spent, set_aside = await journal.spent()
            settings, clock = self._settings, runtime.policies.clock
            self._reading = anyio.CancelScope()
            self._shared = Shared(
                client=self._client,
                settings=settings,
                journal=journal,
                counts=self._counts,
                budget=Budget(settings.max_coins, spent=spent, set_aside=set_aside),
                rate=Pace(clock, settings.start_rate),
                tasks=anyio.Semaphore(settings.concurrency),
                downloads=anyio.Semaphore(_DOWNLOADS),
                stopping=self._reading.cancel,
            )
            self._ended = anyio.Event()
            self._group = await stack.enter_async_context(anyio.create_task_group())
            self._group.start_soon(self._feed, self._shared, send)
            self._outcomes = receive
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._group.cancel_scope.cancel()
        try:
            with anyio.CancelScope(shield=True):
                await self._ended.wait()
        except BaseException:
            # The second Ctrl-C.
            for scope in tuple(self._shared.shields if self._shared else ()):
                scope.shield = False
            raise
        finally:
            # Without the block's own exception, which would come out in a group.
            await self._stack.__aexit__(None, None, None)
            sent = self._requests()
            self._requests = lambda: sent

    def __aiter__(self) -> Self:
        """The Outcomes as they complete."""
        return self

    async def __anext__(self) -> Outcome:
        if self._outcomes is None:
            raise RuntimeError("read a bulk run inside its `async with`")
        with suppress(anyio.EndOfStream):
            return await self._outcomes.receive()
        if self._broken is not None:
            raise self._broken
        if self.stopped is not None and not isinstance(self.stopped, _QUIET):
            raise self.stopped
        raise StopAsyncIteration

    async def _feed(self, shared: Shared, send: MemoryObjectSendStream[Outcome]) -> None:
        """Read jobs and run them side by side; a job is read when there is room for it.

        There is room for a few more than run at once: those whose task has ended while their files
        come down, or while nobody has taken their Outcome yet.
        """
        room = anyio.Semaphore(shared.settings.concurrency + _DOWNLOADS)
        try:
            async with anyio.create_task_group() as group:
                with self._reading:
                    await self._read(shared, room, group, send)
            await self._count_left(shared)
            # Left open where this broke off (Ctrl-C, under trio): that must not look like the end of the run.
            send.close()
        finally:
            self._ended.set()

    async def _count_left(self, shared: Shared) -> None:
        if shared.journal is not None and self.stopped is None:
            try:
                self._left = await shared.journal.unfinished()
            except JournalError as error:
                shared.stop(error)

    async def _read(
        self,
        shared: Shared,
        room: anyio.Semaphore,
        group: TaskGroup,
        send: MemoryObjectSendStream[Outcome],
    ) -> None:
        jobs = _each(self._jobs)
        index = 0
        try:
            while True:
                await room.acquire()
                try:
                    job = await anext(jobs, _END)
                except Exception as error:
                    self._broken = error
                    return
                if job is _END or shared.stopped is not None:
                    return
                if not isinstance(job, Job):
                    self._broken = InvalidArgument(f"jobs[{index}]", f"{job!r} is not a Job")
                    return
                group.start_soon(self._run, JobRun(shared, job, index), room, send)
                index += 1
        finally:
            if isinstance(jobs, AsyncGenerator):
                await jobs.aclose()

    async def _run(self, run: JobRun, room: anyio.Semaphore, send: MemoryObjectSendStream[Outcome]) -> None:
        try:
            outcome = await run.run()
        except NotStarted:
            self._counts.not_started += 1
        else:
            if outcome is None:
                self._counts.skipped += 1
            else:
                self._counts.ended(outcome)
                await send.send(outcome)
        room.release()


@asynccontextmanager
async def _uploads_kept(uploader: Uploader, journal: Journal) -> AsyncIterator[None]:
    """Know the uploads of earlier runs, and let later runs know of this one's."""
    uploader.recall(await journal.uploads())
    uploader.listeners.append(journal.record_upload)
    try:
        yield
    finally:
        uploader.listeners.remove(journal.record_upload)


_END: Any = object()


def _each(jobs: Iterable[Job[Any]] | AsyncIterable[Job[Any]]) -> AsyncIterator[Job[Any]]:
    return aiter(jobs) if isinstance(jobs, AsyncIterable) else _Each(iter(jobs))


class _Each:
    """An iterator, asynchronously."""

    def __init__(self, jobs: Iterator[Job[Any]]) -> None:
        self._jobs = jobs

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Job[Any]:
        for job in self._jobs:
            return job
        raise StopAsyncIteration

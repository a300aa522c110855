"""Many jobs at once: read lazily, started within bounds, delivered as they complete, never paid twice."""

from __future__ import annotations

import math
import time
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

import anyio
import attrs
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from a2e_async.budget import Budget
from a2e_async.errors import (
    A2EError,
    AuthenticationError,
    BudgetReached,
    InsufficientCredits,
    InvalidArgument,
)
from a2e_async.jobs import Job
from a2e_async.outcomes import Counts, Outcome, Summary
from a2e_async.pace import Pace
from a2e_async.runs import JobRun, Shared

if TYPE_CHECKING:
    from a2e_async.journal import Journal
    from a2e_async.resources import Client
    from a2e_async.uploads import Uploader

__all__ = ["BulkRun", "BulkSettings"]

_DOWNLOADS = 8
_STOPS = (InsufficientCredits, AuthenticationError, BudgetReached)


def _whole_from(least: int) -> Callable[[Any, attrs.Attribute[Any], Any], None]:
    def check(_: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise InvalidArgument(attribute.name, f"{value!r} is not a whole number from {least} up")

    return check


def _positive(_: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        raise InvalidArgument(attribute.name, f"{value!r} is not a number above 0")


def _positive_or_none(settings: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    if value is not None:
        _positive(settings, attribute, value)


def _yield_or_skip(_: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    if value not in ("yield", "skip"):
        raise InvalidArgument(attribute.name, f"{value!r} is not one of 'yield', 'skip'")


@attrs.frozen
class BulkSettings:
    """The settings of a bulk run, as `A2E.bulk` explains them."""

    concurrency: int = attrs.field(validator=_whole_from(1))
    timeout: float = attrs.field(validator=_positive)
    journal: Path | None
    retries: int = attrs.field(validator=_whole_from(0))
    download_to: Path | None
    max_coins: float | None = attrs.field(validator=_positive_or_none)
    start_rate: float | None = attrs.field(validator=_positive_or_none)
    finished: Literal["yield", "skip"] = attrs.field(validator=_yield_or_skip)


class BulkRun:
    """A bulk run; see `A2E.bulk`.

    Leaving the block early settles the starts that are under way, writes them down and cancels the
    rest here; tasks that were accepted go on at the server.
    """

    def __init__(
        self, client: Client, jobs: Iterable[Job[Any]] | AsyncIterable[Job[Any]], settings: BulkSettings
    ) -> None:
        if not isinstance(jobs, Iterable | AsyncIterable):
            raise InvalidArgument("jobs", f"{jobs!r} is not an iterable of Jobs")
        self._client = client
        self._jobs = jobs
        self._settings = settings
        self._counts = Counts()
        self._stopped: A2EError | None = None
        self._journal: Journal | None = None
        self._left = 0
        self._requests_before = 0

    @property
    def stopped(self) -> A2EError | None:
        """Why no more jobs are started: no coins, a refused token, the budget; None as a rule."""
        return self._stopped

    def summary(self) -> Summary:
        """The run in numbers, as far as it has come."""
        requests = self._client.runtime.transport.requests - self._requests_before
        return self._counts.summary(requests=requests, left=self._left, stopped=self._stopped)

    async def __aenter__(self) -> Self:
        runtime = self._client.runtime
        self._requests_before = runtime.transport.requests
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(runtime.http.open())
            if self._settings.journal is not None:
                from a2e_async.journal import Journal

                self._journal = await stack.enter_async_context(Journal.open(self._settings.journal))
                await stack.enter_async_context(_uploads_kept(runtime.uploader, self._journal))
            send, self._outcomes = _stream()
            stack.enter_context(self._outcomes)
            self._group = await stack.enter_async_context(anyio.create_task_group())
            self._group.start_soon(self._feed, send)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        self._group.cancel_scope.cancel()
        return await self._stack.__aexit__(kind, error, traceback)

    def __aiter__(self) -> AsyncIterator[Outcome]:
        """The Outcomes as they complete."""
        return self._outcomes

    async def _feed(self, send: MemoryObjectSendStream[Outcome]) -> None:
        """Read jobs and run them side by side; a job is read when there is room for it.

        There is room for a few more than run at once: those whose task has ended while their files
        come down, or while nobody has taken their Outcome yet.
        """
        settings = self._settings
        room = anyio.Semaphore(settings.concurrency + _DOWNLOADS)
        shared = Shared(
            client=self._client,
            settings=settings,
            journal=self._journal,
            counts=self._counts,
            budget=Budget(settings.max_coins),
            rate=Pace(self._client.runtime.policies.clock, settings.start_rate),
            tasks=anyio.Semaphore(settings.concurrency),
            downloads=anyio.Semaphore(_DOWNLOADS),
            began=time.time(),
        )
        index = 0
        async with send, anyio.create_task_group() as group:
            jobs = _each(self._jobs)
            while True:
                await room.acquire()
                job = await anext(jobs, None)
                if job is None or self._stopped is not None:
                    break
                if not isinstance(job, Job):
                    raise InvalidArgument(f"jobs[{index}]", f"{job!r} is not a Job")
                group.start_soon(self._run, shared, job, index, room, send)
                index += 1
        if self._journal is not None:
            self._left = await self._journal.unfinished()

    async def _run(
        self,
        shared: Shared,
        job: Job[Any],
        index: int,
        room: anyio.Semaphore,
        send: MemoryObjectSendStream[Outcome],
    ) -> None:
        try:
            outcome = await JobRun(shared, job, index, self._may_start).outcome()
        except _STOPS as error:
            self._stopped = self._stopped or error
            self._counts.not_started += 1
            outcome = None
        if outcome is not None:
            self._counts.ended(outcome)
            await send.send(outcome)
        room.release()

    def _may_start(self) -> None:
        """Called before each start.

        Raises:
            A2EError: what stopped the run.
        """
        if self._stopped is not None:
            raise self._stopped


@asynccontextmanager
async def _uploads_kept(uploader: Uploader, journal: Journal) -> AsyncIterator[None]:
    """Know the uploads of earlier runs, and let later runs know of this one's."""
    uploader.recall(await journal.uploads())
    uploader.listeners.append(journal.uploaded)
    try:
        yield
    finally:
        uploader.listeners.remove(journal.uploaded)


def _stream() -> tuple[MemoryObjectSendStream[Outcome], MemoryObjectReceiveStream[Outcome]]:
    return anyio.create_memory_object_stream[Outcome](0)


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
